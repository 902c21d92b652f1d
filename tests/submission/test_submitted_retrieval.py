"""Tatoeba's numbers, in the order of sorted English sentences; BUCC's pairs, above the threshold of dev."""

import pytest

from xstilts.errors import UserError


def sentence(name, side, text="x", pair=None, language="de"):
    return {"id": name, "language": language, "side": side, "text": text, "pair": pair}


def both_sides(*english):
    """Each English sentence with a foreign one, whose ids are line numbers from 1."""
    for number, text in enumerate(english, start=1):
        yield sentence(str(number), "foreign", f"Satz {number}", str(number))
        yield sentence(str(number), "english", text, str(number))


def said(predictions):
    return [{"id": a, "language": "de", "prediction": b, "gold": [a]} for a, b in predictions.items()]


def test_tatoeba_has_numbers_from_0_of_what_sorted_english_sentences_found(desk):
    english = ("Tom left.", "apples", "Ärger", "Apples", "'Yes.'", " Zoo")
    desk.put("tatoeba", both_sides(*english), said({"1": "1", "2": "2", "3": "3", "4": "4", "5": "6", "6": "5"}))
    written = desk.write(partial=True)
    # 'Yes.' Apples "Tom left." Zoo apples Ärger: code points, without white space around.
    assert written["tatoeba/test-de.tsv"] == "5\n3\n0\n4\n1\n2\n"


def test_equal_english_sentences_keep_their_order(desk):
    desk.put("tatoeba", both_sides("b", "a", "b", "a"), said({"1": "1", "2": "2", "3": "3", "4": "4"}))
    assert desk.write(partial=True)["tatoeba/test-de.tsv"] == "1\n3\n0\n2\n"


def test_a_sentence_that_is_not_there_is_refused(desk):
    desk.put("tatoeba", both_sides("a"), said({"1": "7"}))
    with pytest.raises(UserError, match="tatoeba de: '7' was found, which is no foreign sentence"):
        desk.write(partial=True)


def mined(*pairs, split="test"):
    """Foreign id, English id or none, margin, right or none."""
    return [
        {"id": a, "language": "de", "split": split, "prediction": b, "score": margin, "gold": [gold] if gold else []}
        for a, b, margin, gold in pairs
    ]


def test_bucc_has_the_pairs_above_the_threshold_that_is_best_on_dev(desk):
    records = [sentence(f"de-{n}", "foreign") for n in range(1, 5)]
    records += [sentence(f"en-{n}", "english") for n in range(1, 5)]
    dev = mined(
        ("de-1", "en-1", 1.30, "en-1"), ("de-2", "en-2", 1.20, "en-2"), ("de-3", "en-9", 1.00, "en-3"), split="dev"
    )  # the best cut is 1.10
    test = mined(
        ("de-1", "en-4", 1.09, "en-4"),
        ("de-2", "en-2", 1.11, None),
        ("de-3", None, 0.0, "en-3"),
        ("de-4", "en-1", 1.40, None),
    )
    desk.put("bucc2018", records, dev + test)
    written = desk.write(partial=True)
    assert written["bucc2018/test-de.tsv"] == "de-2\ten-2\nde-4\ten-1\n"
    assert written.manifest["files"]["bucc2018/test-de.tsv"] == {"pairs": 2}


def test_bucc_without_dev_is_refused(desk):
    records = [sentence("de-1", "foreign"), sentence("en-1", "english")]
    desk.put("bucc2018", records, mined(("de-1", "en-1", 1.2, "en-1")))
    with pytest.raises(UserError, match="bucc2018 de: no predictions for dev, on which the threshold is chosen"):
        desk.write(partial=True)
