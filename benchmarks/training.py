"""How fast training is: this project's engine beside transformers' Trainer and beside a bare loop, in fp32.

    python benchmarks/training.py                                 all three tables; a quarter of an hour on one core
    python benchmarks/training.py speed --width 384 --layers 2    one table, and smaller; or `overhead`, `start`

speed     Tokens that are no padding, each second. Four sides take the same optimiser steps on the same examples, with
          models of one shape (XLM-R's class, random weights, its dropout of 0.1), AdamW and clipping:
            engine    `Run.step` of this project: DeepSpeed at ZeRO 0 on one rank, layers without padding
            bare      forward, backward, clipping and AdamW in plain torch, on the engine's own micro-batches, ready
                      made, and through the same layers without padding
            dynamic   Trainer as the example scripts of transformers use it: examples in random order, the step's
                      examples as one batch, padded to its longest
            maximal   Trainer too, each sequence padded to its limit, as jiant did: 256 tokens, and 384 of SQuAD
          Goals: at least 1.3 times dynamic and 2.5 times maximal in geometric mean, 1.1 times dynamic anywhere.
overhead  What the engine adds to the bare loop, at that width and at the miniature's (128). Goals: 5 % and 15 %.
start     Seconds from starting `scripts/train_checkpoint.py` to the end of its first optimiser step, beside a process
          that imports torch, deepspeed and XLMRobertaForSequenceClassification. Goal: at most 1.5 times as long.

Sides take turns in one process, `--steps` steps in each turn after one that is not counted; figures are medians over
the rounds. Each side is timed by the processor time of the process where it has one thread (so that other work on the
machine changes little), by the clock where it has more, and on a GPU.

Lengths are those of English train splits, HellaSwag's of its dev split: of the original files, where there are samples
of them (see tests/realdata/README.md; tokenizer: 8,000 pieces trained on these texts); else drawn from their deciles,
as measured on these samples. Ids and labels are drawn at random in either case: they make no difference here.
"""

import argparse
import gc
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import geometric_mean, median
from tempfile import TemporaryDirectory
from typing import Any

os.environ.setdefault("HF_HUB_OFFLINE", "1")
# torch is imported where it is used, after the number of its threads is known.

ROOT = Path(__file__).parents[1]
SCRIPT = ROOT / "scripts/train_checkpoint.py"
REALDATA = ROOT / "tests/realdata"
PIECES = 8000
PAD, IGNORE = 1, -100
SEED = 1
MINIATURE = {"width": 128, "layers": 4, "heads": 4, "inner": 512}
CHOICES = 4
TRAINED = {"lr": 1e-5, "weight_decay": 0.01, "clip": 1.0}


PROBE = """
import os, runpy, sys
import xstilts.engine.train as train
one_step = train.one_step
def once(*args, **kwargs):
    one_step(*args, **kwargs)
    os._exit(0)
train.one_step = once
del sys.argv[0]
runpy.run_path(sys.argv[0], run_name="__main__")
"""
"""Runs a program until its first optimiser step is done."""
IMPORTS = "import os, torch, deepspeed; from transformers import XLMRobertaForSequenceClassification; os._exit(0)"


@dataclass(frozen=True)
class Case:
    """A task: its data set and split, its batch as in config/worlds/real.yaml, and what its sequences are padded to.

    HellaSwag has 8 instead of 24 questions in a batch, as 96 sequences of 256 tokens want 14 GB of memory.
    """

    name: str
    data: str
    split: str
    format: str
    outputs: int
    batch: int
    limit: int
    deciles: tuple[int, ...]
    """Of the tokens of a sequence; of multiple choice those of a question's longest sequence."""


