"""What XTREME's evaluation asks for: its folders, their languages, and how many examples each test set has.

Folders, languages and endings are those of evaluate.py in google-research/xtreme. It publishes no list of counts
(issue 19 there asks for one); these are of the data that its download script fetches:

- XNLI, PAWS-X, PAN-X, XQuAD, MLQA, Tatoeba: dataset_infos.json of huggingface/datasets (xtreme, paws-x), 2022
- TyDiQA: the released dev file of GoldP 1.1, counted by language (lm-evaluation-harness, issue 4044)
- POS: the same dataset_infos.json, of UD 2.5. There Ancient Greek, Old French, Old Russian and Classical Chinese count
  as el, fr, ru and zh, which they do not in XTREME, so these four are not known; of German, with Swiss German there,
  issue 19 tells the blank lines between sentences, 22,357.
- BUCC: an answer is as long as the model likes
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

Counts = Mapping[str, int | None]
Kind = Literal["labels", "tags", "answers", "neighbours", "pairs"]
UNITS: Mapping[Kind, str] = {
    "labels": "lines",
    "tags": "sentences",
    "answers": "questions",
    "neighbours": "lines",
    "pairs": "pairs",
}


@dataclass(frozen=True)
class Folder:
    """One folder of a submission."""

    name: str
    """XTREME's name of the task."""
    target: str
    """This project's."""
    kind: Kind
    counts: Counts
    """How many examples there are in each language; None: not known, or not fixed."""
    numbered: bool = False
    """Whether labels stand there by their number, from 0, and not by their name."""

    def file(self, language: str) -> str:
        """Path of a language's file in a submission."""
        return f"{self.name}/test-{language}.{'json' if self.kind == 'answers' else 'tsv'}"


def each(count: int | None, languages: str) -> dict[str, int | None]:
    """The same count in each of some languages."""
    return dict.fromkeys(languages.split(), count)


def counted(text: str) -> dict[str, int | None]:
    """Languages with their counts: `de 4517 en 11590`."""
    words = text.split()
    return {language: int(count) for language, count in zip(words[::2], words[1::2], strict=True)}


PANX = {
    **each(10_000, "ar bg de el en es et eu fa fi fr he hu id it ja ka ko nl pt ru th tr vi zh"),
    **each(1_000, "af bn hi kk ml mr ms sw ta te tl ur"),
    **each(100, "jv my yo"),
}
UDPOS = {
    **counted("af 425 ar 1680 bg 1116 de 22358 en 5440 es 3147 et 3760 eu 1799 fa 600 fi 4422 he 491 hi 2684 hu 449"),
    **counted("id 1557 it 3518 ja 2372 kk 1047 ko 4276 mr 47 nl 1471 pt 2681 ta 120 te 146 th 1000 tl 55 tr 4785"),
    **counted("ur 535 vi 800 yo 100"),
    **each(None, "el fr ru zh"),
}
TATOEBA = {
    **each(1_000, "af ar bg bn de el es et eu fa fi fr he hi hu id it ja ko mr nl pt ru tl tr ur vi zh"),
    **counted("jv 205 ka 746 kk 575 ml 687 sw 390 ta 307 te 234 th 548"),
}
FOLDERS = (
    Folder("xnli", "xnli", "labels", each(5_010, "ar bg de el en es fr hi ru sw th tr ur vi zh")),
    Folder("pawsx", "pawsx", "labels", each(2_000, "de en es fr ja ko zh"), numbered=True),
    Folder("udpos", "udpos", "tags", UDPOS),
    Folder("panx", "panx", "tags", PANX),
    Folder("xquad", "xquad", "answers", each(1_190, "ar de el en es hi ru th tr vi zh")),
    Folder("mlqa", "mlqa", "answers", counted("ar 5335 de 4517 en 11590 es 5253 hi 4918 vi 5495 zh 5137")),
    Folder("tydiqa", "tydiqa", "answers", counted("ar 921 bn 113 en 440 fi 782 id 565 ko 276 ru 812 sw 499 te 669")),
    Folder("bucc2018", "bucc", "pairs", each(None, "de fr ru zh")),
    Folder("tatoeba", "tatoeba", "neighbours", TATOEBA),
)
BY_NAME: Mapping[str, Folder] = {folder.name: folder for folder in FOLDERS}
