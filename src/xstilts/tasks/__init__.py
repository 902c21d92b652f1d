"""The registry: which tasks exist, of which format, in which languages, from where, under which licence."""

from xstilts.tasks.registry import SUITES, TASKS, get
from xstilts.tasks.task import Format, Role, Task

__all__ = ["SUITES", "TASKS", "Format", "Role", "Task", "get"]
