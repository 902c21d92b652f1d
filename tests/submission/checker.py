"""Check a submission to XTREME, from the description of its format alone: nothing of this project is imported.

    python tests/submission/checker.py FILE.zip

What is checked follows the README of google-research/xtreme ("Leaderboard Submission"), what its evaluate.py reads, and
the example in its mock_test_data: folders and files by name; a file for each language; what a line, or an answer, may
be. Against the data itself `originals.py` checks.

Exit status 1 where there is something wrong, which is said, a line each.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from zipfile import ZipFile

LANGUAGES = {
    "xnli": "ar bg de el en es fr hi ru sw th tr ur vi zh",
    "pawsx": "de en es fr ja ko zh",
    "udpos": "af ar bg de el en es et eu fa fi fr he hi hu id it ja kk ko mr nl pt ru ta te th tl tr ur vi yo zh",
    "panx": "ar he vi id jv ms tl eu ml ta te af nl en de el bn hi mr ur fa fr it pt es bg ru ja ka ko th sw yo my zh "
    "kk tr et fi hu",
    "xquad": "en es de el ru tr ar vi th zh hi",
    "mlqa": "en es de ar hi vi zh",
    "tydiqa": "en ar bn fi id ko ru sw te",
    "bucc2018": "de fr ru zh",
    "tatoeba": "ar he vi id jv tl eu ml ta te af nl de el bn hi mr ur fa fr it pt es bg ru ja ka ko th sw zh kk tr et "
    "fi hu",
}
ANSWERS = {"xquad", "mlqa", "tydiqa"}
ENTITIES = {"O", *(f"{place}-{kind}" for place in "BI" for kind in ("PER", "ORG", "LOC"))}
PARTS = "ADJ ADP ADV AUX CCONJ DET INTJ NOUN NUM PART PRON PROPN PUNCT SCONJ SYM VERB X"
ALLOWED = {
    "xnli": {"entailment", "neutral", "contradiction"},
    "pawsx": {"0", "1"},
    "udpos": set(PARTS.split()),
    "panx": ENTITIES,
}
NAME = re.compile(r"(\w+)/test-([a-z]+)\.(tsv|json)")


def contents(archive: Path) -> dict[tuple[str, str], str]:
    """Text of each file that is called as it must be, by task and language."""
    with ZipFile(archive) as opened:
        named = [(name, match) for name in opened.namelist() if (match := NAME.fullmatch(name))]
        return {
            (match[1], match[2]): opened.read(name).decode("ascii")
            for name, match in named
            if match[3] == ("json" if match[1] in ANSWERS else "tsv")
        }


def check(archive: Path) -> list[str]:
    """What is wrong with names, languages, and the form of each file."""
    with ZipFile(archive) as opened:
        names = opened.namelist()
        found = [f"{name}: is there twice" for name in sorted({name for name in names if names.count(name) > 1})]
        for name in names:
            match = NAME.fullmatch(name)
            if not match or match[1] not in LANGUAGES:
                found.append(f"{name}: is no test-<language> file of one of XTREME's folders")
            elif match[2] not in LANGUAGES[match[1]].split():
                found.append(f"{name}: {match[2]} is no language of {match[1]}")
            elif (match[3] == "json") != (match[1] in ANSWERS):
                found.append(f"{name}: answers are .json, all else is .tsv")
    texts = contents(archive)
    tasks = {task for task, _ in texts}
    found += [f"{task}: there is no such folder" for task in LANGUAGES if task not in tasks]
    for task in (task for task in LANGUAGES if task in tasks):
        lost = [language for language in LANGUAGES[task].split() if (task, language) not in texts]
        found += [f"{task}: there is no file for {', '.join(lost)}"] if lost else []
    return found + [f"{task} {code}: {one}" for (task, code), text in texts.items() for one in form(task, code, text)]


def form(task: str, language: str, text: str) -> Iterator[str]:
    """What is wrong with the content of a file, as far as it shows without the data."""
    if task in ANSWERS:
        pairs = json.loads(text, object_pairs_hook=list)
        if len({name for name, _ in pairs}) != len(pairs):
            yield "a question has two answers"
        if not all(isinstance(answer, str) for _, answer in pairs):
            yield "an answer is no text"
        return
    if text and not text.endswith("\n"):
        yield "the last line has no end"
    lines = text.split("\n")[:-1]
    if any(line != line.strip() for line in lines):
        yield "white space around a line"
    if task in ("udpos", "panx"):
        if "" in (lines[:1] + lines[-1:]) or "\n\n\n" in text:
            yield "an empty sentence"
        lines = [line for line in lines if line]
    odd = [line for line in lines if not allowed(task, language, line.strip())]
    if odd:
        yield f"{odd[0]!r} is nothing that stands in such a file"
        return
    if task == "bucc2018":
        for side in (0, 1):
            names = [line.split("\t")[side] for line in lines]
            if len(set(names)) != len(names):
                yield "a sentence is in two pairs"
    if task == "tatoeba" and any(int(line) >= len(lines) for line in lines):
        yield "a number beyond the last sentence, which counts from 0"


def allowed(task: str, language: str, line: str) -> bool:
    """Whether a line may stand in a file of this task."""
    if task == "tatoeba":
        return line.isdecimal()
    if task == "bucc2018":
        return re.fullmatch(rf"{language}-\d+\ten-\d+", line) is not None
    return line in ALLOWED[task]


def main() -> int:
    if len(sys.argv) != 2:
        print(__doc__)
        return 2
    found = check(Path(sys.argv[1]))
    print("\n".join(found) or "nothing is wrong with names and form")
    return bool(found)


if __name__ == "__main__":
    sys.exit(main())
