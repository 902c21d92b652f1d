"""The scores in a checkpoint's card."""

from __future__ import annotations

from collections.abc import Sequence

from xstilts.cards.markdown import DASH, interval, score, table
from xstilts.cards.scored import ENGLISH, Scored
from xstilts.cards.studied import Row, Studied
from xstilts.languages import LANGUAGES
from xstilts.report.findings import Effect, Estimate

HEAD = ("target", "mean", "English [95 %]", "other languages", "languages", "metric")
WITHIN = ("language", "score [95 %]", "examples")


def scores_section(scored: Sequence[Scored]) -> list[str]:
    """What this very checkpoint scored, target by target, and language by language."""
    if not scored:
        return []
    rows = [
        (one.title, score(one.mean), english(one), score(one.others), len(one.rows), f"`{one.record.spec.metric}`")
        for one in scored
    ]
    lines = ["## Scores", "", "This checkpoint alone, in per cent; means are unweighted over languages.", ""]
    lines += table(HEAD, rows, right=(1, 2, 3, 4))
    for one in scored:
        within = [(spoken(row.language), interval(row.value, *row.interval_95), f"{row.n:,}") for row in one.rows]
        lines += ["", f"<details><summary>{one.title} by language</summary>", "", *table(WITHIN, within, right=(1, 2))]
        lines += ["", "</details>"]
    return lines


def english(one: Scored) -> str:
    """With its interval, by resampling examples."""
    return interval(one.english.value, *one.english.interval_95) if one.english else DASH


def spoken(code: str) -> str:
    """A language, or a pair of them, by name."""
    names = [LANGUAGES[part].name if part in LANGUAGES else part for part in code.split("-")]
    return f"{' – '.join(names)} (`{code}`)" if code != ENGLISH else names[0]


def study_section(studied: Studied | None) -> list[str]:
    """What a study found of the recipes that lead here, over its seeds."""
    if studied is None:
        return []
    seeds = f"seed{'s' * (len(studied.seeds) > 1)} {', '.join(map(str, studied.seeds))}"
    about = f"Over {seeds}, in per cent; gains in points, bold where they hold after Holm's correction over the study."
    gains = f"gain over `{studied.baseline}`", "gain, other languages"
    head = ("recipe", "target", "score [95 %]", "other languages", *gains)
    rows = [cells(row) for row in studied.rows]
    return [f"## In the study `{studied.study}`", "", about, "", *table(head, rows, right=(2, 3, 4, 5))]


def cells(row: Row) -> tuple[str, ...]:
    """One recipe on one target or average."""
    one = row.outcome
    return f"`{row.recipe}`", row.title, level(one.score), level(one.others), gain(one.gain), gain(one.gain_others)


def level(figure: Estimate | None) -> str:
    return interval(figure.value, figure.low, figure.high) if figure else DASH


def gain(figure: Effect | None) -> str:
    """Bold where it is significant."""
    if figure is None:
        return DASH
    said = interval(figure.value, figure.low, figure.high, sign="+")
    return f"**{said}**" if figure.significant else said
