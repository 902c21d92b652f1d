"""One checkpoint's alignment over one parallel target: all layers, clean and under noise, a language at a time."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import torch

from xstilts.alignment.leakage import Sums, centroids, recognised, share_of_english, trained_on
from xstilts.alignment.measures import of_one, of_pairs
from xstilts.alignment.noise import ON_TEXT, ON_TOKENS, draws_of
from xstilts.alignment.pairs import pairs_of
from xstilts.alignment.parts import Parts
from xstilts.alignment.table import CLEAN, ENGLISH, POOLINGS, Row, as_table, language_rows, robust_rows, rows_of
from xstilts.command import versions
from xstilts.config.training import Device
from xstilts.engine.device import device_of
from xstilts.engine.vectors import Reader
from xstilts.errors import UserError
from xstilts.features import Features
from xstilts.files import digest_of, read_digest, whole, write_digest, write_json
from xstilts.formats.base import Special, encode_texts
from xstilts.formats.encoding import Encoding
from xstilts.layout import DIGEST, degenerate_in
from xstilts.progress import Progress
from xstilts.records import read_records
from xstilts.specs import AlignmentSpec

Both = dict[str, Sums]
"""Sums of a language and, under `en`, of its share of the English sentences."""


@dataclass(frozen=True)
class Job:
    """What is measured, and how that is carried out."""

    spec: AlignmentSpec
    code: str
    checkpoint: Path
    records: Path
    tokens: Path
    out: Path
    """Path of the outputs, without their suffix."""
    parts: Path | None = None
    """Folder of what a killed job goes on from; None: it begins anew."""
    micro_tokens: int = 4096
    threads: int = 1
    device: Device = "any"

    @property
    def key(self) -> dict[str, Any]:
        """All that the result follows from."""
        data = [read_digest(file.with_suffix(".digest")) for file in (self.records, self.tokens)]
        checkpoint = read_digest(self.checkpoint / DIGEST)
        return {"spec": self.spec.model_dump(mode="json"), "code": self.code, "checkpoint": checkpoint, "data": data}


def measure_alignment(job: Job) -> pa.Table:
    """Write the table of measures, its record and its digest; returns the table.

    Every sentence is read once, foreign ones also for each kind and rate of noise, and half of them once more when the
    means of all languages are known. Memory: both sides of one language in every layer and both poolings, in fp32
    (410 MB for XLM-R Large and 1,000 pairs), and matrices of pairs by pairs.
    """
    torch.set_num_threads(job.threads)
    parallel = Parallel(job)
    parts = Parts(job.parts, job.key)
    kept = {language: part for language in parallel.pairs if (part := parts.read(language)) is not None}
    reader = parallel.reader(kept)
    tables, sums = [], {}
    for language in parallel.pairs:
        if language in kept:
            table, arrays = kept.pop(language)
        else:
            rows, own = parallel.measured(language, reader)
            table, arrays = as_table(rows), packed(own)
            parts.keep(language, table, arrays)
        tables.append(table)
        sums[language] = unpacked(arrays)
    tables.append(as_table(parallel.told_apart(sums, reader)))
    found = pa.concat_tables(tables)
    write(job, found)
    parts.remove()
    return found


class Parallel:
    """Sentences and their translations, as one job reads them."""

    def __init__(self, job: Job) -> None:
        self.job, self.spec = job, job.spec
        self.records, self.features = read_records(job.records), Features.open(job.tokens)
        if len(self.records) != len(self.features):
            raise UserError(
                f"{job.tokens} has {len(self.features)} sequences, and {job.records} {len(self.records)} records: the "
                "one was not made from the other; delete the tokens and let them be made again"
            )
        self.pairs = pairs_of(self.records)
        self.texts, self.names = (self.records[name].to_pylist() for name in ("text", "id"))

    def reader(self, kept: Mapping[str, Any]) -> Reader:
        """What reads all that is left to be read, if some languages are `kept`."""
        times = 2 + len(self.spec.operators) * len(self.spec.rates)
        total = sum(times * len(pairs) + sum(map(len, self._asked(code))) for code, pairs in self.pairs.items())
        progress = Progress("sentences", total, start=sum(times * len(self.pairs[language]) for language in kept))
        special = Special(**self.features.meta["special"])
        return Reader(self.job.checkpoint, special, self.job.micro_tokens, progress, device_of(self.job.device))

    def measured(self, language: str, reader: Reader) -> tuple[list[Row], Both]:
        """All figures of one language, and what the comparison of all languages needs of it."""
        pairs, rows = self.pairs[language], list[Row]()
        english = reader.vectors(self._ids(pairs.english), f"{language} English")
        foreign = reader.vectors(self._ids(pairs.foreign), language)
        of_english, train = self._share(language)
        sums = {
            language: Sums.of(foreign, trained_on(len(pairs))),
            ENGLISH: Sums.of(english[:, :, torch.from_numpy(of_english).to(english.device)], train),
        }
        place = {"language": language, "n": len(pairs)}
        for p, k, here in places(english, {**place, "noise": CLEAN, "rate": 0.0}):
            rows += rows_of(of_pairs(foreign[p, k], english[p, k], self.spec.neighbours), here)
            rows += rows_of(of_one(foreign[p, k], "foreign", spectrum=True), here)
            rows += rows_of(of_one(english[p, k], "english", spectrum=True), here)
        for operator, rate in ((operator, rate) for operator in self.spec.operators for rate in self.spec.rates):
            del foreign  # or two of them would be in memory while the next is read
            foreign = reader.vectors(self._noisy(language, operator, rate, reader), f"{language} {operator} {rate:g}")
            for p, k, here in places(english, {**place, "noise": operator, "rate": rate}):
                rows += rows_of(of_pairs(foreign[p, k], english[p, k], self.spec.neighbours), here)
                rows += rows_of(of_one(foreign[p, k], "foreign", spectrum=False), here)
        return rows + robust_rows(rows), sums

    def told_apart(self, sums: Mapping[str, Both], reader: Reader) -> list[Row]:
        """What vectors say of their language: half of the sentences are read again, now that all means are known."""
        english = [own[ENGLISH] for own in sums.values()]
        classes = {language: own[language] for language, own in sums.items()}
        classes[ENGLISH] = sum(english[1:], start=english[0])
        means, number = centroids(classes), {language: i for i, language in enumerate(classes)}
        known: dict[str, list[np.ndarray]] = {language: [] for language in classes}
        for language in self.pairs:
            for code, rows in zip((language, ENGLISH), self._asked(language), strict=True):
                if len(rows):
                    vectors = reader.vectors(self._ids(rows), f"{language} again")
                    known[code].append(recognised(vectors, means) == number[code])
        return language_rows(classes, {language: np.concatenate(hits, axis=-1) for language, hits in known.items()})

    def _share(self, language: str) -> tuple[np.ndarray, np.ndarray]:
        """Which of a language's English sentences count for the means of languages, and which of these are averaged."""
        return share_of_english(len(self.pairs[language]), list(self.pairs).index(language), len(self.pairs))

    def _asked(self, language: str) -> tuple[np.ndarray, np.ndarray]:
        """Records whose language is to be recognised: of the language itself, and of its share of English."""
        pairs, (share, train) = self.pairs[language], self._share(language)
        return pairs.foreign[~trained_on(len(pairs))], pairs.english[share[~train]]

    def _ids(self, rows: np.ndarray) -> list[np.ndarray]:
        return [self.features.ids(row) for row in rows]

    def _noisy(self, language: str, operator: str, rate: float, reader: Reader) -> Sequence[np.ndarray]:
        """Token ids of a language's own sentences under noise; special tokens stay as they are."""
        rows, noisy = self.pairs[language].foreign, []
        draws = [draws_of(language, self.names[row], operator, rate) for row in rows]
        if operator in ON_TEXT:
            texts = [ON_TEXT[operator](self.texts[row], rate, own) for row, own in zip(rows, draws, strict=True)]
            coded = encode_texts(pa.table({"text": texts}), reader.tokenizer, Encoding(self.spec.max_length))
            return [ids.values.to_numpy() for ids in coded.table["input_ids"]]
        lead, tail = reader.frame
        for ids, own in zip(self._ids(rows), draws, strict=True):
            end = len(ids) - tail
            words = ON_TOKENS[operator](ids[lead:end], rate, own, reader.special.mask)
            noisy.append(np.concatenate([ids[:lead], words, ids[end:]]))
        return noisy


