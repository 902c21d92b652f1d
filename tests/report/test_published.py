"""Published figures beside ours: of the same model, read in the same way, or it is said."""

from types import SimpleNamespace

import pytest

from xstilts.errors import UserError
from xstilts.published import published
from xstilts.report.published import as_csv, as_text, lines, read_otherwise
from xstilts.scores import Row
from xstilts.specs import Cell, ReportSpec, TargetSpec
from xstilts.tasks import TASKS

NAME = "xlmr-large-retrieval"
LARGE = "FacebookAI/xlm-roberta-large"


def study(hub):
    return ReportSpec(
        study="baseline",
        world="real",
        asks="?",
        baseline="none",
        bases=("large",),
        seeds=(1,),
        recipes={"none": ""},
        targets={"tatoeba": TargetSpec(title="Tatoeba", stage=None)},
        hubs={"large": hub},
    )


def scores(values, layer=14, pooling="mean"):
    """Tatoeba's accuracy by language, with a figure by layer that is not to be taken for it."""
    common = {"split": "test", "metric": "accuracy", "n": 9, "interval_95": (0, 1), "interval_99": (0, 1)}
    rows = [Row(language=code, value=value, **common) for code, value in values.items()]
    rows += [Row(language=code, value=-1.0, layer=3, **common) for code in values]
    cell = Cell(base="large", seed=1, recipe="none", target="tatoeba", node="large")
    return {cell: SimpleNamespace(record=SimpleNamespace(rows=rows, layer=layer, layers=24, pooling=pooling))}


@pytest.mark.parametrize("hub", [LARGE, None])
def test_paper_ours_and_difference(hub):
    found = {line.language: line for line in lines(study(hub), scores({"de": 70.0, "sw": 5.0}), NAME)}
    assert (found["de"].published, found["de"].ours) == (63.9, 70.0)
    assert found["de"].difference == pytest.approx(6.1) and found["sw"].difference == pytest.approx(-2.9)
    assert (found["mean"].published, found["mean"].ours) == (pytest.approx(35.9), 37.5), "over what both have"
    assert found["fr"].ours is None and found["fr"].difference is None
    text = as_text(NAME, [*found.values()], [])
    assert "| large | tatoeba (accuracy, test) | de | 63.9 | 70.0 | +6.1 |" in text and "| fr | 48.1 | – | – |" in text
    assert "large,tatoeba,accuracy,test,fr,48.1000,,\n" in as_csv([*found.values()])


def test_another_model_is_not_compared():
    assert lines(study("google-bert/bert-base-multilingual-cased"), scores({"de": 70.0}), NAME) == []


def test_another_way_of_reading_is_said():
    assert read_otherwise(scores({"de": 70.0}), NAME) == []
    (note,) = read_otherwise(scores({"de": 70.0}, layer=20, pooling="cls"), NAME)
    assert note == "tatoeba was read at block 20 of 24, cls, not block 14 of 24, mean"
    assert f"Mind: {note}" in as_text(NAME, lines(study(None), scores({"de": 70.0}), NAME), [note])


def test_an_unknown_name_is_told():
    with pytest.raises(UserError, match="nothing is known to be published as 'paper'; known: xlmr-large-retrieval"):
        lines(study(None), {}, "paper")


def test_every_figure_is_of_a_target_and_language_that_there_is():
    for entry in published().values():
        assert entry.source and entry.title
        for target, figures in entry.figures.items():
            assert set(figures.values) <= set(TASKS[target].languages)
            assert all(0 <= value <= 100 for value in figures.values.values())


def test_their_means_are_the_papers_baseline():
    figures = published()[NAME].figures
    means = {target: sum(one.values.values()) / len(one.values) for target, one in figures.items()}
    assert means == {"bucc": pytest.approx(71.5, abs=0.05), "tatoeba": pytest.approx(31.0, abs=0.05)}
