"""How fast training is: this project's engine beside transformers' Trainer and beside a bare loop, in fp32.

    python benchmarks/training.py                                 all three tables; a quarter of an hour on one core
    python benchmarks/training.py speed --width 384 --tasks NLI  one of them, and smaller; or `overhead`, `start`

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

Sides take turns in one process, `--steps` steps in each turn after one that is not counted; each round has examples of
its own, and figures are medians over the rounds. With one thread it is the processor's time that counts, so that other
work on the machine changes little; with more, or on a GPU, it is the clock's.

Lengths are those of samples of the original English data, where there are any (see tests/realdata/README.md; tokenizer:
8,000 pieces trained on these texts); else drawn from their quantiles, as measured on these samples. HellaSwag's are of
its dev split: the sample of the train split has its shorter half alone. Ids and labels are drawn at random in either
case: they make no difference here.
"""

import argparse
import gc
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
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
SMALL = 5  # times as many rounds for the miniature's shape, whose steps are short
MINIATURE = {"width": 128, "layers": 4, "heads": 4, "inner": 512}
CHOICES = 4
QUANTILES = (0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.99, 0.999, 1.0)
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


CASES = (
    Case("NLI", "mnli", "train", "classification", 3, 24, 256),
    Case("SQuAD", "squad", "train", "span", 2, 8, 384),
    Case("HellaSwag", "hellaswag", "dev", "choice", 1, 8, 256),
    Case("POS", "udpos", "train", "tagging", 17, 24, 256),
)
MEASURED = {
    "NLI": (9, 21, 26, 31, 36, 42, 47, 54, 62, 74, 85, 109, 172, 199),
    "SQuAD": (45, 106, 128, 153, 171, 196, 215, 240, 276, 326, 371, 384, 384, 384),
    "HellaSwag": (24, 43, 52, 71, 96, 106, 114, 120, 126, 133, 137, 146, 156, 157),
    "POS": (3, 7, 10, 13, 16, 19, 23, 27, 33, 42, 52, 77, 114, 199),
}
"""At QUANTILES, the tokens of a sequence; of multiple choice those of a question's longest sequence."""
SHORTER = (0.42, 0.74, 0.79, 0.82, 0.85, 0.87, 0.9, 0.92, 0.94, 0.97, 0.99, 1.0, 1.0, 1.0)
"""Quantiles of what share of a HellaSwag question's longest sequence its other sequences have."""


def main() -> None:
    args = arguments()
    os.environ["OMP_NUM_THREADS"] = str(args.threads)
    import torch

    torch.set_num_threads(args.threads)
    with TemporaryDirectory() as name:
        folder = Path(name)
        if {"speed", "overhead"} & set(args.tables):
            lengths = real_lengths()
            print(f"lengths {'of the samples of the original data' if lengths else 'drawn from quantiles'}", flush=True)
            compare(args, lengths, folder)
        if "start" in args.tables:
            start_up(args, folder)


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    tables = ("speed", "overhead", "start")
    parser.add_argument("tables", nargs="*", default=tables, metavar="TABLE", help="speed, overhead, start; else all")
    parser.add_argument("--width", type=int, default=768, help="hidden size, in heads of 64; inner layers 4 times it")
    parser.add_argument("--layers", type=int, default=2, help="more, and the sides take longer alike")
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
    """Lengths that have the quantiles of the case."""
    import numpy as np

    widest = np.interp(rng.random((items, 1)), QUANTILES, MEASURED[case.name])
    if case.format != "choice":
        return widest.round().astype(int)
    others = widest * np.interp(rng.random((items, CHOICES - 1)), QUANTILES, SHORTER)
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
@dataclass(frozen=True)
class Race:
    """What all sides are given: examples, those of each step, round by round, and a model to start from."""

    case: Case
    features: Any
    rounds: list[list[Any]]
    base: Path
    threads: int

    @property
    def part(self) -> Any:
        """What this project trains on."""
        from xstilts.engine.parts import Part
        from xstilts.formats import format_named
        from xstilts.formats.base import Special

        labels = tuple(str(i) for i in range(self.case.outputs))
        special = Special(pad=PAD, mask=PAD, vocabulary=PIECES, ids=(0, 1, 2, 3))
        form = format_named(self.case.format)
        return Part(self.case.name, form, labels, special, self.features, self.features)

    @property
    def settings(self) -> Any:
        """How it does."""
        from xstilts.config.spec import StageSpec

        steps = sum(map(len, self.rounds))
        return StageSpec(name="", parts=(), batch=self.case.batch, steps=steps, threads=self.threads, **TRAINED)