def places(vectors: torch.Tensor, told: Mapping[str, Any]) -> Iterator[tuple[int, int, dict[str, Any]]]:
    """Every pooling and layer of some vectors, by number, and what a row says of where it stands."""
    for p, pooling in enumerate(POOLINGS):
        for layer in range(vectors.shape[1]):
            yield p, layer, {**told, "pooling": pooling, "layer": layer}


def packed(own: Both) -> dict[str, np.ndarray]:
    """Sums by names that a file may hold."""
    return {f"{code}/{name}": array for code, one in own.items() for name, array in one.arrays().items()}


def unpacked(arrays: Mapping[str, np.ndarray]) -> Both:
    """What `packed` packed."""
    found: dict[str, dict[str, np.ndarray]] = {}
    for name, array in arrays.items():
        code, _, field = name.partition("/")
        found.setdefault(code, {})[field] = array
    return {code: Sums.from_arrays(kept) for code, kept in found.items()}


def write(job: Job, table: pa.Table) -> None:
    """The outputs; the digest, which others wait for, comes last."""
    path = job.out.with_suffix(".parquet")
    with whole(path) as draft:
        pq.write_table(table, draft, compression="zstd")
    digest = digest_of([path])
    told = {**job.key, "degenerate": degenerate_in(job.checkpoint), "versions": versions(), "digest": digest}
    write_json(job.out.with_suffix(".json"), told)
    write_digest(job.out.with_suffix(".digest"), digest)
