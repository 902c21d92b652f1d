"""Tags, a line each, and a blank line between sentences: POS and PAN-X."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc

from xstilts.errors import UserError
from xstilts.submission.files import File
from xstilts.submission.tested import Tested


def tag_files(tested: Tested) -> dict[str, File]:
    """A tag for each word, sentences in XTREME's order."""
    return {language: tag_file(tested, language) for language in tested.said}


def tag_file(tested: Tested, language: str) -> File:
    records, said = tested.records[language], tested.said[language]
    words, tags = (pc.list_value_length(column) for column in (records["words"], said["prediction"]))
    if not words.equals(tags):
        at = pc.index(pc.not_equal(words, tags), True).as_py()
        what = f"{tags[at]} tags for the {words[at]} words of {records['id'][at]}"
        raise UserError(f"{tested.folder.name} {language}: {what}: make the predictions again, of these records")
    sentences = said["prediction"].take(pa.array(order(records["id"].to_pylist()))).to_pylist()
    return File("\n".join("".join(f"{tag}\n" for tag in sentence) for sentence in sentences), len(sentences))


def order(names: list[str]) -> list[int]:
    """XTREME's order of sentences whose records have these ids.

    It sorts treebanks by the names of their files, these records by those of their folders too, which have capitals:
    en_partut comes before en_pud, UD_English-PUD before UD_English-ParTUT. Within a file the order is the file's.
    """
    return sorted(range(len(names)), key=lambda i: file_of(names[i]))


def file_of(name: str) -> str:
    """The file that a record's id names, where a language is read from several."""
    return name.rpartition(":")[0].rpartition("/")[2]
