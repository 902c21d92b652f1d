"""Parts of speech from CoNLL-U treebanks, as XTREME reads them; or from the files that XTREME makes of them.

- Words are surface words: a multiword token (`1-2`) stands for the syntactic words that it is made of, and has the tag
  of its head, the one nearest to the root; of several, of the one whose tag comes first in an order of precedence.
- Empty nodes (`1.1`) are no words.
- The zero-width non-joiner and spaces inside words go: XTREME's files can't hold them, and its models never saw them.
- Sentences whose words are withheld (forms of `_`, in treebanks without their text) are left out, and counted.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from xstilts.sources.lines import blocks, kind
from xstilts.sources.place import AGAIN, Place
from xstilts.sources.readers import Ask, Sourced, words
from xstilts.sources.readers.words import known

COLUMNS = 10
UNJOINER = "\u200c"
# The orders of XTREME's converter (ud-conversion-tools, conllu_to_conll.py); tags that an order lacks come last.
PRECEDENCE: Mapping[str, str] = MappingProxyType(
    {
        "": "VERB NOUN PROPN PRON ADJ NUM ADV INTJ AUX ADP DET PART CCONJ SCONJ X PUNCT",
        "es": "VERB AUX PRON ADP DET",
        "fr": "VERB AUX PRON NOUN ADJ ADV ADP DET PART SCONJ CONJ",
        "it": "VERB AUX ADV PRON ADP DET INTJ",
    }
)


@dataclass(frozen=True)
class Node:
    """One syntactic word."""

    form: str
    tag: str
    head: int
    place: Place


def read(files: Sequence[Path], ask: Ask) -> Iterator[Sourced]:
    """Sentences in the order of their files, which is alphabetical."""
    for path in files:
        if kind(path) != ".conllu":
            yield from words.read([path], ask)
            continue
        for block in blocks(path):
            nodes, fused = parse(block)
            if not nodes:
                continue  # comments alone
            sentence = list(surface(nodes, fused, ask.language))
            withheld = sum(form == "_" for form, _, _ in sentence)
            if withheld and withheld >= len(sentence) - 1:
                ask.left_out["the words are withheld (forms of '_')"] += 1
                continue
            yield ask.row(
                block[0][0],
                words=[form.replace(UNJOINER, "").replace(" ", "") for form, _, _ in sentence],
                tags=[known(place, tag, ask.labels) for _, tag, place in sentence],
            )


def parse(block: Sequence[tuple[Place, str]]) -> tuple[dict[int, Node], dict[int, tuple[int, str]]]:
    """Syntactic words by number, and multiword tokens (last word, form) by the number of their first word."""
    nodes: dict[int, Node] = {}
    fused: dict[int, tuple[int, str]] = {}
    for place, line in block:
        if line.startswith("#"):
            continue
        cells = line.split("\t")
        if len(cells) != COLUMNS:
            raise place.wrong("", f"{len(cells)} columns where CoNLL-U has {COLUMNS}", AGAIN)
        number, form, tag, head = cells[0], cells[1].strip(), cells[3].strip(), cells[6]
        if "." in number:
            continue
        first, _, last = number.partition("-")
        if not first.isdecimal() or (last and not last.isdecimal()):
            raise place.wrong("ID", f"{number!r} is no number of a word", AGAIN)
        if last:
            fused[int(first)] = int(last), form
            continue
        if int(first) != len(nodes) + 1:
            raise place.wrong("ID", f"word {first} follows word {len(nodes)}", AGAIN)
        if not head.isdecimal():
            raise place.wrong("HEAD", f"{head!r} is no number of a word", AGAIN)
        nodes[int(first)] = Node(form, tag, int(head), place)
    for node in nodes.values():
        if node.head > len(nodes):
            raise node.place.wrong("HEAD", f"{node.head} lies beyond the sentence's {len(nodes)} words", AGAIN)
    for begin, (end, _) in fused.items():
        if not begin < end <= len(nodes):
            what = f"{begin}-{end} reaches beyond the sentence's {len(nodes)} words"
            raise block[0][0].wrong("ID", what, AGAIN)
    return nodes, fused


def surface(
    nodes: Mapping[int, Node], fused: Mapping[int, tuple[int, str]], language: str
) -> Iterator[tuple[str, str, Place]]:
    """Form, tag and place of each surface word."""
    number = 1
    while number <= len(nodes):
        if number in fused:
            last, form = fused[number]
            head = head_of(range(number, last + 1), nodes, language)
            yield form, nodes[head].tag, nodes[head].place
            number = last + 1
        else:
            yield nodes[number].form, nodes[number].tag, nodes[number].place
            number += 1


def head_of(span: range, nodes: Mapping[int, Node], language: str) -> int:
    """The word of a multiword token whose tag stands for all."""
    depths = {number: depth(number, nodes) for number in span}
    highest = [number for number in span if depths[number] == min(depths.values())]
    order = PRECEDENCE.get(language, PRECEDENCE[""]).split()
    return min(highest, key=lambda n: order.index(nodes[n].tag) if nodes[n].tag in order else len(order))


def depth(number: int, nodes: Mapping[int, Node]) -> int:
    """How many heads lie above a word; a wrong tree with a circle in it ends where it closes."""
    seen: set[int] = set()
    while number in nodes and number not in seen:
        seen.add(number)
        number = nodes[number].head
    return len(seen)
