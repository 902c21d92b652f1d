"""Make the report of a study from its scores: one self-contained page, and its tables.

Input   a spec, the folder of scores (OUT.json and OUT.parquet of every evaluation)
Output  report.html, scores.csv (every figure of every evaluation), recipes.csv (recipes by targets, with differences)
Cost    seconds; minutes with test sets of tens of thousands of examples

Example, after `snakemake -c2`:
    python scripts/make_report.py --scores results/mini/scores --out /tmp/report --spec '{"study": "quickstart",
        "world": "mini", "asks": "Does MNLI help XNLI?", "baseline": "none", "bases": ["tiny"], "seeds": [1],
        "recipes": {"none": "", "mnli": "mnli"}, "targets": {"xnli": {"title": "XNLI", "stage": "xnli"}}}'
"""

from pathlib import Path

from xstilts.command import arguments, run
from xstilts.report.make import make_report
from xstilts.specs import ReportSpec


def main() -> None:
    parser = arguments(__doc__)
    parser.add_argument("--scores", type=Path, help="folder of the score files; left out: the one of OUT's world")
    parser.add_argument("--out", required=True, type=Path, help="folder of the outputs")
    args = parser.parse_args()
    scores = args.scores or args.out.parents[1] / "scores"
    for found in make_report(ReportSpec.read(args.spec), scores, args.out, args.code):
        for recipe, outcome in found.means.items():
            gain = outcome.gain
            against = f"  {gain.value:+5.1f} [{gain.low:.1f}, {gain.high:.1f}]" if gain else ""
            print(f"{found.base} {recipe:16} {outcome.everywhere.value:6.1f}{against}")


if __name__ == "__main__":
    run(main)
