"""What goes wrong with text files: line ends, byte order marks, escapes, packing."""

import bz2
import gzip
import json
import lzma

import pytest
from reading import DATA, put, records

# A file of each kind, and how its records are read.
FILES = [
    ("multinli_1.0_dev_matched.jsonl", "mnli", "dev", "en"),  # jsonl
    ("valid.csv", "cosmosqa", "dev", "en"),  # csv
    ("test_2k.tsv", "pawsx", "test", "de"),  # tab-separated, with a header
    ("dev-sw.tsv", "xnli", "dev", "sw"),  # without one
    ("es_gsd-ud-test.conllu", "udpos", "test", "es"),
    ("test", "panx", "test", "vi"),
    ("ccg.train", "ccg", "train", "en"),
    ("wsj_0001.auto", "ccg", "dev", "en"),
    ("tatoeba.tha-eng.*", "tatoeba", "test", "th"),
    ("zh-en.training.*", "bucc", "test", "zh"),
    ("xquad.zh.json", "xquad", "test", "zh"),  # one JSON
    ("en.txt", "mlm", "train", "en"),
]


def copied(tmp_path, name, task, split, language, change, suffix=""):
    """Records of the files of that name, from copies whose bytes are changed; and those of the files as they are."""
    folders = {"ccg": "ccgbank", "bucc": "bucc2018", "mlm": "wikipedia"}
    found = list((DATA / folders.get(task, task)).rglob(name))
    chosen = [path for path in found if task not in ("pawsx", "panx") or path.parent.name == language]
    assert chosen
    for folder, edit in (("changed", change), ("same", lambda content: content)):
        for path in chosen:
            inside = path.relative_to(DATA)
            packed = inside.with_name(inside.name + suffix) if folder == "changed" else inside
            put(tmp_path / folder, {str(packed): edit(path.read_bytes())})
    return [records(task, split, language, tmp_path / folder) for folder in ("changed", "same")]


def crlf(content):
    return content.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")


@pytest.mark.parametrize("file", FILES, ids=lambda file: file[0])
@pytest.mark.parametrize(
    "change, suffix",
    [
        (crlf, ""),
        (lambda content: content.replace(b"\r\n", b"\n"), ""),
        (lambda content: b"\xef\xbb\xbf" + content, ""),
        (lambda content: content.rstrip(b"\r\n"), ""),
        (gzip.compress, ".gz"),
        (bz2.compress, ".bz2"),
        (lzma.compress, ".xz"),
    ],
    ids=["CRLF", "LF", "byte order mark", "no end of line", "gz", "bz2", "xz"],
)
def test_records_do_not_depend_on(tmp_path, file, change, suffix):
    changed, same = copied(tmp_path, *file, change, suffix)
    assert changed == same != []


@pytest.mark.parametrize("mark", ["\u2028", "\u2029", "\u0085", "\x0b", "\x0c", "\x1c", "\x1e", "\r."])
def test_only_a_newline_ends_a_line(tmp_path, mark):
    odd = f"one{mark}two"
    put(tmp_path / "pairs", {"test-de.tsv": f"{odd}\tdrei\t1\n"})
    put(tmp_path / "lines", {"tatoeba.deu-eng.deu": f"{odd}\nvier\n", "tatoeba.deu-eng.eng": "one two\nfour\n"})
    put(tmp_path / "words", {"de/test": f"de:{odd}\tO\nde:Skarn\tB-LOC\n"})
    row = {"sentence1": odd, "sentence2": "drei", "gold_label": "neutral"}
    put(tmp_path / "json", {"multinli_1.0_dev_matched.jsonl": json.dumps(row, ensure_ascii=ord(mark[0]) < 32)})
    assert [r["text_a"] for r in records("pawsx", "test", "de", tmp_path / "pairs")] == [odd]
    assert [r["text"] for r in records("tatoeba", "test", "de", tmp_path / "lines")] == [odd, "one two", "vier", "four"]
    assert [r["words"] for r in records("panx", "test", "de", tmp_path / "words")] == [[odd, "Skarn"]]
    assert [r["text_a"] for r in records("mnli", "dev", "en", tmp_path / "json")] == [odd]


def test_escapes_are_what_they_stand_for_surrogate_pairs_too(tmp_path):
    row = {"sentence1": "\U0001f4a1 café \u2028 𠮷", "sentence2": "a\tb\nc", "gold_label": "neutral"}
    escaped = json.dumps(row)
    assert "\\ud83d\\udca1" in escaped and "\\u2028" in escaped and escaped.isascii()
    put(tmp_path, {"multinli_1.0_dev_matched.jsonl": escaped})
    (record,) = records("mnli", "dev", "en", tmp_path)
    assert (record["text_a"], record["text_b"]) == (row["sentence1"], row["sentence2"])
    assert "💡" in records("xquad", "test", "zh")[0]["context"] and "𠮷" in records("xquad", "test", "zh")[2]["context"]


def test_a_null_character_may_be_escaped_but_no_byte(tmp_path):
    row = {"sentence1": "a\0b", "sentence2": "c", "gold_label": "neutral"}
    put(tmp_path, {"multinli_1.0_dev_matched.jsonl": json.dumps(row)})
    assert records("mnli", "dev", "en", tmp_path)[0]["text_a"] == "a\0b"


def test_articles_of_the_hub_are_read_by_paragraph_and_short_ones_counted(tmp_path):
    from reading import put_hub, source

    text = "\n\n".join(["x" * 120, "Short.", "y" * 100])
    put_hub(tmp_path, "wikipedia", "20231101.sw/train-00000-of-00001.parquet", [{"id": "7", "text": text}])
    read = source("mlm", "train", "sw", tmp_path, hub=True)
    assert [(r["id"], len(r["text"])) for _, r in read] == [("1.1", 120), ("1.5", 100)]
    assert read.left_out == {"shorter than 100 characters": 1}
