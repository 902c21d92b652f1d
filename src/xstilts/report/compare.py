"""From the score files of a study to all that it found."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from xstilts.bootstrap import DRAWS
from xstilts.languages import LANGUAGES
from xstilts.report.claims import judge
from xstilts.report.compared import Compared, open_base, told, within
from xstilts.report.contrast import Samples, holm
from xstilts.report.data import data_of
from xstilts.report.findings import (
    LABORATORIES,
    MEAN,
    Answer,
    BaseFindings,
    Effect,
    Estimate,
    Findings,
    LanguageOutcome,
    Outcome,
)
from xstilts.report.nodes import read_nodes
from xstilts.report.published import comparisons, sources
from xstilts.report.scores import Scores
from xstilts.specs import ReportSpec

EFFECTS = ("gain", "gain_english", "gain_others", "gap_change")


def compare(spec: ReportSpec, scores: Scores, checkpoints: Path, code: str) -> Findings:
    """All figures of a study, from the evaluations that are there.

    Time: half a minute for 11 recipes with 3 seeds on XTREME's nine targets in 40 languages; seconds in the miniature.
    """
    bases = tuple(find(spec, scores, base, checkpoints) for base in spec.bases)
    tested = {code for found in bases for target in found.targets for code in target.languages}
    generated = any(code in LANGUAGES and LANGUAGES[code].script == "generated" for code in tested)
    return Findings(
        spec=spec,
        code=code,
        draws=DRAWS,
        versions=versions_of(scores),
        generated=generated or spec.world in LABORATORIES,
        bases=bases,
        sources=sources(spec, scores),
        data=data_of(spec, checkpoints.parent),
    )


def find(spec: ReportSpec, scores: Scores, base: str, checkpoints: Path) -> BaseFindings:
    """The findings on one base."""
    compared = open_base(spec, scores, base)
    outcomes = corrected([outcome(compared, recipe, where) for recipe in spec.recipes for where in compared.views])
    return BaseFindings(
        base=base,
        seeds=spec.seeds,
        targets=tuple(compared.targets.values()),
        averages=compared.averages,
        outcomes=tuple(outcomes),
        languages=tuple(languages_of(compared)),
        runs=compared.runs,
        nodes=read_nodes(spec, base, checkpoints),
        answer=answer_of(outcomes),
        verdicts=judge(spec.claims, compared),
        comparisons=comparisons(spec, base, scores),
    )


def outcome(compared: Compared, recipe: str, where: str) -> Outcome:
    """The figures of one recipe on one target or average."""
    views, baseline = compared.views[where], compared.baseline
    itself, against = {recipe: 1.0}, {recipe: 1.0, baseline: -1.0}

    def level(samples: Samples | None) -> Estimate | None:
        return told(compared.uncertain(itself, where, samples))

    def effect(samples: Samples | None) -> Effect | None:
        return compared.contrast(against, where, samples) if recipe != baseline else None

    others = compared.uncertain(itself, where, views.others)
    place = list(compared.recipes).index(recipe)
    values = views.everywhere.point[place]
    by_seed = {seed: float(value) for seed, value in zip(compared.seeds, values, strict=True) if value == value}
    return Outcome(
        recipe=recipe,
        target=where,
        seeds=tuple(by_seed),
        score=level(views.everywhere),
        english=level(views.english),
        others=told(others),
        others_99=within(others.interval(0.99)) if others else None,
        gap=told(compared.uncertain(itself, where, views.gap), score=False),
        gain=effect(views.everywhere),
        gain_english=effect(views.english),
        gain_others=effect(views.others),
        gap_change=effect(views.gap),
        by_seed=by_seed,
    )


def corrected(outcomes: Sequence[Outcome]) -> list[Outcome]:
    """With Holm's correction: over all recipes and targets; on each average over all recipes."""
    found = list(outcomes)
    for name in EFFECTS:
        families: dict[str, list[int]] = {}
        for place, one in enumerate(found):
            if getattr(one, name):
                families.setdefault(one.target if one.target.startswith("(") else "targets", []).append(place)
        for family in families.values():
            effects: list[Effect] = [getattr(found[place], name) for place in family]
            for place, effect in zip(family, with_holm(effects), strict=True):
                found[place] = found[place].model_copy(update={name: effect})
    return found


def with_holm(effects: Sequence[Effect]) -> list[Effect]:
    """Effects of one family with their corrected p."""
    return [one.model_copy(update={"holm": p}) for one, p in zip(effects, holm([e.p for e in effects]), strict=True)]


def languages_of(compared: Compared) -> Iterable[LanguageOutcome]:
    """Every recipe, target and language; the correction is over all of them."""
    found = []
    for recipe in compared.recipes:
        against = {recipe: 1.0, compared.baseline: -1.0}
        for name in compared.targets:
            for code, samples in compared.views[name].languages.items():
                gain = compared.contrast(against, name, samples) if recipe != compared.baseline else None
                score = told(compared.uncertain({recipe: 1.0}, name, samples))
                found.append((recipe, name, code, score, gain))
    gains = iter(with_holm([gain for *_, gain in found if gain]))
    return [
        LanguageOutcome(recipe=r, target=t, language=c, score=score, gain=next(gains) if gain else None)
        for r, t, c, score, gain in found
    ]


def answer_of(outcomes: Iterable[Outcome]) -> Answer | None:
    """The recipe with the largest gain on the mean over targets; the first of them where several are equal."""
    gains = [
        Answer(recipe=one.recipe, gain=one.gain, others=one.gain_others)
        for one in outcomes
        if one.target == MEAN and one.gain
    ]
    return max(gains, key=lambda answer: answer.gain.value, default=None)


def versions_of(scores: Scores) -> dict[str, tuple[str, ...]]:
    """Of libraries, as all evaluations saw them."""
    records = [found.record for found in scores.values()]
    names = dict.fromkeys(name for record in records for name in record.versions)
    return {name: tuple(sorted({r.versions[name] for r in records if name in r.versions})) for name in names}
