"""Answers by the id of their question, as JSON: XQuAD, MLQA, TyDiQA."""

from __future__ import annotations

import json

from xstilts.errors import UserError
from xstilts.submission.files import File
from xstilts.submission.tested import Tested, own_name


def answer_files(tested: Tested) -> dict[str, File]:
    """An object in the order of the questions."""
    found = {}
    for language, said in tested.said.items():
        names = [own_name(name) for name in said["id"].to_pylist()]
        answers = dict(zip(names, said["prediction"].to_pylist(), strict=True))
        if len(answers) != len(names):
            where = f"{tested.folder.name} {language}"
            raise UserError(f"{where}: {len(names) - len(answers)} questions have the id of another: read one release")
        found[language] = File(json.dumps(answers, indent=1) + "\n", len(answers))
    return found
