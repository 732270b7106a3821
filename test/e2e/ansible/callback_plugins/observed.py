"""Writes each result of a run as a line of JSON into the file that OBSERVED names."""

import json
import os
import re

from ansible.playbook.handler import Handler
from ansible.playbook.task_include import TaskInclude
from ansible.plugins.callback import CallbackBase

DOCUMENTATION = """
name: observed
type: stdout
short_description: results as lines of JSON
description: Each result of a run as a line of JSON.
"""


class CallbackModule(CallbackBase):
    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "stdout"
    CALLBACK_NAME = "observed"

    def __init__(self):
        super().__init__()
        self._file = open(os.environ["OBSERVED"], "w", encoding="utf-8", buffering=1)
        self._items = {}
        self._names = {}

    def v2_playbook_on_task_start(self, task, is_conditional):
        self._names[task._uuid] = task.get_name().strip()

    def v2_playbook_on_handler_task_start(self, task):
        self._names[task._uuid] = task.get_name().strip()

    def _tell(self, **values):
        self._file.write(json.dumps(values) + "\n")

    def _done(self, result, status, ignored=False):
        task = result._task
        if task.action == "meta":  # told when its condition is false, but never counted
            return
        host = result._host.get_name()
        self._tell(
            kind="task",
            host=host,
            task="include" if isinstance(task, TaskInclude) else self._name_of(task),
            status=status,
            handler=isinstance(task, Handler),
            ignored=bool(ignored),
            items=self._items.pop((host, task._uuid), []),
            msg=str(result._result.get("msg", ""))[:2000],
        )

    def _name_of(self, task):
        name = self._names.get(task._uuid, task.get_name().strip())
        return re.sub(r"ansible\.builtin\.", "", name)

    def _item(self, result, status):
        label = result._result.get("_ansible_item_label", "")
        shown = label + " " if isinstance(label, str) and re.fullmatch(r"[\w./-]+", label) else ""
        if isinstance(label, int) and not isinstance(label, bool):
            shown = "%d " % label
        key = (result._host.get_name(), result._task._uuid)
        self._items.setdefault(key, []).append(shown + status)

    def v2_runner_on_ok(self, result):
        self._done(result, "changed" if result._result.get("changed") else "ok")

    def v2_runner_on_failed(self, result, ignore_errors=False):
        self._done(result, "failed", ignore_errors)

    def v2_runner_on_skipped(self, result):
        self._done(result, "skipped")

    def v2_runner_on_unreachable(self, result):
        self._done(result, "unreachable", result._task.ignore_unreachable)

    def v2_runner_item_on_ok(self, result):
        self._item(result, "changed" if result._result.get("changed") else "ok")

    def v2_runner_item_on_failed(self, result):
        self._item(result, "failed")

    def v2_runner_item_on_skipped(self, result):
        self._item(result, "skipped")

    def v2_playbook_on_stats(self, stats):
        names = {"ok": "ok", "changed": "changed", "unreachable": "unreachable", "failures": "failed"}
        names.update({name: name for name in ("skipped", "rescued", "ignored")})
        for host in stats.processed:
            counts = stats.summarize(host)
            self._tell(kind="stats", host=host, counts={names[key]: counts[key] for key in names})
