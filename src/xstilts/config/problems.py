"""What is wrong with a configuration: collected, so that all of it can be said at once."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from xstilts.errors import UserError

Key = tuple[str | int, ...]


def show(key: Key) -> str:
    """A path of keys as people write it: recipes.seq[1]."""
    text = "".join(f"[{k}]" if isinstance(k, int) else f".{k}" for k in key)
    return text.removeprefix(".")


@dataclass(frozen=True)
class Origin:
    """Where a value was written: a file and line, or the command line; and the keys above it there."""

    file: str
    line: int | None = None
    above: Key = ()

    def __str__(self) -> str:
        return f"{self.file}:{self.line}" if self.line else self.file


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong."""

    origin: Origin
    key: Key
    what: str
    advice: str = ""

    def __str__(self) -> str:
        where = f"{self.origin}  {show((*self.origin.above, *self.key))}".rstrip()
        return "\n   ".join([where, self.what, *([f"-> {self.advice}"] if self.advice else [])])


@dataclass
class Problems:
    """The problems found so far."""

    found: list[Problem] = field(default_factory=list)

    def add(self, problem: Problem) -> None:
        if problem not in self.found:
            self.found.append(problem)

    def extend(self, problems: Iterable[Problem]) -> None:
        for problem in problems:
            self.add(problem)

    def stop_if_any(self) -> None:
        """UserError with the numbered list, if there is anything on it."""
        if self.found:
            count = "1 problem" if len(self.found) == 1 else f"{len(self.found)} problems"
            items = "\n".join(f"{i}. {problem}" for i, problem in enumerate(self.found, start=1))
            raise UserError(f"{count} in the configuration:\n\n{items}\n")
