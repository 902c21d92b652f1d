"""How right the plan is: calibrated on one study that has finished, what it says of another's jobs and what they took.

    python benchmarks/plan.py --results results --known quickstart --asked laboratory     seconds
    python benchmarks/plan.py --published          the model of cost beside published speeds of BERT-Large on GPUs

from the repository's root. Both studies must have been run before, in one world (`--world mini`):

    snakemake -c1 --config study=quickstart && snakemake -c1 --config study=laboratory

The plan is asked in the state before the second study: it sees benchmarks, records, curves and sizes of token files of
the first study's jobs alone. With `--known nothing` it sees none: this is the model of cost by itself.

What a job took is what Snakemake's benchmark says, but for two things that this does not see. CPU time after its last
look (it looks every half second for 15 seconds, then every 30) is filled in at the rate of the time before; and the
memory of a training is at least the peak of its processes that its curve tells. A job of a second or two may have been
looked at for the last time long before its end, when it had not yet read all libraries: its memory is then known to be
at least so much, and such jobs are counted apart. Where something else runs on the machine, times from start to end are
longer, and CPU times somewhat.
"""

from __future__ import annotations

import argparse
import shutil
import sys
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from xstilts.available import data_of
from xstilts.config import load
from xstilts.config.site import open_site
from xstilts.config.spec import PartSpec, StageSpec
from xstilts.cost.calibration import SEEN, Calibration
from xstilts.cost.costs import Costs
from xstilts.cost.data import Data
from xstilts.cost.devices import device
from xstilts.cost.estimate import Estimate
from xstilts.cost.finished import FOLDERS, Took
from xstilts.cost.laws import LAWS, total
from xstilts.cost.shapes import Shape
from xstilts.cost.training import Portion, Training
from xstilts.plan import Plan

ROOT = Path(__file__).parents[1]
Job = tuple[str, str]  # rule, and its wildcards in one word
NOTHING = "nothing"
NEAR = 0.2  # the error in a job's memory that is allowed

BERT_LARGE = Shape(30_522, 1024, 24, 16, 4096, 512)
PUBLISHED = (
    ("v100-32gb", "fp16", 384, 4, 1, 38.16, "PyTorch"),
    ("v100-32gb", "fp16", 384, 10, 1, 46.00, "PyTorch"),
    ("v100-32gb", "fp16", 384, 10, 4, 164.0, "PyTorch"),
    ("v100-32gb", "fp16", 384, 10, 8, 325.6, "PyTorch"),
    ("v100-32gb", "fp32", 384, 8, 1, 8.64, "PyTorch"),
    ("v100-32gb", "fp32", 384, 8, 1, 11.11, "TensorFlow2"),
    ("v100-32gb", "fp16", 384, 12, 8, 330.29, "TensorFlow2"),
    ("a100-80gb", "fp16", 384, 76, 1, 134.22, "TensorFlow2"),
    ("a100-80gb", "fp16", 384, 76, 8, 1048.23, "TensorFlow2"),
)
"""GPU, precision, tokens of a sequence, sequences a GPU, GPUs, and sequences a second of BERT-Large tuned on SQuAD:
github.com/NVIDIA/DeepLearningExamples, <framework>/LanguageModeling/BERT/README.md, "Training performance results"."""


@dataclass(frozen=True)
class Asked:
    """A job: what the plan says of it, and what it took."""

    rule: str
    name: str
    planned: Estimate
    took: Took

    @property
    def off(self) -> float:
        """Error of its memory."""
        return self.planned.memory / self.took.memory - 1

    @property
    def seen(self) -> bool:
        """Whether the most memory that it held is known."""
        return self.took.seen >= SEEN

    @property
    def right(self) -> bool:
        """Whether its memory is near what was measured; of a job that was not seen at its end, not below that."""
        return self.off >= -NEAR and (self.off <= NEAR or not self.seen)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--results", type=Path, default=Path("results"), help="the folder of all results")
    parser.add_argument("--world", default="mini")
    parser.add_argument("--known", default="quickstart", help=f"the study that has finished; or {NOTHING}")
    parser.add_argument("--asked", default="laboratory", help="the study that is planned")
    parser.add_argument("--all", action="store_true", help="also say each job's figures")
    parser.add_argument("--published", action="store_true", help="compare with published speeds instead")
    args = parser.parse_args()
    if args.published:
        tell_published()
        return
    after = Costs(opened(args.world, args.asked, args.results), open_site(ROOT))
    took = {(job.found.rule, name_of(job.found.wildcards)): job.took for job in after.calibration.jobs}
    with TemporaryDirectory() as folder:
        before = Path(folder)
        done = set() if args.known == NOTHING else lay_out(args, before)
        costs = Costs(opened(args.world, args.asked, before), open_site(ROOT))
        jobs = [job for job in compared(costs, took) if (job.rule, job.name) not in done]
        if not jobs:
            sys.exit(
                f"{args.results / args.world}: no job of {args.asked!r} has a benchmark that {args.known!r} has not"
            )
        tell(jobs, args.all)
        tell_prices(costs.calibration)


def opened(world: str, study: str, results: Path) -> Plan:
    config = {"world": world, "study": study, "results": str(results.absolute())}
    return Plan(load(config, ROOT), ROOT / "scripts")


def jobs_of(plan: Plan) -> Iterator[tuple[str, dict[str, str]]]:
    """The jobs of a study that write benchmarks."""
    bases = {name: base for name, base in plan.world.bases.items() if name in plan.study.bases}
    tokenizers = {base.scratch.tokenizer if base.scratch else name for name, base in bases.items()}
    for data, split in dict.fromkeys(data_of(plan.project)):
        yield "prepare_records", {"data": data, "split": split}
        for tokenizer in tokenizers:
            yield "encode_tokens", {"tokenizer": tokenizer, "data": data, "split": split}
    for tokenizer in tokenizers & plan.world.tokenizers.keys():
        yield "train_tokenizer", {"tokenizer": tokenizer}
    for base in (name for name, base in bases.items() if base.scratch):
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
    yield "compare_recipes", {"study": plan.name}