CASES = (
    Case("NLI", "mnli", "train", "classification", 3, 24, 256, (9, 21, 26, 31, 36, 42, 48, 54, 62, 74, 201)),
    Case("SQuAD", "squad", "train", "span", 2, 8, 384, (45, 104, 127, 153, 172, 196, 215, 241, 277, 326, 384)),
    Case("HellaSwag", "hellaswag", "dev", "choice", 1, 8, 256, (23, 42, 51, 70, 103, 113, 122, 129, 136, 143, 181)),
    Case("POS", "udpos", "train", "tagging", 17, 24, 256, (3, 7, 10, 13, 16, 19, 23, 27, 32, 42, 205)),
)
SHORTER = (0.41, 0.74, 0.79, 0.82, 0.85, 0.88, 0.90, 0.92, 0.95, 0.97, 1.0)
"""Deciles of what share of a HellaSwag question's longest sequence its other sequences have."""


def main() -> None:
    args = arguments()
    os.environ["OMP_NUM_THREADS"] = str(args.threads)
    import torch

    torch.set_num_threads(args.threads)
    lengths = real_lengths() if REALDATA.exists() else None
    print(
        f"lengths: {'of the samples of the original data' if lengths else 'drawn from deciles'}; {torch.__version__=}"
    )
    with TemporaryDirectory() as name:
        folder = Path(name)
        if {"speed", "overhead"} & set(args.tables):
            compare(args, lengths, folder)
        if "start" in args.tables:
            start_up(args, folder)


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    tables = ("speed", "overhead", "start")
    parser.add_argument("tables", nargs="*", default=tables, metavar="TABLE", help="speed, overhead, start; else all")
    parser.add_argument("--width", type=int, default=768, help="hidden size, in heads of 64; inner layers 4 times it")
    parser.add_argument("--layers", type=int, default=4)
    parser.add_argument("--vocabulary", type=int, default=30_000, help="XLM-R's 250,000 cost all sides alike")
    parser.add_argument("--tasks", nargs="+", default=[case.name for case in CASES], metavar="TASK")
    parser.add_argument("--steps", type=int, default=2, help="steps of a turn that count")
    parser.add_argument("--rounds", type=int, default=3, help="turns of each side")
    parser.add_argument("--threads", type=int, default=1)
    args = parser.parse_args()
    if set(args.tables) - set(tables):
        parser.error(f"the tables: {', '.join(tables)}")
    return args


# data ----------------------------------------------------------------------------------------------------------------
Lengths = dict[str, Any]  # for each case an array [items, sequences of an item]


def real_lengths() -> Lengths | None:
    """Tokens of the samples' sequences; None where there are no samples."""
    sys.path.insert(0, str(REALDATA))
    from making import records_of, tokens_of
    from samples import MANIFEST

    from xstilts.records import read_records
    from xstilts.tokenizer import train_tokenizer

    if not MANIFEST.exists():
        return None
    with TemporaryDirectory() as name:
        folder = Path(name)
        tables = [read_records(records_of(case.data, case.split, folder)) for case in CASES]
        train_tokenizer(dict.fromkeys(text for table in tables for text in texts(table)), PIECES, folder)
        found = {}
        for case in CASES:
            _, features, _ = tokens_of(case.data, case.split, folder / "tokenizer.json", folder)
            sizes = [len(features.ids(i)) for i in range(len(features.table))]
            found[case.name] = reshaped(sizes, CHOICES if case.format == "choice" else 1)
    return found


def texts(table: Any) -> Iterator[str]:
    """What a tokenizer is trained on."""
    for name in {"text_a", "text_b", "question", "context", "prompt"} & set(table.column_names):
        yield from filter(None, table[name].to_pylist())
    for choices in table["choices"].to_pylist() if "choices" in table.column_names else []:
        yield from choices
    for words in table["words"].to_pylist() if "words" in table.column_names else []:
        yield " ".join(words)


def reshaped(sizes: list[int], sequences: int) -> Any:
    import numpy as np

    return np.array(sizes).reshape(-1, sequences)


def drawn_lengths(case: Case, items: int, rng: Any) -> Any:
    """Lengths that have the deciles of the case."""
    import numpy as np

    places = np.linspace(0, 1, 11)
    widest = np.interp(rng.random((items, 1)), places, case.deciles)
    if case.format != "choice":
        return widest.round().astype(int)
    others = widest * np.interp(rng.random((items, CHOICES - 1)), places, SHORTER)
    return rng.permuted(np.concatenate([widest, others], axis=1), axis=1).round().astype(int)


