"""The independent check finds what is wrong with a submission."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from zipfile import ZipFile

import pytest
from checker import ANSWERS, LANGUAGES, check
from originals import compare

LINES = {
    "xnli": "neutral\nneutral\n",
    "pawsx": "0\n1\n",
    "udpos": "NOUN\nVERB\n\nX\n",
    "panx": "O\nB-PER\n\nO\n",
    "bucc2018": "{0}-000000001\ten-000000002\n{0}-000000003\ten-000000001\n",
    "tatoeba": "1\n0\n",
}


def whole() -> dict[str, str]:
    """A small submission with nothing wrong."""
    return {
        f"{task}/test-{code}.{'json' if task in ANSWERS else 'tsv'}": (
            json.dumps({"a": "b"}) if task in ANSWERS else LINES[task].format(code)
        )
        for task, codes in LANGUAGES.items()
        for code in codes.split()
    }


def zipped(folder: Path, texts: Mapping[str, str]) -> Path:
    path = folder / "submission.zip"
    with ZipFile(path, "w") as opened:
        for name, text in texts.items():
            opened.writestr(name, text)
    return path


def test_a_whole_submission_passes(tmp_path: Path):
    assert check(zipped(tmp_path, whole())) == []


@pytest.mark.parametrize(
    ("name", "text", "finding"),
    [
        ("xnli/test-ar.tsv", None, "xnli: there is no file for ar"),
        ("xnli/test-ar.json", "{}", "xnli/test-ar.json: answers are .json, all else is .tsv"),
        ("xnli/dev-ar.tsv", "neutral\n", "xnli/dev-ar.tsv: is no test-<language> file of one of XTREME's folders"),
        ("bucc/test-de.tsv", "", "bucc/test-de.tsv: is no test-<language> file of one of XTREME's folders"),
        ("xquad/test-sw.json", "{}", "xquad/test-sw.json: sw is no language of xquad"),
        ("xnli/test-ar.tsv", "contradictory\n", "xnli ar: 'contradictory' is nothing that stands in such a file"),
        ("xnli/test-ar.tsv", "neutral", "xnli ar: the last line has no end"),
        ("pawsx/test-de.tsv", "paraphrase\n", "pawsx de: 'paraphrase' is nothing that stands in such a file"),
        ("udpos/test-af.tsv", "NOUN\n\n\nX\n", "udpos af: an empty sentence"),
        ("udpos/test-af.tsv", "\nX\n", "udpos af: an empty sentence"),
        ("panx/test-af.tsv", "PER\n", "panx af: 'PER' is nothing that stands in such a file"),
        ("panx/test-af.tsv", "O \n", "panx af: white space around a line"),
        ("tatoeba/test-af.tsv", "1\n2\n", "tatoeba af: a number beyond the last sentence, which counts from 0"),
        ("bucc2018/test-de.tsv", "de-1\n", "bucc2018 de: 'de-1' is nothing that stands in such a file"),
        ("bucc2018/test-de.tsv", "de-1\ten-1\nde-2\ten-1\n", "bucc2018 de: a sentence is in two pairs"),
        ("mlqa/test-de.json", '{"a": "b", "a": "c"}', "mlqa de: a question has two answers"),
        ("mlqa/test-de.json", '{"a": null}', "mlqa de: an answer is no text"),
    ],
)
def test_what_is_wrong_is_found(tmp_path: Path, name: str, text: str | None, finding: str):
    texts = whole()
    texts.pop(name, None)
    texts |= {} if text is None else {name: text}
    assert check(zipped(tmp_path, texts)) == [finding]


@pytest.mark.parametrize(
    ("said", "finding"),
    [
        ("VERB\nPUNCT\n\nX\n", None),
        ("VERB\n\nX\n", "example 1 does not fit"),
        ("X\n\nVERB\nPUNCT\n", "example 1 does not fit"),
        ("VERB\nPUNCT\n", "1 examples, the original has 2"),
        ("NOUN\nPUNCT\n\nX\n", "example 1 does not fit"),
    ],
)
def test_another_order_or_number_than_the_original_has_is_found(tmp_path: Path, said: str, finding: str | None):
    file = tmp_path / "af_x-ud-test.conllu"
    words = [("1", "go", "VERB"), ("2", "!", "PUNCT"), (), ("1", "x", "X"), ()]
    lines = ["\t".join([*word[:2], "_", word[2], *"______"]) if word else "" for word in words]
    file.write_text("\n".join(lines) + "\n", encoding="utf-8")
    found = compare(zipped(tmp_path, {"udpos/test-af.tsv": said}), "udpos", "af", [file], gold=True)
    assert bool(found) == (finding is not None)
    assert not finding or found[0].startswith(finding)
