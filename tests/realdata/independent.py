"""The metrics once more: the libraries' own, and the official scripts' definitions in plain Python.

Each takes rows of one language as dictionaries, and gives values in per cent. Nothing here knows the project's code.
"""

from __future__ import annotations

import string
import unicodedata
import warnings
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from functools import cache
from itertools import groupby
from typing import Any

from seqeval.metrics import f1_score as entity_f1
from seqeval.metrics import precision_score as entity_precision
from seqeval.metrics import recall_score as entity_recall
from sklearn.metrics import accuracy_score, f1_score

Rows = Sequence[dict[str, Any]]
Values = dict[str, float]


def accuracy(rows: Rows, labels: Sequence[str]) -> Values:
    """scikit-learn's, over words where there are tags."""
    said, gold = columns(rows)
    if isinstance(gold[0], list):
        said, gold = ([tag for tags in column for tag in tags] for column in (said, gold))
    return {"accuracy": share(accuracy_score(gold, said, normalize=False), len(gold))}


def accuracy_f1(rows: Rows, labels: Sequence[str]) -> Values:
    """scikit-learn's; the second label is the positive one."""
    said, gold = columns(rows)
    f1 = f1_score(gold, said, pos_label=labels[1], average="binary", zero_division=0)
    return accuracy(rows, labels) | {"f1": 100.0 * f1}


def entities(rows: Rows, labels: Sequence[str]) -> Values:
    """seqeval's, in its default mode."""
    said, gold = columns(rows)
    scores = {"f1": entity_f1, "precision": entity_precision, "recall": entity_recall}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found = {name: 100.0 * score(gold, said) for name, score in scores.items()}
    if not any("-" in label for label in labels):
        a, b = whole_tags(said), whole_tags(gold)
        found["f1_whole_tags"] = 200.0 * len(a & b) / (len(a) + len(b)) if a or b else 0.0
    return found


def whole_tags(sentences: list[list[str]]) -> set[tuple[int, int, int, str]]:
    """Runs of equal tags in a sentence, as seqeval 0.0.12 takes them; S for a first letter means a word by itself."""
    runs = set()
    for number, tags in enumerate(sentences):
        first = 0
        for i, tag in enumerate(tags):
            if i and (tag != tags[i - 1] or tag.startswith("S")):
                first = i
            if i + 1 == len(tags) or tags[i + 1] != tag or tag.startswith("S"):
                runs.add((number, first, i, tag))
    return runs


def squad(rows: Rows, labels: Sequence[str]) -> Values:
    """SQuAD 1.1; characters where there are no spaces."""
    found = {"em": 0, "f1": 0.0}
    for row in rows:
        found["em"] += max(int(equal(row["prediction"], gold, english)) for gold in row["gold"])
        found["f1"] += max(word_f1(row["prediction"], gold, english) for gold in row["gold"])
    if rows[0]["language"].split("-")[0] in ("zh", "th", "ja"):
        best = (max(word_f1(row["prediction"], gold, letters) for gold in row["gold"]) for row in rows)
        found["character_f1"] = sum(best)
    return {name: share(total, len(rows)) for name, total in found.items()}


def squad2(rows: Rows, labels: Sequence[str]) -> Values:
    """SQuAD 2.0; the threshold of the plain values is 0."""
    exact, f1 = {}, {}
    for number, row in enumerate(rows):
        right = [gold for gold in row["gold"] if english(gold)] or [""]
        exact[number] = max(int(equal(row["prediction"], gold, english)) for gold in right)
        f1[number] = max(
            exact[number] if not english(gold) else word_f1(row["prediction"], gold, english) for gold in right
        )
    there = [number for number, row in enumerate(rows) if row["gold"]]
    absent = [number for number, row in enumerate(rows) if not row["gold"]]
    found = {"best_em": share(best_of(rows, exact), len(rows)), "best_f1": share(best_of(rows, f1), len(rows))}
    for name, scores in (("em", exact), ("f1", f1)):
        scores = {i: float(not rows[i]["gold"]) if rows[i]["null"] > 0 else scores[i] for i in scores}
        found[name] = share(sum(scores.values()), len(rows))
        found[f"has_answer_{name}"] = share(sum(scores[i] for i in there), len(there))
        found["no_answer_accuracy"] = share(sum(scores[i] for i in absent), len(absent))
    return found


def best_of(rows: Rows, scores: dict[int, float]) -> float:
    """The best sum of scores over all thresholds of "no answer", one question after the other as the script does it.

    It takes questions of one lead in the order of their file; here losses come first, or a threshold would part them.
    """
    now = best = sum(1 for row in rows if not row["gold"])
    gains = {i: scores[i] if rows[i]["gold"] else -1 if rows[i]["prediction"] else 0 for i in scores}
    for number in sorted(scores, key=lambda i: (rows[i]["null"], gains[i])):
        now += gains[number]
        best = max(best, now)
    return best


def mlqa(rows: Rows, labels: Sequence[str]) -> Values:
    """MLQA's; the language is that of the contexts."""
    language = rows[0]["language"].split("-")[0]

    def words(text: str) -> tuple[str, ...]:
        return mlqa_words(text, language)

    em = sum(max(int(equal(row["prediction"], gold, words)) for gold in row["gold"]) for row in rows)
    f1 = sum(max(word_f1(row["prediction"], gold, words) for gold in row["gold"]) for row in rows)
    return {"em": share(em, len(rows)), "f1": share(f1, len(rows))}


