"""The page in a real browser: what is shown, what can be asked of it, and that it asks nothing of anybody."""

import time

import pytest
from browser import launched, visited
from invented import invented

from xstilts.report.figures.draw import draw, style, write
from xstilts.report.figures.names import listed
from xstilts.report.page import read_figures, render
from xstilts.report.page.text import probability, score, signed, span
from xstilts.tasks import BENCHMARKS

NINE = ("anli", "ccg", "cosmosqa", "csqa", "hellaswag", "mnli", "qqp", "squad", "squad2")
PAPER = {"none": "", **{name: name for name in NINE}, "all9": "+".join(NINE)}
MARKS = """svg => [...svg.querySelectorAll('path, use, text')].filter(one => {
    const box = one.getBoundingClientRect();
    return !one.closest('defs') && box.width + box.height > 1;
}).length"""
SHOWN = {"forest", "gap", "reference"}


def written(findings, folder, kinds=SHOWN):
    """The page with the figures that it shows."""
    with style():
        for wanted in listed(findings.spec):
            if wanted.kind in kinds:
                found = next(one for one in findings.bases if one.base == wanted.base)
                write(draw(findings, found, wanted), folder / "figures" / wanted.name)
    file = folder / "report.html"
    file.write_text(render(findings, read_figures(folder / "figures"), None, "c0de"), encoding="utf-8")
    return file


@pytest.fixture(scope="module")
def findings():
    return invented(missing=[("all9", "tatoeba")])


@pytest.fixture(scope="module")
def file(findings, tmp_path_factory):
    return written(findings, tmp_path_factory.mktemp("page"))


@pytest.fixture(scope="module")
def browser():
    with launched() as browser:
        yield browser


@pytest.fixture
def visit(browser, file):
    with visited(browser, file) as visit:
        yield visit


def cell(visit, recipe, target, where="#table"):
    return visit.page.locator(f'{where} button[data-recipe="{recipe}"][data-target="{target}"]').first


def panel(visit):
    return visit.page.locator("#details")


def words(locator):
    return " ".join(locator.inner_text().split())


def told(outcome):
    """What the details say of a difference."""
    gain = outcome.gain
    return f"{signed(gain)} {span(gain)}", f"{probability(gain.holm)}", f"{score(outcome.score)} {span(outcome.score)}"


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_asks_for_nothing_and_complains_of_nothing(browser, file, scheme):
    with visited(browser, file, color_scheme=scheme) as visit:
        cell(visit, "mnli", "xnli").click()
        visit.page.locator("select[name=recipe]").select_option("squad")
        visit.page.wait_for_timeout(300)
        assert visit.asked == [file.as_uri()]
        assert visit.complaints == []


def test_every_figure_has_drawn_marks(visit):
    figures = visit.page.locator("figure")
    assert figures.count() == 4 + 1 + 1, "forests of three targets and the mean, the runs' scores, the gap"
    visit.page.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)")
    for figure in figures.all():
        box = figure.locator("svg").bounding_box()
        assert box["width"] > 200 and box["height"] > 80, figure.get_attribute("data-name")
        assert figure.locator("svg").evaluate(MARKS) > 20, figure.get_attribute("data-name")
    ids = visit.page.evaluate("[...document.querySelectorAll('[id]')].map(one => one.id)")
    assert len(ids) == len(set(ids))


def test_figures_follow_the_theme(browser, file):
    colours = []
    for scheme in ("light", "dark"):
        with visited(browser, file, color_scheme=scheme) as visit:
            text = visit.page.locator("figure svg text").first
            colours.append(text.evaluate("one => getComputedStyle(one).fill"))
    assert colours == ["rgb(29, 31, 33)", "rgb(230, 231, 232)"]


def test_pointing_at_a_cell_shows_its_details_and_leaving_hides_them(visit, findings):
    cell(visit, "mnli", "xnli").hover()
    panel(visit).wait_for(state="visible")
    for text in told(findings.bases[0].outcome("mnli", "xnli")):
        assert text in words(panel(visit))
    assert visit.page.evaluate("document.activeElement === document.body"), "pointing does not move the focus"
    panel(visit).hover()
    visit.page.wait_for_timeout(600)
    assert panel(visit).is_visible(), "it can be pointed at itself"
    visit.page.mouse.move(1270, 5)
    panel(visit).wait_for(state="hidden")


