"""How fast one model is evaluated in all languages: `predict_target` beside the way of the XTREME scripts.

    python benchmarks/evaluation.py                                  XQuAD and XNLI; ten minutes on one core
    python benchmarks/evaluation.py --tasks XNLI --rows 400 --layers 4

ours    One process for all languages: batches by tokens, longest first, layers that see no padding, spans decoded for a
        whole batch at once, and the prediction file written. The program is that of the workflow.
xtreme  As XTREME's scripts do it: a process for each language, which loads the model and reads features that were
        padded to the limit once (384 tokens of question answering, 128 of sentence pairs), in batches of 8; the best of
        the twenty best starts and ends of every window, combined in Python.

Tokens are made before either side begins: both keep them for all models. The model is of XLM-R's class, with random
weights. Both sides take turns; figures are medians over the rounds, of whole processes. With one thread it is the
processor's time that counts, so that other work on the machine changes little; with more it is the clock's. `start-up`
is what a process takes that imports the libraries and loads the model, and asks nothing. With a large model on a slow
machine and many questions its share goes to nothing, so `without` has both sides without it (one of ours, one for each
language of theirs).

Texts are samples of the original data, where there are any (tests/realdata/README.md), `--rows` of each language; else
made-up words, as many in a text as there are in the samples' quantiles. Goal: at least 3 times as fast, and the same
predictions.
"""

import argparse
import json
import os
import resource
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any

ROOT = Path(__file__).parents[1]
REALDATA = ROOT / "tests/realdata"
LANGUAGES = ("ar", "de", "el", "en", "es", "hi", "ru", "th", "tr", "vi", "zh")
MADE_UP = 6000  # words
QUANTILES = (0.0, 0.1, 0.3, 0.5, 0.7, 0.9, 0.99, 1.0)
WORDS = {
    "text_a": (4, 12, 21, 29, 39, 51, 68, 87),
    "text_b": (1, 8, 11, 14, 17, 23, 34, 49),
    "question": (2, 8, 11, 14, 17, 22, 32, 76),
    "context": (36, 118, 156, 189, 235, 323, 728, 1111),
}
"""Words of made-up texts at QUANTILES: the tokens of the samples, all languages together."""

THEIRS = """
import json, sys
import numpy as np, torch, transformers

folder, data, kind, threads, out = sys.argv[1:]
torch.set_num_threads(int(threads))
model = getattr(transformers, kind).from_pretrained(folder).eval()
if data == "nothing":
    sys.exit()
cached = np.load(data)
said = []
with torch.no_grad():
    for i in range(0, len(cached["ids"]), 8):
        ids, mask = (torch.from_numpy(cached[name][i : i + 8]) for name in ("ids", "mask"))
        answer = model(input_ids=ids, attention_mask=mask)
        if "start_logits" in answer:
            said += zip(answer.start_logits.tolist(), answer.end_logits.tolist())
        else:
            said += answer.logits.argmax(-1).tolist()
if "begins" not in cached:
    json.dump(said, open(out, "w"))
    sys.exit()
best = {}
for (start, end), *place in zip(said, *(cached[name].tolist() for name in ("row", "begins", "ends"))):
    row, begins, ends = place
    inside = [k for k in range(len(start)) if begins[k] >= 0]
    first = sorted(inside, key=lambda k: -start[k])[:20]
    last = sorted(inside, key=lambda k: -end[k])[:20]
    for a in first:
        for b in last:
            score = start[a] + end[b]
            if a <= b < a + 30 and (row not in best or score > best[row][0]):
                best[row] = score, begins[a], ends[b]
json.dump([best[row][1:] for row in sorted(best)], open(out, "w"))
"""
"""One language: model folder, cached features, class of the model, threads, where the answers go."""


@dataclass(frozen=True)
class Case:
    """A target, its length limit, and the class that XTREME's script loads."""

    name: str
    task: str
    format: str
    limit: int
    outputs: int
    kind: str
    pieces: int
    """Of a tokenizer trained on the samples, about as many as they have: XLM-R's are 250,000, and longer still."""
    rows: int
    """Of each language, unless told."""


CASES = (
    Case("XQuAD", "xquad", "span", 384, 2, "AutoModelForQuestionAnswering", 32_000, 40),
    Case("XNLI", "xnli", "classification", 128, 3, "AutoModelForSequenceClassification", 24_000, 200),
)


def main() -> None:
    args = arguments()
    os.environ |= {"OMP_NUM_THREADS": str(args.threads), "HF_HUB_OFFLINE": "1", "PYTHONPATH": str(ROOT / "src")}
    print(f"width {args.width}, {args.layers} layers, {args.threads} threads, {args.rounds} rounds; seconds of the")
    print("processor's time" if args.threads == 1 else "clock")
    print(
        f"{'target':8}{'rows':>7}{'ours':>9}{'xtreme':>9}{'ratio':>7}{'start-up':>10}{'without':>9}  equal predictions"
    )
    for case in CASES:
        if case.name in args.tasks:
            with TemporaryDirectory() as name:
                compare(case, Path(name), args)


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tasks", nargs="+", default=[case.name for case in CASES], metavar="TASK")
    parser.add_argument("--rows", type=int, help="rows of each language; left out: 40 questions, 200 pairs")
    parser.add_argument("--width", type=int, default=768, help="hidden size, in heads of 64; inner layers 4 times it")
    parser.add_argument("--layers", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=3, help="turns of each side")
    parser.add_argument("--threads", type=int, default=1)
    return parser.parse_args()


