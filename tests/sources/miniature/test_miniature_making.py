"""What holds for all makers: repeatable, different by seed and task, splits apart in meaning, errors that help."""

import pytest
from miniature_oracle import read, statements

from xstilts.errors import UserError
from xstilts.sources.miniature import LANGUAGES, MAKERS, SPLITS, Settings, make, vocabulary
from xstilts.sources.miniature.sampling import Sampler

TWO = ("en", "qlc")


def rows(maker, split="train", task=None, seed=1, languages=TWO, count=40):
    return list(make(maker, Settings(seed), task=task or maker, split=split, languages=languages, rows=count))


def contents(records):
    return [{key: value for key, value in record.items() if key != "id"} for record in records]


@pytest.mark.parametrize("maker", MAKERS)
def test_two_calls_agree_and_another_seed_task_or_split_differs(maker):
    records = rows(maker)
    assert records == rows(maker)
    assert contents(records) != contents(rows(maker, task="another"))
    assert contents(records) != contents(rows(maker, seed=2))
    assert contents(records) != contents(rows(maker, split="test"))
    assert all(isinstance(record["id"], str) and record["language"] in TWO for record in records)


@pytest.mark.parametrize("maker", MAKERS)
def test_the_choice_of_languages_changes_no_language(maker):
    alone = rows(maker, languages=("qlc",))
    assert alone == [record for record in rows(maker) if record["language"] == "qlc"]


def english_of(record):
    """The English statements of a record."""
    texts = [record.get(key, "") for key in ("text_a", "text_b", "context", "prompt", "text")]
    texts += [choice for choice in record.get("choices", []) if choice.endswith(".")]
    texts.append(" ".join(record.get("words", [])))
    return [sentence for text in texts for sentence in statements(text)]


def test_no_meaning_is_in_two_splits_whatever_the_maker():
    meanings = {split: set() for split in SPLITS}
    words = vocabulary(Settings(), "en").words
    known = {*words, *(f"{word}s" for word in words)}
    for maker in MAKERS:
        languages = ["qla"] if maker in ("tatoeba", "bucc") else ["en"]
        for split in SPLITS:
            for record in rows(maker, split, languages=languages, count=1200 if maker == "text" else 150):
                if record.get("side") == "foreign":
                    continue
                for sentence in english_of(record):
                    if maker == "ner" and not set(sentence.split()) <= known:
                        continue  # a new name
                    meanings[split].add(read(sentence))
    assert all(len(found) > 1000 for found in meanings.values())
    assert not meanings["train"] & meanings["test"]
    assert not meanings["train"] & meanings["dev"]
    assert not meanings["dev"] & meanings["test"]


def test_translations_are_distinct():
    records = rows("tatoeba", "test", languages=["qla", "qle"], count=300)
    for language in ("qla", "qle"):
        for side in ("foreign", "english"):
            here = [record for record in records if record["language"] == language and record["side"] == side]
            assert len({record["text"] for record in here}) == len(here) == 300
            assert all(record["pair"] == record["id"] for record in here)


@pytest.mark.parametrize("maker", MAKERS)
def test_small_requests_are_met(maker):
    for split in SPLITS:
        assert rows(maker, split, count=0) == []
        assert len(rows(maker, split, languages=["qla"], count=2)) == (4 if maker in ("tatoeba", "bucc") else 2)
        assert rows(maker, split, languages=[]) == []


@pytest.mark.parametrize("seed", [2, 3, 4])
def test_concepts_meet_unevenly_in_every_world(seed):
    sampler = Sampler(seed)
    for tables in (sampler.verbs, sampler.objects, sampler.places):
        chances = [sorted(table.probability.values()) for table in tables.values()]
        assert all(abs(sum(these) - 1) < 1e-9 for these in chances)
        assert sum(these[-1] / these[len(these) // 4] for these in chances) / len(chances) > 8


@pytest.mark.parametrize(
    ("changed", "hint"),
    [
        ({"maker": "parafrase"}, "paraphrase"),
        ({"split": "tset"}, "test"),
        ({"languages": ["qlz"]}, "ql"),
        ({"rows": -1}, "0 or more"),
    ],
)
def test_a_wrong_name_is_answered_with_the_nearest_right_one(changed, hint):
    asked = {"maker": "nli", "task": "mnli", "split": "test", "languages": list(LANGUAGES), "rows": 3} | changed
    maker = asked.pop("maker")
    with pytest.raises(UserError, match=hint):
        make(maker, Settings(), **asked)
