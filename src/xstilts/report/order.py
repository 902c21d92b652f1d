"""Languages as a reader looks for them: English first, then by script, and within it by family."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from xstilts.languages import LANGUAGES, Language
from xstilts.report.findings import ENGLISH

UNKNOWN = "unknown"
"""Script and family of what the project does not know."""


def known(code: str) -> Language:
    """A language; of a pair such as de-en the first, that of the texts, under the pair's code; or all unknown."""
    first = LANGUAGES.get(code.partition("-")[0]) or Language(code, code, UNKNOWN, UNKNOWN, None)
    return first if code in LANGUAGES else replace(first, code=code, name=code)


def by_script(codes: Iterable[str]) -> list[str]:
    """English, the others of its script, then script by script; within one by family, and by name."""
    return sorted(codes, key=lambda code: _key(code, "script", "family"))


def by_family(codes: Iterable[str]) -> list[str]:
    """English, the others of its family, then family by family; within one by script, and by name."""
    return sorted(codes, key=lambda code: _key(code, "family", "script"))


def by_pretraining(codes: Iterable[str]) -> list[str]:
    """What XLM-R was pretrained on most comes first; what is generated last."""
    found = sorted(map(known, codes), key=lambda one: (one.pretraining is None, -(one.pretraining or 0.0), one.name))
    return [one.code for one in found]


def _key(code: str, *fields: str) -> tuple[object, ...]:
    one, english = known(code), LANGUAGES[ENGLISH]
    groups = [getattr(one, field) for field in fields]
    first = groups[0] == getattr(english, fields[0])
    return code != ENGLISH, UNKNOWN in groups, not first, *groups, one.name