def compare(case: Case, folder: Path, args: argparse.Namespace) -> None:
    """One line of the table."""
    from xstilts.features import Features
    from xstilts.records import read_records

    prepare(case, folder, args)
    records, features = read_records(folder / "records.parquet"), Features.open(folder / "tokens.arrow")
    cache(case, records, features, folder)
    ours = [*program(case, folder, args)]
    theirs = [[*their_program(case, folder, args, code)] for code in LANGUAGES]
    nothing = [*their_program(case, folder, args, "nothing")]
    turns: dict[str, list[float]] = {"ours": [], "xtreme": [], "start": []}
    for _ in range(args.rounds):
        turns["ours"].append(seconds([ours], args.threads))
        turns["xtreme"].append(seconds(theirs, args.threads))
        turns["start"].append(seconds([nothing], args.threads))
    a, b, start = (median(values) for values in turns.values())
    without = (b - len(LANGUAGES) * start) / (a - start)
    share = f"{equal(case, records, folder):.2%}"
    print(f"{case.task:8}{len(records):7}{a:9.1f}{b:9.1f}{b / a:7.2f}{start:10.1f}{without:9.2f}  {share}", flush=True)


# what both sides read ------------------------------------------------------------------------------------------------
def prepare(case: Case, folder: Path, args: argparse.Namespace) -> None:
    """Records, a tokenizer, tokens and a model."""
    import torch
    import transformers

    from xstilts.encode import encode_split
    from xstilts.files import write_digest
    from xstilts.layout import DIGEST
    from xstilts.specs import TokensSpec
    from xstilts.tasks import get
    from xstilts.tokenizer import train_tokenizer

    labels, texts = get(case.task).labels, records_of(case, args.rows or case.rows, folder)
    if sampled():
        train_tokenizer(texts, case.pieces, folder)
    else:
        word_by_word().save(str(folder / "tokenizer.json"))
    spec = TokensSpec(data=case.task, split="test", format=case.format, labels=labels, encoding=encoding(case))
    encode_split(spec, folder / "records.parquet", folder / "tokenizer.json", labels, folder / "tokens.arrow")
    torch.manual_seed(0)
    config = transformers.XLMRobertaConfig(
        vocab_size=case.pieces + 8,
        hidden_size=args.width,
        num_hidden_layers=args.layers,
        num_attention_heads=args.width // 64,
        intermediate_size=4 * args.width,
        max_position_embeddings=514,
        type_vocab_size=1,
        pad_token_id=1,
        initializer_range=0.05,
        num_labels=case.outputs,
    )
    if labels:
        config.id2label = dict(enumerate(labels))
        config.label2id = {label: i for i, label in enumerate(labels)}
    getattr(transformers, case.kind).from_config(config).save_pretrained(folder / "model")
    write_digest(folder / "model" / DIGEST, "of the benchmark")


def encoding(case: Case) -> Any:
    from xstilts.formats.encoding import Encoding

    return Encoding(max_length=case.limit)


def records_of(case: Case, rows: int, folder: Path) -> dict[str, None]:
    """A file of so many records in each language; returns the texts of these and of all others."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    from xstilts.files import write_digest
    from xstilts.formats import format_named

    schema = format_named(case.format).schema()
    if sampled():
        from making import records_of as samples_of

        whole = pq.read_table(samples_of(case.task, "test", folder))
        parts = [whole.filter(pa.compute.equal(whole["language"], code)).slice(0, rows) for code in LANGUAGES]
        table = pa.concat_tables(parts).cast(schema)
    else:
        whole = table = pa.Table.from_pylist([*made_up(case, rows)], schema=schema)
    pq.write_table(table, folder / "records.parquet")
    write_digest(folder / "records.digest", "of the benchmark")
    return dict.fromkeys(text for name in WORDS if name in schema.names for text in whole[name].to_pylist())


def sampled() -> bool:
    """Whether there are samples of the original data."""
    sys.path.insert(0, str(REALDATA))
    from samples import MANIFEST

    return bool(MANIFEST.exists())


def word_by_word() -> Any:
    """A tokenizer that makes one token of each made-up word, and frames texts as XLM-R's does."""
    from tokenizers import AddedToken, Tokenizer
    from tokenizers.models import WordLevel
    from tokenizers.pre_tokenizers import WhitespaceSplit
    from tokenizers.processors import TemplateProcessing

    special = ["<s>", "<pad>", "</s>", "<unk>", "<mask>"]
    vocabulary = {word: i for i, word in enumerate(dict.fromkeys([*special, *lexicon()]))}
    tokenizer = Tokenizer(WordLevel(vocabulary, unk_token="<unk>"))
    tokenizer.add_special_tokens([AddedToken(word) for word in special])
    tokenizer.pre_tokenizer = WhitespaceSplit()
    ends = [("<s>", 0), ("</s>", 2)]
    tokenizer.post_processor = TemplateProcessing(
        single="<s> $A </s>", pair="<s> $A </s> </s> $B </s>", special_tokens=ends
    )
    return tokenizer


