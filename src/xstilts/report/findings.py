"""What a study found, as data: `findings.json`, which the page, the figures, the tables and the cards are made from.

Every figure is in per cent, every difference in points. A target's mean is unweighted over its languages, English
included; an average is unweighted over targets, as XTREME takes it. What could not be computed, because runs are
missing or a target has no English test, is None.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, ValidationError

from xstilts.errors import UserError
from xstilts.specs import ReportSpec

ENGLISH = "en"
MEAN = "(mean)"  # no name of a target may hold a parenthesis
SIGNIFICANT = 0.05
LABORATORIES = frozenset({"mini", "nano"})
"""Worlds of invented languages, where no score file is there to tell it."""
Standing = Literal["supported", "contradicted", "not decided", "missing"]
Certainty = Literal["published", "recalled"]


class Told(BaseModel):
    """A frozen part of the findings, strict about what it holds."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Estimate(Told):
    """A figure and the 95 % interval around it, over seeds and test examples."""

    value: float
    low: float
    high: float

    @property
    def sign(self) -> int:
        """1 or -1 where the whole interval lies on one side of 0; 0: not decided."""
        return 1 if self.low > 0 else -1 if self.high < 0 else 0


class Effect(Estimate):
    """A paired difference between recipes."""

    p: float
    """Of no difference, for this one alone."""
    holm: float | None = None
    """p after Holm's correction, over all differences of its kind in the study; None: it belongs to no such family."""
    new_language: tuple[float, float] | None = None
    """The interval for the mean over other languages such as these; None: fewer than two languages."""
    detectable: float
    """The difference that a study like this one finds four times of five, where it is the only one that is looked for;
    0 where no draw of examples made a difference, so that nothing can be said."""

    @property
    def significant(self) -> int:
        """1 or -1 where the difference holds after the correction; 0: it does not."""
        corrected = self.p if self.holm is None else self.holm
        return (1 if self.value > 0 else -1) if corrected < SIGNIFICANT else 0


class Run(Told):
    """One evaluation that the study asks for."""

    recipe: str
    target: str
    seed: int
    node: str
    """The checkpoint that was read; the score files are `scores/<node>/<target>.{json,parquet}`."""
    state: Literal["scored", "degenerate", "missing"]
    """Degenerate: it descends from a training that learned nothing."""
    lost: tuple[str, ...] = ()
    """The degenerate nodes on the way."""
    checkpoint: str | None = None
    """Digest of the checkpoint; None where the score file is missing."""
    predictions: str | None = None
    """Digest of the prediction file."""
    layer: int | None = None
    """Retrieval: the block whose output was read."""


class Target(Told):
    """What a column of the tables is about."""

    name: str
    title: str
    trained: bool
    """Fine-tuned on English; otherwise the encoder is read as it is (retrieval)."""
    metric: str
    chance: float | None
    """What guessing scores; None: next to nothing."""
    languages: dict[str, int]
    """Test examples by language, English first."""
    unpaired: tuple[str, ...]
    """Languages in which recipes were tested on different numbers of examples."""


class Average(Told):
    """The mean over some targets: all of the study, a benchmark's, or those of a group of it."""

    name: str
    """In parentheses, as no target's is: `(mean)`, `(XTREME)`, `(XTREME: retrieval)`."""
    title: str
    targets: tuple[str, ...]


class Outcome(Told):
    """One recipe on one target, or on an average (whose name then stands for the target's)."""

    recipe: str
    target: str
    seeds: tuple[int, ...]
    """Those that count: with all runs that this figure needs."""
    score: Estimate | None
    """The mean over all languages."""
    english: Estimate | None
    others: Estimate | None
    """The mean over the languages other than English."""
    others_99: tuple[float, float] | None
    """The 99 % interval of `others`."""
    gap: Estimate | None
    """English less the others."""
    gain: Effect | None
    """Difference to the baseline; None for the baseline itself."""
    gain_english: Effect | None
    gain_others: Effect | None
    gap_change: Effect | None
    """Difference of the gap to the baseline's."""
    by_seed: dict[int, float]
    """The mean over all languages with each seed."""


class LanguageOutcome(Told):
    """One recipe on one target in one language: the mean over seeds."""

    recipe: str
    target: str
    language: str
    score: Estimate | None
    gain: Effect | None


