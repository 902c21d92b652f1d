"""Fingerprints see what a program runs, and nothing else."""

import shutil
from pathlib import Path

import pytest

from xstilts import fingerprint as fp

SCRIPTS = Path(__file__).parents[1] / "scripts"
SPAN, NLI, RETRIEVAL = (f"xstilts.formats.{name}" for name in ("span", "classification", "retrieval"))
ACCURACY, SQUAD, MLQA, NEAREST = (f"xstilts.metrics.{name}" for name in ("accuracy", "squad", "mlqa", "nearest"))


@pytest.fixture
def edit(tmp_path, monkeypatch):
    """A copy of the package whose files a test may edit; returns a function that replaces text in one of them."""
    source = tmp_path / "xstilts"
    shutil.copytree(fp.SOURCE, source, ignore=shutil.ignore_patterns("__pycache__"))
    monkeypatch.setattr(fp, "SOURCE", source)

    def forget() -> None:
        fp.parse.cache_clear()
        fp._path.cache_clear()

    def replace(file: str, old: str, new: str) -> None:
        path = source / file
        text = path.read_text(encoding="utf-8")
        assert old in text
        path.write_text(text.replace(old, new), encoding="utf-8")
        forget()

    forget()
    yield replace
    forget()


def train(*formats: str) -> str:
    return fp.fingerprint(SCRIPTS / "train_checkpoint.py", "train", formats)


def predict(*formats: str) -> str:
    return fp.fingerprint(SCRIPTS / "predict_target.py", "predict", formats)


def score(format: str, metric: str) -> str:
    return fp.fingerprint(SCRIPTS / "score_target.py", "score", (format, metric))


def test_comments_docstrings_and_formatting_do_not_count(edit):
    before = train(NLI)
    edit("engine/schedule.py", "def schedule(", "# a remark\n\n\ndef schedule(")
    edit("engine/schedule.py", '"""Share of the highest', '"""The share of the highest')
    edit("engine/schedule.py", "math.ceil(steps * warmup)", "math.ceil(\n        steps * warmup\n    )")
    assert train(NLI) == before


def test_the_text_of_cards_counts_for_those_who_write_cards_alone(edit):
    program = SCRIPTS / "write_cards.py"
    before, cards = train(NLI), fp.fingerprint(program)
    edit("cards/checkpoint.py", '"## ', '"### ')
    assert train(NLI) == before and fp.fingerprint(program) != cards


def test_training_code_counts(edit):
    before, predicted, scored = train(NLI), predict(NLI), score(NLI, ACCURACY)
    edit("engine/schedule.py", "math.ceil(steps * warmup)", "math.floor(steps * warmup)")
    assert train(NLI) != before
    assert (predict(NLI), score(NLI, ACCURACY)) == (predicted, scored)


def test_a_metric_counts_for_its_own_scores_alone(edit):
    before = train(SPAN), predict(SPAN), score(SPAN, MLQA)
    scored = score(SPAN, SQUAD)
    edit("metrics/squad.py", r"\b(a|an|the)\b", r"\b(a|an|the|some)\b")
    assert (train(SPAN), predict(SPAN), score(SPAN, MLQA)) == before
    assert score(SPAN, SQUAD) != scored


def test_what_metrics_share_counts_for_all_of_them(edit):
    before = score(SPAN, SQUAD), score(SPAN, MLQA), score(NLI, ACCURACY)
    edit("metrics/answers.py", "return 0.0\n", "return 1e-9\n")
    after = score(SPAN, SQUAD), score(SPAN, MLQA), score(NLI, ACCURACY)
    assert [one == other for one, other in zip(before, after, strict=True)] == [False, False, True]


@pytest.mark.parametrize(
    "edited",
    [
        ("formats/span.py", "np.minimum.at(null, row", "np.maximum.at(null, row"),
        ("formats/span.py", "CANDIDATES = 20", "CANDIDATES = 30"),
    ],
)
def test_how_answers_are_read_counts_for_predictions_alone(edited, edit):
    before, predicted = (train(SPAN), score(SPAN, SQUAD)), predict(SPAN)
    edit(*edited)
    assert (train(SPAN), score(SPAN, SQUAD)) == before
    assert predict(SPAN) != predicted


def test_what_finds_neighbours_counts_for_predictions_of_retrieval(edit):
    """It is imported where it is used, not at the top."""
    before = score(RETRIEVAL, NEAREST), predict(NLI)
    predicted = [predict(RETRIEVAL)]
    edit("neighbours.py", "TINY = 1e-9", "TINY = 1e-8")
    predicted.append(predict(RETRIEVAL))
    edit("metrics/map20.py", "RANKED = 20", "RANKED = 10")
    predicted.append(predict(RETRIEVAL))
    assert len(set(predicted)) == 3
    assert (score(RETRIEVAL, NEAREST), predict(NLI)) == before


def test_who_is_asked_counts_for_scores(edit):
    """They are refused where another one was."""
    scored, predicted = score(RETRIEVAL, NEAREST), predict(RETRIEVAL)
    edit("formats/retrieval.py", 'pc.equal(records["side"], ASKED', 'pc.not_equal(records["side"], ASKED')
    assert score(RETRIEVAL, NEAREST) != scored
    assert predict(RETRIEVAL) == predicted


def test_a_format_counts_only_where_it_is_used(edit):
    nli, span = train(NLI), train(SPAN)
    edit("formats/span.py", "return both / 2", "return both / 3")
    assert train(NLI) == nli
    assert train(SPAN) != span


def test_loss_counts_for_training_and_not_for_scores(edit):
    trained, others = train(SPAN), (predict(SPAN), score(SPAN, SQUAD))
    edit("formats/span.py", "return both / 2", "return both / 3")
    assert train(SPAN) != trained
    assert (predict(SPAN), score(SPAN, SQUAD)) == others


def test_definitions_that_nothing_reaches_do_not_count(edit):
    before = train(NLI)
    edit("engine/schedule.py", "def schedule(", "def unused() -> int:\n    return 1\n\n\ndef schedule(")
    assert train(NLI) == before


def test_what_a_job_tells_and_what_it_survives_by_do_not_count(edit):
    before = train(NLI), predict(NLI)
    edit("engine/answers.py", "DIGITS = 16", "DIGITS = 17")
    edit("progress.py", "pause: float = 10.0", "pause: float = 11.0")
    edit("engine/journal.py", "DIGITS = 6", "DIGITS = 7")
    edit("engine/gauges.py", "SETTLED = 5.0", "SETTLED = 6.0")
    edit("engine/state.py", "KEPT = 2", "KEPT = 3")
    assert (train(NLI), predict(NLI)) == before


def test_helpers_count_through_modules_imported_as_a_whole(edit):
    before = train(NLI)
    edit("engine/zero.py", '"steps_per_print": 10**9', '"steps_per_print": 10**8')
    assert train(NLI) != before


def test_a_maker_counts_for_its_own_records():
    programs = SCRIPTS / "prepare.py"
    nli, qa = (
        fp.fingerprint(programs, "prepare", (f"xstilts.sources.miniature.makers.{maker}",)) for maker in ("nli", "qa")
    )
    assert nli != qa
