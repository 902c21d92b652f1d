"""Labels, a line each: XNLI by name, PAWS-X by number.

XTREME's PAWS-X has a line for each of 2,000 pairs, those too whose translation is missing (`NS`), which are no records
here. The pairs are the same in all languages, and English lacks none: a row that any language has is a row of all.
"""

from __future__ import annotations

import logging

from xstilts.errors import UserError
from xstilts.submission.files import File, lines
from xstilts.submission.tested import Tested, own_name

logger = logging.getLogger(__name__)


def label_files(tested: Tested) -> dict[str, File]:
    """A line for each row of XTREME's file."""
    names = {label: str(number) if tested.folder.numbered else label for number, label in enumerate(tested.labels)}
    filler = names[tested.labels[0]]
    rows = all_rows(tested)
    found = {}
    for language, said in tested.said.items():
        odd = sorted(set(said["prediction"].to_pylist()) - names.keys())
        if odd:
            what = f"{odd[0]!r} is predicted, which is no label of the task: {', '.join(names)}"
            raise UserError(f"{tested.folder.name} {language}: {what}")
        labels = [names[label] for label in said["prediction"].to_pylist()]
        if rows is None:
            found[language] = lines(labels)
            continue
        by_row = dict(zip(row_numbers(tested, language), labels, strict=True))
        missing = len(rows) - len(by_row)
        if missing:
            logger.info("%s: %d rows are no records, and get %r", tested.folder.file(language), missing, filler)
        found[language] = lines([by_row.get(row, filler) for row in rows], missing)
    return found


def all_rows(tested: Tested) -> list[int] | None:
    """Numbers of the source's rows, in their order; None where each of them is a record."""
    if not tested.left_out:
        return None
    return sorted({row for language in tested.records for row in row_numbers(tested, language)})


def row_numbers(tested: Tested, language: str) -> list[int]:
    """Row of each record in its source, as its id tells it: one number for one row, in all languages."""
    names = [own_name(name) for name in tested.records[language]["id"].to_pylist()]
    if not all(name.isdecimal() for name in names):
        what = "rows were left out of its records, and their ids do not tell which"
        raise UserError(f"{tested.folder.name} {language}: {what}; read the release that the registry names")
    return [int(name) for name in names]
