"""Runs ansible-inventory and ansible again and again without starting anew.

Reads a line of JSON per run, {"id", "folder", "program", "words"}, runs it in a process of its own with that folder as the
working directory, and writes a line {"id", "code", "out", "err"} when it is over. The first argument is how many at once.
"""

import json
import os
import sys
import tempfile

from ansible.cli.adhoc import AdHocCLI
from ansible.cli.inventory import InventoryCLI

PROGRAMS = {"ansible-inventory": InventoryCLI, "ansible": AdHocCLI}


def start(run):
    pid = os.fork()
    if pid:
        return pid
    code = 250
    try:
        os.setsid()
        os.chdir(run["folder"])
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        for number, name in ((1, "out"), (2, "err")):
            os.dup2(os.open(run[name], os.O_WRONLY | os.O_CREAT | os.O_TRUNC), number)
        try:
            PROGRAMS[run["program"]].cli_executor([run["program"]] + run["words"])
            code = 0
        except SystemExit as end:
            code = end.code if isinstance(end.code, int) else 1
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


def text_of(name):
    with open(name, encoding="utf-8", errors="replace") as file:
        return file.read()


def main():
    at_once = int(sys.argv[1])
    running = {}

    def wait():
        pid, status = os.wait()
        run = running.pop(pid, None)
        if run is None:
            return
        code = os.WEXITSTATUS(status) if os.WIFEXITED(status) else 250
        print(json.dumps({"id": run["id"], "code": code, "out": text_of(run["out"]), "err": text_of(run["err"])}), flush=True)

    for line in sys.stdin:
        run = json.loads(line)
        run["out"], run["err"] = tempfile.mktemp(), tempfile.mktemp()
        while len(running) >= at_once:
            wait()
        running[start(run)] = run
    while running:
        wait()


main()
