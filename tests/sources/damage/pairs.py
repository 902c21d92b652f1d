"""Pairs in JSON lines and in tabs."""

import bz2
import gzip
import json
import lzma

from damage import AGAIN, MEND, RIGHT, UTF8, Case

MNLI, JSONL = ("mnli", "dev", "en"), "multinli_1.0_dev_matched.jsonl"
NLI = [{"sentence1": f"Café {i}.", "sentence2": "It rains.", "gold_label": "neutral"} for i in range(3)]
GOOD = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in NLI)
MANY = GOOD.encode() * 400


def second(**change):
    """JSON lines whose second row differs; None takes a key away."""
    rows = [dict(row) for row in NLI]
    rows[1] = {key: value for key, value in (rows[1] | change).items() if value is not ...}
    return {JSONL: "".join(json.dumps(row) + "\n" for row in rows)}


def jsonl(name, content, *says, suffix=""):
    return Case(name, MNLI, {JSONL + suffix: content}, (JSONL + suffix, *says))


def pairs(name, change, *says):
    return Case(name, MNLI, second(**change), (f"{JSONL}, line 2", *says))


PAWSX, TSV = ("pawsx", "test", "de"), "x-final/de/test_2k.tsv"
HEAD = "id\tsentence1\tsentence2\tlabel\n1\tEin Turm.\tDer Turm.\t0\n"


def tabs(name, content, *says):
    return Case(name, PAWSX, {TSV: content}, ("test_2k.tsv", *says))


PAIRS = [
    jsonl("cut", GOOD[:-20], ", line 3: is no JSON: Unterminated string", AGAIN),
    jsonl("cut gz", gzip.compress(MANY)[:-40], ", line ", "can't be read on", AGAIN, suffix=".gz"),
    jsonl("cut bz2", bz2.compress(MANY)[:-40], ", line ", "can't be read on", AGAIN, suffix=".bz2"),
    jsonl("cut xz", lzma.compress(MANY)[:-40], ", line ", "can't be read on", AGAIN, suffix=".xz"),
    jsonl("damaged gz", gzip.compress(MANY)[:60] + b"\0\1\2" * 20, ", line ", "can't be read on", AGAIN, suffix=".gz"),
    jsonl("no gz at all", GOOD, ", line 1: can't be read on: Not a gzipped file", AGAIN, suffix=".gz"),
    jsonl("bad JSON", GOOD.replace("Café 1.", 'Café "1".'), ", line 2: is no JSON", "at character 22", AGAIN),
    jsonl("a list", GOOD + "[1, 2]\n", ", line 4: is a JSON list, not an object", RIGHT),
    jsonl("Latin-1", GOOD.encode("latin-1"), ", line 1: byte 19 of the line (0xe9) is not UTF-8", UTF8),
    jsonl("UTF-16", GOOD.encode("utf-16"), ", line 1: holds NUL bytes, as UTF-16 does", UTF8),
    jsonl("UTF-16 without mark", GOOD.replace("é", "e").encode("utf-16-le"), ", line 1: holds NUL bytes", UTF8),
    jsonl("NUL bytes", GOOD.encode() + b"\0" * 100, ", line 4: holds NUL bytes", AGAIN),
    jsonl(
        "half a pair", GOOD + '{"sentence1": "\\ud83d"}\n', ", line 4: holds half of a surrogate pair (\\ud83d)", MEND
    ),
    jsonl("too deep", GOOD + "[" * 100_000 + "\n", ", line 4: is JSON that can't be read", AGAIN),
    Case("empty", MNLI, {JSONL: ""}, ("mnli (en): no record of this language in", JSONL, "are these the right files")),
    pairs("a label outside", {"gold_label": "maybe"}, "field 'label': 'maybe' is none of entailment, neutral", MEND),
    pairs("a label of a wrong type", {"gold_label": ["neutral"]}, "field 'label': ['neutral'] is none of", MEND),
    pairs("no label", {"gold_label": None}, "field 'label': is empty", "use the original release"),
    pairs("no column of labels", {"gold_label": ...}, "field 'gold_label': there is no such column", RIGHT),
    pairs("no column of texts", {"sentence1": ...}, "field 'premise': there is no such column", "sentence2", RIGHT),
    pairs("a number for a text", {"sentence2": 5}, "field 'hypothesis': 5 is no text", RIGHT),
    pairs("an empty text", {"sentence1": ""}, "(en, id 2): text_a is empty", MEND),
    tabs(
        "too few columns", HEAD + "2\tEin\tHaus\n", ", line 3: field 'label': is not there", "use the original release"
    ),
    tabs("far too few columns", HEAD + "2\tEin\n", ", line 3: 2 columns where 4 are expected (id, sentence1", AGAIN),
    tabs("too many columns", HEAD + "2\tEin\tHaus\t\t1\n", ", line 3: 5 columns where 4 are expected", RIGHT),
    tabs("cut tabs", HEAD[:-3], ", line 2: field 'label': is not there", AGAIN),
    tabs("a label outside the set", HEAD + "2\tEin\tHaus\t2\n", ", line 3: field 'label': '2' is none of", MEND),
    Case("a header alone", PAWSX, {TSV: HEAD[:29]}, ("no record of this language in", "test_2k.tsv", "right files")),
    Case(
        "no header",
        ("qqp", "dev", "en"),
        {"QQP/dev.tsv": "3\t15\t16\tWhat?\tWho?\t1\n"},
        ("dev.tsv, line 1: 6 columns where 3 are expected", RIGHT),
    ),
    Case(
        "another language alone",
        ("xnli", "test", "de"),
        {"xnli.test.tsv": "language\tgold_label\tsentence1\tsentence2\nfr\tneutral\tUn.\tDeux.\n"},
        ("xnli (de): no record of this language in", "xnli.test.tsv", "are these the right files, and whole?"),
    ),
    Case(
        "all left out",
        PAWSX,
        {TSV: HEAD[:29] + "1\tNS\tNS\t0\n"},
        ("pawsx (de)", "test_2k.tsv", "1 left out ('NS' stands for a missing translation)", "right files"),
    ),
]
