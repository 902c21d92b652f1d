"""What serves as train and dev, how many rows are taken, and how rows of several files and releases are told apart."""

import pytest
from reading import put, records, source


@pytest.mark.parametrize("count", [1, 2, 4])
def test_what_is_held_out_and_what_is_not_are_everything_and_share_nothing(count):
    everything = records("tydiqa", "train")
    train, dev = (records("tydiqa", split, hold_out=count) for split in ("train", "dev"))
    assert len(dev) == count and len(train) == len(everything) - count
    assert sorted(train + dev, key=lambda r: r["id"]) == sorted(everything, key=lambda r: r["id"])
    assert not {r["id"] for r in train} & {r["id"] for r in dev}


def test_what_is_held_out_does_not_depend_on_the_order_of_rows(tmp_path):
    lines = [f"Passage number {i}." for i in range(40)]
    put(tmp_path, {"en.txt": "\n".join(lines)})
    text = {r["id"] for r in records("mlm", "dev", "en", tmp_path, hold_out=5)}
    assert text == {r["id"] for r in records("mlm", "dev", "en", tmp_path, hold_out=5)} and len(text) == 5
    more = {r["id"] for r in records("mlm", "dev", "en", tmp_path, hold_out=9)}
    assert text < more


def test_other_languages_lose_nothing_to_dev():
    assert len(records("mlm", "train", "sw", hold_out=1)) == len(records("mlm", "train", "sw")) == 2
    assert len(records("mlm", "train", "en", hold_out=1)) == len(records("mlm", "train", "en")) - 1


def test_what_is_held_out_does_not_depend_on_what_is_read_beside_it():
    """A second release gives names their release; the same questions serve as dev."""
    dev = {r["id"] for r in records("mnli", "dev", "en", hold_out=1)}
    train = {
        r["id"].removeprefix("mnli:") for r in records("mnli", "train", "sw en", hold_out=1) if r["language"] == "en"
    }
    everything = {r["id"] for r in records("mnli", "train", "en")}
    assert len(dev) == 1 and not dev & train and dev | train == everything


def test_the_test_split_holds_nothing_out():
    assert records("tydiqa", "test", hold_out=1) == records("tydiqa", "test")


def test_a_limit_takes_the_first_rows_of_each_language():
    found = records("xquad", "test", "zh en", limit=2)
    assert [(r["language"], r["id"]) for r in found] == [("zh", "a1"), ("zh", "a2"), ("en", "a1"), ("en", "a2")]
    assert found[:2] == records("xquad", "test", "zh")[:2]


def test_a_limit_counts_what_is_left_after_holding_out():
    kept = records("tydiqa", "train", hold_out=2)
    assert records("tydiqa", "train", hold_out=2, limit=2) == kept[:2]


def test_names_tell_files_and_releases_apart():
    names = [record["id"] for record in records("anli", "dev")]
    assert len(set(names)) == len(names) == 9
    assert {"snli:2", "mnli:1", "anli:R1/dev:1", "anli:R2/dev:1", "anli:R3/dev:1"} <= set(names)


def test_languages_come_in_the_order_of_the_spec():
    assert [r["language"] for r in records("pawsx", "test", "ja de en")] == ["ja"] * 2 + ["de"] * 2 + ["en"] * 3


def test_places_are_lines_rows_or_articles():
    assert [str(place).rpartition("/")[2] for place, _ in source("panx", "test", "vi")] == [
        "test, line 1",
        "test, line 6",
        "test, line 11",
    ]
    assert next(str(place).rpartition("/")[2] for place, _ in source("xquad", "test", "en")) == (
        "xquad.en.json, article 1 (title 'Marrow Point', id a1)"
    )