def test_passing_over_a_cell_shows_nothing(visit):
    cell(visit, "mnli", "xnli").hover()
    visit.page.mouse.move(1270, 5)
    visit.page.wait_for_timeout(500)
    assert panel(visit).is_hidden()


def test_a_click_opens_details_that_stay(visit, findings):
    cell(visit, "squad", "xnli").click()
    visit.page.mouse.move(1270, 5)
    visit.page.wait_for_timeout(600)
    said = words(panel(visit))
    outcome = findings.bases[0].outcome("squad", "xnli")
    assert said.startswith("Base tiny squad on XNLI")
    for text in (*told(outcome), "15: English, Arabic", "degenerate: tiny/s2/squad", "c0ffeec0ffee", "abababababab"):
        assert text in said
    for seed, value in outcome.by_seed.items():
        assert f"{seed} {score(value)}" in said
    command = "--forcerun predict_target --config world=mini study=invented -c2"
    assert f"results/mini/scores/tiny/s3/squad/xnli/xnli.json {command}" in said
    cell(visit, "mnli", "(mean)").click()
    assert words(panel(visit)).startswith("Base tiny mnli on Mean")
    visit.page.mouse.click(1270, 5)
    assert panel(visit).is_hidden()


def test_a_tap_opens_details_above_which_the_cell_stays_visible(browser, file):
    with visited(browser, file, width=390, height=700, has_touch=True) as visit:
        cell(visit, "squad", "xnli").tap()
        panel(visit).wait_for(state="visible")
        sheet, asked = panel(visit).bounding_box(), cell(visit, "squad", "xnli").bounding_box()
        assert sheet["x"] == 0 and sheet["width"] == 390 and sheet["y"] + sheet["height"] == pytest.approx(700, abs=1)
        assert asked["y"] + asked["height"] <= sheet["y"]


def test_the_keyboard_opens_closes_and_comes_back(visit):
    keys, where = visit.page.keyboard, "document.activeElement"
    cell(visit, "none", "xnli").focus()
    keys.press("Shift+Tab")
    keys.press("Tab")
    assert visit.page.evaluate(f"{where}.dataset.recipe") == "none", "a table is one stop"
    keys.press("ArrowDown")
    keys.press("ArrowRight")
    at = f"{where}.dataset.recipe + ' ' + {where}.dataset.target"
    assert visit.page.evaluate(at) == "mnli tydiqa"
    for key in ("Enter", "Space"):
        keys.press(key)
        assert words(panel(visit)).startswith("Base tiny mnli on TyDiQA-GoldP")
        assert visit.page.evaluate(f"{where}.id") == "details"
        keys.press("Tab")
        assert visit.page.evaluate(f"{where}.ariaLabel") == "Close"
        keys.press("Escape")
        assert panel(visit).is_hidden()
        assert visit.page.evaluate(at) == "mnli tydiqa"
    keys.press("Tab")
    assert not visit.page.evaluate(f"{where}.closest('#table table')"), "and the next key leaves it"


def test_a_missing_cell_says_how_to_make_it(visit):
    cell(visit, "all9", "tatoeba").click()
    said = words(panel(visit))
    made = " ".join(f"results/mini/scores/tiny/s{seed}/all9/tatoeba.json" for seed in (1, 2, 3))
    assert f"Make what is missing snakemake {made} --config world=mini study=invented -c2" in said


def test_a_command_can_be_copied(browser, file):
    with visited(browser, file, permissions=["clipboard-read", "clipboard-write"]) as visit:
        cell(visit, "mnli", "xnli").click()
        panel(visit).locator(".command .copy").first.click()
        panel(visit).get_by_text("copied").wait_for()
        copied = visit.page.evaluate("navigator.clipboard.readText()")
        assert copied.startswith("snakemake results/mini/scores/tiny/s1/mnli/xnli/xnli.json ")