def name_of(wildcards: Mapping[str, str]) -> str:
    return "/".join(wildcards.values())


def lay_out(args: argparse.Namespace, before: Path) -> set[Job]:
    """Lay what the first study left, as far as a plan reads it, into a folder; returns that study's jobs."""
    done = set[Job]()
    for rule, wildcards in jobs_of(opened(args.world, args.known, args.results)):
        folder, name = FOLDERS[rule], name_of(wildcards)
        done.add((rule, name))
        files = [f"benchmarks/{folder}/{name}.jsonl"]
        if folder in ("records", "tokens"):
            files.append(f"{folder}/{name}.json")
        elif folder == "checkpoints":
            files += [f"checkpoints/{name}/training.json", f"checkpoints/{name}/config.json"]
            files.append(f"curves/{name}/curve.jsonl")
        for file in files:
            source, copy = (root / args.world / file for root in (args.results, before))
            if source.is_file():
                copy.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(source, copy)
    return done


def compared(costs: Costs, took: Mapping[Job, Took]) -> Iterator[Asked]:
    """The jobs of a study that have been measured."""
    for rule, wildcards in jobs_of(costs.plan):
        name = name_of(wildcards)
        if (rule, name) in took:
            yield Asked(rule, name, costs.of(rule, wildcards), took[rule, name])


def tell(jobs: list[Asked], every: bool) -> None:
    rules: dict[str, list[Asked]] = defaultdict(list)
    for job in jobs:
        rules[job.rule].append(job)
    print(f"{'':18}{'':5}{'CPU hours':>16}{'':16}{'hours':>16}{'':16}{'memory, error':>14}")
    print(f"{'':18}{'jobs':>5}" + 2 * f"{'planned':>12}{'taken':>10}{'error':>10}" + f"{'median':>8}{'most':>8}  from")
    for rule, some in [*rules.items(), ("all", jobs)]:
        cpu = sum(job.planned.cpu_seconds for job in some) / 3600, sum(job.took.cpu_seconds for job in some) / 3600
        wall = sum(job.planned.seconds for job in some) / 3600, sum(job.took.seconds for job in some) / 3600
        times = "".join(f"{a:12.3f}{b:10.3f}{a / b - 1:+10.0%}" for a, b in (cpu, wall))
        off = [abs(job.off) for job in some if job.seen] or [0.0]
        sources = ", ".join(sorted({job.planned.source for job in some}))
        print(f"{rule:18}{len(some):5}{times}{median(off):8.0%}{max(off):8.0%}  {sources}")
    seen, others = [job for job in jobs if job.seen], [job for job in jobs if not job.seen]
    print(f"memory: {sum(job.right for job in seen)} of {len(seen)} jobs within {NEAR:.0%}, of those seen to their end")
    print(f"        {sum(job.right for job in others)} of {len(others)} others not below what was seen of them")
    for job in jobs if every else [job for job in jobs if not job.right]:
        print(
            f"  {job.rule} {job.name}: {job.planned.memory / 1e6:.0f} MB planned, {job.took.memory / 1e6:.0f} MB taken"
            f" ({job.off:+.0%}{'' if job.seen else ', not seen to its end'}); {job.planned.seconds:.1f} s planned,"
            f" {job.took.seconds:.1f} s taken; CPU {job.planned.cpu_seconds:.1f} s, {job.took.cpu_seconds:.1f} s"
        )


def tell_prices(calibration: Calibration) -> None:
    """What the finished jobs made of each price."""
    for kind in filter(calibration.learned, LAWS):
        for what, old, new in (
            ("time", LAWS[kind].time, calibration.law(kind).time),
            ("memory", LAWS[kind].memory, calibration.law(kind).memory),
        ):
            told = ", ".join(f"{name} {old[name]:.3g} -> {new[name]:.3g}" for name in old if old[name])
            print(f"{kind}, {what}: {told}")


def tell_published() -> None:
    print(f"{'GPU':12}{'':6}{'tokens':>8}{'batch':>7}{'GPUs':>6}{'published':>12}{'planned':>10}{'error':>8}  source")
    for gpu, precision, length, batch, ranks, known, source in PUBLISHED:
        found = ranks * batch / seconds_of_step(gpu, precision, length, batch, ranks)
        where = f"{gpu:12}{precision:6}{length:8}{batch:7}{ranks:6}"
        print(f"{where}{known:12.1f}{found:10.1f}{found / known - 1:+8.0%}  {source}")


def seconds_of_step(gpu: str, precision: str, length: int, batch: int, ranks: int) -> float:
    """What the model of cost says of a step of BERT-Large, in a long training."""
    steps, items = 1000, 100_000
    data = Data(items, items, items * length, items, 1.0, "tokens")
    part = PartSpec("squad", "", "span", "squad", "squad", ("en",), {})
    stage = StageSpec(
        name="squad",
        parts=(part,),
        lr=3e-5,
        batch=batch * ranks,
        steps=steps,
        precision=precision,  # type: ignore[arg-type]
        ranks=ranks,
        micro_tokens=2 * batch * length,
        device="gpu",
        evaluate_every=steps,
        dev_examples=1,
    )
    work = Training(stage, BERT_LARGE, (Portion(part, data, data, 1.0, 2),), device(gpu), steps).work
    once = {"start", "files"}
    return total(LAWS[work.kind].time, {name: amount for name, amount in work.time.items() if name not in once}) / steps


if __name__ == "__main__":
    main()
