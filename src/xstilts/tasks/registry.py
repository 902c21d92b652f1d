"""All tasks by name, and the named lists of targets."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
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


@dataclass(frozen=True)
class Benchmark:
    """A list of targets whose scores have a mean of their own, and the groups that are averaged too.

    A target's score is the unweighted mean over its languages, English included; the benchmark's is the unweighted
    mean over targets, not over groups.
    """

    title: str
    groups: Mapping[str, tuple[str, ...]]

    @property
    def targets(self) -> tuple[str, ...]:
        """All of them, group by group."""
        return tuple(target for group in self.groups.values() for target in group)


BENCHMARKS: Mapping[str, Benchmark] = MappingProxyType(
    {
        "xtreme": Benchmark(
            "XTREME",
            {
                "sentence pairs": words("xnli pawsx"),
                "structured prediction": words("udpos panx"),
                "question answering": words("xquad mlqa tydiqa"),
                "retrieval": words("bucc tatoeba"),
            },
        ),
        # Its POS and NER cover a few more languages than XTREME's, whose data these two are.
        "xtreme-r": Benchmark(
            "XTREME-R",
            {
                "classification": words("xnli xcopa"),
                "structured prediction": words("udpos panx"),
                "question answering": words("xquad mlqa tydiqa"),
                "retrieval": words("tatoeba-r mewslix lareqa"),
            },
        ),
    }
)

SUITES: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {name: benchmark.targets for name, benchmark in BENCHMARKS.items()} | {"xtreme-r-extra": ("xcopa",)}
)


def get(name: str) -> Task:
    """The task called `name`."""
    if name not in TASKS:
        raise UserError(f"There is no task {name!r}{suggest(name, TASKS)}. The tasks: {', '.join(TASKS)}.")
    return TASKS[name]
