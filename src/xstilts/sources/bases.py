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
from xstilts.sources.fetch.tokenizer import make_tokenizer
from xstilts.sources.fetch.weights import INDEX, files_of_base, merge
from xstilts.specs import FetchSpec

MADE = (WEIGHTS, CONFIG, *TOKENIZER_FILES)


def fetch_base(spec: FetchSpec, folder: Path, code: str) -> None:
    """Write the base into `folder`: its weights in one file, its configuration, and a tokenizer.json."""
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder, prefix=".draft-") as name:
        draft = Path(name)
        source = Path(spec.path) if spec.path else download(spec)
        try:
            changes = gather(source, files_in(source), draft)
        except FetchError as error:
            raise UserError(unfit(spec, error)) from None
        for file in MADE:
            if (draft / file).is_file():
                (draft / file).replace(folder / file)
    digest = checkpoint_digest(folder)
    write_json(folder / RECORD, {"spec": spec.model_dump(mode="json"), "code": code, "digest": digest})
    write_text(folder / CARD, f"# {spec.base}\n\n{origin(spec)}, {' and '.join(changes) or 'unchanged'}.\n")
    write_digest(folder / DIGEST, digest)


def gather(source: Path, names: list[str], draft: Path) -> list[str]:
    """Bring the base's files from `source` to `draft`; what had to be made of them, in words."""
    wanted, changes = files_of_base(names), []
    for file in MADE:
        if file in wanted:
            shutil.copyfile(source / file, draft / file)
    if INDEX in wanted:
        merge(source / INDEX, draft / WEIGHTS)
        changes.append("its shards merged")
    if "tokenizer.json" not in wanted:
        make_tokenizer(source, draft)
        changes.append("its tokenizer.json made from its vocabulary")
    return changes


def files_in(folder: Path) -> list[str]:
    """The names of a folder's files; none where there is no such folder."""
    return [path.name for path in folder.iterdir() if path.is_file()] if folder.is_dir() else []


def download(spec: FetchSpec) -> Path:
    """The files of the pinned revision, in the hub's own cache: those that are whole are not fetched again."""
    online()
    from huggingface_hub import HfApi, snapshot_download

    assert spec.hub is not None
    what = f"model {spec.hub}"
    try:
        listing = partial(HfApi().list_repo_files, spec.hub, revision=spec.revision)
        names = ask(what, listing, insists=True)
    except FetchError as error:
        raise UserError(unreachable(spec, error)) from None
    try:
        wanted = files_of_base(names)
    except FetchError as error:
        raise UserError(unfit(spec, error)) from None
    try:
        call = partial(snapshot_download, spec.hub, revision=spec.revision, allow_patterns=wanted)
        return Path(ask(what, call, insists=True))
    except FetchError as error:
        raise UserError(unreachable(spec, error)) from None


def origin(spec: FetchSpec) -> str:
    """Where a base comes from, in words."""
    return f"{spec.hub} at revision {spec.revision}" if spec.hub else f"the folder {spec.path}"


def unreachable(spec: FetchSpec, error: FetchError) -> str:
    """What to do where the hub does not give it."""
    return (
        f"{origin(spec)} can't be fetched: {error}. Without a network, copy the folder there by hand and "
        f"write `{spec.base}: {{path: FOLDER}}` under `bases:` of the world"
    )


def unfit(spec: FetchSpec, error: FetchError) -> str:
    """What to do where no base can be made of what is there."""
    then = f"; then write `{spec.base}: {{path: FOLDER}}` under `bases:` of the world" if spec.hub else ""
    return f"base {spec.base!r}: {origin(spec)} {error}{then}"
