"""The whole plan, put together from its parts."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from xstilts.available import available
from xstilts.config import Project, load
from xstilts.config.site import Site, open_site
from xstilts.cost.devices import device
from xstilts.errors import UserError
from xstilts.origins import Origins
from xstilts.plan.alignment import Alignment
from xstilts.plan.bases import Bases
from xstilts.plan.checkpoints import Checkpoints
from xstilts.plan.code import Code
from xstilts.plan.downloads import Downloads
from xstilts.plan.facts import Facts
from xstilts.plan.predictions import Predictions
from xstilts.plan.records import Records
from xstilts.plan.report import Report
from xstilts.plan.scores import Scores
from xstilts.plan.submission import Submission
from xstilts.plan.tokenizers import Tokenizers
from xstilts.plan.tokens import Tokens

if TYPE_CHECKING:
    from xstilts.cost.costs import Costs
    from xstilts.cost.requests import Requests
    from xstilts.report.planned import StudyPlan

_opened: list[Plan] = []


def opened() -> Plan | None:
    """The plan that was opened last in this process: Snakemake's plugins have no other way to it."""
    return _opened[-1] if _opened else None


def open_plan(config: Mapping[str, Any], root: Path, learn: bool = True, files: Sequence[Path] = ()) -> Plan:
    """The plan that Snakemake's configuration describes; what is wrong with it ends the program, with a message.

    learn   whether estimates come from finished jobs, where there are any: not in a job, which has what it asked for
    files   what `--configfile` named, so that the report's commands can name it
    """
    try:
        site = open_site(root)
        device(site.gpu.kind)  # or every job would say that there is none of that name
        plan = Plan(load(config, root), root / "scripts", site, learn, files)
    except UserError as error:
        sys.exit(f"error: {error}")
    for sentence in plan.left_out:
        print(f"note: {sentence}", file=sys.stderr)
    _opened.append(plan)
    return plan


class Plan:
    """A study in a world, as Snakemake's rules see it: a part for each kind of result, called as its folder is.

    A part's methods take the wildcards of a rule's outputs: `spec` gives what the job is told, `code` the fingerprint
    of what it runs, `files` what the study wants of the kind.
    """

    def __init__(
        self,
        project: Project,
        scripts: Path,
        site: Site | None = None,
        learn: bool = True,
        files: Sequence[Path] = (),
    ) -> None:
        self.site, self.learn = site or Site(), learn
        self.origins = Origins(project.settings, project.world)
        self.project, self.left_out = available(project, self.origins)
        self.world, self.study = self.project.world, self.project.study
        self.name = project.settings.study
        facts = Facts(self.project, self.origins)
        code = Code(scripts, project.settings.freeze_code)
        self.results = facts.results

        self.records = Records(facts, code, asked=project)
        self.downloads = Downloads(facts, self.records)
        self.tokenizers = Tokenizers(facts, code)
        self.tokens = Tokens(facts, code)
        self.bases = Bases(facts, code)
        self.checkpoints = Checkpoints(facts, code)
        self.predictions = Predictions(facts, code)
        self.scores = Scores(facts, code)
        self.alignment = Alignment(facts, code, self.checkpoints)
        self.report = Report(facts, code, self.left_out, files)
        self.submission = Submission(facts, code)

    @cached_property
    def costs(self) -> Costs:
        """What each job will take."""
        from xstilts.cost.costs import Costs  # which asks the plan in its turn

        return Costs(self, self.site, self.learn)

    @cached_property
    def asks(self) -> Requests:
        """What each job asks of a scheduler."""
        from xstilts.cost.requests import Requests

        return Requests(self)

    @cached_property
    def expected(self) -> StudyPlan:
        """What the whole study would take, as it could be told before its first job."""
        from xstilts.planner.study import study_plan  # which asks the plan in its turn

        return study_plan(self)
