# Sequential transfer as a tree of checkpoints: see docs/design.md. Named targets are in workflow/rules/collect.smk.
import shlex
import sys
from pathlib import Path

from snakemake.utils import min_version

sys.path.insert(0, str(Path(workflow.basedir, "src")))  # this checkout's package, whichever is installed,
for name in [name for name in sys.modules if name.partition(".")[0] == "xstilts"]:
    del sys.modules[name]  # and profiles have imported
from xstilts.plan import open_plan

min_version("9.19")
shell.prefix(f"export PATH={shlex.quote(f'{workflow.basedir}/scripts')}:$PATH; ")  # rules start programs by `launch`


report: "workflow/report/workflow.rst"


configfile: "config/config.yaml"


plan = open_plan(config, Path(workflow.basedir), workflow.is_main_process, workflow.overwrite_configfiles)


container: plan.site.container  # None, where config/site.yaml names no image


pathvars:
    results=str(plan.results),
    downloads=plan.project.settings.downloads,


wildcard_constraints:
    base="[^/]+",
    tokenizer="[^/]+",
    data="[^/]+",
    split="train|dev|test",
    release="[^/]+",
    way="hub|original",
    stage="[^/]+",
    target="[^/]+",
    study="[^/]+",


rule all:
    input:
        plan.report.page(),
        plan.report.tables(),
        plan.report.cards(),
        plan.alignment.probed(),
        plan.checkpoints.pruned(),
        plan.checkpoints.cleared_states(),
    localrule: True
    message:
        "The report: {input[0]}"


include: "workflow/rules/prepare.smk"
include: "workflow/rules/train.smk"
include: "workflow/rules/evaluate.smk"
include: "workflow/rules/alignment.smk"
include: "workflow/rules/report.smk"
include: "workflow/rules/submission.smk"
include: "workflow/rules/collect.smk"
