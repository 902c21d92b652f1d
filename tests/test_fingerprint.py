"""Fingerprints see what a program runs, and nothing else."""

import shutil
from pathlib import Path

import pytest

from xstilts import fingerprint as fp

SCRIPTS = Path(__file__).parents[1] / "scripts"
SPAN, NLI = "xstilts.formats.span", "xstilts.formats.classification"


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


def score(*formats: str) -> str:
    return fp.fingerprint(SCRIPTS / "score_target.py", "score", formats)


def test_comments_docstrings_and_formatting_do_not_count(edit):
    before = train(NLI)
    edit("engine/schedule.py", "def schedule(", "# a remark\n\n\ndef schedule(")
    edit("engine/schedule.py", '"""Share of the highest', '"""The share of the highest')
    edit("engine/schedule.py", "math.ceil(steps * warmup)", "math.ceil(\n        steps * warmup\n    )")
    assert train(NLI) == before


def test_training_code_counts(edit):
    before, scored = train(NLI), score(NLI)
    edit("engine/schedule.py", "math.ceil(steps * warmup)", "math.floor(steps * warmup)")
    assert train(NLI) != before
    assert score(NLI) == scored


def test_a_metric_counts_for_scores_alone(edit):
    before, scored = train(SPAN), score(SPAN)
    edit("formats/span.py", r"\b(a|an|the)\b", r"\b(a|an|the|some)\b")
    assert train(SPAN) == before
    assert score(SPAN) != scored


def test_a_format_counts_only_where_it_is_used(edit):
    nli, span = train(NLI), train(SPAN)
    edit("formats/span.py", "return both / 2", "return both / 3")
    assert train(NLI) == nli
    assert train(SPAN) != span


def test_loss_counts_for_training_and_not_for_scores(edit):
    trained, scored = train(SPAN), score(SPAN)
    edit("formats/span.py", "return both / 2", "return both / 3")
    assert train(SPAN) != trained
    assert score(SPAN) == scored


def test_definitions_that_nothing_reaches_do_not_count(edit):
    before = train(NLI)
    edit("engine/schedule.py", "def schedule(", "def unused() -> int:\n    return 1\n\n\ndef schedule(")
    assert train(NLI) == before


def test_what_a_job_tells_and_what_it_survives_by_do_not_count(edit):
    before = train(NLI)
    edit("engine/journal.py", "DIGITS = 6", "DIGITS = 7")
    edit("engine/gauges.py", "SETTLED = 5.0", "SETTLED = 6.0")
    edit("engine/state.py", "KEPT = 2", "KEPT = 3")
    assert train(NLI) == before


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
