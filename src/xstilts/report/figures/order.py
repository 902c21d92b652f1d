"""Languages as a reader looks for them: by script, and within it by family."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace

from xstilts.languages import LANGUAGES, Language

LONE = "one language a script"


@dataclass(frozen=True)
class Group:
    """Languages of one script; or those whose script no other language of the study has."""

    title: str
    beside: str
    """What is told beside the languages: their family, or their script."""
    rows: tuple[tuple[str, str], ...]
    """(code, what is told beside it: "" where it is that of the language above)"""


def known(code: str) -> Language:
    """A language; of a pair such as de-en the first, under the pair's name; one that nobody knows, by its code."""
    first = LANGUAGES.get(code.partition("-")[0]) or Language(code, code, "unknown", "unknown", None)
    return first if code in LANGUAGES else replace(first, code=code, name=code)


def grouped(codes: Iterable[str]) -> list[Group]:
    """The script with most languages first; within a script families, and languages by name."""
    languages = sorted(map(known, codes), key=lambda one: (one.script, one.family, one.name))
    scripts = Counter(one.script for one in languages)
    groups = []
    for script, count in scripts.most_common():
        if count > 1:
            members = [one for one in languages if one.script == script]
            above = [None, *(one.family for one in members)]
            rows = tuple(
                (one.code, one.family if one.family != up else "") for one, up in zip(members, above, strict=False)
            )
            groups.append(Group(script, "family", rows))
    alone = sorted((one for one in languages if scripts[one.script] == 1), key=lambda one: one.name)
    if alone:
        groups.append(Group(LONE, "script", tuple((one.code, one.script) for one in alone)))
    return groups