def test_languages_show_the_chosen_recipe_and_figure(visit, findings):
    found, view = findings.bases[0], visit.page.locator(".languages")
    sw = view.locator('button[data-target="xnli"][data-language="sw"]')
    assert sw.get_attribute("data-recipe") == found.answer.recipe
    for recipe in findings.spec.recipes:
        for figure in ("gain", "score"):
            view.locator("[name=recipe]").select_option(recipe)
            view.locator("[name=figure]").select_option(figure)
            for language in ("sw", "th"):
                one = found.language(recipe, "xnli", language)
                gain = figure == "gain" and recipe != "none"
                expected, text = (one.gain, signed(one.gain)) if gain else (one.score, score(one.score))
                shown = view.locator(f'button[data-target="xnli"][data-language="{language}"]')
                assert shown.inner_text() == text
                assert float(shown.get_attribute("data-value")) == expected.value
                assert shown.get_attribute("data-recipe") == recipe
            assert words(view.locator(".shown")).startswith(f"{recipe}: {'diff' if gain else 'scores'}")
    view.locator("[name=recipe]").select_option("squad")
    sw.click()
    one = found.language("squad", "xnli", "sw")
    assert words(panel(visit)).startswith(
        f"Base tiny squad on XNLI in Swahili × Score {score(one.score)} {span(one.score)}"
    )
    assert f"{signed(one.gain)} {span(one.gain)}" in words(panel(visit))


def test_languages_are_sorted(visit):
    rows = visit.page.locator(".languages tbody tr")

    def beside():
        return rows.locator("td.label").all_inner_texts()

    def grouped(first):
        """Whether English's group comes first, and the others in the order of the alphabet."""
        own, labels = beside().count(first), beside()
        return own > 1 and labels == [first] * own + sorted(labels[own:])

    assert grouped("Latin")
    visit.page.locator("[name=order]").select_option("family")
    assert grouped("Germanic")
    visit.page.locator("[name=order]").select_option("pretraining")
    sizes = [float("".join(text.split())) for text in beside()]
    assert sizes == sorted(sizes, reverse=True) and len(set(sizes)) > 20
    assert rows.first.locator("th").inner_text().startswith("English")


@pytest.mark.parametrize("width", [390, 1280])
def test_the_page_is_no_wider_than_the_window(browser, file, width):
    with visited(browser, file, width=width) as visit:
        visit.page.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)")
        assert visit.overflow() == 0
        cell(visit, "squad", "xnli").click()
        assert visit.overflow() == 0


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_serious(browser, file, scheme):
    with visited(browser, file, color_scheme=scheme) as visit:
        visit.page.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)")
        assert visit.grave() == []
        cell(visit, "squad", "xnli").click()
        assert visit.grave() == []
        visit.page.keyboard.press("Escape")
        visit.page.locator("[name=figure]").select_option("score")
        assert visit.grave() == []


def test_it_prints_without_what_only_a_screen_needs(visit, tmp_path):
    cell(visit, "squad", "xnli").click()
    visit.page.emulate_media(media="print")
    assert panel(visit).is_hidden()
    for gone in ("nav", ".controls", ".copy"):
        assert visit.page.locator(gone).first.is_hidden()
    assert visit.page.locator("#table table").first.is_visible()
    assert visit.page.pdf(path=tmp_path / "report.pdf", prefer_css_page_size=True).startswith(b"%PDF")


def test_without_scripts_everything_is_readable(browser, file, findings):
    with visited(browser, file, java_script_enabled=False) as visit:
        assert panel(visit).is_hidden() and visit.page.locator(".controls").is_hidden()
        found = findings.bases[0]
        assert signed(found.outcome("mnli", "xnli").gain) in cell(visit, "mnli", "xnli").inner_text()
        one = found.language(found.answer.recipe, "xnli", "sw")
        assert words(visit.page.locator('.languages button[data-target="xnli"][data-language="sw"]')) == signed(
            one.gain
        )


def test_the_grid_of_the_paper_is_quick_and_small(browser, tmp_path):
    """11 recipes on XTREME's nine targets with three seeds."""
    findings = invented(recipes=PAPER, targets=BENCHMARKS["xtreme"].targets, missing=[("ccg", "udpos")])
    written(findings, tmp_path, {"forest", "gap"})
    figures, began = read_figures(tmp_path / "figures"), time.monotonic()
    html = render(findings, figures, None, "c0de")
    assert time.monotonic() - began < 10
    file = tmp_path / "report.html"
    file.write_text(html, encoding="utf-8")
    assert file.stat().st_size < 10e6
    with visited(browser, file, width=390) as visit:
        took = visit.page.evaluate("performance.timing.domContentLoadedEventEnd - performance.timing.navigationStart")
        assert took < 10_000  # milliseconds
        assert visit.overflow() == 0 and visit.complaints == []
        assert visit.page.locator("#table .grid tbody tr").count() >= 11
        visit.page.locator("[name=recipe]").select_option("ccg")
        assert visit.page.locator('.languages button[data-target="udpos"]').first.inner_text() == "missing"
