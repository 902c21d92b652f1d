"""What the project knows of a task, whatever world its data comes from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from xstilts.tasks.release import Release, releases

Role = Literal["intermediate", "target", "text"]
Format = Literal["classification", "choice", "span", "tagging", "retrieval", "mlm"]


def words(text: str) -> tuple[str, ...]:
    """The words of `text`: long lists of short names are easier to read without quotes."""
    return tuple(text.split())


@dataclass(frozen=True)
class Task:
    """One task. Two tasks of a format differ in nothing but the values of these fields."""

    name: str
    title: str
    """As the paper writes it."""
    format: Format
    role: Role
    languages: tuple[str, ...]
    """Of the test data (of the training data, for tasks that are only trained on)."""
    splits: tuple[str, ...]
    """That the original data has, under the names train, dev and test."""
    metric: str
    """The official one, a file of `xstilts.metrics`; higher is better."""
    english: str | None
    """The task whose English train and dev data its training uses; None where nothing is trained."""
    stage: str | None
    """The stage that trains for it; None where the encoder is evaluated as it is. One stage may serve several tasks."""
    labels: tuple[str, ...] = ()
    """Of classification and tagging, in the order of the head's outputs; empty: read from the data."""
    chance: float | None = None
    """What uniform guessing scores, in per cent; None where it is next to nothing."""
    layer: tuple[int, int] | None = None
    """Retrieval reads the output of this block out of so many: (7, 12) is the 14th of 24."""
    releases: tuple[str, ...] = ()
    """What its data is read from (releases.yaml): all those that have a split in a language, one after the other."""

    @property
    def paired(self) -> bool:
        """Whether every sentence of its test data has a translation there."""
        return self.format == "retrieval" and self.metric == "nearest"

    @property
    def trainable(self) -> bool:
        """Whether a stage may train on it."""
        return self.format != "retrieval"

    @property
    def evaluated(self) -> tuple[str, ...]:
        """The splits that are predicted: mining sets its threshold on dev, the others read the test split alone.

        Of English tasks whose test labels are not public, dev is what is reported.
        """
        if self.metric == "mining":
            return ("dev", "test")
        return ("test",) if "test" in self.splits else ("dev",)

    def releases_of(self, split: str, language: str) -> tuple[Release, ...]:
        """The releases that hold a split of it in a language."""
        known = (releases()[name] for name in self.releases)
        return tuple(release for release in known if language in release.languages and split in release.files)
