"""Every number of the page comes from prediction files: cells at random, recomputed without the project's code."""

import json
import random
import time
from functools import cache
from html.parser import HTMLParser

import pytest
from recomputed import ENGLISH, scores

RECIPES = {"none": "", "mnli": "mnli", "chain": "mnli/squad", "mixed": "ccg+hellaswag+mlm+qqp"}
STAGES = {"xnli": "xnli", "udpos": "udpos", "xquad": "xquad", "mlqa": "xquad", "bucc": "", "tatoeba": ""}
METRICS = {
    **{"xnli": "accuracy", "udpos": "entities", "xquad": "squad"},
    **{"mlqa": "mlqa", "bucc": "mining", "tatoeba": "nearest"},
}
CELLS = 50


class Cells(HTMLParser):
    """What the page's figures say of themselves."""

    def __init__(self, html):
        super().__init__()
        self.found = []
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        said = dict(attrs)
        if said.get("data-value"):
            self.found.append({key.removeprefix("data-"): value for key, value in said.items()})


@pytest.fixture(scope="module")
def results(finished):
    return finished[0].results


@pytest.fixture(scope="module")
def recomputed(results):
    @cache
    def of(recipe, target):
        parts = [part for part in (RECIPES[recipe], STAGES[target]) if part]
        node = "/".join(["tiny", *(["s1", *parts] if parts else [])])
        return scores(results / "predictions" / node / f"{target}.parquet", METRICS[target])

    return of


def value(cell, recomputed):
    """The figure of a cell, from predictions alone."""

    def mean(target, recipe):
        by_language = recomputed(recipe, target)
        if "language" in cell:
            return by_language[cell["language"]]
        if cell["figure"] == "gap":
            others = [score for code, score in by_language.items() if code != ENGLISH]
            return by_language[ENGLISH] - sum(others) / len(others)
        return sum(by_language.values()) / len(by_language)

    def over(targets, recipe):
        return sum(mean(target, recipe) for target in targets) / len(targets)

    targets = list(STAGES) if cell["target"].startswith("(") else [cell["target"]]
    if cell["target"].startswith("(") and cell["figure"] == "gap":
        pytest.fail("a gap of an average has no single recomputation here")
    found = over(targets, cell["recipe"])
    return found - over(targets, "none") if cell["figure"] == "gain" else found


def test_fifty_figures_of_the_page_come_out_of_the_predictions(results, recomputed):
    page = (results / "report/smoke/report.html").read_text(encoding="utf-8")
    shown = [
        c
        for c in Cells(page).found
        if not (c["target"].startswith("(") and (c["figure"] == "gap" or ":" in c["target"]))
    ]
    assert len(shown) > CELLS
    seed = time.time_ns()
    for cell in random.Random(seed).sample(shown, CELLS):
        assert float(cell["value"]) == pytest.approx(value(cell, recomputed), abs=1e-9), (seed, cell)


def test_every_figure_that_the_findings_hold_does_too(results, recomputed):
    """Also those that the page shows only when asked for: all languages of all recipes."""
    found = json.loads((results / "report/smoke/findings.json").read_text(encoding="utf-8"))["bases"][0]
    for one in found["languages"]:
        expected = recomputed(one["recipe"], one["target"])[one["language"]]
        assert one["score"]["value"] == pytest.approx(expected, abs=1e-9), one
        if one["recipe"] != "none":
            baseline = recomputed("none", one["target"])[one["language"]]
            assert one["gain"]["value"] == pytest.approx(expected - baseline, abs=1e-9), one
