"""All tasks by name, and the named lists of targets."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from xstilts.errors import UserError
from xstilts.names import suggest
from xstilts.tasks.intermediate import INTERMEDIATE, OTHERS, TEXT
from xstilts.tasks.local import LOCAL
from xstilts.tasks.targets import TARGETS
from xstilts.tasks.task import Task, words

TASKS: Mapping[str, Task] = MappingProxyType(
    {task.name: task for task in (*INTERMEDIATE, *OTHERS, *TARGETS, *TEXT, *LOCAL)}
)

SUITES: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "xtreme": words("xnli pawsx udpos panx xquad mlqa tydiqa bucc tatoeba"),
        # Not "xtreme-r": that is a mean over ten tasks, and a suite is what an average is taken over.
        "xtreme-r-extra": ("xcopa",),
    }
)


def get(name: str) -> Task:
    """The task called `name`."""
    if name not in TASKS:
        raise UserError(f"There is no task {name!r}{suggest(name, TASKS)}. The tasks: {', '.join(TASKS)}.")
    return TASKS[name]
