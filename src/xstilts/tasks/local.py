"""Tasks of your own: see docs/add-a-task.md."""

from __future__ import annotations

from xstilts.tasks.task import Task

LOCAL: tuple[Task, ...] = ()
