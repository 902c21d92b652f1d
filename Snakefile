# Sequential transfer as a tree of checkpoints: see docs/design.md. Named targets are in workflow/rules/collect.smk.
from pathlib import Path

from snakemake.utils import min_version

from xstilts.plan import open_plan

min_version("9.19")
shell.prefix(f"export PATH={workflow.basedir}/scripts:$PATH; ")  # rules start programs by `launch`


configfile: "config/config.yaml"


plan = open_plan(config, Path(workflow.basedir))


pathvars:
    results=str(plan.results),


wildcard_constraints:
    base="[^/]+",
    tokenizer="[^/]+",
    data="[^/]+",
    split="train|dev|test",
    parent=".+",
    stage="[^/]+",
    node=".+",
    target="[^/]+",


rule all:
    input:
        plan.report_files(),
        plan.weights_to_prune(),
    localrule: True
    message:
        "The report: {input[0]}"


include: "workflow/rules/prepare.smk"
include: "workflow/rules/train.smk"
include: "workflow/rules/evaluate.smk"
include: "workflow/rules/report.smk"
include: "workflow/rules/collect.smk"
