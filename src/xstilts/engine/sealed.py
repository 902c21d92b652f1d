"""Folders that appear whole or not at all, with a record that says what each of their files must hold."""

from __future__ import annotations

import errno
import hashlib
import json
import os
import shutil
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import torch

from xstilts.files import digest_of

Tensors = Mapping[str, torch.Tensor]

RECORD = "state.json"
DTYPES = {
    **{torch.float64: "F64", torch.float32: "F32", torch.bfloat16: "BF16", torch.float16: "F16"},
    **{torch.int64: "I64", torch.int32: "I32", torch.uint8: "U8", torch.bool: "BOOL"},
}


def write_all(files: Mapping[Path, Tensors]) -> None:
    """Write safetensors files, down to the disk itself."""
    for path, tensors in files.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("wb") as file:
            file.writelines(_pieces(tensors))
            file.flush()
            os.fsync(file.fileno())


def sum_of(tensors: Tensors) -> dict[str, Any]:
    """Size and sha256 of the file that `write_all` makes."""
    size, total = 0, hashlib.sha256()
    for piece in _pieces(tensors):
        size += len(piece)
        total.update(piece)
    return {"bytes": size, "sha256": total.hexdigest()}


def _pieces(tensors: Tensors) -> Iterator[Any]:
    """The file in pieces: safetensors' own writer would have all of a GPU's tensors in the CPU's memory at once."""
    ordered = sorted(tensors.items(), key=lambda item: -item[1].element_size())  # so that each is aligned
    header, end = {}, 0
    for name, tensor in ordered:
        begin, end = end, end + tensor.numel() * tensor.element_size()
        header[name] = {"dtype": DTYPES[tensor.dtype], "shape": list(tensor.shape), "data_offsets": [begin, end]}
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    yield len(text).to_bytes(8, "little") + text
    for _, tensor in ordered:
        yield tensor.detach().cpu().contiguous().reshape(-1).view(torch.uint8).numpy().data


def link(source: Path, target: Path) -> None:
    """A second name for a file, or a copy where the file system has no such names."""
    try:
        target.hardlink_to(source)
    except OSError:
        shutil.copyfile(source, target)


def seal(draft: Path, path: Path, record: Mapping[str, Any]) -> None:
    """Write a folder's record, with a digest of its own, and then give the folder its name."""
    plain = json.loads(json.dumps(record))
    with (draft / RECORD).open("w", encoding="utf-8") as file:
        json.dump({"digest": digest(plain), **plain}, file, indent=1)
        file.flush()
        os.fsync(file.fileno())
    _sync(draft)
    draft.rename(path)
    _sync(path.parent)


def record_of(folder: Path) -> dict[str, Any]:
    """A folder's record; an error if it is not as it was written."""
    record: dict[str, Any] = json.loads((folder / RECORD).read_text(encoding="utf-8"))
    if record.pop("digest") != digest(record):
        raise ValueError(f"{RECORD} is damaged")
    return record


def check(folder: Path, key: Mapping[str, Any], names: Iterable[str] | None = None) -> None:
    """Raise unless the folder's record has this key, and its files, all or those named, are as it says."""
    record = record_of(folder)
    other = difference(record["key"], key)
    if other:
        raise ValueError(f"it is of another run: {'; '.join(other)}")
    for name in record["files"] if names is None else names:
        said, file = record["files"][name], folder / name
        if file.stat().st_size != said["bytes"] or digest_of([file]) != said["sha256"]:
            raise ValueError(f"{name} is damaged")


def difference(there: Any, here: Any, name: str = "") -> list[str]:
    """In what two keys differ, in words."""
    if isinstance(there, dict) and isinstance(here, dict):
        names = sorted(there.keys() | here.keys())
        return [line for n in names for line in difference(there.get(n), here.get(n), f"{name}.{n}".strip("."))]
    return [] if there == here else [f"{name} was {there!r} and is {here!r}"]


def digest(data: Any) -> str:
    """sha256 of what JSON can hold."""
    return hashlib.sha256(json.dumps(data, sort_keys=True).encode()).hexdigest()


def remove(folders: Iterable[Path]) -> None:
    """Delete folders, as far as that can be done."""
    for folder in folders:
        shutil.rmtree(folder, ignore_errors=True)


def _sync(folder: Path) -> None:
    """Have a folder's entries on the disk."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    except OSError as error:
        if error.errno not in (errno.EINVAL, errno.ENOTSUP):  # some file systems only know files
            raise
    finally:
        os.close(descriptor)