Turn = Callable[[int], float]  # takes the steps of a round; gives seconds, but for the first of them


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


def engine_side(race: Race) -> Turn:
    from xstilts.engine.gauges import Gauges
    from xstilts.engine.history import History
    from xstilts.engine.train import Run

    run = Run([race.part], race.base, race.base, race.settings, History(SEED), None)
    run.model.train()
    gauges = Gauges(race.settings, run.engine.device, 1)
    assert run.packed

    def turn(number: int) -> float:
        for i, items in enumerate(race.rounds[number]):
            if i == 1:
                started = clock()
            run.history.step = number * len(race.rounds[number]) + i
            assert (run.mixture[run.history.step].items == items).all()
            run.step(gauges)
        return clock() - started

    return turn


def bare_side(race: Race) -> Turn:
    import torch

    from xstilts.engine.batching import micro_batches
    from xstilts.engine.model import build, weight_groups
    from xstilts.engine.packing import pack_layers

    part, settings = race.part, race.settings
    model = build(race.base, race.base, [part.form], [race.case.outputs], [part.labels], None)
    assert pack_layers(model.encoder)
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    model.to(device).train()
    optimizer = torch.optim.AdamW(weight_groups(model, settings.weight_decay), lr=settings.lr, fused=True)

    def ready(items: Any) -> list[Any]:
        cuts = micro_batches(race.features, items, settings.micro_tokens, packed=True)
        return [part.form.collate(race.features, cut, part.special, (0,)).to(device) for cut in cuts]

    def turn(number: int) -> float:
        for i, batches in enumerate([ready(items) for items in race.rounds[number]]):
            if i == 1:
                started = clock()
            terms = sum(part.form.terms(batch) for batch in batches)
            for batch in batches:
                (model(0, batch) / terms).backward()
            torch.nn.utils.clip_grad_norm_(model.parameters(), settings.clip)
            optimizer.step()
            optimizer.zero_grad()
        return clock() - started

    return turn


def trainer_side(race: Race, width: int | None) -> Turn:
    import numpy as np
    import torch
    import transformers

    case, on_gpu = race.case, torch.cuda.is_available()
    names = {"classification": "SequenceClassification", "choice": "MultipleChoice", "span": "QuestionAnswering"}
    auto = getattr(transformers, f"AutoModelFor{names.get(case.format, 'TokenClassification')}")
    outputs = {} if case.format == "choice" else {"num_labels": case.outputs}
    marks: list[float] = []

    class Marks(transformers.TrainerCallback):  # type: ignore[misc]
        def on_step_end(self, *_: Any, **__: Any) -> None:
            marks.append(clock())

    told = {
        "per_device_train_batch_size": case.batch,
        "max_steps": len(race.rounds[0]),
        "learning_rate": TRAINED["lr"],
        "weight_decay": TRAINED["weight_decay"],
        "max_grad_norm": TRAINED["clip"],
        "train_sampling_strategy": "sequential",  # of examples that lie in a random order, the one of all sides
        "remove_unused_columns": False,
        "dataloader_pin_memory": on_gpu,
        "use_cpu": not on_gpu,
    }
    quiet = {"save_strategy": "no", "report_to": "none", "disable_tqdm": True}
    trainer = transformers.Trainer(
        model=auto.from_pretrained(race.base, **outputs),
        args=transformers.TrainingArguments(output_dir=str(race.base / "trainer"), **told, **quiet),
        data_collator=collator(case, width),
        callbacks=[Marks()],
    )
    trainer.remove_callback(transformers.PrinterCallback)
    assert not trainer.accelerator.use_distributed, "it would spend time on talking to itself"

    def turn(number: int) -> float:
        items = np.concatenate(race.rounds[number])
        trainer.train_dataset = [example(case, race.features, int(item)) for item in items]
        marks.clear()
        trainer.train()
        return marks[-1] - marks[0]

    return turn


def turn_of(side: str, race: Race) -> Turn:
    """A side, ready to run. DeepSpeed wants to be told its rank by the environment; Trainer would talk to others."""
    if side == "engine":
        return engine_side(race)
    if side == "bare":
        return bare_side(race)
    told = {name: os.environ.pop(name) for name in ("RANK", "LOCAL_RANK", "WORLD_SIZE")}
    turn = trainer_side(race, race.case.limit if side == "maximal" else None)
    os.environ |= told
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
PADDING = "   padding in dynamic, maximal"


