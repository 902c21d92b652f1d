"""What a whole study would take, as it could be told before its first job: the plan that the report compares with.

It depends on configuration, code and registries alone. Nothing that has run is looked at, neither benchmarks nor the
sizes of records and models: a plan that had learned from the jobs it is compared with would prove nothing, and a plan
that changed as jobs finish would make the report anew each time.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from xstilts.cost.costs import Costs
from xstilts.cost.estimate import Estimate
from xstilts.cost.finished import FOLDERS
from xstilts.plan import Plan
from xstilts.planner.kinds import ORDER, kind_of
from xstilts.report.planned import PlannedJobs, StudyPlan

NOWHERE = "/dev/null"
"""A folder of results in which nothing is, ever: no path leads below a file."""
DIGITS = 3  # of seconds: other machines round the last bits otherwise


def study_plan(plan: Plan) -> StudyPlan:
    """The plan of a study before it has begun. Costs 50 ms with a thousand jobs."""
    blank = before(plan)
    costs = Costs(blank, blank.site, learn=False)
    top = blank.checkpoints.folder("")
    for_targets = {str(file.parent.relative_to(top)) for file in blank.checkpoints.files("targets")}
    alike: dict[tuple[str, float, float, int, bool], list[str]] = defaultdict(list)
    for rule, wildcards in jobs_of(blank):
        name = "/".join(wildcards.values())
        estimate = costs.of(rule, wildcards)
        kind = kind_of(rule, rule == "train_checkpoint" and name in for_targets, work=True)
        alike[(kind, *_figures(estimate))].append(f"{FOLDERS[rule]}/{name}")
    found = [
        PlannedJobs(kind=kind, seconds=wall, cpu_seconds=cpu, gpus=gpus, guessed=guessed, names=tuple(names))
        for (kind, wall, cpu, gpus, guessed), names in alike.items()
    ]
    return StudyPlan(
        study=plan.name,
        world=plan.project.settings.world,
        gpu=costs.gpu.name,
        jobs=tuple(sorted(found, key=lambda jobs: ORDER.index(jobs.kind))),
    )


def before(plan: Plan) -> Plan:
    """The same plan without any results. It is asked for no fingerprint of code, and so for no program."""
    settings = plan.project.settings.model_copy(update={"results": NOWHERE})
    return Plan(replace(plan.project, settings=settings), Path(), plan.site, learn=False)


def jobs_of(plan: Plan) -> Iterator[tuple[str, dict[str, str]]]:
    """Rule and wildcards of each job that a study needs, without those that fetch and those that make the report."""
    trained = plan.checkpoints.trained
    evaluated = [_node_and_target(file, plan.scores.folder) for file in plan.scores.files]
    tokens = [file for node in trained for split in ("train", "dev") for file in plan.checkpoints.tokens(node, split)]
    tokens += [file for node, target in evaluated for file in plan.predictions.inputs(node, target, "tokens")]
    encoded = dict.fromkeys(_parts(file, plan.results / "tokens") for file in tokens)
    drawn = {base: plan.world.bases[base].scratch for base in trained if "/" not in base}
    tokenizers = dict.fromkeys(scratch.tokenizer for scratch in drawn.values() if scratch)

    records = [plan.tokenizers.text(tokenizer, "parquet") for tokenizer in tokenizers]
    records += [plan.results / "records" / data / split for _, data, split in encoded]
    records += [file for _, data, _ in encoded for file in plan.tokens.labels_from(data)]
    for data, split in dict.fromkeys(_parts(file, plan.results / "records") for file in records):
        yield "prepare_records", {"data": data, "split": split}
    for tokenizer in tokenizers:
        yield "train_tokenizer", {"tokenizer": tokenizer}
    for tokenizer, data, split in encoded:
        yield "encode_tokens", {"tokenizer": tokenizer, "data": data, "split": split}
    for base in drawn:
        yield "draw_base", {"base": base}
    for node in trained:
        parent, _, stage = node.rpartition("/")
        yield ("train_checkpoint", {"parent": parent, "stage": stage}) if parent else ("pretrain_base", {"base": node})
    for node, target in evaluated:
        yield "predict_target", {"node": node, "target": target}
    for file in plan.alignment.probed():
        node, target = _node_and_target(file, plan.alignment.folder)
        yield "measure_alignment", {"node": node, "target": target}
    for node, target in evaluated:
        yield "score_target", {"node": node, "target": target}


def _parts(file: Path, folder: Path) -> tuple[str, ...]:
    return file.relative_to(folder).with_suffix("").parts


def _node_and_target(file: Path, folder: Path) -> tuple[str, str]:
    *node, target = _parts(file, folder)
    return "/".join(node), target


def _figures(estimate: Estimate) -> tuple[float, float, int, bool]:
    """What is kept of an estimate."""
    seconds, cpu_seconds = (round(value, DIGITS) for value in (estimate.seconds, estimate.cpu_seconds))
    return seconds, cpu_seconds, estimate.gpus, estimate.source == "not known"