def nearest(rows: Rows, labels: Sequence[str]) -> Values:
    """Accuracy, and that of each layer."""
    found = {"accuracy": share(sum(row["prediction"] in row["gold"] for row in rows), len(rows))}
    for column, name in (("raw", "accuracy"), ("centred", "accuracy_centred")):
        for layer in range(len(rows[0][column])):
            found[f"{name}@{layer}"] = share(sum(row[column][layer] for row in rows), len(rows))
    return found


def mining(rows: Rows, labels: Sequence[str]) -> Values:
    """XTREME's bucc_optimize on dev, applied to each split; the values of a split begin with its name."""
    candidates: dict[str, dict[tuple[int, str], float]] = {"dev": {}, "test": {}}
    gold: dict[str, set[tuple[int, str]]] = {"dev": set(), "test": set()}
    for number, row in enumerate(rows):
        gold[row["split"]].update((number, name) for name in row["gold"])
        if row["prediction"] is not None:
            candidates[row["split"]][number, row["prediction"]] = float(row["score"])
    ranked = sorted(candidates["dev"].items(), key=lambda item: -item[1])
    threshold = best = right = 0.0
    for place, (pair, score) in enumerate(ranked):
        right += pair in gold["dev"]
        after = ranked[place + 1][1] if place + 1 < len(ranked) else None
        if right and score != after:
            precision, recall = right / (place + 1), right / len(gold["dev"])
            f1 = 2 * precision * recall / (precision + recall)
            if f1 > best:
                best, threshold = f1, score if after is None else (score + after) / 2
    found = {}
    for split in ("dev", "test"):
        kept = {pair for pair, score in candidates[split].items() if score >= threshold}
        both = len(kept & gold[split])
        found[f"{split} precision"], found[f"{split} recall"] = share(both, len(kept)), share(both, len(gold[split]))
        total = found[f"{split} precision"] + found[f"{split} recall"]
        found[f"{split} f1"] = 2 * found[f"{split} precision"] * found[f"{split} recall"] / total if total else 0.0
    return found


def map20(rows: Rows, labels: Sequence[str]) -> Values:
    """XTREME-R's, as its LAReQA program has it."""
    total = 0.0
    for row in rows:
        hits, listed = 0, row["prediction"][:20]
        score = 0.0
        for place, name in enumerate(listed):
            if name in row["gold"] and name not in listed[:place]:
                hits += 1
                score += hits / (place + 1)
        total += score / min(len(row["gold"]), 20)
    first = sum(bool(row["prediction"]) and row["prediction"][0] in row["gold"] for row in rows)
    return {"map20": share(total, len(rows)), "accuracy": share(first, len(rows))}


METRICS: dict[str, Callable[[Rows, Sequence[str]], Values]] = {
    "accuracy": accuracy,
    "accuracy_f1": accuracy_f1,
    "entities": entities,
    "squad": squad,
    "squad2": squad2,
    "mlqa": mlqa,
    "nearest": nearest,
    "mining": mining,
    "map20": map20,
}


# texts --------------------------------------------------------------------------------------------------------------
MLQA_ARTICLES = {
    "en": "a an the",
    "es": "un una unos unas el la los las",
    "vi": "của là cái chiếc những",
    "de": "ein eine einen einem eines einer der die das den dem des",
}


@cache
def english(text: str) -> tuple[str, ...]:
    """SQuAD's words: no ASCII punctuation, no English articles."""
    kept = "".join(letter for letter in text.lower() if letter not in string.punctuation)
    return tuple(without(kept, {"a", "an", "the"}).split())


@cache
def letters(text: str) -> tuple[str, ...]:
    """The letters of SQuAD's words."""
    return tuple(letter for word in english(text) for letter in word)


@cache
def mlqa_words(text: str, language: str) -> tuple[str, ...]:
    """MLQA's words: no punctuation of any script, articles of the language; Chinese characters are words."""
    kept = ""
    for letter in text.lower():
        if not unicodedata.category(letter).startswith("P") and letter not in string.punctuation:
            kept += letter
    if language == "ar":
        # The script's expression is "space, alif, lam, beginning of the text", or alif and lam anywhere: the first
        # can't match, as no text begins after its third character.
        kept = " ".join(kept.split("\u0627\u0644"))
    else:
        kept = without(kept, set(MLQA_ARTICLES.get(language, "").split()))
    if language != "zh":
        return tuple(kept.split())
    words, run = [], ""
    for letter in kept + " ":
        if "\u4e00" <= letter <= "\u9fa5" or letter.isspace():
            words += [part for part in (run, letter.strip()) if part]
            run = ""
        else:
            run += letter
    return tuple(words)


def without(text: str, articles: set[str]) -> str:
    """The text with a space for each article that stands as a word: between characters that are none of words."""
    runs = ("".join(run) for _, run in groupby(text, key=lambda letter: letter.isalnum() or letter == "_"))
    return "".join(" " if run in articles else run for run in runs)


def equal(said: str, gold: str, words: Callable[[str], Iterable[str]]) -> bool:
    return " ".join(words(said)) == " ".join(words(gold))


def word_f1(said: str, gold: str, words: Callable[[str], Sequence[str]]) -> float:
    """0 without a common word, whatever the texts are."""
    left, shared = Counter(words(gold)), 0
    for word in words(said):
        if left[word] > 0:
            left[word] -= 1
            shared += 1
    if not shared:
        return 0.0
    precision, recall = shared / len(words(said)), shared / len(words(gold))
    return 2 * precision * recall / (precision + recall)


def columns(rows: Rows) -> tuple[list[Any], list[Any]]:
    return [row["prediction"] for row in rows], [row["gold"] for row in rows]


def share(count: float, of: int) -> float:
    return 100.0 * count / of if of else 0.0