def features_of(case: Case, lengths: Any, rng: Any) -> Any:
    """A token file of such lengths, in memory."""
    import numpy as np
    import pyarrow as pa

    from xstilts.features import Features

    items, sequences = lengths.shape
    flat = lengths.ravel()
    ids = [rng.integers(5, PIECES, length).astype(np.int32) for length in flat]
    row = np.repeat(np.arange(items, dtype=np.int32), sequences)
    columns = {"row": row, "item": row, "input_ids": pa.array(ids, pa.list_(pa.int32()))}
    if case.format == "span":
        ends = rng.integers(0, flat)
        zeros = pa.array([np.zeros(length, np.int32) for length in flat], pa.list_(pa.int32()))
        columns |= {"start": rng.integers(0, ends + 1), "end": ends, "char_starts": zeros, "char_ends": zeros}
    elif case.format == "tagging":
        tags = [np.where(rng.random(n) < 0.77, rng.integers(0, case.outputs, n), IGNORE) for n in flat]
        columns["labels"] = pa.array(tags, pa.list_(pa.int32()))
    else:
        several = case.outputs if case.format == "classification" else CHOICES
        columns["label"] = np.repeat(rng.integers(0, several, items), sequences)
    return Features(pa.table(columns))


# sides ---------------------------------------------------------------------------------------------------------------
Turn = Callable[[], float]  # seconds of the steps that count


def clock() -> float:
    """Seconds; see the module's docstring."""
    import torch

    if torch.cuda.is_available():
        torch.cuda.synchronize()
        return time.perf_counter()
    return time.process_time() if torch.get_num_threads() == 1 else time.perf_counter()


def draw_base(shape: dict[str, int], vocabulary: int, folder: Path) -> Path:
    """A model with random weights, as a folder that both transformers and this project start from."""
    import torch
    from transformers import XLMRobertaConfig, XLMRobertaModel

    torch.manual_seed(0)
    config = XLMRobertaConfig(
        vocab_size=vocabulary,
        hidden_size=shape["width"],
        num_hidden_layers=shape["layers"],
        num_attention_heads=shape["heads"],
        intermediate_size=shape["inner"],
        max_position_embeddings=514,
        type_vocab_size=1,
        pad_token_id=PAD,
    )
    XLMRobertaModel(config, add_pooling_layer=False).save_pretrained(folder)
    return folder


def part_of(case: Case, features: Any, base: Path) -> Any:
    """What this project's model is trained on."""
    from xstilts.engine.parts import Part
    from xstilts.formats import format_named
    from xstilts.formats.base import Special

    labels = tuple(str(i) for i in range(case.outputs))
    special = Special(pad=PAD, mask=PAD, vocabulary=PIECES, ids=(0, 1, 2, 3))
    return Part(case.name, format_named(case.format), labels, special, features, features)


def settings_of(args: argparse.Namespace, case: Case) -> Any:
    from xstilts.config.spec import StageSpec

    return StageSpec(name="", parts=(), batch=case.batch, steps=args.steps + 1, threads=args.threads, **TRAINED)


def engine_side(args: argparse.Namespace, case: Case, features: Any, steps: list[Any], base: Path) -> Turn:
    from xstilts.engine.history import History
    from xstilts.engine.train import Run

    run = Run([part_of(case, features, base)], base, base, settings_of(args, case), History(SEED), None)
    run.model.train()
    assert run.packed and all((run.mixture[i].items == items).all() for i, items in enumerate(steps))

    def turn() -> float:
        for number in range(len(steps)):
            if number == 1:
                started = clock()
            run.history.step = number
            run.step()
        return clock() - started

    return turn


