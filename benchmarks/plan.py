"""How right the plan is: calibrated on one study that has finished, what it says of another's jobs, beside what they took.

    python benchmarks/plan.py --results results --known quickstart --asked laboratory

from the repository's root; seconds. Both studies must have been run before, in one world (`--world mini`):

    snakemake -c1 --config study=quickstart && snakemake -c1 --config study=laboratory

The plan is asked in the state before the second study: it sees benchmarks, records and token files of the first study's
jobs alone. With `--known nothing` it sees none at all: this is the model of cost by itself.

What a job took is what Snakemake's benchmark says, but for two things that it does not see. CPU time after its last look
(it looks every half second for 15 seconds, then every 30) is filled in at the rate of the time before; and the memory of a
training is at least the peak of its processes that its curve tells. On a machine where something else is running, times from
start to end are longer than planned, and CPU times somewhat.
"""

from __future__ import annotations

import argparse
import shutil
import sys
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

sys.path.insert(0, str(Path(__file__).parents[1] / "src"))
from xstilts.available import data_of
from xstilts.config import load
from xstilts.config.site import open_site
from xstilts.cost.calibration import Calibration
from xstilts.cost.costs import Costs
from xstilts.cost.finished import Took
from xstilts.cost.works import Works
from xstilts.plan import Plan

ROOT = Path(__file__).parents[1]
NOTHING = "nothing"
NEAR = 0.2  # the error in a job's memory that is allowed


@dataclass(frozen=True)
class Asked:
    """A job: what the plan says of it, and what it took."""

    rule: str
    name: str
    seconds: float
    cpu_seconds: float
    memory: float
    source: str
    took: Took

    @property
    def off(self) -> float:
        """Error of its memory."""
        return self.memory / self.took.memory - 1


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--results", type=Path, default=Path("results"), help="the folder of all results")
    parser.add_argument("--world", default="mini")
    parser.add_argument("--known", default="quickstart", help=f"the study that has finished; or {NOTHING}")
    parser.add_argument("--asked", default="laboratory", help="the study that is planned")
    parser.add_argument("--all", action="store_true", help="also say each job's figures")
    args = parser.parse_args()
    took = {(job.rule, name): job_took for job, name, job_took in measured(args)}
    with TemporaryDirectory() as folder:
        before = Path(folder)
        done = set(before_it(args, before))
        plan = opened(args.world, args.asked, before)
        costs = Costs(plan, open_site(ROOT))
        jobs = list(asked(plan, costs, took, done))
    if not jobs:
        sys.exit(f"{args.results / args.world}: no job of {args.asked!r} has a benchmark that {args.known!r} has not")
    tell(jobs, args.all)


def opened(world: str, study: str, results: Path) -> Plan:
    config = {"world": world, "study": study, "results": str(results.absolute())}
    return Plan(load(config, ROOT), ROOT / "scripts")


def measured(args: argparse.Namespace) -> Iterator[tuple]:
    """What every finished job took."""
    plan = opened(args.world, args.asked, args.results)
    for job in Calibration(Works(plan, Costs(plan, open_site(ROOT)).gpu)).jobs:
        yield job.found, name_of(job.found.rule, job.found.wildcards), job.took


def jobs_of(plan: Plan) -> Iterator[tuple[str, dict[str, str]]]:
    """The jobs of a study that write benchmarks."""
    tokenizers = {base.scratch.tokenizer for name, base in plan.world.bases.items() if name in plan.study.bases}
    for data, split in dict.fromkeys(data_of(plan.project)):
        yield "prepare_records", {"data": data, "split": split}
        for tokenizer in tokenizers:
            yield "encode_tokens", {"tokenizer": tokenizer, "data": data, "split": split}
    for tokenizer in tokenizers:
        yield "train_tokenizer", {"tokenizer": tokenizer}
    for base in plan.study.bases:
        yield "draw_base", {"base": base}
    for node in plan.checkpoints.trained:
        parent, _, stage = node.rpartition("/")
        yield ("train_checkpoint", {"parent": parent, "stage": stage}) if parent else ("pretrain_base", {"base": node})
    for file in plan.scores.files:
        place = file.relative_to(plan.scores.folder)
        wildcards = {"node": str(place.parent), "target": place.stem}
        yield "predict_target", wildcards
        yield "score_target", wildcards
    for file in plan.alignment.probed():
        place = file.relative_to(plan.results / "alignment")
        yield "measure_alignment", {"node": str(place.parent), "target": place.stem}
    yield "make_report", {"study": plan.name}


