"""Base models from the hub or from a folder, as checkpoints like any other."""

from __future__ import annotations

import shutil
import tempfile
from functools import partial
from pathlib import Path

from xstilts.errors import UserError
from xstilts.files import write_digest, write_json, write_text
from xstilts.layout import CARD, CONFIG, DIGEST, RECORD, TOKENIZER_FILES, WEIGHTS, checkpoint_digest
from xstilts.sources.fetch.errors import FetchError
from xstilts.sources.fetch.hub import ask, online
from xstilts.specs import FetchSpec

WANTED = (WEIGHTS, CONFIG, *TOKENIZER_FILES)


def fetch_base(spec: FetchSpec, folder: Path, code: str) -> None:
    """Write the base into `folder`; a repository without safetensors weights or without tokenizer.json is refused."""
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder, prefix=".draft-") as name:
        source = Path(spec.path) if spec.path else download(spec)
        for file in (WEIGHTS, CONFIG, "tokenizer.json"):
            if not (source / file).is_file():
                raise UserError(missing(spec, file))
        for file in WANTED:
            if (source / file).is_file():
                draft = Path(name) / f"{file}.draft"
                shutil.copyfile(source / file, draft)
                draft.replace(folder / file)
    digest = checkpoint_digest(folder)
    write_json(folder / RECORD, {"spec": spec.model_dump(mode="json"), "code": code, "digest": digest})
    write_text(folder / CARD, f"# {spec.base}\n\n{origin(spec)}, unchanged.\n")
    write_digest(folder / DIGEST, digest)


def download(spec: FetchSpec) -> Path:
    """The files of the pinned revision, in the hub's own cache: those that are whole are not fetched again."""
    online()
    from huggingface_hub import snapshot_download

    assert spec.hub is not None
    call = partial(snapshot_download, spec.hub, revision=spec.revision, allow_patterns=list(WANTED))
    try:
        return Path(ask(f"model {spec.hub}", call, insists=True))
    except FetchError as error:
        raise UserError(
            f"{origin(spec)} can't be fetched: {error}. Without a network, copy the folder there by hand and "
            f"write `{spec.base}: {{path: FOLDER}}` under `bases:` of the world"
        ) from None


def origin(spec: FetchSpec) -> str:
    """Where a base comes from, in words."""
    return f"{spec.hub} at revision {spec.revision}" if spec.hub else f"the folder {spec.path}"


def missing(spec: FetchSpec, file: str) -> str:
    """What to do where a file is not there."""
    advice = {
        WEIGHTS: "xstilts reads safetensors weights only, never pickles: convert them once, in a place you trust",
        "tokenizer.json": "save it once with AutoTokenizer.from_pretrained(...).save_pretrained(...)",
    }
    return f"base {spec.base!r}: {origin(spec)} holds no {file}; {advice.get(file, 'is it a checkpoint?')}"
