"""scripts/results.py, and how answers look on screens and in pipes."""

import csv
import io
import os
import pty
import re
import subprocess
import sys
from pathlib import Path

import pytest
from rich.console import Console

from xstilts.explore.figures import Wanted
from xstilts.explore.listing import Column, Listing, Marked, as_csv
from xstilts.explore.pivot import pivot
from xstilts.explore.terminal import show

ROOT = Path(__file__).parents[2]
ASKED = (
    ["show", "--target", "xnli"],
    ["pivot"],
    ["pivot", "--rows", "language", "--columns", "recipe", "--target", "xcopa"],
    ["pivot", "--values", "difference"],
    ["compare", "mnli", "none"],
    ["compare", "mnli", "none", "--languages"],
    ["best"],
)


def results(*arguments, **environment):
    return subprocess.run(
        [sys.executable, ROOT / "scripts" / "results.py", *map(str, arguments)],
        env={**os.environ, "PYTHONPATH": str(ROOT / "src"), **environment},
        capture_output=True,
        text=True,
        check=False,
    )


# looks ----------------------------------------------------------------------------------------------------------------
def wide(columns):
    rows = [(f"row {r}", *(Marked(r + c / 100, "*" * (r == 1)) for c in range(columns))) for r in range(3)]
    heads = [Column(f"column {number}", "score") for number in range(columns)]
    return Listing("A title", (Column("name"), *heads), rows, ("A note",))


def printed(listing, terminal, width=80):
    screen = io.StringIO()
    show(listing, Console(file=screen, force_terminal=terminal, width=width, highlight=False))
    return screen.getvalue()


@pytest.mark.parametrize("width", [40, 60, 80, 200])
@pytest.mark.parametrize("columns", [1, 7, 40])
def test_a_table_fits_the_screen_and_loses_no_figure(width, columns):
    text = re.sub(r"\x1b\[[\d;]*m", "", printed(wide(columns), True, width))
    assert max(map(len, text.splitlines())) <= width and "…" not in text
    heads = re.findall(r"column \d+", text)
    assert heads == [f"column {number}" for number in range(columns)]
    for row in range(3):
        lines = [line for line in text.splitlines() if line.startswith(f"row {row}")]
        figures = [figure for line in lines for figure in re.findall(r"\d\.\d", line)]
        assert figures == [f"{round(row + number / 100, 1):.1f}" for number in range(columns)]


def test_a_pipe_has_plain_letters_and_whole_lines():
    text = printed(wide(40), False)
    assert text.isascii() and "\x1b" not in text
    head, rule, *rows = text.splitlines()[1:-1]
    assert head.count("|") == rule.count("|") == 40 and len(rows) == 3
    assert len({tuple(found.start() for found in re.finditer(r"\|", line)) for line in (head, rule, *rows)}) == 1


def test_figures_stand_below_each_other_whatever_their_marks():
    for terminal in (True, False):
        text = re.sub(r"\x1b\[[\d;]*m", "", printed(wide(2), terminal))
        places = {
            tuple(found.start() for found in re.finditer(r"\.\d", line)) for line in text.splitlines() if "row" in line
        }
        assert len(places) == 1


def test_brackets_in_names_are_no_markup():
    listing = Listing("[red]title[/]", (Column("[bold]"),), [("[link=x]a[/link]",)], ("[b]note",))
    assert all(part in printed(listing, False) for part in ("[red]title[/]", "[bold]", "[link=x]a[/link]", "[b]note"))


@pytest.mark.parametrize(
    ("value", "kind", "shown"),
    [
        (1.25, "score", "1.2"),
        (-0.04, "score", "0.0"),
        (0.04, "difference", "0.0"),
        (3.16, "difference", "+3.2"),
        (-3.16, "difference", "-3.2"),
        (0.0004, "p", "<0.001"),
        (0.0416, "p", "0.042"),
        (None, "score", "-"),
        (7, "count", "7"),
    ],
)
def test_figures_are_written_by_their_kind(value, kind, shown):
    assert printed(Listing("", (Column("x", kind),), [(value,)]), False).splitlines()[-1].strip() == shown


