"""Compare a submission with the original data that XTREME's test sets are made of; nothing of this project is imported.

What XTREME's utils_preprocess.py does to the releases is done here once more, as far as number and order of examples
depend on it. With predictions that are the gold, the order shows: every answer must be the right one at its place.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

from checker import ANSWERS, contents


@dataclass(frozen=True)
class Original:
    """A test set as its release has it, which is what XTREME's hidden labels are made of.

    `gold` has an entry for each example that a submission must answer, in its order. None: what is right is not said
    there (a missing translation, the tag of fused words), and any answer does.
    """

    gold: list[object]
    names: tuple[str, ...] = ()
    """Of questions; of the sentences of BUCC."""


def original(task: str, language: str, files: list[Path]) -> Original:
    """Read the release's own files of one language."""
    if task in ANSWERS:
        questions = [q for path in files for article in json.loads(path.read_text("utf-8"))["data"]
                     for paragraph in article["paragraphs"] for q in paragraph["qas"]]  # fmt: skip
        questions = [q for q in questions if task != "tydiqa" or of_language(q["id"], language)]
        return Original([q["answers"][0]["text"] for q in questions], tuple(q["id"] for q in questions))
    if task == "tatoeba":
        english = next(path for path in files if path.suffix == ".eng").read_text("utf-8").split("\n")
        english = [line.strip() for line in (english[:-1] if english[-1] == "" else english)]
        return Original([str(number) for _, number in sorted((text, i) for i, text in enumerate(english))])
    if task == "bucc2018":
        gold = next(path for path in files if path.suffix == ".gold").read_text("utf-8").split("\n")
        sides = [path.read_text("utf-8").split("\n") for path in files if path.suffix != ".gold"]
        return Original([line for line in gold if line], tuple(row.split("\t")[0] for side in sides for row in side))
    if task in ("udpos", "panx"):
        return Original([s for path in sorted(files, key=lambda p: p.name) for s in sentences(path)])
    rows = [line.split("\t") for path in files for line in path.read_text("utf-8").split("\n") if line]
    if {"sentence1", "gold_label"} & set(rows[0]):
        header, *rows = rows
        names = [dict(zip(header, row, strict=True)) for row in rows]
        rows = [[row["sentence1"], row["sentence2"], row.get("gold_label") or row["label"]]
                for row in names if row.get("language", language) == language]  # fmt: skip
    return Original([None if "NS" in row[:2] else row[2] for row in rows])


def of_language(name: str, language: str) -> bool:
    """TyDiQA's questions begin with the English name of their language."""
    names = {"ar": "arabic", "bn": "bengali", "en": "english", "fi": "finnish", "id": "indonesian", "ko": "korean",
             "ru": "russian", "sw": "swahili", "te": "telugu"}  # fmt: skip
    return name.split("-")[0] == names[language]


def sentences(path: Path) -> Iterator[list[str | None]]:
    """Gold tags of each sentence: of CoNLL-U as XTREME's converter leaves it, or of lines of a word and a tag."""
    lines = path.read_text("utf-8").split("\n")
    for filled, group in groupby(lines, key=lambda line: bool(line.strip())):
        cells = [line.split("\t") for line in group if filled and not line.startswith("# ")]
        if not cells:
            continue
        if path.suffix != ".conllu":
            yield [row[1].strip() for row in cells]
            continue
        words, covered = list[tuple[str, str | None]](), 0
        for number, form, _, tag, *_ in cells:
            if "-" in number:
                words.append((form, None))
                covered = int(number.split("-")[1])
            elif "." not in number and int(number) > covered:
                words.append((form, tag))
        withheld = sum(form == "_" for form, _ in words)
        if not withheld or withheld < len(words) - 1:
            yield [tag for _, tag in words]


def compare(archive: Path, task: str, language: str, files: list[Path], gold: bool = False) -> list[str]:
    """What does not fit the original data. With `gold`, the answers are claimed to be right: then their order shows."""
    said, right = contents(archive)[task, language], original(task, language, files)
    if task in ANSWERS:
        answers = json.loads(said)
        odd = sorted(set(answers) ^ set(right.names))
        if gold:
            pairs = zip(right.names, right.gold, strict=True)
            odd += [name for name, answer in pairs if answers.get(name) != answer]
        return [f"question {name} has another answer, or none" for name in odd]
    if task == "bucc2018":
        lines = said.split("\n")[:-1]
        unknown = {name for line in lines for name in line.split("\t")} - set(right.names)
        wrong = [f"{name} is no sentence" for name in sorted(unknown)]
        return wrong + [f"{line} is missing" for line in right.gold if gold and line not in lines]
    found: list[object]
    if task in ("udpos", "panx"):
        found = [block.split("\n") for block in said.removesuffix("\n").split("\n\n")]
    else:
        found = list(said.split("\n")[:-1])
    if len(found) != len(right.gold):
        return [f"{len(found)} examples, the original has {len(right.gold)}"]
    pairs = enumerate(zip(found, right.gold, strict=True), start=1)
    return [f"example {i} does not fit: {a} for {b}" for i, (a, b) in pairs if not fits(a, b, gold)]


def fits(said: object, right: object, gold: bool) -> bool:
    """Whether an answer can be one to this example: it has as many tags; and, with `gold`, it is the right one."""
    if isinstance(said, list) and isinstance(right, list):
        same = zip(said, right, strict=False)
        return len(said) == len(right) and (not gold or all(b in (None, a) for a, b in same))
    return not gold or right is None or said == right
