"""Published figures beside ours: of the same model, in the same languages, and with what still keeps them apart."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from statistics import fmean

from xstilts.languages import LANGUAGES
from xstilts.published import AVERAGE, MEAN, Column, Figure, Published, published
from xstilts.report.findings import Comparison, Source
from xstilts.report.scores import Scores
from xstilts.scores import Record
from xstilts.specs import ReportSpec
from xstilts.tasks import BENCHMARKS, TASKS

XTREME = BENCHMARKS["xtreme"]


@dataclass(frozen=True)
class Ours:
    """What the study measured on one base, as figures of one source would call it."""

    spec: ReportSpec
    base: str
    scores: Scores
    columns: Mapping[str, Column]

    @cached_property
    def _values(self) -> Mapping[tuple[str, str, str], Mapping[int, Mapping[str, float]]]:
        """By path of the recipe, target and metric; then by seed, then by language."""
        found: dict[tuple[str, str, str], dict[int, dict[str, float]]] = {}
        for cell, score in self.scores.items():
            if cell.base != self.base or cell.target not in self.columns:
                continue
            splits, theirs = score.record.spec.splits, self.columns[cell.target].split
            split = theirs if theirs in splits else splits[-1]
            for row in score.record.rows:
                if row.layer is None and row.split == split:
                    key = self.spec.recipes[cell.recipe], cell.target, row.metric
                    found.setdefault(key, {}).setdefault(cell.seed, {})[row.language] = row.value
        return found

    def by_language(self, recipe: str, target: str, metric: str) -> Mapping[int, Mapping[str, float]]:
        """With each seed, the figure of each language: of their split, or of the one that is reported here."""
        return self._values.get((recipe, target, metric), {})

    def mean(self, recipe: str, target: str, metric: str) -> Mapping[int, float]:
        """With each seed, the mean over the languages that theirs is over; none where others were tested here."""
        if target == AVERAGE:
            each = [self.mean(recipe, name, metric) for name in XTREME.targets]
            seeds = set(each[0]).intersection(*each)
            return {seed: fmean(means[seed] for means in each) for seed in seeds}
        theirs = set(TASKS[target].languages) - self.columns[target].without
        found = self.by_language(recipe, target, metric).items()
        return {seed: fmean(values[code] for code in theirs) for seed, values in found if theirs <= set(values)}

    def value(self, one: Figure) -> float | None:
        """Our figure, the mean over seeds."""

        def of(recipe: str) -> Mapping[int, float]:
            if one.language == MEAN:
                return self.mean(recipe, one.target, one.metric)
            found = self.by_language(recipe, one.target, one.metric)
            return {seed: values[one.language] for seed, values in found.items() if one.language in values}

        values = of(one.recipe)
        if one.gain:
            base = of("")
            values = {seed: value - base[seed] for seed, value in values.items() if seed in base}
        return fmean(values.values()) if values else None


def comparisons(spec: ReportSpec, base: str, scores: Scores) -> tuple[Comparison, ...]:
    """Every published figure of a recipe and target of the study, beside ours where there is one.

    Of another model than the base nothing is compared, nor in languages that were generated. A base in a folder nobody
    knows: it is compared.
    """
    if generated(scores) or not any(cell.base == base for cell in scores):
        return ()
    names = {path: name for name, path in spec.recipes.items()}
    found = []
    for source in published().values():
        if spec.hubs.get(base) in (None, source.base):
            ours = Ours(spec, base, scores, source.columns)
            asked = [one for one in source.figures if asked_for(spec, one)]
            for one in asked:
                found.append(comparison(source, names[one.recipe], one, one.value, ours.value(one)))
            found += [
                comparison(source, names[one.recipe], one, theirs, own) for one, theirs, own in common(asked, ours)
            ]
    return tuple(found)


def comparison(source: Published, recipe: str, one: Figure, theirs: float, ours: float | None) -> Comparison:
    """One line; the recipe goes by the name that the study gives it."""
    return Comparison(
        source=source.name,
        recipe=recipe,
        target=f"({XTREME.title})" if one.target == AVERAGE else one.target,
        language=one.language,
        metric=one.metric,
        split=one.split,
        gain=one.gain,
        certainty=one.certainty,
        published=theirs,
        ours=ours,
    )


def common(figures: list[Figure], ours: Ours) -> Iterator[tuple[Figure, float, float]]:
    """Of figures by language, the mean over the languages that both sides have: what it is of, theirs, ours."""
    columns: dict[tuple[str, str, str, bool], list[tuple[Figure, float]]] = {}
    for one in figures:
        if one.language != MEAN and (own := ours.value(one)) is not None:
            columns.setdefault((one.recipe, one.target, one.metric, one.gain), []).append((one, own))
    for (recipe, target, metric, gain), both in columns.items():
        first = both[0][0]
        mean = Figure(recipe, target, MEAN, metric, first.split, gain, first.certainty, 0.0)
        yield mean, fmean(one.value for one, _ in both), fmean(own for _, own in both)


def asked_for(spec: ReportSpec, one: Figure) -> bool:
    """Whether the study has this recipe and target."""
    targets = XTREME.targets if one.target == AVERAGE else (one.target,)
    return one.recipe in spec.recipes.values() and set(targets) <= set(spec.targets)


def generated(scores: Scores) -> bool:
    """Whether the languages are the miniature's own."""
    codes = {code for score in scores.values() for code in score.record.spec.languages}
    return any(code in LANGUAGES and LANGUAGES[code].script == "generated" for code in codes)


