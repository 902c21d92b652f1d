"""From claims to verdicts; the rules are those of `evidence`."""

from __future__ import annotations

from collections.abc import Iterable

from xstilts.config.claims import Claim
from xstilts.report.claims.evidence import Comparison, Part, Weighed, weigh
from xstilts.report.claims.forms import parts_of
from xstilts.report.claims.names import AbsentError, Place
from xstilts.report.compared import Compared
from xstilts.report.contrast import Uncertain, holm
from xstilts.report.findings import Contrast, Effect, Verdict
from xstilts.report.writing import signed
from xstilts.tasks import TASKS


def judge(claims: Iterable[Claim], compared: Compared) -> tuple[Verdict, ...]:
    """What the study says of each claim, on one base."""
    return tuple(verdict(claim, compared) for claim in claims)


def verdict(claim: Claim, compared: Compared) -> Verdict:
    """Of one claim. Where a part of it lacks runs, the others may contradict it all the same."""
    found = [one for asserted in claim.parts for one in parts_of(compared, asserted, claim.margin)]
    parts = [part for _, part in found if isinstance(part, Part)]
    lacking = [(place, absent) for place, absent in found if isinstance(absent, AbsentError)]
    weighed = weigh(parts, len(lacking)) if parts else None
    comparisons = [one for part in parts for one in part.comparisons]
    if weighed is None or weighed.standing == "missing":
        comparisons = []
    else:
        comparisons.sort(key=lambda one: one is not weighed.deciding)  # stable: the others keep their order
    return Verdict(
        claim=claim.name,
        says=claim.says,
        standing=weighed.standing if weighed else "missing",
        reason=reason(weighed),
        contrasts=contrasts(comparisons),
        missing=missing(compared, [(place, lack) for place, absent in lacking for lack in absent.lacks]),
        published=claim.published,
        source=claim.source,
        certainty=claim.certainty,
    )


def contrasts(comparisons: list[Comparison]) -> tuple[Contrast, ...]:
    """With the p of no difference, corrected for all of the claim."""
    effects = [effect_of(one.found) for one in comparisons]
    corrected = [None] if len(effects) == 1 else holm([one.p for one in effects])
    return tuple(
        Contrast(what=one.what, effect=effect.model_copy(update={"holm": p}))
        for one, effect, p in zip(comparisons, effects, corrected, strict=True)
    )


def effect_of(found: Uncertain) -> Effect:
    low, high = found.interval()
    return Effect(value=found.value, low=low, high=high, p=found.p, detectable=found.detectable)


def reason(weighed: Weighed | None) -> str:
    """What decided, with its figures, in one sentence."""
    if weighed is None:
        return "Runs that the claim is about are missing."
    part, one = weighed.part, weighed.deciding
    low, high = one.found.interval()
    figures = f"{one.what} is {signed(one.found.value)} [{signed(low)}, {signed(high)}]"
    if weighed.standing == ("supported" if part.none else "contradicted") and one.found.value > 0:
        figures += f", below {one.matters:g}"
    count = len(part.comparisons)
    match weighed.standing:
        case "supported":
            said = f"It holds that {part.says}: {figures}" + (f", the closest of {count}" if count > 1 else "")
        case "contradicted":
            said = f"It does not hold that {part.says}: {figures}"
            said += f", corrected for {weighed.family} comparisons" if weighed.family > 1 else ""
        case "missing":
            said = f"Runs that the claim is about are missing; those that are there do not contradict it: {figures}"
        case _:
            said = f"It is open whether {part.says}: {figures}" + (f", the least sure of {count}" if count > 1 else "")
    return f"{said} ({one.degenerate} of these runs learned nothing)." if one.degenerate else f"{said}."


def missing(compared: Compared, lacking: Iterable[tuple[Place, str]]) -> tuple[str, ...]:
    """What would have to be run: recipes by the targets and seeds that they lack."""
    together: dict[tuple[tuple[str, ...], tuple[int, ...]], list[str]] = {}
    for place, lack in dict.fromkeys(lacking):
        by_seeds: dict[tuple[int, ...], list[str]] = {}
        for target in place.targets:
            if seeds := seeds_lacking(compared, lack, target):
                by_seeds.setdefault(seeds, []).append(TASKS[target].title)
        for seeds, titles in by_seeds.items():
            together.setdefault((tuple(titles), seeds), []).append(lack)
    return tuple(
        f"{', '.join(dict.fromkeys(recipes))} on {', '.join(titles)} with {'seed' if len(seeds) == 1 else 'seeds'}"
        f" {', '.join(map(str, seeds))}"
        for (titles, seeds), recipes in together.items()
    )


def seeds_lacking(compared: Compared, recipe: str, target: str) -> tuple[int, ...]:
    """The seeds with which a recipe was not run on a target; all of them where the study has not both."""
    if recipe not in compared.recipes or target not in compared.targets:
        return compared.seeds
    return tuple(run.seed for run in compared.missing(recipe, target))
