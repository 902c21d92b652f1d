"""What goes wrong with words and tags: prefixes, multiword tokens, empty nodes, withheld words, long sentences."""

import random

import numpy as np
import pyarrow as pa
import pytest
from reading import DATA, put, put_hub, records, source
from tokenizers import Tokenizer

from xstilts.formats import format_named
from xstilts.formats.encoding import Encoding
from xstilts.formats.tagging import IGNORE
from xstilts.tasks import get
from xstilts.tokenizer import train_tokenizer


def tagged(*args, **named):
    """Sentences as lists of (word, tag)."""
    return [list(zip(r["words"], r["tags"], strict=True)) for r in records(*args, **named)]


def conllu(*rows):
    """A sentence from (id, form, tag, head)."""
    lines = ["\t".join([number, form, "_", tag, "_", "_", head, "_", "_", "_"]) for number, form, tag, head in rows]
    return "\n".join(lines) + "\n\n"


def test_prefixes_of_the_language_go_and_no_other_colon_does():
    first, second = tagged("panx", "test", "de")
    assert [word for word, _ in first] == ["Ada", "Quill", "wohnt", "in", "Skarn"]
    assert [word for word, _ in second] == ["Anpfiff", "um", "20:15", ":", "SV", "Ost"]


def test_doubled_blank_lines_make_no_empty_sentence():
    assert tagged("panx", "test", "vi") == [
        [("Ông", "O"), ("Trần", "B-PER"), ("Minh", "I-PER")],
        [("sông", "O"), ("Lam", "B-LOC")],
        [("Hà", "B-LOC"), ("Nội", "I-LOC")],
    ]


def test_multiword_tokens_are_one_surface_word_with_the_tag_of_the_highest():
    house, give = tagged("udpos", "test", "es")[1:3]
    assert [word for word, _ in house] == ["La", "casa", "del", "faro", "es", "verde", "."]
    assert house[2] == ("del", "ADP")
    assert give == [("Dámelo", "VERB"), ("hoy", "ADV"), (".", "PUNCT")]


@pytest.mark.parametrize(
    "language, tags, winner",
    [
        ("es", ("ADP", "DET"), "ADP"),
        ("es", ("PRON", "AUX"), "AUX"),
        ("es", ("NOUN", "DET"), "DET"),  # NOUN is not in the order of Spanish
        ("fr", ("NOUN", "PRON"), "PRON"),
        ("fr", ("DET", "ADP"), "ADP"),
        ("it", ("PRON", "ADV"), "ADV"),
        ("it", ("DET", "ADP"), "ADP"),
        ("de", ("PRON", "AUX"), "PRON"),
        ("de", ("PRON", "NOUN"), "NOUN"),
        ("de", ("PRON", "ADV"), "PRON"),
        ("de", ("DET", "ADP"), "ADP"),
        ("de", ("SYM", "X"), "X"),  # SYM is in no order
        ("de", ("SYM", "SYM"), "SYM"),
    ],
)
def test_of_two_that_are_equally_high_the_order_of_the_language_decides(tmp_path, language, tags, winner):
    for first, second in (tags, tags[::-1]):
        sentence = conllu(
            ("1-2", "xy", "_", "_"), ("1", "x", first, "3"), ("2", "y", second, "3"), ("3", "z", "NOUN", "0")
        )
        put(tmp_path, {f"{language}_a-ud-test.conllu": sentence})
        assert tagged("udpos", "test", language, tmp_path) == [[("xy", winner), ("z", "NOUN")]]


def test_the_higher_word_wins_against_any_order(tmp_path):
    sentence = conllu(
        ("1-2", "xy", "_", "_"), ("1", "x", "VERB", "2"), ("2", "y", "PUNCT", "3"), ("3", "z", "NOUN", "0")
    )
    put(tmp_path, {"de_a-ud-test.conllu": sentence})
    assert tagged("udpos", "test", "de", tmp_path)[0][0] == ("xy", "PUNCT")


def test_empty_nodes_are_no_words():
    (sentence,) = tagged("udpos", "test", "en")
    assert [word for word, _ in sentence] == ["Ada", "likes", "tea", "and", "Noor", "coffee", "."]


def test_zero_width_non_joiners_and_spaces_inside_words_go():
    assert "\u200c" in (DATA / "udpos/ud-treebanks-v2.5/UD_Persian-Seraji/fa_seraji-ud-test.conllu").read_text("utf-8")
    assert tagged("udpos", "test", "fa") == [[("او", "PRON"), ("میرود", "VERB"), (".", "PUNCT")]]
    assert tagged("udpos", "test", "vi")[0][0] == ("Hảiđăng", "NOUN")


