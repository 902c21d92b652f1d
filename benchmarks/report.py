"""How long does a report of the whole replication take, and how large is it?

Score files of real shape are generated: 11 recipes, XTREME's nine targets in their languages with as many test examples
as the real sets have, 3 seeds. Then the programs of the report run on them, one after the other, each timed.

    python benchmarks/report.py                 the whole grid: some minutes, most of them for the score files
    python benchmarks/report.py --share .1      a tenth of the examples
    python benchmarks/report.py --keep FOLDER   leave everything there, and use score files that are there
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import time
import zlib
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from xstilts.command import versions
from xstilts.files import write_json
from xstilts.formats.encoding import Encoding
from xstilts.metrics import metric_named
from xstilts.score import rows_of
from xstilts.scores import Record
from xstilts.specs import ReportSpec, ScoreSpec, TargetSpec
from xstilts.tasks import SUITES, TASKS, Task
from xstilts.tasks.sizes import sizes

ROOT = Path(__file__).parents[1]
RECIPES = ("", "anli", "mnli", "qqp", "squad", "squad2", "hellaswag", "ccg", "cosmosqa", "csqa", "all9")
MINED = 0.025
USUAL = 1000  # test examples where the registry knows no number


def spec() -> ReportSpec:
    """The replication: what the report is told of it."""
    return ReportSpec(
        study="replication",
        world="real",
        asks="Which English intermediate task helps XTREME's nine targets most, and does their mixture help more?",
        baseline="none",
        bases=("xlmr-large",),
        seeds=(1, 2, 3),
        recipes={path or "none": path for path in RECIPES},
        targets={name: TargetSpec(title=TASKS[name].title, stage=TASKS[name].stage) for name in SUITES["xtreme"]},
        hubs={"xlmr-large": "FacebookAI/xlm-roberta-large"},
    )


def examples(task: Task, language: str) -> int:
    """Of the task's test in a language."""
    known = (sizes().get(release) for release in task.releases)
    return next((n for size in known if size and (n := size.rows_in("test", language))), USUAL)


def statistics(task: Task, n: int, rng: np.random.Generator, level: float, hard: np.ndarray) -> dict[str, np.ndarray]:
    """What the task's metric counts in n examples, right in about `level` of them."""
    right = (rng.random(n) * 0.6 + hard * 0.4 < level).astype(float)
    ones = np.ones(n)
    match task.metric:
        case "entities":
            gold = rng.poisson(2.0, n) + 1.0
            return {"both": np.floor(gold * right), "said": gold, "gold": gold}
        case "squad" | "mlqa":
            return {"em": right, "f1": np.maximum(right, rng.random(n) * level), "counted": ones}
        case "mining":  # few sentences have a translation
            gold = (hard < MINED).astype(float)
            right = gold * (rng.random(n) < level)
            return {"right": right, "kept": np.maximum(right, rng.random(n) < MINED / 5), "gold": gold}
        case "nearest":
            layers = {f"accuracy@{layer}": right for layer in range(25)}
            return {"accuracy": right, "counted": ones, **layers, **{f"{k[:8]}_centred{k[8:]}": right for k in layers}}
    return {"right": right, "counted": ones}


def write(spec: ReportSpec, folder: Path, share: float) -> None:
    """Score files of all cells."""
    for cell in {(cell.node, cell.target): cell for cell in spec.cells}.values():
        task, rng = TASKS[cell.target], np.random.default_rng(zlib.crc32(f"{cell.node} {cell.target}".encode()))
        bonus, tables, rows = 0.02 * rng.standard_normal() + 0.01 * RECIPES.index(spec.recipes[cell.recipe]), [], []
        metric = metric_named(task.metric)
        for code in task.languages:
            n = max(20, round(share * examples(task, code)))
            of_test = np.random.default_rng(zlib.crc32(f"{cell.target} {code}".encode()))
            hard, ease = of_test.random(n), 0.5 + 0.3 * of_test.random()
            counted = statistics(task, n, rng, ease + bonus, hard)
            tables.append(pa.table({"language": [code] * n, "split": ["test"] * n, **counted}))
            names = tuple(name for name in counted if "@" not in name)
            some = np.stack([counted[name] for name in names], axis=1)[:200]  # intervals of rows are not what is timed
            rows += rows_of(metric, names, some, code, "test")
        told = ScoreSpec(
            base=cell.base,
            recipe=spec.recipes[cell.recipe],
            seed=cell.seed,
            node=cell.node,
            task=cell.target,
            format=task.format,
            metric=task.metric,
            labels=task.labels,
            languages=task.languages,
            splits=("test",),
            encoding=Encoding(max_length=128),
            chance=task.chance,
        )
        digest = f"{zlib.crc32(cell.node.encode()):08x}" * 8
        record = Record(
            spec=told,
            code="c0de",
            checkpoint=digest,
            data=(digest,),
            predictions=digest,
            versions=versions(),
            rows=tuple(rows),
        )
        out = folder / cell.node / f"{cell.target}.json"
        out.parent.mkdir(parents=True, exist_ok=True)
        write_json(out, record.model_dump(mode="json"))
        pq.write_table(pa.concat_tables(tables), out.with_suffix(".parquet"), compression="zstd")


def timed(program: str, *arguments: object) -> float:
    """Seconds of one program."""
    begun = time.perf_counter()
    subprocess.run([sys.executable, ROOT / "scripts" / f"{program}.py", *map(str, arguments)], check=True)
    return time.perf_counter() - begun


def measure(folder: Path, share: float) -> None:
    results, out = folder / "results", folder / "report"
    if not (results / "scores").is_dir():
        write(spec(), results / "scores", share)
    findings = out / "findings.json"
    steps = {
        "compare_recipes": ["--spec", spec().text(), "--results", results, "--out", out],
        "draw_figures": ["--findings", findings, "--out", out / "figures"],
        "write_tables": ["--findings", findings, "--out", out / "tables"],
        "make_report": ["--findings", findings, "--figures", out / "figures", "--out", out / "report.html"],
    }
    took = {program: timed(program, *given) for program, given in steps.items()}
    tested = sum(
        max(20, round(share * examples(TASKS[name], code))) for name in spec().targets for code in TASKS[name].languages
    )
    print(f"{len(RECIPES)} recipes, {len(spec().targets)} targets, {len(spec().seeds)} seeds, {tested:,} test examples")
    for program, seconds in took.items():
        print(f"  {program:16} {seconds:6.1f} s")
    print(f"  {'together':16} {sum(took.values()):6.1f} s")
    page = out / "report.html"
    print(f"report.html: {page.stat().st_size / 1e6:.1f} MB, findings.json: {findings.stat().st_size / 1e6:.1f} MB")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--share", type=float, default=1.0, help="of the test examples")
    parser.add_argument("--keep", type=Path, help="folder that stays")
    args = parser.parse_args()
    if args.keep:
        measure(args.keep, args.share)
    else:
        with tempfile.TemporaryDirectory() as folder:
            measure(Path(folder), args.share)


if __name__ == "__main__":
    main()
