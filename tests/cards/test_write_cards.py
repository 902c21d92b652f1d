"""The cards of a study that was evaluated: scores, gains, idempotence, two studies, kills, and what is not there."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from card_reading import broken, cells, section
from huggingface_hub import ModelCard
from small_study import findings_of, write_scores
from small_world import BASE, MIXED, MNLI, NODES, ROOT, XNLI

from xstilts.cards.write import write_cards
from xstilts.report.findings import MEAN
from xstilts.scores import Record

OUT = Path("results/nano/report/invented/cards.md")


def card_of(results, node):
    return results / "checkpoints" / node / "README.md"


def text_of(results, node):
    return card_of(results, node).read_text(encoding="utf-8")


def scores_of(results, node, target):
    record = Record.model_validate_json((results / "scores" / node / f"{target}.json").read_text())
    return {row.language: row for row in record.rows if row.metric == "score" and row.layer is None}


def edit(results, node, **changes):
    file = results / "checkpoints" / node / "training.json"
    file.write_text(json.dumps({**json.loads(file.read_text()), **changes}))


def test_a_targets_card_has_the_scores_of_its_own_score_file(results):
    write_cards(findings_of(results), results, OUT)
    found = scores_of(results, XNLI, "xnli")
    values = [row.value for row in found.values()]
    rows = cells(section(text_of(results, XNLI), "Scores"))
    title, mean, english, others, languages, metric = rows[0]
    assert (title, languages, metric) == ("XNLI", "3", "`accuracy`")
    assert float(mean) == pytest.approx(sum(values) / 3, abs=0.051)
    assert english.startswith(f"{found['en'].value:.1f} [{found['en'].interval_95[0]:.1f}, ")
    assert float(others) == pytest.approx((found["qla"].value + found["qlb"].value) / 2, abs=0.051)
    assert [row[0] for row in rows[1:]] == ["English", "Alvene (`qla`)", "Brezhan (`qlb`)"]
    assert rows[2][2] == "60"


def test_a_hub_reads_the_scores_from_its_head(results):
    write_cards(findings_of(results), results, OUT)
    said = ModelCard.load(card_of(results, XNLI)).data
    found = scores_of(results, XNLI, "xnli")
    figures = {one.metric_name: one.metric_value for one in said.eval_results if one.dataset_name == "XNLI"}
    assert figures["mean of 3 languages"] == pytest.approx(sum(row.value for row in found.values()) / 3, abs=1e-4)
    assert figures["English"] == pytest.approx(found["en"].value, abs=1e-4)
    assert {one.task_type for one in said.eval_results} == {"text-classification"}
    retrieval = ModelCard.load(card_of(results, MNLI)).data.eval_results
    assert [one.metric_name for one in retrieval if one.dataset_name == "Tatoeba"] == [
        "mean of 2 languages", "languages other than English"
    ]  # fmt: skip


def test_an_intermediates_card_has_its_recipes_means_and_gains(results):
    findings = findings_of(results)
    write_cards(findings, results, OUT)
    rows = cells(section(text_of(results, MNLI), "In the study `invented`"))
    assert [row[:2] for row in rows] == [["`mnli`", "Mean"], ["`mnli`", "XNLI"], ["`mnli`", "Tatoeba"]]
    gain = findings.bases[0].outcome("mnli", MEAN).gain
    shown = rows[0][4].strip("*").replace("−", "-")
    assert shown == f"{gain.value:+.1f} [{gain.low:.1f}, {gain.high:.1f}]"
    assert rows[0][4].startswith("**") == bool(gain.significant)
    assert [row[:2] for row in cells(section(text_of(results, XNLI), "In the study `invented`"))] == [
        ["`mnli`", "XNLI"]
    ]
    baseline = cells(section(text_of(results, BASE), "In the study `invented`"))
    assert {(row[0], row[4]) for row in baseline} == {("`none`", "–")}, "the baseline gains nothing over itself"


def test_figures_that_are_missing_are_dashes(results):
    write_cards(findings_of(results, missing=[("mnli", "tatoeba")]), results, OUT)
    rows = cells(section(text_of(results, MNLI), "In the study `invented`"))
    assert rows[0][2:] == rows[2][2:] == ["–"] * 5
    assert "–" not in rows[1][2]


def test_figures_of_a_card_name_the_seeds_that_they_have(results):
    findings = findings_of(results, seeds=(1, 2))
    (base,) = findings.bases
    fewer = [one.model_copy(update={"seeds": (1,)}) if one.target == "xnli" else one for one in base.outcomes]
    bases = (base.model_copy(update={"outcomes": tuple(fewer)}),)
    write_cards(findings.model_copy(update={"bases": bases}), results, OUT)
    rows = cells(section(text_of(results, MNLI), "In the study `invented`"))
    assert {row[1]: row[6] for row in rows} == {"Mean": "1, 2", "XNLI": "1", "Tatoeba": "1, 2"}


def test_links_lead_somewhere_and_the_index_names_every_checkpoint(results):
    findings = findings_of(results)
    assert write_cards(findings, results, OUT) == [BASE, MNLI, MIXED, XNLI]
    for card in (*(card_of(results, node) for node in NODES), OUT, OUT.with_name("README.md")):
        assert broken(card) == []
    rows = {row[0]: row for row in cells(OUT.read_text())}
    nodes = findings.bases[0].nodes
    assert len(rows) == len(nodes) > len(NODES)
    for node in nodes:
        there = node.path in NODES
        shown = f"[`{node.path}`](../../checkpoints/{node.path}/README.md)" if there else f"`{node.path}`"
        assert rows[shown][1] == ("made" if there else "missing")
    gain = findings.bases[0].outcome("mnli", MEAN).gain
    assert f"{gain.value:+.1f}".replace("-", "−") in rows[f"[`{MNLI}`](../../checkpoints/{MNLI}/README.md)"][4]


def state(results):
    return {
        file: (file.stat().st_mtime_ns, file.stat().st_ino, file.read_bytes())
        for file in sorted(results.rglob("*"))
        if file.is_file()
    }


def test_a_second_call_changes_nothing(results):
    findings = findings_of(results)
    write_cards(findings, results, OUT)
    before = state(results)
    write_cards(findings, results, OUT)
    assert state(results) == before


def test_nothing_but_cards_and_curves_is_touched(results):
    before = state(results)
    (results / "checkpoints" / MNLI / "curve.svg").unlink()
    write_cards(findings_of(results), results, OUT)
    changed = {file for file, was in state(results).items() if before.get(file) != was}
    assert {file.name for file in changed} == {"README.md", "cards.md", "curve.svg"}
    assert [file.parent for file in changed if file.name == "curve.svg"] == [results / "checkpoints" / MNLI]


def test_scores_do_not_depend_on_which_study_wrote_last(results):
    """What stands in a card of other studies are the figures that only a study has, under its name."""
    write_cards(findings_of(results), results, OUT)
    first = text_of(results, XNLI)
    other = Path("results/nano/report/other/cards.md")
    write_cards(findings_of(results, study="other", targets=("xnli",)), results, other)
    second = text_of(results, XNLI)
    assert section(first, "Scores") == section(second, "Scores")
    assert first.split("---\n")[1] == second.split("---\n")[1], "the head holds nothing of a study"
    assert "In the study `invented`" in first and "In the study `other`" in second
    assert "`invented`" not in second and "study that was reported last" in section(second, "In the study `other`")
    write_cards(findings_of(results), results, OUT)
    assert text_of(results, XNLI) == first


def test_a_checkpoint_that_another_study_alone_reads_is_left_alone(results):
    before = text_of(results, MIXED)
    write_cards(findings_of(results, recipes={"none": "", "mnli": "mnli"}), results, OUT)
    assert text_of(results, MIXED) == before


def test_what_is_torn_counts_as_missing(results):
    training = results / "checkpoints" / MNLI / "training.json"
    training.write_text(training.read_text()[:200])
    before = text_of(results, MNLI)
    score = results / "scores" / XNLI / "xnli.json"
    score.write_text(score.read_text()[:100])
    assert MNLI not in write_cards(findings_of(results), results, OUT)
    assert text_of(results, MNLI) == before
    assert "## Scores" not in text_of(results, XNLI)
    assert "What `tiny/s1/mnli` was trained on is not known here" in text_of(results, XNLI)
    assert f"| `{MNLI}` | missing |" in OUT.read_text()


def test_a_checkpoint_without_its_digest_is_not_there_yet(results):
    (results / "checkpoints" / MNLI / "digest").unlink()
    assert MNLI not in write_cards(findings_of(results), results, OUT)


def test_a_degenerate_checkpoint_says_so_first_and_so_do_those_below_it(results):
    edit(results, MNLI, sign="English dev is no better than a guess", degenerate=[MNLI], attempts=[{"seed": 1}])
    edit(results, XNLI, degenerate=[MNLI])
    write_cards(findings_of(results), results, OUT)
    text = text_of(results, MNLI)
    assert "> **Degenerate: it learned nothing.** English dev is no better than a guess." in text
    assert "(2 attempts, each with another seed)" in text
    assert text.index("Degenerate") < text.index("## ")
    assert "It descends from a training that learned nothing**: `tiny/s1/mnli`." in text_of(results, XNLI)
    assert "degenerate" in ModelCard.load(card_of(results, XNLI)).data.tags
    assert f"[`{MNLI}`](../../checkpoints/{MNLI}/README.md) | **degenerate** |" in OUT.read_text()


def test_weights_that_were_thinned_out_are_told(results):
    (results / "checkpoints" / XNLI / "model.safetensors").unlink()
    write_cards(findings_of(results), results, OUT)
    assert "Its weights were deleted once its predictions stood" in text_of(results, XNLI)
    assert "Its weights were deleted" not in text_of(results, MNLI)


def test_new_scores_enter_the_card(results):
    write_cards(findings_of(results), results, OUT)
    assert "## Scores" not in text_of(results, MIXED)
    write_scores(results / "scores", MIXED, "tatoeba")
    write_cards(findings_of(results), results, OUT)
    assert cells(section(text_of(results, MIXED), "Scores"))[0][0] == "Tatoeba"


KILLED = """
import os, signal, sys
from pathlib import Path
replace, left = Path.replace, [int(sys.argv.pop(1))]
def killed(path, target):
    left[0] -= 1
    if left[0] < 0:
        os.kill(os.getpid(), signal.SIGKILL)
    return replace(path, target)
