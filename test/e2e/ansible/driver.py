"""Runs ansible-playbook, ansible-inventory and ansible again and again without starting anew.

Reads a line of JSON per run, {"id", "program", "folder", "words", "environment"}, runs it in a process of its own with that
folder as the working directory, and writes a line {"id", "code", "out", "err"} when it is over. The first argument is how
many run at once, the second a folder for what they write.
"""

import json
import os
import sys
import tempfile

from ansible.cli.adhoc import AdHocCLI
from ansible.cli.inventory import InventoryCLI
from ansible.cli.playbook import PlaybookCLI
from ansible.plugins.action import copy, command, debug, template  # noqa: F401
from ansible.executor import task_executor  # noqa: F401
from ansible.plugins.connection import local  # noqa: F401

PROGRAMS = {"ansible-playbook": PlaybookCLI, "ansible-inventory": InventoryCLI, "ansible": AdHocCLI}


def start(run):
    pid = os.fork()
    if pid:
        return pid
    code = 250
    try:
        os.setsid()
        os.chdir(run["folder"])
        os.umask(0o022)
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        for number, name in ((1, "out"), (2, "err")):
            os.dup2(os.open(run[name], os.O_WRONLY | os.O_CREAT | os.O_TRUNC), number)
        os.environ.update(run.get("environment", {}))
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
    at_once, scratch = int(sys.argv[1]), sys.argv[2]
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
        run["out"], run["err"] = tempfile.mktemp(dir=scratch), tempfile.mktemp(dir=scratch)
        while len(running) >= at_once:
            wait()
        running[start(run)] = run
    while running:
        wait()


main()
