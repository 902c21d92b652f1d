"""Make the page of a study from its findings and its figures.

Input   findings.json of a study, the folder of its figures as SVG; what was planned and the world's results, if what
        was spent is to be told
Output  one HTML file that loads nothing
Cost    seconds

Example, after `snakemake -c2`:
    python scripts/make_report.py --findings results/mini/report/quickstart/findings.json \
        --figures results/mini/report/quickstart/figures --out /tmp/report.html
"""

from pathlib import Path

from xstilts.command import findings_arguments, run
from xstilts.errors import UserError
from xstilts.files import write_text
from xstilts.report.findings import Findings
from xstilts.report.page import read_figures, render
from xstilts.report.spent import spending


def main() -> None:
    parser = findings_arguments(__doc__)
    parser.add_argument("--figures", required=True, type=Path, help="folder of the figures, from draw_figures")
    parser.add_argument("--plan", type=Path, help="plan.json, what the study was planned to take")
    parser.add_argument("--results", type=Path, help="folder of the world's results; needed with --plan")
    parser.add_argument("--out", required=True, type=Path, help="the page")
    args = parser.parse_args()
    if (args.plan is None) != (args.results is None):
        raise UserError("--plan and --results go together: what was planned, and what was spent")
    spent = spending(args.plan, args.results) if args.plan else None
    write_text(args.out, render(Findings.read(args.findings), read_figures(args.figures), spent, args.code))


if __name__ == "__main__":
    run(main)