Path.replace = killed
import runpy
sys.argv[0] = sys.argv[1]
del sys.argv[1]
runpy.run_path(sys.argv[0], run_name="__main__")
"""


def test_a_kill_between_two_writes_leaves_whole_files(results):
    findings = OUT.with_name("findings.json")
    findings.parent.mkdir(parents=True)
    findings.write_text(findings_of(results).model_dump_json())
    program = [str(ROOT / "scripts" / "write_cards.py"), "--findings", findings, "--results", results, "--out", OUT]
    before = {file: one[2] for file, one in state(results).items()}
    for count in (0, 2, 1):
        run = subprocess.run([sys.executable, "-c", KILLED, str(count), *program], capture_output=True)
        assert run.returncode == -signal.SIGKILL
        assert not OUT.exists(), "the index comes last but one"
    half = {file: one[2] for file, one in state(results).items() if not file.name.startswith(".")}
    subprocess.run([sys.executable, *program], check=True, capture_output=True, env=os.environ)
    after = {file: one[2] for file, one in state(results).items() if not file.name.startswith(".")}
    assert OUT.is_file() and half.keys() < after.keys()
    changed = [file for file in half if half[file] != before[file]]
    assert changed and all(half[file] == after[file] for file in changed)
    assert any(half[file] != after[file] for file in half), "some were still to be written"
