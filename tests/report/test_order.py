"""Languages stand in one order, on the page and in figures."""

import csv

import pytest
from invented import invented

from xstilts.languages import LANGUAGES
from xstilts.report.figures.draw import draw_all
from xstilts.report.findings import ENGLISH
from xstilts.report.order import by_family, by_pretraining, by_script, known
from xstilts.report.page.rows import rows_of


@pytest.mark.parametrize(("order", "field"), [(by_script, "script"), (by_family, "family")])
def test_english_comes_first_then_its_group_then_the_others_each_together(order, field):
    codes = order([*sorted(LANGUAGES), "de-en", "xx"])
    groups = list(dict.fromkeys(getattr(known(code), field) for code in codes))
    assert codes[0] == ENGLISH and codes[-1] == "xx" and len(codes) == len(LANGUAGES) + 2
    assert groups[0] == getattr(LANGUAGES[ENGLISH], field) and groups[1:-1] == sorted(groups[1:-1])
    assert [getattr(known(code), field) for code in codes] == sorted(
        (getattr(known(code), field) for code in codes), key=groups.index
    )


def test_what_was_pretrained_on_most_comes_first_and_what_is_generated_last():
    assert by_pretraining(["qla", "ht", "sw", "en", "ar"]) == ["en", "ar", "sw", "ht", "qla"]


def test_page_and_figure_have_the_same_order(tmp_path):
    findings = invented()
    draw_all(findings, tmp_path)
    with (tmp_path / "languages-squad.csv").open(encoding="utf-8", newline="") as text:
        shown = dict.fromkeys(row["language"] for row in csv.DictReader(text) if not row["language"].startswith("("))
    assert list(shown) == [row.code for row in rows_of(findings.bases[0])] and len(shown) > 20