def bare_side(args: argparse.Namespace, case: Case, features: Any, steps: list[Any], base: Path) -> Turn:
    import torch

    from xstilts.engine.batching import micro_batches
    from xstilts.engine.model import build, weight_groups
    from xstilts.engine.packing import pack_layers

    part, settings = part_of(case, features, base), settings_of(args, case)
    model = build(base, base, [part.form], [case.outputs], [part.labels], None)
    assert pack_layers(model.encoder)
    device = "cuda" if torch.cuda.is_available() else "cpu"
    model.to(device).train()
    optimizer = torch.optim.AdamW(weight_groups(model, settings.weight_decay), lr=settings.lr, fused=True)
    cut = [list(micro_batches(features, items, settings.micro_tokens, packed=True)) for items in steps]
    ready = [
        [part.form.collate(features, c, part.special, (0,)).to(torch.device(device)) for c in cuts] for cuts in cut
    ]

    def turn() -> float:
        for number, batches in enumerate(ready):
            if number == 1:
                started = clock()
            terms = sum(part.form.terms(batch) for batch in batches)
            for batch in batches:
                (model(0, batch) / terms).backward()
            torch.nn.utils.clip_grad_norm_(model.parameters(), settings.clip)
            optimizer.step()
            optimizer.zero_grad()
        return clock() - started

    return turn


def trainer_side(args: argparse.Namespace, case: Case, features: Any, steps: list[Any], base: Path, full: bool) -> Turn:
    import numpy as np
    import torch
    import transformers

    names = {"classification": "SequenceClassification", "choice": "MultipleChoice", "span": "QuestionAnswering"}
    auto = getattr(transformers, f"AutoModelFor{names.get(case.format, 'TokenClassification')}")
    model = auto.from_pretrained(base, **({} if case.format == "choice" else {"num_labels": case.outputs}))
    marks: list[float] = []

    class Marks(transformers.TrainerCallback):  # type: ignore[misc]
        def on_step_end(self, *_: Any, **__: Any) -> None:
            marks.append(clock())

    told = transformers.TrainingArguments(
        output_dir=str(base / "trainer"),
        per_device_train_batch_size=case.batch,
        max_steps=len(steps),
        learning_rate=TRAINED["lr"],
        lr_scheduler_type="constant",
        weight_decay=TRAINED["weight_decay"],
        max_grad_norm=TRAINED["clip"],
        train_sampling_strategy="sequential",  # of examples that lie in a random order, the one of all sides
        remove_unused_columns=False,
        dataloader_pin_memory=torch.cuda.is_available(),
        save_strategy="no",
        report_to="none",
        disable_tqdm=True,
        use_cpu=not torch.cuda.is_available(),
    )
    trainer = transformers.Trainer(
        model=model,
        args=told,
        train_dataset=[example(case, features, int(item)) for item in np.concatenate(steps)],
        data_collator=collator(case, case.limit if full else None),
        callbacks=[Marks()],
    )
    trainer.remove_callback(transformers.PrinterCallback)
    assert not trainer.accelerator.use_distributed, "it would spend time on talking to itself"

    def turn() -> float:
        marks.clear()
        trainer.train()
        return marks[-1] - marks[0]

    return turn


def example(case: Case, features: Any, item: int) -> dict[str, Any]:
    """One item, as a data set of the example scripts has it."""
    import torch

    first, last = features.item_starts[item : item + 2]
    ids = [torch.from_numpy(features.ids(i).astype("int64")) for i in range(first, last)]
    if case.format == "span":
        ends = {f"{end}_positions": int(features.column(end)[first]) for end in ("start", "end")}
        return {"input_ids": ids, **ends}
    tags = case.format == "tagging"
    labels = (
        torch.from_numpy(features.part("labels", first).astype("int64")) if tags else features.column("label")[first]
    )
    return {"input_ids": ids, "labels": labels}