@dataclass(frozen=True)
class Result:
    """Of one task: useful tokens a second of each side, how many times as long as the engine each side took, and the
    share of padding in dynamic and maximal batches. Medians over the rounds."""

    speed: dict[str, float]
    times: dict[str, float]
    padding: tuple[float, float]


def compare(args: argparse.Namespace, lengths: Lengths | None, folder: Path) -> None:
    """The tables of speed and overhead."""
    import transformers

    transformers.logging.set_verbosity_error()
    transformers.logging.disable_progress_bar()
    cases = [case for case in CASES if case.name in args.tasks]
    sides = ("engine", "bare", *(("dynamic", "maximal") if "speed" in args.tables else ()))
    wide = {"width": args.width, "layers": args.layers, "heads": args.width // 64, "inner": 4 * args.width}
    base = draw_base(wide, args.vocabulary, folder / "wide")
    rows: dict[str, list[Result]] = {(title := f"width {args.width}"): []}
    full = "speed" in args.tables
    if full:
        print(f"{'tokens/s':12}" + "".join(f"{head:>12}" for head in (*sides, "of dynamic", "of maximal")) + PADDING)
    for case in cases:
        rows[title].append(result := ran(args, case, lengths, base, sides, args.rounds))
        if full:
            figures = "".join(f"{result.speed[side]:12,.0f}" for side in sides)
            figures += "".join(f"{result.times[side]:12.2f}" for side in sides[2:])
            print(
                f"{case.name:12}{figures}{result.padding[0]:{len(PADDING) - 6}.0%}, {result.padding[1]:4.0%}",
                flush=True,
            )
    if full:
        means = (geometric_mean([result.times[side] for result in rows[title]]) for side in sides[2:])
        print(f"{'mean':60}" + "".join(f"{mean:12.2f}" for mean in means))
    if "overhead" in args.tables:
        base = draw_base(MINIATURE, PIECES, folder / "miniature")
        rows["miniature"] = [ran(args, case, lengths, base, sides[:2], SMALL * args.rounds) for case in cases]
        print(f"\n{'overhead':12}" + "".join(f"{name:>12}" for name in (*(case.name for case in cases), "mean")))
        for title, results in rows.items():
            added = [1 / result.times["bare"] for result in results]
            print(f"{title:12}" + "".join(f"{share - 1:12.1%}" for share in (*added, geometric_mean(added))))


def ran(
    args: argparse.Namespace, case: Case, lengths: Lengths | None, base: Path, sides: tuple[str, ...], rounds: int
) -> Result:
    """All sides over one task, in turns, every other round from the last to the first."""
    import numpy as np
    import torch.distributed as dist

    from xstilts.engine.parts import mixture_of
    from xstilts.engine.ranks import start

    rng = np.random.default_rng(0)
    each = args.steps + 1
    found = lengths[case.name] if lengths else drawn_lengths(case, 2000, rng)
    race = Race(case, features_of(case, found, rng), [[None] * each for _ in range(rounds)], base, args.threads)
    mixture = mixture_of([race.part], race.settings, SEED)
    for number in range(rounds * each):
        race.rounds[number // each][number % each] = mixture[number].items
    if not dist.is_initialized():
        start(race.settings)
    turns = {side: turn_of(side, race) for side in sides}
    seconds: dict[str, list[float]] = {side: [] for side in sides}
    for number in range(rounds):
        for side in sides[:: -1 if number % 2 else 1]:
            seconds[side].append(turns[side](number))
    turns.clear()
    gc.collect()
    counted = [[found[items] for items in steps[1:]] for steps in race.rounds]
    tokens = [sum(int(step.sum()) for step in steps) for steps in counted]
    steps = [step for steps in counted for step in steps]
    return Result(
        {side: median(n / s for n, s in zip(tokens, taken, strict=True)) for side, taken in seconds.items()},
        {side: median(a / b for a, b in zip(taken, seconds["engine"], strict=True)) for side, taken in seconds.items()},
        (
            1 - sum(tokens) / sum(step.size * int(step.max()) for step in steps),
            1 - sum(tokens) / sum(step.size * case.limit for step in steps),
        ),
    )


def start_up(args: argparse.Namespace, folder: Path) -> None:
    """The table of starting up, with the miniature's shape: a large model's weights are read as long by anyone."""
    import numpy as np

    from xstilts.config.spec import PartSpec, StageSpec
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
    stage = StageSpec(name="", parts=(part,), batch=case.batch, steps=100, **TRAINED)
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