def test_csv_has_full_figures(whole):
    listing = pivot(whole, Wanted(), "recipe", "target")
    rows = list(csv.reader(io.StringIO(as_csv(listing))))
    assert rows[0] == [column.name for column in listing.columns]
    for row, told in zip(rows[1:], listing.rows, strict=True):
        assert row[0] == told[0]
        assert [float(cell) for cell in row[1:]] == pytest.approx([cell.value for cell in told[1:]], abs=5e-5)
    small = as_csv(Listing("", (Column("p", "p"), Column("x")), [(0.00012345678, None)]))
    assert small == "p,x\n0.000123457,\n"


# the program ----------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("asked", ASKED, ids=" ".join)
def test_every_command_answers_in_a_pipe_and_as_csv(project, tmp_path, asked):
    folder = ["--results", project / "results"]
    piped, to_file = results(*folder, *asked), results(*folder, *asked, "--csv", tmp_path / "out.csv")
    assert (piped.returncode, piped.stderr) == (0, ""), piped.stderr
    assert piped.stdout.isascii() and "|" in piped.stdout and to_file.stdout == ""
    rows = list(csv.reader(io.StringIO((tmp_path / "out.csv").read_text())))
    assert len({len(row) for row in rows}) == 1 and len(rows[0]) > 1
    assert len(rows) == len([line for line in piped.stdout.splitlines() if "|" in line and "--|--" not in line])


def test_the_configured_study_is_asked_for_from_any_folder(project, tmp_path):
    asked = results("missing", "--study", "size", "--results", tmp_path, "--csv")
    rows = list(csv.DictReader(io.StringIO(asked.stdout)))
    assert [(row["base"], row["recipe"], row["target"]) for row in rows] == [
        *(("tiny", "none", "xnli"), ("tiny", "none", "tatoeba")),
        *(("narrow", "none", "xnli"), ("narrow", "none", "tatoeba")),
    ]
    assert rows[0]["command"].endswith(f"--config world=mini study=size results={tmp_path} -c2")


def test_where_is_told_before_the_command_or_after_it(project):
    before, after = (results(*order) for order in (
        ("--results", project / "results", "best"), ("best", "--results", project / "results")
    ))  # fmt: skip
    assert before.stdout == after.stdout and before.returncode == 0


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        (["show", "--recipe", "mnil"], "error: there is no recipe 'mnil' (did you mean 'mnli'?)"),
        (["compare", "mnli", "mnli"], "error: 'mnli' differs from itself"),
        (["missing"], "error: a folder alone does not say"),
    ],
)
def test_an_error_is_one_sentence(project, asked, said):
    found = results("--results", project / "results", *asked)
    assert found.returncode == 2 and found.stdout == "" and found.stderr.startswith(said)
    assert "Traceback" not in found.stderr


def test_a_screen_gets_colours_and_rules(project):
    reader, writer = pty.openpty()
    with os.fdopen(reader, "rb", buffering=0) as screen:
        program = subprocess.Popen(
            [sys.executable, ROOT / "scripts" / "results.py", "--results", project / "results", "pivot"],
            env={**os.environ, "PYTHONPATH": str(ROOT / "src"), "TERM": "xterm", "COLUMNS": "50"},
            stdout=writer,
            stderr=writer,
        )
        os.close(writer)
        text = b""
        try:
            while some := screen.read(1000):
                text += some
        except OSError:  # the other end was closed
            pass
    assert program.wait() == 0
    plain = re.sub(r"\x1b\[[\d;]*m", "", text.decode()).splitlines()
    assert b"\x1b[" in text and any(set(line.strip()) == {"─"} for line in plain)


def test_a_reader_that_has_seen_enough_ends_it_without_a_word(project):
    command = f"{sys.executable} scripts/results.py --results {project / 'results'} show | head -2"
    found = subprocess.run(
        command,
        shell=True,
        cwd=ROOT,
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": "src"},
        check=False,
    )
    assert len(found.stdout.splitlines()) == 2 and found.stderr == ""