def collator(case: Case, width: int | None) -> Callable[[list[dict[str, Any]]], dict[str, Any]]:
    """What the example scripts' collators do, with less work: no tokenizer is asked to pad."""
    import torch

    def padded(sequences: list[Any], value: int) -> Any:
        found = torch.nn.utils.rnn.pad_sequence(sequences, batch_first=True, padding_value=value)
        return torch.nn.functional.pad(found, (0, (width or found.shape[1]) - found.shape[1]), value=value)

    def collate(examples: list[dict[str, Any]]) -> dict[str, Any]:
        ids = padded([sequence for one in examples for sequence in one["input_ids"]], PAD)
        batch = {"input_ids": ids, "attention_mask": (ids != PAD).long()}
        if case.format == "choice":
            batch = {name: value.view(len(examples), CHOICES, -1) for name, value in batch.items()}
        if case.format == "tagging":
            return batch | {"labels": padded([one["labels"] for one in examples], IGNORE)}
        others = [name for name in examples[0] if name != "input_ids"]
        return batch | {name: torch.tensor([int(one[name]) for one in examples]) for name in others}

    return collate


# tables --------------------------------------------------------------------------------------------------------------
def race(turns: dict[str, Turn], rounds: int) -> dict[str, float]:
    """Median seconds of each side's turns."""
    seconds: dict[str, list[float]] = {side: [] for side in turns}
    for _ in range(rounds):
        for side, turn in turns.items():
            seconds[side].append(turn())
    return {side: median(taken) for side, taken in seconds.items()}


