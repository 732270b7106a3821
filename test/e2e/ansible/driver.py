"""Runs ansible-playbook again and again without starting anew.

Reads a line of JSON per run, {"id", "folder", "words"}, runs it in a process of its own with that folder as the working
directory, and writes a line {"id", "code", "output"} when it is over. The first argument is how many run at once.
"""

import json
import os
import sys
import tempfile

from ansible.cli.playbook import PlaybookCLI
from ansible.plugins.action import copy, command, debug, template  # noqa: F401
from ansible.executor import task_executor  # noqa: F401
from ansible.plugins.connection import local  # noqa: F401


def start(run):
    pid = os.fork()
    if pid:
        return pid
    code = 250
    try:
        os.setsid()
        os.chdir(run["folder"])
        os.umask(0o022)
        out = os.open(run["output"], os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        os.dup2(out, 1)
        os.dup2(out, 2)
        os.environ["OBSERVED"] = run["observed"]
        try:
            PlaybookCLI.cli_executor(["ansible-playbook"] + run["words"])
            code = 0
        except SystemExit as end:
            code = end.code if isinstance(end.code, int) else 1
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


def main():
    at_once = int(sys.argv[1])
    running = {}

    def wait():
        pid, status = os.wait()
        run = running.pop(pid, None)
        if run is None:
            return
        with open(run["output"], encoding="utf-8", errors="replace") as file:
            output = file.read()
        code = os.WEXITSTATUS(status) if os.WIFEXITED(status) else 250
        print(json.dumps({"id": run["id"], "code": code, "output": output[-4000:]}), flush=True)

    for line in sys.stdin:
        run = json.loads(line)
        run["output"] = tempfile.mktemp(dir=run["scratch"])
        while len(running) >= at_once:
            wait()
        running[start(run)] = run
    while running:
        wait()


main()
