"""Draw a study's figures from its findings: each as SVG and PNG, and its numbers as CSV.

Input   findings.json of the study
Output  OUT/NAME.{svg,png,csv} of every figure; one without data is a frame that says why
Cost    seconds; some ten for 11 recipes, nine targets and 40 languages

Example, after `snakemake -c2`:
    python scripts/draw_figures.py --findings results/mini/report/quickstart/findings.json --out /tmp/figures
"""

from pathlib import Path

from xstilts.command import findings_arguments, run
from xstilts.report.figures.draw import draw_all
from xstilts.report.findings import Findings


def main() -> None:
    parser = findings_arguments(__doc__)
    parser.add_argument("--out", required=True, type=Path, help="folder of the figures")
    args = parser.parse_args()
    draw_all(Findings.read(args.findings), args.out)


if __name__ == "__main__":
    run(main)
