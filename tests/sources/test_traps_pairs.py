"""What goes wrong with pairs and choices: placeholders, missing labels, orders of labels, quotation marks, marks."""

import json

import pytest
from reading import put, put_hub, records, source

NLI = ["entailment", "neutral", "contradiction"]


def triples(*args, **named):
    return [(r["text_a"], r["text_b"], r["label"]) for r in records(*args, **named)]


def test_placeholders_of_missing_translations_are_left_out_and_counted():
    read = source("pawsx", "test", "de")
    assert [record["id"] for _, record in read] == ["2", "4"]  # lines of the file
    assert read.left_out == {"'NS' stands for a missing translation": 2}


def test_odd_quotation_marks_swallow_no_line():
    assert triples("pawsx", "test", "en") == [
        ('The song " Old Mill was played first.', 'First , Old Mill " was played.', "paraphrase"),
        ('"Tarn is north of Ost.', "Ost is north of Tarn.", "not_paraphrase"),
        ("The river runs west.", "West runs the river.", "paraphrase"),
    ]
    assert [a for a, _, _ in triples("qqp", "dev")] == ["What do owls eat?", 'Is "Skarn an island?']


def test_cells_that_a_csv_writer_quoted_are_read_as_it_meant_them():
    assert triples("pawsx", "dev", "de") == [
        ('Das Lied "Alte Mühle" kam zuerst.', "Zuerst kam das Lied Alte Mühle.", "paraphrase"),
        ("Der Zug hält in Ost.", "Der Zug hält nicht in Ost.", "not_paraphrase"),
    ]
    assert triples("xnli", "dev", "sw")[0] == ('Alisema "nenda" kisha akaondoka.', "Alibaki.", "contradiction")


@pytest.mark.parametrize(
    "cell, meant",
    [
        ('"a ""b"" c"', 'a "b" c'),
        ('"""b"" c"', '"b" c'),
        ('"quoted as a whole"', '"quoted as a whole"'),
        ('"a" and "b"', '"a" and "b"'),
        ('"" The Mill "" is a song', '"" The Mill "" is a song'),
        ('a ""b"" c', 'a ""b"" c'),
        ('"', '"'),
    ],
)
def test_only_what_can_be_a_csv_writers_is_unquoted(tmp_path, cell, meant):
    put(tmp_path, {"test-de.tsv": f"{cell}\tzwei\t1\n"})
    assert triples("pawsx", "test", "de", tmp_path) == [(meant, "zwei", "paraphrase")]


def test_one_file_holds_all_languages_of_xnli():
    for language, word in {"sw": "Birika", "zh": "水壶", "ar": "الغلاية"}.items():
        first, second = records("xnli", "test", language)
        assert word in first["text_a"] and first["language"] == language and first["id"] != second["id"]
    assert [r["language"] for r in records("xnli", "test", "zh sw")] == ["zh", "zh", "sw", "sw"]


def test_machine_translations_say_contradictory():
    assert [label for *_, label in triples("mnli", "train", "sw")] == ["entailment", "contradiction"]


@pytest.mark.parametrize("split", ["train", "dev"])
def test_rows_on_which_annotators_disagreed_are_left_out_and_counted(split):
    """SNLI's rows with '-' for a label, in JSON and in tabs; MNLI's train set has one too."""
    read = source("anli", split)
    found = [record for _, record in read if record["id"].startswith("snli:")]
    assert [record["label"] for record in found] == ["entailment", "contradiction", "neutral"]
    assert read.left_out == {"no label": 2 if split == "train" else 1}


def test_the_hub_has_null_or_minus_one_for_them(tmp_path):
    rows = [
        {"premise": f"Premise {i}.", "hypothesis": "It rains.", "label": label} for i, label in enumerate((2, -1, None))
    ]
    put_hub(tmp_path, "snli", "plain_text/train-00000-of-00001.parquet", rows, label=NLI)
    for name, file in (("mnli", "mnli/train"), ("anli", "plain_text/train_r1"), ("anli", "plain_text/train_r2")):
        put_hub(tmp_path, name, f"{file}-00000-of-00001.parquet", rows[:1], label=NLI)
    put_hub(tmp_path, "anli", "plain_text/train_r3-00000-of-00001.parquet", rows[:1], label=NLI)
    read = source("anli", "train", "en", tmp_path, hub=True)
    names = [record["id"] for _, record in read]
    assert len(names) == len(set(names)) == 5 and names[0] == "snli:1"
    assert read.left_out == {"no label": 2}