class Answer(Told):
    """The recipe that gains most over the baseline on the mean over targets, picked in hindsight."""

    recipe: str
    gain: Effect
    others: Effect | None


class Contrast(Told):
    """One comparison that a claim rests on."""

    what: str
    """In words: `squad − qqp on XTREME`."""
    effect: Effect


class Verdict(Told):
    """What the study says of a claim."""

    claim: str
    says: str
    standing: Standing
    reason: str
    """The rule that led to it, with its figures, in one sentence."""
    contrasts: tuple[Contrast, ...]
    """The deciding one first; empty where runs are missing."""
    missing: tuple[str, ...]
    """What would have to be run, in words."""
    published: str
    """The figure that was published, in words; "" for a claim of one's own."""
    source: str
    certainty: Certainty


class Comparison(Told):
    """A published figure and ours."""

    source: str
    """An entry of published.yaml."""
    recipe: str
    target: str
    language: str
    """A language's code, or `mean`."""
    metric: str
    split: str
    gain: bool
    """A difference to the baseline, not a score."""
    certainty: Certainty
    published: float
    ours: float | None
    """None where it was not evaluated here."""

    @property
    def difference(self) -> float | None:
        """Ours less theirs."""
        return None if self.ours is None else self.ours - self.published


class Source(Told):
    """Where published figures were read."""

    name: str
    title: str
    text: str
    base: str
    notes: tuple[str, ...]
    """What keeps ours from comparing with them, in sentences."""


class Node(Told):
    """A checkpoint of the tree, with one seed."""

    path: str
    state: Literal["made", "degenerate", "missing"]
    digest: str | None = None
    step: int | None = None
    """The one that was kept."""
    steps: int | None = None
    dev: float | None = None
    """English dev score of that step, in per cent."""


class Data(Told):
    """A data set that the study trains or tests on."""

    title: str
    url: str
    tasks: tuple[str, ...]
    licence: str
    noncommercial: bool
    citation: str


class BaseFindings(Told):
    """All figures of one base; in the study's order."""

    base: str
    seeds: tuple[int, ...]
    targets: tuple[Target, ...]
    averages: tuple[Average, ...]
    """The mean over all targets of the study comes first."""
    outcomes: tuple[Outcome, ...]
    languages: tuple[LanguageOutcome, ...]
    runs: tuple[Run, ...]
    nodes: tuple[Node, ...]
    answer: Answer | None
    """None where there is nothing to compare."""
    verdicts: tuple[Verdict, ...]
    comparisons: tuple[Comparison, ...]

    @cached_property
    def _outcomes(self) -> Mapping[tuple[str, str], Outcome]:
        return {(one.recipe, one.target): one for one in self.outcomes}

    @cached_property
    def _languages(self) -> Mapping[tuple[str, str, str], LanguageOutcome]:
        return {(one.recipe, one.target, one.language): one for one in self.languages}

    def outcome(self, recipe: str, target: str) -> Outcome:
        """Of a recipe on a target, or on an average by its name."""
        return self._outcomes[recipe, target]

    def language(self, recipe: str, target: str, language: str) -> LanguageOutcome:
        """Of a recipe on a target in a language of its test."""
        return self._languages[recipe, target, language]

    @property
    def missing(self) -> tuple[Run, ...]:
        return tuple(run for run in self.runs if run.state == "missing")

    @property
    def degenerate(self) -> tuple[Run, ...]:
        return tuple(run for run in self.runs if run.state == "degenerate")


class Findings(Told):
    """All that a study found."""

    spec: ReportSpec
    code: str
    """Fingerprint of the code that computed this."""
    draws: int
    versions: dict[str, tuple[str, ...]]
    """Of libraries, as the score files tell them; several where runs saw several."""
    generated: bool
    """Of invented languages: no figure says anything of a real model."""
    bases: tuple[BaseFindings, ...]
    sources: tuple[Source, ...]
    """Of the published figures that are compared."""
    data: tuple[Data, ...]

    @classmethod
    def read(cls, file: Path) -> Self:
        """From `findings.json`."""
        try:
            return cls.model_validate_json(file.read_text(encoding="utf-8"))
        except (OSError, ValidationError) as error:
            raise UserError(f"{file} holds no findings: {error}\nDelete it, and let snakemake make it again") from None
