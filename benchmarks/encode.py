"""How fast records become tokens, and in how much memory: this project beside `datasets.map`, on one core.

    python benchmarks/encode.py                     the miniature's records; about half a minute
    python benchmarks/encode.py --tokenizer tokenizer.json --records span=train.parquet --records mlm=text.parquet

Memory: the peak of `scripts/encode_tokens.py` in a process of its own, on so many records and on ten times as many.

Speed: three sides take turns in one process, each with the same tokenizer.json; the table has medians over the rounds.
  ours    from a record file to a token file, as `scripts/encode_tokens.py` does
  map     `datasets.map(batched=True, batch_size=1000)` with transformers' fast tokenizer, from records in Arrow to a
          cache file of ids and labels: contexts in windows with their labels, words aligned by `word_ids`
  bare    the tokenizers library alone on the same texts in lists of 1000, nothing done with what it returns:
          `encode_batch_fast`, but `encode_batch` for spans, which need the characters of each token
Tokens are printed too, since two formats differ in more than speed: windows of a context advance by a fixed number of
tokens here and overlap by one there, and a sentence too long for a sequence is split here and cut there.

All sides have one thread, as jobs of the workflow do, unless RAYON_NUM_THREADS says otherwise.
"""

import argparse
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any

os.environ.setdefault("RAYON_NUM_THREADS", "1")
os.environ.setdefault("HF_HUB_OFFLINE", "1")
# Heavy libraries are imported where they are used: the peak of a child counts from that of the process it comes from.

SCRIPT = Path(__file__).parents[1] / "scripts/encode_tokens.py"
MAKERS = {
    **{"classification": "nli", "choice": "reading", "span": "qa"},
    **{"tagging": "pos", "retrieval": "tatoeba", "mlm": "text"},
}
LENGTHS = {"max_length": 128, "max_query": 64, "stride": 128}
SPAN_LENGTHS = LENGTHS | {"max_length": 384}
SPECIAL = 4  # special tokens of a pair
VOCABULARY = 800
BATCH = 1000
IGNORE = -100
Rows = dict[str, Any]


@dataclass(frozen=True)
class Case:
    """One format's records, and ten times as many."""

    format: str
    labels: tuple[str, ...]
    once: Path
    tenfold: Path

    @property
    def lengths(self) -> dict[str, int]:
        return SPAN_LENGTHS if self.format == "span" else LENGTHS


def main() -> None:
    args = arguments()
    with TemporaryDirectory() as name, ProcessPoolExecutor(1, mp_context=get_context("spawn")) as aside:
        folder = Path(name)
        cases, tokenizer = aside.submit(prepare, args, folder).result()
        print(f"{'peak MB':16}{f'{args.rows:,} records':>16}{f'{args.rows * 10:,} records':>18}{'growth':>9}")
        for case in cases:
            once, tenfold = (peak(case, file, tokenizer, folder / "peak") for file in (case.once, case.tenfold))
            print(f"{case.format:16}{once:16.0f}{tenfold:18.0f}{tenfold / once - 1:9.1%}", flush=True)
        heads = "".join(f"{head:>11}" for head in ("ours", "map", "bare", "ours/map", "ours/bare"))
        print(f"\n{'records/s':16}{heads}   tokens of ours, map")
        for case in cases:
            seconds, tokens = race(case, tokenizer, args.rounds, folder)
            speeds = "".join(f"{args.rows / seconds[side]:11,.0f}" for side in ("ours", "map", "bare"))
            ratios = "".join(f"{seconds[side] / seconds['ours']:11.2f}" for side in ("map", "bare"))
            print(f"{case.format:16}{speeds}{ratios}   {tokens['ours']:,}, {tokens['map']:,}", flush=True)


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tokenizer", type=Path, help="tokenizer.json; else one is trained on the miniature's text")
    parser.add_argument(
        "--records",
        action="append",
        default=[],
        metavar="FORMAT=FILE",
        help="Parquet records of a world, `results/<world>/records/`; once for each format. Else the miniature's",
    )
    parser.add_argument("--rows", type=int, default=5000, help="records of each format; fewer ones are repeated")
    parser.add_argument("--rounds", type=int, default=5, help="turns of each side")
    return parser.parse_args()


# data ----------------------------------------------------------------------------------------------------------------
def prepare(args: argparse.Namespace, folder: Path) -> tuple[list[Case], Path]:
    """Records by format, as given or from the miniature, and a tokenizer; costs some memory, so not done in `main`."""
    import pyarrow.parquet as pq

    from xstilts.tokenizer import train_tokenizer

    given = {form: Path(file) for form, file in (pair.split("=", 1) for pair in args.records)}
    if args.tokenizer is None:
        train_tokenizer((str(record["text"]) for record in miniature("mlm", 2000)), VOCABULARY, folder)
    cases = []
    for form in given or MAKERS:
        table = (pq.read_table(given[form]) if given else table_of(form, args.rows)).slice(0, args.rows)
        case = Case(form, labels_of(table, form), folder / f"{form}.once", folder / f"{form}.tenfold")
        for file, rows in ((case.once, args.rows), (case.tenfold, 10 * args.rows)):
            with pq.ParquetWriter(file, table.schema, compression="zstd") as writer:
                for first in range(0, rows, len(table)):
                    writer.write_table(table.slice(0, rows - first), row_group_size=20_000)
        cases.append(case)
    return cases, args.tokenizer or folder / "tokenizer.json"