def name_of(rule: str, wildcards: dict[str, str]) -> str:
    return "/".join(wildcards.values())


def before_it(args: argparse.Namespace, before: Path) -> Iterator[tuple[str, str]]:
    """Lay what the plan may see into a folder: all that jobs of the first study left. Yields these jobs."""
    if args.known == NOTHING:
        return
    results = args.results / args.world
    plan = opened(args.world, args.known, args.results)
    keep: list[str] = []
    for rule, wildcards in jobs_of(plan):
        name = name_of(rule, wildcards)
        yield rule, name
        match rule:
            case "prepare_records":
                keep += [f"benchmarks/records/{name}.jsonl", f"records/{name}.json"]
            case "encode_tokens":
                keep += [f"benchmarks/tokens/{name}.jsonl", f"tokens/{name}.json"]
            case "train_checkpoint" | "pretrain_base":
                keep += [f"benchmarks/checkpoints/{name}.jsonl", f"curves/{name}/curve.jsonl"]
                keep += [f"checkpoints/{name}/{file}" for file in ("training.json", "config.json")]
            case _:
                folder = {"train_tokenizer": "tokenizers", "draw_base": "drawn", "predict_target": "predictions"}
                folder |= {"score_target": "scores", "measure_alignment": "alignment", "make_report": "report"}
                keep.append(f"benchmarks/{folder[rule]}/{name}.jsonl")
    for file in keep:
        if (results / file).is_file():
            (before / args.world / file).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(results / file, before / args.world / file)


def asked(plan: Plan, costs: Costs, took: dict[tuple[str, str], Took], done: set[tuple[str, str]]) -> Iterator[Asked]:
    """The second study's own jobs that have been measured."""
    for rule, wildcards in jobs_of(plan):
        name = name_of(rule, wildcards)
        if (rule, name) not in done and (rule, name) in took:
            one = costs.of(rule, wildcards)
            real = took[rule, name]
            yield Asked(rule, name, one.seconds, one.cpu_seconds, one.memory, one.source, real)


def tell(jobs: list[Asked], every: bool) -> None:
    rules: dict[str, list[Asked]] = defaultdict(list)
    for job in jobs:
        rules[job.rule].append(job)
    print(f"{'':18}{'jobs':>5}{'CPU hours':>22}{'':8}{'hours':>20}{'':8}   memory, error      learned from")
    print(f"{'':18}{'':5}{'planned':>12}{'taken':>10}{'':8}{'planned':>10}{'taken':>10}{'':8}   median    most")
    for rule, some in [*rules.items(), ("all", jobs)]:
        planned, taken = sum(job.cpu_seconds for job in some) / 3600, sum(job.took.cpu_seconds for job in some) / 3600
        wall, real = sum(job.seconds for job in some) / 3600, sum(job.took.seconds for job in some) / 3600
        off = [abs(job.off) for job in some]
        print(
            f"{rule:18}{len(some):5}{planned:12.3f}{taken:10.3f}{planned / taken - 1:+8.0%}{wall:10.3f}{real:10.3f}"
            f"{wall / real - 1:+8.0%}{median(off):9.0%}{max(off):8.0%}      {', '.join({job.source for job in some})}"
        )
    far = [job for job in jobs if abs(job.off) > NEAR]
    print(f"memory: {len(jobs) - len(far)} of {len(jobs)} jobs within {NEAR:.0%}")
    for job in jobs if every else far:
        print(
            f"  {job.rule} {job.name}: {job.memory / 1e6:.0f} MB planned, {job.took.memory / 1e6:.0f} MB taken"
            f" ({job.off:+.0%}); {job.seconds:.1f} s planned, {job.took.seconds:.1f} s taken; CPU {job.cpu_seconds:.1f},"
            f" {job.took.cpu_seconds:.1f}"
        )


if __name__ == "__main__":
    main()
