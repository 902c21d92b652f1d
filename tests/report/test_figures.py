"""Figures show what was found, whatever is missing, the same way twice, and stand together in one page."""

import csv
import re
import subprocess
import sys
import xml.etree.ElementTree as ET

import pytest
from invented import RECIPES, invented

from xstilts.report.figures.draw import draw_all
from xstilts.report.figures.names import names
from xstilts.report.figures.theme import COLOURS, themed
from xstilts.report.findings import MEAN

KINDS = ("svg", "png", "csv")
PNG = b"\x89PNG\r\n\x1a\n"
MARKS = "{http://www.w3.org/2000/svg}path", "{http://www.w3.org/2000/svg}use"


@pytest.fixture(scope="module")
def findings():
    return invented(missing=[("mnli", "tydiqa")])


@pytest.fixture(scope="module")
def drawn(findings, tmp_path_factory):
    folder = tmp_path_factory.mktemp("figures")
    draw_all(findings, folder)
    return folder


def rows(file):
    with file.open(encoding="utf-8", newline="") as text:
        return list(csv.DictReader(text))


def text_of(svg):
    return " ".join(" ".join(ET.fromstring(svg).itertext()).split())


def test_every_figure_that_the_plan_names_is_drawn_and_no_other(findings, drawn):
    assert {file.name for file in drawn.iterdir()} == {f"{n}.{kind}" for n in names(findings.spec) for kind in KINDS}


def test_names_are_known_without_anything_heavy():
    code = "import sys, xstilts.report.figures.names, xstilts.report.tables.names; "
    code += "print({'matplotlib', 'scipy', 'torch', 'numpy'} & set(sys.modules))"
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert said.strip() == "set()"


@pytest.mark.parametrize("name", names(invented().spec))
def test_each_has_marks_and_says_what_it_shows(drawn, name):
    svg = (drawn / f"{name}.svg").read_text(encoding="utf-8")
    assert sum(1 for element in ET.fromstring(svg).iter() if element.tag in MARKS) > 8
    assert len(text_of(svg)) > 100, "text is text"
    assert (drawn / f"{name}.png").read_bytes().startswith(PNG)
    assert rows(drawn / f"{name}.csv")


@pytest.mark.parametrize("where", ["mean", "xnli", "tydiqa", "tatoeba"])
def test_forests_have_the_differences_of_the_findings(findings, drawn, where):
    (found,) = findings.bases
    shown = {(row["recipe"], row["languages"]): row for row in rows(drawn / f"forest-{where}.csv")}
    for recipe in (name for name in RECIPES if name != "none"):
        outcome = found.outcome(recipe, MEAN if where == "mean" else where)
        for languages, effect in (("all", outcome.gain), ("other than English", outcome.gain_others)):
            row = shown.get((recipe, languages))
            if row is None:
                assert where == "tatoeba" and languages != "all", "it has no English test"
            elif effect is None:
                assert row["difference"] == ""
            else:
                assert [row["difference"], row["low"]] == [f"{effect.value:.4f}", f"{effect.low:.4f}"]


def test_points_of_a_forest_stand_in_the_order_of_their_values(findings, drawn):
    """The marks themselves, not only the file beside them: further right is more."""
    (found,) = findings.bases
    svg = (drawn / "forest-xnli.svg").read_text(encoding="utf-8")
    gains = [found.outcome(recipe, "xnli").gain.value for recipe in ("mnli", "squad", "all9")]
    uses = [element.attrib for element in ET.fromstring(svg).iter(MARKS[1]) if "x" in element.attrib]
    by_row = {}
    for one in uses:
        by_row.setdefault(one["y"], []).append(float(one["x"]))
    big = [xs[0] for y, xs in sorted(by_row.items(), key=lambda item: float(item[0]))][: 2 * len(gains) : 2]
    assert [big.index(x) for x in sorted(big)] == [gains.index(g) for g in sorted(gains)]


def test_heat_maps_have_every_language(findings, drawn):
    (found,) = findings.bases
    shown = {(row["target"], row["language"]): row["difference"] for row in rows(drawn / "languages-squad.csv")}
    for target in found.targets:
        for code in target.languages:
            gain = found.language("squad", target.name, code).gain
            assert shown[target.name, code] == f"{gain.value:.4f}"


def test_what_is_missing_is_said(drawn):
    assert "missing" in text_of((drawn / "forest-tydiqa.svg").read_text(encoding="utf-8"))
    assert "degenerate" in text_of((drawn / "tree.svg").read_text(encoding="utf-8"))


@pytest.mark.parametrize(
    "holes",
    [
        {"missing": [(recipe, target) for recipe in RECIPES for target in ("xnli", "tydiqa", "tatoeba")]},
        {"recipes": {"none": ""}},
        {"seeds": (1,)},
        {"targets": ("tatoeba",)},
        {"bases": ("tiny", "wide")},
        {"missing": [("none", "xnli")]},
    ],
    ids=["all missing", "baseline alone", "one seed", "no English", "two bases", "no baseline"],
)
def test_whatever_is_missing_all_figures_are_drawn(tmp_path, holes):
    findings = invented(**holes)
    draw_all(findings, tmp_path)
    assert {file.stem for file in tmp_path.glob("*.svg")} == set(names(findings.spec))


def test_equal_findings_give_equal_bytes(findings, drawn, tmp_path):
    draw_all(findings, tmp_path)
    for file in drawn.iterdir():
        assert (tmp_path / file.name).read_bytes() == file.read_bytes(), file.name


def test_in_a_page_figures_take_its_colours_and_share_no_id(findings, drawn):
    ids = []
    for name in names(findings.spec):
        inside = themed((drawn / f"{name}.svg").read_text(encoding="utf-8"))
        assert inside.startswith("<svg") and 'role="img"' in inside and "aria-label=" in inside
        assert not [colour for colour in COLOURS if colour in inside], "left in the colours of paper"
        assert "var(--ink)" in inside
        own = re.findall(r' id="([^"]*)"', inside)
        assert set(re.findall(r'(?:href="|url\()#([^")]*)', inside)) <= set(own), "nothing refers to nowhere"
        ids += own
    assert len(ids) == len(set(ids))


def test_names_from_a_configuration_cannot_break_out(tmp_path):
    findings = invented(recipes={"none": "", "a<b&c": "mnli"}, asks="<script>alert(1)</script>")
    draw_all(findings, tmp_path)
    for file in tmp_path.glob("*.svg"):
        assert "<script" not in themed(file.read_text(encoding="utf-8"))
