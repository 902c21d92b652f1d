"""Findings with invented figures, in an instant: for tests of what is made from findings, not of the figures."""

import random

from xstilts.report.findings import (
    MEAN,
    Answer,
    Average,
    BaseFindings,
    Comparison,
    Contrast,
    Data,
    Effect,
    Estimate,
    Findings,
    LanguageOutcome,
    Node,
    Outcome,
    Run,
    Source,
    Target,
    Verdict,
)
from xstilts.specs import ReportSpec, TargetSpec
from xstilts.tasks import BENCHMARKS, TASKS

RECIPES = {"none": "", "mnli": "mnli", "squad": "squad", "all9": "all9"}
TARGETS = ("xnli", "tydiqa", "tatoeba")


def invented(recipes=RECIPES, targets=TARGETS, seeds=(1, 2, 3), bases=("tiny",), missing=(), asks="Does it help?"):
    """Findings of a study; `missing` names (recipe, target) pairs of which no run is there."""
    spec = ReportSpec(
        study="invented",
        world="mini",
        asks=asks,
        baseline="none",
        bases=bases,
        seeds=seeds,
        recipes=dict(recipes),
        targets={name: TargetSpec(title=TASKS[name].title, stage=TASKS[name].stage) for name in targets},
    )
    return Findings(
        spec=spec,
        code="c0de",
        draws=1000,
        versions={"torch": ("2.13.0",), "numpy": ("2.4.6", "2.4.7")},
        generated=True,
        bases=tuple(_base(spec, base, set(missing), random.Random(base)) for base in bases),
        sources=(Source(name="theirs", title="A paper", text="example.org, table 1", base="some/model", notes=()),),
        data=(Data(title="MNLI", url="https://example.org", tasks=("mnli", "xnli"), licence="OANC", noncommercial=False,
                   citation="Williams et al. 2018"),),
    )  # fmt: skip


def _base(spec, base, missing, dice):
    targets = tuple(_target(name) for name in spec.targets)
    averages = [Average(name=MEAN, title="Mean", targets=tuple(spec.targets))]
    for one in BENCHMARKS.values():
        if set(one.targets) <= set(spec.targets):
            averages.append(Average(name=f"({one.title})", title=one.title, targets=one.targets))
    outcomes, languages = [], []
    for recipe in spec.recipes:
        for target in targets:
            gone = (recipe, target.name) in missing
            outcomes.append(_outcome(spec, recipe, target.name, target.languages, dice, gone))
            for code in target.languages:
                gain = None if gone or recipe == spec.baseline else _effect(dice)
                score = None if gone else _estimate(dice)
                languages.append(
                    LanguageOutcome(recipe=recipe, target=target.name, language=code, score=score, gain=gain)
                )
        for average in averages:
            gone = any((recipe, name) in missing for name in average.targets)
            outcomes.append(_outcome(spec, recipe, average.name, ("en", "xx"), dice, gone))
    runs = [_run(cell, missing) for cell in spec.cells if cell.base == base]
    paths = {"/".join(run.node.split("/")[: k + 1]) for run in runs for k in range(run.node.count("/") + 1)}
    means = [one for one in outcomes if one.target == MEAN and one.gain]
    best = max(means, key=lambda one: one.gain.value, default=None)
    return BaseFindings(
        base=base,
        seeds=spec.seeds,
        targets=targets,
        averages=tuple(averages),
        outcomes=tuple(outcomes),
        languages=tuple(languages),
        runs=tuple(runs),
        nodes=tuple(_node(path, missing) for path in sorted(paths) if path.count("/") != 1),
        answer=Answer(recipe=best.recipe, gain=best.gain, others=best.gain_others) if best else None,
        verdicts=_verdicts(dice),
        comparisons=(
            Comparison(source="theirs", recipe="none", target=targets[0].name, language="mean", metric="accuracy",
                       split="test", gain=False, certainty="published", published=50.0, ours=48.5),
            Comparison(source="theirs", recipe="mnli", target=targets[0].name, language="mean", metric="accuracy",
                       split="test", gain=True, certainty="recalled", published=1.4, ours=None),
        ),
    )  # fmt: skip


def _target(name):
    task = TASKS[name]
    codes = ("en", *(code for code in task.languages if code != "en")) if task.stage else task.languages
    sizes = {code: 200 + 10 * k for k, code in enumerate(codes)}
    return Target(name=name, title=task.title, trained=task.stage is not None, metric=task.metric, chance=task.chance,
                  languages=sizes, unpaired=())  # fmt: skip


def _outcome(spec, recipe, target, languages, dice, gone):
    def score(there=True):
        return _estimate(dice) if there and not gone else None

    def effect(there=True):
        return _effect(dice) if there and not gone and recipe != spec.baseline else None

    english = "en" in languages
    others = score()
    return Outcome(
        recipe=recipe, target=target, seeds=() if gone else spec.seeds, score=score(), english=score(english),
        others=others, others_99=(others.low - 1, others.high + 1) if others else None, gap=score(english),
        gain=effect(), gain_english=effect(english), gain_others=effect(), gap_change=effect(english),
        by_seed={} if gone else {seed: dice.uniform(30, 80) for seed in spec.seeds},
    )  # fmt: skip


def _estimate(dice):
    value = dice.uniform(30, 80)
    return Estimate(value=value, low=value - dice.uniform(1, 3), high=value + dice.uniform(1, 3))


def _effect(dice):
    value, half = dice.gauss(0, 4), dice.uniform(1, 4)
    p = min(1.0, 2 ** (-((abs(value) / half) ** 2) * 4))
    return Effect(value=value, low=value - half, high=value + half, p=p, holm=min(1.0, 3 * p),
                  new_language=(value - half - 1, value + half + 1), detectable=1.4 * half)  # fmt: skip


def _run(cell, missing):
    what = {"recipe": cell.recipe, "target": cell.target, "seed": cell.seed, "node": cell.node}
    if (cell.recipe, cell.target) in missing:
        return Run(**what, state="missing")
    lost = (f"{cell.base}/s{cell.seed}/squad",) if (cell.recipe, cell.seed) == ("squad", 2) else ()
    return Run(
        **what, state="degenerate" if lost else "scored", lost=lost, checkpoint="c0ffee" * 10, predictions="ab" * 32
    )


def _node(path, missing):
    if any(path.endswith(f"/{recipe}/{target}") for recipe, target in missing):
        return Node(path=path, state="missing")
    state = "degenerate" if path.endswith("s2/squad") else "made"
    return Node(path=path, state=state, digest="c0ffee" * 10, step=400, steps=600, dev=70.0)


def _verdicts(dice):
    said = {
        "one": ("supported", (), (Contrast(what="squad − mnli on Mean", effect=_effect(dice)),)),
        "two": ("contradicted", (), (Contrast(what="all9 − none on Mean", effect=_effect(dice)),)),
        "three": ("not decided", (), (Contrast(what="mnli − none on TyDiQA", effect=_effect(dice)),)),
        "four": ("missing", ("recipe mlm+mnli on XNLI",), ()),
    }
    return tuple(
        Verdict(claim=name, says=f"Claim {name}.", standing=standing, reason="Because of its rule.",
                contrasts=contrasts, missing=missing, published="+8.7 on average",
                source="Phang et al. 2020, abstract", certainty="published")
        for name, (standing, missing, contrasts) in said.items()
    )  # fmt: skip