def sources(spec: ReportSpec, scores: Scores) -> tuple[Source, ...]:
    """Where the figures of the study's recipes and targets were read, and what keeps ours from comparing with them."""
    return tuple(
        Source(
            name=name, title=one.title, text=" ".join(one.text.split()), base=one.base, notes=notes(spec, scores, one)
        )
        for name, one in published().items()
        if any(asked_for(spec, figure) for figure in one.figures)
    )


def notes(spec: ReportSpec, scores: Scores, source: Published) -> tuple[str, ...]:
    """In sentences."""
    if generated(scores):
        return ("The languages of this study are generated: there is nothing to compare.",)
    said = []
    for base in spec.bases:
        hub = spec.hubs.get(base)
        if hub is None:
            said.append(f"The base {base} comes from a folder: whether it is this model, nobody tells.")
        elif hub != source.base:
            said.append(f"The base {base} is another model ({hub}): it is not compared.")
    asked = dict.fromkeys(one.target for one in source.figures if asked_for(spec, one) and one.target != AVERAGE)
    records = [
        (cell.target, score.record)
        for cell, score in scores.items()
        if cell.target in asked and spec.hubs.get(cell.base) in (None, source.base)
    ]
    said += [*read_otherwise(source, records), *tested_otherwise(spec, source, records)]
    if source.retrieval and any(TASKS[target].format == "retrieval" for target in asked):
        said.append(" ".join(source.retrieval.split()))
    return tuple(dict.fromkeys(said))


def read_otherwise(source: Published, records: list[tuple[str, Record]]) -> Iterator[str]:
    """Where retrieval was read in another way than theirs."""
    told = "block {layer} of {layers}, {pooling}".format
    for target, record in records:
        if source.read is not None and record.pooling is not None:
            own = {key: getattr(record, key) for key in source.read}
            if own != source.read:
                yield f"{TASKS[target].title} was read at {told(**own)}, not {told(**source.read)}."


def tested_otherwise(spec: ReportSpec, source: Published, records: list[tuple[str, Record]]) -> Iterator[str]:
    """Where other sentences or languages were tested."""
    splits: dict[tuple[str, str], list[str]] = {}
    for target, record in records:
        theirs, ours = source.columns[target].split, record.spec.splits
        if theirs not in ours:
            splits.setdefault((theirs, ours[-1]), []).append(TASKS[target].title)
    for (split, here), titles in splits.items():
        yield f"Of {', '.join(dict.fromkeys(titles))} theirs are figures of {split}, ours of {here}."
    means = {one.target for one in source.figures if one.language == MEAN}
    fewer = [
        TASKS[target].title
        for target, record in records
        if target in means
        and not set(TASKS[target].languages) - source.columns[target].without <= set(record.spec.languages)
    ]
    if fewer:
        told = ", ".join(dict.fromkeys(fewer))
        yield f"Of {told} not all of their languages were tested here: such means do not compare."