def compare(args: argparse.Namespace, lengths: Lengths | None, folder: Path) -> None:
    """The tables of speed and overhead."""
    import transformers

    transformers.logging.set_verbosity_error()
    transformers.logging.disable_progress_bar()
    wide = {"width": args.width, "layers": args.layers, "heads": args.width // 64, "inner": 4 * args.width}
    full = "speed" in args.tables
    sides = ("engine", "bare", "dynamic", "maximal") if full else ("engine", "bare")
    added: dict[str, dict[str, float]] = {}
    for title, shape, some in ((f"width {args.width}", wide, sides), ("miniature", MINIATURE, ("engine", "bare"))):
        if title == "miniature" and "overhead" not in args.tables:
            continue
        base = draw_base(shape, args.vocabulary if shape is wide else PIECES, folder / title)
        if "dynamic" in some:
            heads = (*some, "of dynamic", "of maximal", "padding: dynamic", "maximal")
            print(f"\n{'tokens/s':12}" + "".join(f"{head:>{max(10, len(head) + 2)}}" for head in heads))
        ratios: dict[str, list[float]] = {"dynamic": [], "maximal": []}
        added[title] = {}
        for case in CASES:
            if case.name not in args.tasks:
                continue
            tokens, padding, seconds = raced(args, case, lengths, base, some)
            added[title][case.name] = seconds["engine"] / seconds["bare"] - 1
            if "dynamic" in some:
                for side, found in ratios.items():
                    found.append(seconds[side] / seconds["engine"])
                speeds = "".join(f"{tokens / seconds[side]:10,.0f}" for side in some)
                gains = "".join(f"{found[-1]:12.2f}" for found in ratios.values())
                print(f"{case.name:12}{speeds}{gains}{padding[0]:18.0%}{padding[1]:10.0%}", flush=True)
        if "dynamic" in some:
            print(f"{'':52}" + "".join(f"{geometric_mean(found):12.2f}" for found in ratios.values()) + "  (mean)")
    if "overhead" in args.tables:
        names = [case.name for case in CASES if case.name in args.tasks]
        print(f"\n{'overhead':12}" + "".join(f"{name:>12}" for name in (*names, "mean")))
        for title, found in added.items():
            mean = geometric_mean([1 + share for share in found.values()]) - 1
            print(f"{title:12}" + "".join(f"{share:12.1%}" for share in (*found.values(), mean)))


def raced(
    args: argparse.Namespace, case: Case, lengths: Lengths | None, base: Path, sides: tuple[str, ...]
) -> tuple[int, tuple[float, float], dict[str, float]]:
    """Useful tokens of a turn; the share of padding beside them, dynamic and maximal; seconds of each side's turn."""
    import numpy as np
    import torch.distributed as dist

    from xstilts.engine.parts import mixture_of
    from xstilts.engine.ranks import start

    rng = np.random.default_rng(0)
    count = (args.steps + 1) * case.batch
    found = lengths[case.name] if lengths else drawn_lengths(case, 10 * count, rng)
    found = found[rng.permutation(len(found))[:count]]
    features = features_of(case, found, rng)
    mixture = mixture_of([part_of(case, features, base)], settings_of(args, case), SEED)
    steps = [mixture[number].items for number in range(args.steps + 1)]
    if not dist.is_initialized():
        start(settings_of(args, case))
    turns: dict[str, Turn] = {}
    for side in sides:
        make = {"engine": engine_side, "bare": bare_side}.get(side)
        given = (args, case, features, steps, base)
        # DeepSpeed wants to be told its rank by the environment. Trainer, told so, would talk to other ranks.
        told = {name: os.environ.pop(name) for name in ("RANK", "LOCAL_RANK", "WORLD_SIZE")}
        if make:
            os.environ |= told
        turns[side] = make(*given) if make else trainer_side(*given, full=side == "maximal")
        os.environ |= told
    seconds = race(turns, args.rounds)
    turns.clear()
    gc.collect()
    counted = found[np.concatenate(steps[1:])]
    tokens = int(counted.sum())
    widest = counted.reshape(args.steps, -1).max(axis=1).sum() * counted[: case.batch].size
    return tokens, (1 - tokens / widest, 1 - tokens / (counted.size * case.limit)), seconds


def start_up(args: argparse.Namespace, folder: Path) -> None:
    """The table of starting up, with the miniature's shape: a large model's weights are read as long by anyone."""
    import numpy as np

    from xstilts.config.spec import PartSpec
    from xstilts.features import write_features
    from xstilts.files import write_digest
    from xstilts.specs import TrainSpec

    case, rng = CASES[0], np.random.default_rng(0)
    base, tokens = draw_base(MINIATURE, PIECES, folder / "base"), folder / "tokens" / "train.arrow"
    features = features_of(case, drawn_lengths(case, 2000, rng), rng)
    special = {"pad": PAD, "mask": PAD, "vocabulary": PIECES, "ids": [0, 1, 2, 3]}
    write_features([features.table], {"labels": list("abc"), "special": special}, tokens)
    for place in (base, tokens):
        write_digest(place / "digest" if place.is_dir() else place.with_suffix(".digest"), "of a benchmark")
    part = PartSpec("mnli", "", case.format, "mnli", "mnli", ("en",), {})
    stage = replace(settings_of(args, case), parts=(part,), steps=100)
    spec = TrainSpec(node="benchmark/s1/mnli", seed=1, stage=stage.as_dict()).text()
    given = ["--spec", spec, "--parent", base, "--base", base, "--train", tokens, "--dev", tokens]
    commands = {
        "to the end of the first step": [
            PROBE,
            SCRIPT,
            *given,
            "--out",
            folder / "out",
            "--running",
            f"threads={args.threads}",
        ],
        "imports alone": [IMPORTS],
    }
    taken: dict[str, list[tuple[float, float]]] = {side: [] for side in commands}
    for _ in range(args.rounds + 1):
        for side, command in commands.items():
            taken[side].append(lifetime([sys.executable, "-c", *map(str, command)]))
    print(f"\n{'start, s':30}{'clock':>8}{'processor':>11}")
    found = {side: [median(some) for some in zip(*times[1:], strict=True)] for side, times in taken.items()}
    for side, (clock_time, processor) in found.items():
        print(f"{side:30}{clock_time:8.2f}{processor:11.2f}")
    ratios = [ours / theirs for ours, theirs in zip(*found.values(), strict=True)]
    print(f"{'ratio':30}{ratios[0]:8.2f}{ratios[1]:11.2f}")


def lifetime(command: list[str]) -> tuple[float, float]:
    """Seconds by the clock and of the processor, from the start of a process to its end."""
    started = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    assert process.stderr
    said = process.stderr.read()
    _, status, usage = os.wait4(process.pid, 0)
    if status:
        sys.exit(said.decode())
    return time.perf_counter() - started, usage.ru_utime + usage.ru_stime


if __name__ == "__main__":
    main()
