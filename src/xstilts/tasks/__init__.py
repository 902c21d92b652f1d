"""The registry: which tasks exist, of which format, in which languages, from where, under which licence."""

from xstilts.tasks.registry import BENCHMARKS, SUITES, TASKS, Benchmark, get
from xstilts.tasks.task import Format, Role, Task

__all__ = ["BENCHMARKS", "SUITES", "TASKS", "Benchmark", "Format", "Role", "Task", "get"]
