"""Which of a repository's files a base is made of, and one safetensors file out of the shards of a large one."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from xstilts.files import BLOCK
from xstilts.layout import CONFIG, TOKENIZER_FILES, WEIGHTS
from xstilts.sources.fetch.errors import FetchError
from xstilts.sources.fetch.tokenizer import VOCABULARIES

INDEX = f"{WEIGHTS}.index.json"
SHARD = re.compile(r"model-\d+-of-\d+\.safetensors")
PICKLE = re.compile(r"pytorch_model.*\.bin")
LONGEST_HEADER = 100_000_000  # that the safetensors library reads


def files_of_base(names: Collection[str]) -> list[str]:
    """Of the files of a repository or folder those that are needed; FetchError where something lacks."""
    if CONFIG not in names:
        raise FetchError(f"holds no {CONFIG}: is it a checkpoint?")
    if WEIGHTS in names:
        weights = [WEIGHTS]
    elif INDEX in names:
        weights = [INDEX, *sorted(filter(SHARD.fullmatch, names))]
    elif pickles := sorted(filter(PICKLE.fullmatch, names)):
        raise FetchError(
            f"holds no {WEIGHTS} but {pickles[0]}: xstilts reads safetensors weights only, never pickles, since those "
            "can run code; convert them once, in a place you trust, as docs/add-a-model.md shows"
        )
    else:
        raise FetchError(f"holds no {WEIGHTS}, in one file or in shards with {INDEX}")
    kept = [CONFIG, *weights, *(name for name in TOKENIZER_FILES if name in names)]
    if "tokenizer.json" not in names:
        vocabulary = [name for name in VOCABULARIES if name in names]
        if not vocabulary:
            raise FetchError(
                "holds no tokenizer.json, nor a vocabulary that one can be made from: save it once with "
                "AutoTokenizer.from_pretrained(...).save_pretrained(...)"
            )
        kept += vocabulary
    return kept


def files_watched(folder: Path) -> list[Path]:
    """Files of a base's folder that are read, so that a model replaced there is seen; of a folder that is no base its
    config.json, and the fetch says what else lacks."""
    names = [path.name for path in folder.iterdir() if path.is_file()] if folder.is_dir() else []
    try:
        return [folder / name for name in files_of_base(names)]
    except FetchError:
        return [folder / CONFIG]


@dataclass(frozen=True)
class Tensor:
    """A tensor's bytes in a shard, and what the header says of it."""

    name: str
    entry: dict[str, Any]
    shard: Path
    start: int

    @property
    def size(self) -> int:
        first, last = self.entry["data_offsets"]
        return int(last - first)

    @property
    def width(self) -> int:
        """Bytes of one number."""
        numbers: int = math.prod(self.entry["shape"])
        return self.size // max(1, numbers)


def merge(index: Path, target: Path) -> None:
    """Write the shards that `index` lists as one file, number by number as they are. Takes the memory of one block."""
    tensors = sorted(tensors_of(index), key=lambda tensor: -tensor.width)  # so that each is aligned
    header: dict[str, Any] = {"__metadata__": {"format": "pt"}}
    at = 0
    for tensor in tensors:
        header[tensor.name] = {**tensor.entry, "data_offsets": [at, at + tensor.size]}
        at += tensor.size
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    with target.open("wb") as out:
        out.write(len(text).to_bytes(8, "little") + text)
        for tensor in tensors:
            with tensor.shard.open("rb") as file:
                file.seek(tensor.start)
                copy(file, out, tensor.size)


def tensors_of(index: Path) -> Iterator[Tensor]:
    """What the index lists, found in the headers of its shards."""
    try:
        listed: dict[str, str] = dict(json.loads(index.read_text(encoding="utf-8"))["weight_map"])
    except (ValueError, KeyError, TypeError):
        raise FetchError(f"{index.name} is no index of safetensors shards") from None
    for name in sorted(set(listed.values())):
        shard = index.parent / name
        if Path(name).name != name or not shard.is_file():
            raise FetchError(f"holds no {name}, which {index.name} lists")
        header, start = read_header(shard)
        for tensor in sorted(key for key, file in listed.items() if file == name):
            if tensor not in header:
                raise FetchError(f"{name} does not hold {tensor}, which {index.name} says")
            yield Tensor(tensor, header[tensor], shard, start + header[tensor]["data_offsets"][0])


def read_header(shard: Path) -> tuple[dict[str, Any], int]:
    """What a safetensors file says of its tensors, and where their bytes begin."""
    with shard.open("rb") as file:
        length = int.from_bytes(file.read(8), "little")
        try:
            if length > LONGEST_HEADER:
                raise ValueError
            header: dict[str, Any] = json.loads(file.read(length))
            ends = [entry["data_offsets"][1] for name, entry in header.items() if name != "__metadata__"]
        except (ValueError, KeyError, TypeError, AttributeError):
            raise FetchError(f"{shard.name} is no safetensors file") from None
    if shard.stat().st_size != 8 + length + max(ends, default=0):
        raise FetchError(f"{shard.name} is cut short, or too long: fetch it again")
    return header, 8 + length


def copy(source: BinaryIO, target: BinaryIO, size: int) -> None:
    """The next `size` bytes."""
    while size:
        block = source.read(min(size, BLOCK))
        target.write(block)
        size -= len(block)