def lexicon() -> list[str]:
    """Made-up words."""
    import numpy as np

    rng = np.random.default_rng(0)
    return ["".join(rng.choice([*"aeioubdgklmnprst"], rng.integers(2, 9))) for _ in range(MADE_UP)]


def made_up(case: Case, rows: int) -> Any:
    """Records of made-up words."""
    import numpy as np

    from xstilts.tasks import get

    rng = np.random.default_rng(0)
    words = lexicon()

    def text(name: str) -> str:
        return " ".join(rng.choice(words, int(np.interp(rng.random(), QUANTILES, WORDS[name]))))

    for code in LANGUAGES:
        for i in range(rows):
            one: dict[str, Any] = {"id": str(i), "language": code}
            if case.format == "span":
                context = text("context")
                answer = {"text": context.split()[0], "start": 0}
                yield one | {"question": text("question"), "context": context, "answers": [answer]}
            else:
                label = get(case.task).labels[int(rng.integers(3))]
                yield one | {"text_a": text("text_a"), "text_b": text("text_b"), "label": label}


def cache(case: Case, records: Any, features: Any, folder: Path) -> None:
    """The features of each language, padded to the limit, as XTREME's scripts keep them."""
    import numpy as np

    language = np.array(records["language"].to_pylist())
    row = features.column("row")
    for code in LANGUAGES:
        kept = np.flatnonzero(language[row] == code)

        def padded(values: Callable[[int], Any], fill: int, kept: Any = kept) -> Any:
            out = np.full((len(kept), case.limit), fill, dtype=np.int64)
            for i, sequence in enumerate(kept):
                out[i, : len(values(sequence))] = values(sequence)
            return out

        columns = {"ids": padded(features.ids, 1), "row": row[kept]}
        columns["mask"] = padded(lambda i: np.ones(len(features.ids(i)), dtype=np.int64), 0)
        if case.format == "span":
            columns["begins"] = padded(lambda i: features.part("char_starts", i), -1)
            columns["ends"] = padded(lambda i: features.part("char_ends", i), -1)
        np.savez(folder / f"{code}.npz", **columns)


# the sides -----------------------------------------------------------------------------------------------------------
def program(case: Case, folder: Path, args: argparse.Namespace) -> Sequence[str]:
    """One evaluation, as the workflow starts it."""
    from xstilts.specs import PredictSpec

    spec = PredictSpec(node="tiny", task=case.task, format=case.format, splits=("test",), encoding=encoding(case))
    script = [sys.executable, str(ROOT / "scripts/predict_target.py"), "--spec", spec.text()]
    files = {"checkpoint": "model", "records": "records.parquet", "tokens": "tokens.arrow", "out": "said"}
    named = [text for name, file in files.items() for text in (f"--{name}", str(folder / file))]
    return [*script, *named, "--threads", str(args.threads)]


def their_program(case: Case, folder: Path, args: argparse.Namespace, code: str) -> Sequence[str]:
    """One language; `nothing`: the start alone."""
    data = "nothing" if code == "nothing" else str(folder / f"{code}.npz")
    out = str(folder / f"{code}.json")
    return [sys.executable, "-c", THEIRS, str(folder / "model"), data, case.kind, str(args.threads), out]


def seconds(commands: Sequence[Sequence[str]], threads: int) -> float:
    """What some processes take, one after the other."""
    begun, clock = spent(), time.perf_counter()
    for command in commands:
        subprocess.run(command, check=True, capture_output=True)
    return spent() - begun if threads == 1 else time.perf_counter() - clock


def spent() -> float:
    """The processor's time of all processes that have ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def equal(case: Case, records: Any, folder: Path) -> float:
    """The share of predictions that are the same."""
    import numpy as np
    import pyarrow.parquet as pq

    from xstilts.tasks import get

    ours = pq.read_table(folder / "said.parquet")["prediction"].to_pylist()
    language = np.array(records["language"].to_pylist())
    same = []
    for code in LANGUAGES:
        said = json.loads((folder / f"{code}.json").read_text(encoding="utf-8"))
        for place, one in zip(np.flatnonzero(language == code), said, strict=True):
            text = (
                records["context"][place].as_py()[slice(*one)] if case.format == "span" else get(case.task).labels[one]
            )
            same.append(text == ours[place])
    return float(np.mean(same))


if __name__ == "__main__":
    main()