def miniature(form: str, rows: int) -> Iterator[dict[str, object]]:
    """So many records of each language."""
    from xstilts.sources.miniature import LANGUAGES, Settings, make

    return make(MAKERS[form], Settings(), task=form, split="train", languages=list(LANGUAGES), rows=rows)


def table_of(form: str, rows: int) -> Any:
    """At least so many records of the miniature as an Arrow table."""
    import pyarrow as pa

    from xstilts.formats import format_named
    from xstilts.sources.miniature import LANGUAGES

    return pa.Table.from_pylist(list(miniature(form, -(-rows // len(LANGUAGES)))), schema=format_named(form).schema())


def labels_of(table: Any, form: str) -> tuple[str, ...]:
    """The labels that stand in some records."""
    if form == "classification":
        return tuple(sorted(set(table["label"].to_pylist())))
    return tuple(sorted({tag for tags in table["tags"].to_pylist() for tag in tags})) if form == "tagging" else ()


# memory --------------------------------------------------------------------------------------------------------------
def peak(case: Case, records: Path, tokenizer: Path, out: Path) -> float:
    """Most resident memory, in MB, of a process that encodes `records`."""
    spec = {"data": "benchmark", "split": "train", "format": case.format, "labels": case.labels}
    text = json.dumps(spec | {"encoding": case.lengths})
    command = [sys.executable, SCRIPT, "--spec", text, "--records", records, "--tokenizer", tokenizer, "--out", out]
    process = subprocess.Popen([str(part) for part in command], stderr=subprocess.PIPE)
    assert process.stderr
    said = process.stderr.read()
    _, status, usage = os.wait4(process.pid, 0)
    if status:
        sys.exit(said.decode())
    return usage.ru_maxrss / (1 << 20 if sys.platform == "darwin" else 1 << 10)


# speed ---------------------------------------------------------------------------------------------------------------
def race(case: Case, tokenizer: Path, rounds: int, folder: Path) -> tuple[dict[str, float], dict[str, int]]:
    """Median seconds of each side, and the tokens that it gave in its last turn."""
    sides = {
        "ours": ours(case, tokenizer, folder),
        "map": mapped(case, tokenizer, folder),
        "bare": bare(case, tokenizer),
    }
    seconds: dict[str, list[float]] = {side: [] for side in sides}
    tokens = {}
    for _ in range(rounds):
        for side, turn in sides.items():
            started = time.perf_counter()
            found = turn()
            seconds[side].append(time.perf_counter() - started)
            tokens[side] = found() if found else 0
    return {side: median(turns) for side, turns in seconds.items()}, tokens


Turn = Callable[[], Callable[[], int] | None]  # returns what counts its tokens, outside the time


def ours(case: Case, tokenizer: Path, folder: Path) -> Turn:
    from tokenizers import Tokenizer

    from xstilts.encode import Counts, encode_chunks
    from xstilts.features import write_features
    from xstilts.formats import format_named
    from xstilts.formats.encoding import Encoding

    form, cutter, encoding = format_named(case.format), Tokenizer.from_file(str(tokenizer)), Encoding(**case.lengths)

    def turn() -> Callable[[], int]:
        counts = Counts()
        chunks = encode_chunks(form, case.once, cutter, encoding, case.labels, counts)
        write_features(chunks, {}, folder / "ours.arrow")
        return lambda: counts.tokens

    return turn


def mapped(case: Case, tokenizer: Path, folder: Path) -> Turn:
    import datasets
    from transformers import PreTrainedTokenizerFast

    datasets.disable_progress_bars()
    names = {"unk_token": "<unk>", "pad_token": "<pad>", "cls_token": "<s>", "sep_token": "</s>"}
    fast = PreTrainedTokenizerFast(tokenizer_file=str(tokenizer), **names)
    fast.model_input_names = ["input_ids"]
    records = datasets.Dataset.from_parquet(str(case.once), cache_dir=str(folder / "cache"))
    encode = {"span": span_rows, "choice": choice_rows, "tagging": tagging_rows, "classification": classification_rows}
    number = {label: i for i, label in enumerate(case.labels)}

    def batch(rows: Rows) -> Rows:
        return encode.get(case.format, text_rows)(fast, rows, number)

    def turn() -> Callable[[], int]:
        found = records.map(
            batch, batched=True, batch_size=BATCH, remove_columns=records.column_names, load_from_cache_file=False
        )
        return lambda: sum(
            len(ids) for row in found["input_ids"] for ids in (row if case.format == "choice" else [row])
        )

    return turn


def bare(case: Case, tokenizer: Path) -> Turn:
    import pyarrow.parquet as pq
    from tokenizers import Tokenizer

    cutter = Tokenizer.from_file(str(tokenizer))
    table, length = pq.read_table(case.once), case.lengths["max_length"]
    columns = {name: table[name].to_pylist() for name in table.column_names}
    texts = columns.get("text") or columns.get("words")
    cutter.no_truncation()
    if case.format == "classification":
        pairs = zip(columns["text_a"], columns["text_b"], strict=True)
        texts = [a if b is None else (a, b) for a, b in pairs]
    elif case.format == "choice":
        texts = [(a, b) for a, many in zip(columns["prompt"], columns["choices"], strict=True) for b in many]
    elif case.format == "span":
        texts = list(zip(columns["question"], columns["context"], strict=True))
    cutter.enable_truncation(length, **(span_cut() if case.format == "span" else {"strategy": "longest_first"}))
    encode = cutter.encode_batch if case.format == "span" else cutter.encode_batch_fast

    def turn() -> None:
        for first in range(0, len(texts), BATCH):
            encode(texts[first : first + BATCH], is_pretokenized=case.format == "tagging")

    return turn


# what one writes for datasets.map ------------------------------------------------------------------------------------
def text_rows(fast: Any, rows: Rows, number: dict[str, int]) -> Rows:
    return {"input_ids": fast(rows["text"], truncation=True, max_length=LENGTHS["max_length"])["input_ids"]}


def classification_rows(fast: Any, rows: Rows, number: dict[str, int]) -> Rows:
    cut = {"truncation": "longest_first", "max_length": LENGTHS["max_length"]}
    if None in rows["text_b"]:
        ids = [fast(a, b, **cut)["input_ids"] for a, b in zip(rows["text_a"], rows["text_b"], strict=True)]
    else:
        ids = fast(rows["text_a"], rows["text_b"], **cut)["input_ids"]
    return {"input_ids": ids, "label": [number[label] for label in rows["label"]]}


def choice_rows(fast: Any, rows: Rows, number: dict[str, int]) -> Rows:
    prompts = [prompt for prompt, many in zip(rows["prompt"], rows["choices"], strict=True) for _ in many]
    choices = [choice for many in rows["choices"] for choice in many]
    cut = {"truncation": "longest_first", "max_length": LENGTHS["max_length"]}
    flat = iter(fast(prompts, choices, **cut)["input_ids"])
    return {"input_ids": [[next(flat) for _ in many] for many in rows["choices"]], "label": rows["label"]}


def tagging_rows(fast: Any, rows: Rows, number: dict[str, int]) -> Rows:
    found = fast(rows["words"], is_split_into_words=True, truncation=True, max_length=LENGTHS["max_length"])
    labels = []
    for i, tags in enumerate(rows["tags"]):
        before, line = None, []
        for word in found.word_ids(i):
            line.append(IGNORE if word is None or word == before else number[tags[word]])
            before = word
        labels.append(line)
    return {"input_ids": found["input_ids"], "labels": labels}


def span_cut() -> dict[str, Any]:
    """Windows that advance by about `stride` tokens, as far as a fixed overlap can say that."""
    overlap = SPAN_LENGTHS["max_length"] - SPAN_LENGTHS["max_query"] - SPECIAL - SPAN_LENGTHS["stride"]
    return {"strategy": "only_second", "stride": overlap}


def span_rows(fast: Any, rows: Rows, number: dict[str, int]) -> Rows:
    """As in transformers' question answering example."""
    cut = {"truncation": "only_second", "max_length": SPAN_LENGTHS["max_length"], "stride": span_cut()["stride"]}
    found = fast(rows["question"], rows["context"], return_overflowing_tokens=True, return_offsets_mapping=True, **cut)
    starts, ends = [], []
    for i, (row, offsets) in enumerate(zip(found["overflow_to_sample_mapping"], found["offset_mapping"], strict=True)):
        texts = found.sequence_ids(i)
        first, last = texts.index(1), len(texts) - 1 - texts[::-1].index(1)
        answers = rows["answers"][row]
        begin = answers[0]["start"] if answers else -1
        end = begin + len(answers[0]["text"]) if answers else -1
        if not answers or offsets[first][0] > begin or offsets[last][1] < end:
            starts.append(0)
            ends.append(0)
            continue
        while first <= last and offsets[first][0] <= begin:
            first += 1
        while last >= 0 and offsets[last][1] >= end:
            last -= 1
        starts.append(first - 1)
        ends.append(last + 1)
    columns = {"input_ids": found["input_ids"], "offset_mapping": found["offset_mapping"]}
    return columns | {"row": found["overflow_to_sample_mapping"], "start": starts, "end": ends}


if __name__ == "__main__":
    main()
