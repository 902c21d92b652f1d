"""One submission: an archive for XTREME's evaluation, and beside it a manifest that says what is in it."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from xstilts.command import versions
from xstilts.errors import UserError
from xstilts.files import digest_of, read_digest, write_json
from xstilts.predictions import record_of
from xstilts.specs import SubmissionSpec, SubmittedSpec
from xstilts.submission.answers import answer_files
from xstilts.submission.archive import write_zip
from xstilts.submission.files import File
from xstilts.submission.labels import label_files
from xstilts.submission.official import BY_NAME, FOLDERS, UNITS, Folder, Kind
from xstilts.submission.retrieved import neighbour_files, pair_files
from xstilts.submission.tags import tag_files
from xstilts.submission.tested import Tested, read_tested

logger = logging.getLogger(__name__)
WRITERS: Mapping[Kind, Callable[[Tested], dict[str, File]]] = {
    "labels": label_files,
    "tags": tag_files,
    "answers": answer_files,
    "neighbours": neighbour_files,
    "pairs": pair_files,
}


@dataclass
class Content:
    """What is to be written, and what must be said of it."""

    files: dict[str, File] = field(default_factory=dict)
    official: dict[str, int | None] = field(default_factory=dict)
    """How many examples XTREME has, file by file; None where that is not known."""
    problems: list[str] = field(default_factory=list)
    """Why this is not, or not all of, a submission to XTREME."""

    def problem(self, sentence: str) -> None:
        """Say it in the log and in the manifest."""
        logger.warning(sentence)
        self.problems.append(sentence)


def write_submission(
    spec: SubmissionSpec,
    predictions: Sequence[Path],
    records: Sequence[Path],
    out: Path,
    code: str,
    strict: bool = False,
    partial: bool = False,
) -> dict[str, Any]:
    """Write OUT.zip and OUT.json from the prediction and test record files of the spec's folders, in its order.

    strict   whatever speaks against a submission to XTREME is an error, and nothing is written
    partial  folders without all of XTREME's languages are written, though its evaluation stops at them
    """
    content = Content()
    missing = [folder.name for folder in FOLDERS if folder.name not in spec.folders]
    if missing:
        advice = "XTREME's mean needs all nine (targets: [xtreme] in the study); groups that are whole it scores"
        content.problem(f"not a target of this study: {', '.join(missing)}; {advice}")
    generated = [name for name, entry in spec.folders.items() if entry.generated]
    if generated:
        content.problem(f"no submission to XTREME: the world generates the data of {', '.join(generated)}")
    for (name, entry), said, rows in zip(spec.folders.items(), predictions, records, strict=True):
        check_origin(entry, said)
        add(content, read_tested(BY_NAME[name], entry.labels, said, rows), entry.generated, partial)
    if strict and content.problems:
        raise UserError("\n  ".join(["this is no whole submission to XTREME:", *content.problems]))
    archive = out.with_suffix(".zip")
    write_zip(archive, {name: file.text for name, file in content.files.items()})
    manifest = {
        "spec": spec.model_dump(mode="json"),
        "code": code,
        "predictions": {
            entry.target: read_digest(file.with_suffix(".digest"))
            for entry, file in zip(spec.folders.values(), predictions, strict=True)
        },
        "versions": versions(),
        "xtreme": not generated,
        "missing": missing,
        "problems": content.problems,
        "files": {name: told(name, content) for name in sorted(content.files)},
        "digest": digest_of([archive]),
    }
    write_json(out.with_suffix(".json"), manifest)
    return manifest


def check_origin(entry: SubmittedSpec, predictions: Path) -> None:
    """Predictions of another model, or of another target, are refused."""
    said = record_of(predictions).get("spec", {})
    for name, wanted in (("node", entry.node), ("task", entry.target)):
        if said.get(name) != wanted:
            raise UserError(f"{predictions} holds predictions of {name} {said.get(name)!r}, not of {wanted!r}")


def told(name: str, content: Content) -> dict[str, int]:
    """What the manifest says of a file: how many examples, how many XTREME has, how many were filled in."""
    file, official = content.files[name], content.official[name]
    unit = UNITS[BY_NAME[name.partition("/")[0]].kind]
    found = {unit: file.count}
    if official is not None:
        found["xtreme"] = official
    if file.filled:
        found["filled"] = file.filled
    return found


def add(content: Content, tested: Tested, generated: bool, partial: bool) -> None:
    """The files of one folder; of a generated world in its own languages, else in XTREME's."""
    folder, files = tested.folder, WRITERS[tested.folder.kind](tested)
    if not generated:
        check_languages(content, folder, files, partial)
        check_rows(content, tested, files)
    for language, file in files.items():
        if generated or language in folder.counts:
            name, official = folder.file(language), None if generated else folder.counts[language]
            content.files[name], content.official[name] = file, official
            if official not in (None, file.count):
                unit = UNITS[folder.kind]
                content.problem(f"{name} is not of the official test set: {file.count} {unit}, XTREME has {official}")


def check_languages(content: Content, folder: Folder, found: Mapping[str, File], partial: bool) -> None:
    """A file for each language of XTREME's, or else its evaluation stops."""
    missing = [language for language in folder.counts if language not in found]
    if missing:
        what = f"{folder.name}: no test data in {', '.join(missing)}, and XTREME's evaluation needs a file for each"
        if not partial:
            raise UserError(
                f"{what}: let the world have these languages (tasks.{folder.target}), or take {folder.target} "
                "out of the study's targets; --partial writes what there is"
            )
        content.problem(what)
    more = [language for language in found if language not in folder.counts]
    if more:
        content.problem(f"{folder.name}: {', '.join(more)} left out, which XTREME does not have")


def check_rows(content: Content, tested: Tested, files: Mapping[str, File]) -> None:
    """Whether there is a line for each row of XTREME's files, whichever copy of the data was read."""
    folder = tested.folder
    filled = sum(file.filled for file in files.values())
    if folder.kind == "labels" and filled != tested.left_out:
        what = f"{tested.left_out} rows were left out of the records, and the place of {filled} is known"
        content.problem(f"{folder.name}: {what}: lines may be missing, or wrong ones filled; read all languages whole")
    if folder.name == "udpos" and "hub" in tested.ways:
        what = "the hub's copy has syntactic words, and XTREME's labels are of surface words"
        content.problem(f"udpos: {what}; read the treebanks (tasks.udpos.source: files in the world)")
