"""Two texts (or one) and a label: SNLI, MNLI, ANLI, XNLI, QQP, PAWS-X in all their copies, and pairs of one's own.

Options
    columns      names of the columns, where they are none of the known ones: {text_a: …, text_b: …, label: …};
                 without text_b there is one text
    labels       the task's label for each of the source's, where they differ: {e: entailment, …}
    unlabelled   labels that say there is none: such rows are left out, and counted
    empty        "leave out": rows with an empty text are left out, and counted; else an empty first text is refused
    placeholder  a text that stands where a translation is missing: such rows are left out, and counted
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from xstilts.sources.place import STRIPPED, Place
from xstilts.sources.readers import Ask, Sourced, shown, string, value
from xstilts.sources.rows import rows

FIRST: tuple[str, ...] = ("premise", "sentence1", "question1", "context")
SECOND: tuple[str, ...] = ("hypothesis", "sentence2", "question2", "hypo")
LABEL: tuple[str, ...] = ("gold_label", "label", "is_duplicate")
PLAIN = ("sentence1", "sentence2", "label")  # XTREME's files have no header


def read(files: Sequence[Path], ask: Ask) -> Iterator[Sourced]:
    """Pairs in the order of their files."""
    named = ask.options.get("columns")
    first, second, label = FIRST, SECOND, LABEL
    if named:
        usual: Mapping[str, tuple[str, ...]] = {"text_a": FIRST, "text_b": (), "label": LABEL}
        first, second, label = ((named[key],) if key in named else others for key, others in usual.items())
    heads = frozenset((*first, *second, *label))
    placeholder = ask.options.get("placeholder")
    for path in files:
        for place, row in rows(path, PLAIN, heads):
            if row.get("language", ask.language) != ask.language:
                continue  # XNLI's own files hold all languages
            a, b = string(place, row, *first), string(place, row, *second) if second else None
            said = value(place, row, *label)
            if placeholder is not None and placeholder in (a.strip(), (b or "").strip()):
                ask.left_out[f"{placeholder!r} stands for a missing translation"] += 1
            elif "" in (a, b) and ask.options.get("empty") == "leave out":
                ask.left_out["an empty text"] += 1
            elif said in ask.options.get("unlabelled", ()):
                ask.left_out["no label"] += 1
            else:
                yield ask.row(place, text_a=a, text_b=b, label=known(place, said, ask))


def known(place: Place, said: Any, ask: Ask) -> str:
    """The task's label for what the source says."""
    if said is None or said == "" or said == -1:
        raise place.wrong("label", "is empty", STRIPPED)
    named: Mapping[Any, str] = ask.options.get("labels", {})
    label = named.get(said, named.get(str(said), str(said))) if isinstance(said, str | int) else None
    if label not in ask.labels:
        takes = ", ".join(dict.fromkeys([*ask.labels, *map(str, named)]))
        raise place.wrong("label", f"{shown(said)} is none of {takes}", "mend it, or leave the row out")
    return label