def test_sentences_of_withheld_words_are_left_out_and_counted():
    read = source("udpos", "test", "fr")
    (sentence,) = [record["words"] for _, record in read]
    assert sentence == ["Il", "parle", "du", "phare", "."]
    assert read.left_out == {"the words are withheld (forms of '_')": 2}


def test_treebanks_come_in_alphabetical_order(tmp_path):
    names = [record["id"].split("/")[1].split(":")[0] for record in records("udpos", "test", "es")]
    assert names == ["es_ancora-ud-test", "es_gsd-ud-test", "es_gsd-ud-test", "es_pud-ud-test"]
    for name in ("c", "a", "b"):  # whatever order they were made in
        put(tmp_path, {f"UD_{name}/de_{name}-ud-test.conllu": conllu(("1", name, "X", "0"))})
    assert [sentence[0][0] for sentence in tagged("udpos", "test", "de", tmp_path)] == ["a", "b", "c"]


def test_xtremes_own_files_are_read_too():
    house, river = tagged("udpos", "test", "hi")
    assert house == [("घर", "NOUN"), ("बड़ा", "ADJ"), ("है", "AUX"), ("।", "PUNCT")]
    assert [word for word, _ in river] == ["नदी", "बहती", "है"]


def test_comments_and_columns_of_iob2():
    first, second = tagged("uner", "test", "de")
    assert first == [("Ada", "B-PER"), ("wohnt", "O"), ("in", "O"), ("Skarn", "B-LOC"), (".", "O")]
    assert second == [("Der", "O"), ("Montag", "O")]  # B-OTH is none of PAN-X's


def test_a_word_that_is_a_hash_is_no_comment(tmp_path):
    put(tmp_path, {"de/test": "de:#\tO\nde:Skarn\tB-LOC\n# 1\tO\n"})
    assert tagged("panx", "test", "de", tmp_path) == [[("#", "O"), ("Skarn", "B-LOC"), ("# 1", "O")]]


def test_derivations_of_ccgbank_and_lines_of_words_and_tags():
    assert tagged("ccg", "dev") == [
        [("Otters", "N"), ("crack", r"(S[dcl]\NP)/NP"), ("shells", "N"), (".", ".")],
        [("Ada", "N"), ("sings", r"S[dcl]\NP")],
    ]
    assert tagged("ccg", "train")[1] == [("The", "NP[nb]/N"), ("lamp", "N"), ("burns", r"S[dcl]\NP"), (".", ".")]


def test_tags_of_the_hub_by_their_names(tmp_path):
    names = ["B-LOC", "O", "I-PER", "B-PER"]  # not the order of the task
    rows = [{"tokens": ["Ada", "Quill", "in", "Skarn"], "ner_tags": [3, 2, 1, 0], "langs": ["de"] * 4}]
    put_hub(tmp_path, "panx", "PAN-X.de/test-00000-of-00001.parquet", rows, ner_tags=names)
    (record,) = records("panx", "test", "de", tmp_path, hub=True)
    assert record["tags"] == ["B-PER", "I-PER", "O", "B-LOC"]


@pytest.mark.parametrize("limit", [6, 9, 40])
def test_long_sentences_are_split_and_rejoined_and_no_word_is_lost(tmp_path, limit):
    rng = random.Random(1)
    words = ["".join(rng.choices(["ka", "lo", "ми", "山", "ter"], k=rng.randint(1, 4))) for _ in range(150)]
    words += ["\u200b", ""]  # words without tokens
    tags = [rng.choice(get("panx").labels) for _ in words]
    lines = "".join(f"de:{word}\t{tag}\n" for word, tag in zip(words, tags, strict=True))
    put(tmp_path, {"de/test": lines + "\nde:Ada\tB-PER\n"})
    train_tokenizer(words, 30, tmp_path / "tokenizer")
    tokenizer = Tokenizer.from_file(str(tmp_path / "tokenizer/tokenizer.json"))
    form, labels = format_named("tagging"), get("panx").labels
    table = pa.Table.from_pylist(records("panx", "test", "de", tmp_path), schema=form.schema())
    pieces = form.encode(table, tokenizer, Encoding(max_length=limit), labels).table.to_pylist()
    assert max(len(piece["input_ids"]) for piece in pieces) <= limit
    assert len(pieces) > 2
    found = [(p["row"], labels[tag]) for p in pieces for tag in np.array(p["labels"]) if tag != IGNORE]
    assert found == [(0, tag) for tag in tags] + [(1, "B-PER")]
