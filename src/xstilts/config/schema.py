"""Writes workflow/schemas/*.schema.json: python -m xstilts.config.schema [FOLDER].

Those of configuration are read by editors, those of score files and plans by whoever goes on computing with them.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter

from xstilts.config.claims import Entry
from xstilts.config.settings import Settings
from xstilts.config.site import Site
from xstilts.config.study import Study
from xstilts.config.types import Model, Name
from xstilts.config.world import World
from xstilts.planner.document import Document
from xstilts.scores import Record

FOLDER = Path("workflow/schemas")
DIALECT = "https://json-schema.org/draft/2020-12/schema"
MODELS: dict[str, type[Model]] = {"config": Settings, "world": World, "study": Study, "site": Site}


def schemas() -> dict[str, str]:
    """The text of each schema file, by file name."""
    texts = {}
    for name, model in MODELS.items():
        schema = {"$schema": DIALECT, **_partial(model.model_json_schema())}
        texts[f"{name}.schema.json"] = _text(schema)
    claims = TypeAdapter(dict[Name, Entry]).json_schema()
    texts["claims.schema.json"] = _text({"$schema": DIALECT, "title": "Claims", **_partial(claims)})
    texts["scores.schema.json"] = _text({"$schema": DIALECT, **Record.model_json_schema(mode="serialization")})
    texts["plan.schema.json"] = _text({"$schema": DIALECT, **Document.model_json_schema(mode="serialization")})
    return texts


def _text(schema: Mapping[str, Any]) -> str:
    return json.dumps(schema, indent=2, ensure_ascii=False) + "\n"


def _partial(schema: Any) -> Any:
    """Without required keys: a file may be laid over another one and hold a part. `load` looks at the whole."""
    if isinstance(schema, dict):
        return {key: _partial(value) for key, value in schema.items() if not _lists_required(key, value)}
    return [_partial(value) for value in schema] if isinstance(schema, list) else schema


def _lists_required(key: str, value: Any) -> bool:
    return key == "required" and isinstance(value, list)


def main(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in schemas().items():
        (folder / name).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else FOLDER)