def test_the_order_of_labels_is_the_files_own(tmp_path):
    """The same number means another label in another copy; names decide."""
    rows = [{"premise": "Ein Turm.", "hypothesis": f"{name}", "label": i} for i, name in enumerate(sorted(NLI))]
    put_hub(tmp_path, "xnli", "de/test-00000-of-00001.parquet", rows, label=sorted(NLI))
    assert all(b == label for _, b, label in triples("xnli", "test", "de", tmp_path, hub=True))


def test_marks_of_hellaswag_stay_unless_told_otherwise():
    roof, herbs = records("hellaswag", "dev")
    assert roof["prompt"] == "A man is sitting on a roof." and roof["choices"][3] == "he starts pulling up old tiles."
    assert herbs["prompt"] == "[header] How to dry herbs [title] Pick them at noon. [step] Shake off the dew first."
    assert herbs["choices"][0].startswith("[substeps] Tie")
    roof, herbs = records("hellaswag", "dev", options={"marks": "drop"})
    assert roof["choices"][3] == "he starts pulling up old tiles."
    assert herbs["prompt"] == "How to dry herbs Pick them at noon. Shake off the dew first."
    assert herbs["choices"][:3:2] == [
        "Tie small bunches with string. Hang them in the shade.",
        "Post them to a friend. Wait.",
    ]


def test_quoted_fields_of_cosmos_qa_run_over_several_lines():
    lake, bread = records("cosmosqa", "dev")
    assert lake["prompt"] == (
        'We left at dawn , the fog still on the lake .\nNobody spoke until the "Merry Anne" was out of sight . '
        "Why did nobody speak ?"
    )
    assert lake["choices"][1] == "They were sad , perhaps ." and lake["label"] == 1
    assert bread["prompt"].startswith("My bread did not rise again .")


def test_right_answers_are_found_by_letter_and_by_number(tmp_path):
    assert [(r["prompt"], r["choices"][r["label"]]) for r in records("csqa", "dev")] == [
        ("Where would you keep a kite in winter?", "attic"),
        ("What do bakers rise before?", "dawn"),
    ]
    assert [r["choices"][r["label"]] for r in records("siqa", "train")] == ["go back for them"]
    rows = [{"context": "c", "question": "q", "answerA": "a", "answerB": "b", "answerC": "c", "label": "3"}]
    put_hub(tmp_path, "siqa", "default/validation-00000-of-00001.parquet", rows)
    assert [r["label"] for r in records("siqa", "dev", "en", tmp_path, hub=True)] == [2]  # the hub counts from 1


def test_copa_asks_in_english_for_cause_or_effect():
    pond, window = records("xcopa", "test", "et")
    assert pond["prompt"] == "Tiik jäätus. What was the cause?"
    assert window["prompt"] == "Ta avas akna. What happened as a result?" and window["label"] == 1
    assert [r["choices"][r["label"]] for r in records("xcopa", "train")] == [
        "The night was cold.",
        "Fresh air came in.",
    ]


def test_one_text_may_be_none_of_two(tmp_path):
    rows = [{"gold_label": "neutral", "sentence1": "null", "sentence2": "None"}]
    put(tmp_path, {"multinli_1.0_dev_matched.jsonl": json.dumps(rows[0])})
    assert triples("mnli", "dev", folder=tmp_path) == [("null", "None", "neutral")]  # words, not missing values


def test_columns_of_ones_own_may_be_of_one_text(tmp_path):
    put(tmp_path, {"dev.tsv": "label\treview\nneutral\tIt rains.\n"})
    for columns in ({"text_a": "review", "label": "label"}, {"text_a": "review"}):
        found = triples("mnli", "dev", folder=tmp_path, patterns=["dev.tsv"], options={"columns": columns})
        assert found == [("It rains.", None, "neutral")]


def test_qqp_pairs_with_an_empty_question_are_left_out_and_counted(tmp_path):
    """Quora's own data has a few; elsewhere an empty text is a damaged file."""
    header = "id\tqid1\tqid2\tquestion1\tquestion2\tis_duplicate"
    rows = ["1\t1\t2\tWhy?\tHow?\t0", "2\t3\t4\tWhat?\t\t0", "3\t5\t6\t\tWhere?\t1"]
    put(tmp_path, {"QQP/train.tsv": "\n".join([header, *rows, ""])})
    read = source("qqp", "train", folder=tmp_path)
    assert [record["text_a"] for _, record in read] == ["Why?"]
    assert read.left_out == {"an empty text": 2}
