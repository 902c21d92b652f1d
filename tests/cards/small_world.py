"""A world of a few rows and steps, made as the workflow makes it: python small_world.py OUT.

Records, tokens, a base pretrained from scratch, an intermediate, a target below it, and a mixture, below OUT/nano.
"""

import shutil
import sys
from dataclasses import asdict
from pathlib import Path

from xstilts.encode import encode_split
from xstilts.engine import ranks
from xstilts.engine.parts import open_parts
from xstilts.engine.scratch import draw
from xstilts.engine.stage import Node, write
from xstilts.engine.train import train
from xstilts.files import digest_of, write_digest, write_json
from xstilts.formats import format_named
from xstilts.layout import TOKENIZER_FILES, checkpoint_digest
from xstilts.plan.plan import open_plan
from xstilts.records import read_records, write_records
from xstilts.sources import Source
from xstilts.specs import ScratchSpec
from xstilts.tokenizer import train_tokenizer

ROOT = Path(__file__).parents[2]
BASE, MNLI, XNLI, MIXED = NODES = ("tiny", "tiny/s1/mnli", "tiny/s1/mnli/xnli", "tiny/s1/hellaswag+mlm+squad")
ROWS = {"train": 40, "dev": 12}
TRAINED = {task: {"rows": ROWS} for task in ("mlm", "mnli", "hellaswag", "squad")}
WORLD = {
    "tasks": TRAINED | {"xnli": {"rows": ROWS | {"test": 8}}},
    "training": {"steps": 6, "batch": 4, "evaluate_every": 2, "dev_examples": 8, "warmup": 0.99},
    "mixtures": {"steps": 6},
    "stages": {"pretrain": {"steps": 6, "batch": 4, "evaluate_every": 2, "ranks": 1}, "xnli": {"steps": 4}},
}  # fmt: skip


def main(out: Path) -> None:
    plan = open_plan({"world": "nano", "study": "quickstart", "results": str(out), "worlds": {"nano": WORLD}}, ROOT)
    results = plan.results
    for data in ("mlm", "mnli", "hellaswag", "squad", "xnli"):
        for split in ("train", "dev", *(("test",) if data == "xnli" else ())):
            make_records(plan, data, split)
    tokenizer = results / "tokenizers" / "mini"
    tokenizer.mkdir(parents=True)
    text = read_records(results / "records" / "mlm" / "train.parquet")["text"].to_pylist()
    train_tokenizer(text, 200, tokenizer)
    for data in ("mlm", "mnli", "hellaswag", "squad", "xnli"):
        for split in ("train", "dev"):
            make_tokens(plan, data, split, tokenizer)
    make_drawn(plan.bases.scratch_spec("tiny"), tokenizer, results / "drawn" / "tiny")
    ranks.start()
    for node in NODES:
        make_checkpoint(plan, node)


def make_records(plan, data, split):
    spec, place = plan.records.spec(data, split), plan.results / "records" / data
    source = Source(spec)
    told = {"spec": spec.model_dump(mode="json"), "code": "c0de", "files": [], "left_out": {}}
    written = write_records(source, format_named(spec.format), spec.labels, lambda: told, place / f"{split}.parquet")
    write_json(place / f"{split}.json", {**told, "rows": written.rows, "digest": written.digest})


def make_tokens(plan, data, split, tokenizer):
    spec, place = plan.tokens.spec(data, split), plan.results / "tokens" / "mini" / data
    records, arrow = plan.results / "records" / data / f"{split}.parquet", place / f"{split}.arrow"
    counts = encode_split(spec, records, tokenizer / "tokenizer.json", spec.labels, arrow)
    write_json(place / f"{split}.json", {"spec": spec.model_dump(mode="json"), **asdict(counts)})
    write_digest(place / f"{split}.digest", digest_of([arrow]))


def make_drawn(spec: ScratchSpec, tokenizer: Path, folder: Path) -> None:
    draw(spec, tokenizer, folder)
    for name in TOKENIZER_FILES:
        shutil.copyfile(tokenizer / name, folder / name)
    write_digest(folder / "digest", checkpoint_digest(folder))


def make_checkpoint(plan, path):
    drawn = plan.results / "drawn" / "tiny"
    node = Node(
        spec=plan.checkpoints.spec(path),
        code="c0de",
        running=plan.checkpoints.running(path),
        parent=plan.checkpoints.parent(path) if "/" in path else drawn,
        base=plan.checkpoints.base(path) if "/" in path else drawn,
        train=tuple(plan.checkpoints.tokens(path, "train")),
        dev=tuple(plan.checkpoints.tokens(path, "dev")),
        out=plan.checkpoints.folder(path),
    )
    parts = open_parts(node.settings, node.train, node.dev)
    write(node, train(parts, node.parent, node.base, node.settings, node.spec.seed))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
