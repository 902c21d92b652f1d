"""Compare the recipes of a study: every score and difference with its interval, claims, published figures.

Input   a spec, the folder of a world's results: scores/<node>/<target>.{json,parquet} and the checkpoints' records.
        Evaluations that are not there are told as missing.
Output  OUT/findings.json, which page, figures, tables and cards are made from; OUT/scores.csv, every figure of every
        evaluation
Cost    seconds; half a minute for XTREME's nine targets with 33 runs each

Example, after `snakemake -c2`:
    python scripts/compare_recipes.py --results results/mini --out /tmp/report --spec '{"study": "quickstart",
        "world": "mini", "asks": "Does MNLI help XNLI?", "baseline": "none", "bases": ["tiny"], "seeds": [1],
        "recipes": {"none": "", "mnli": "mnli"}, "targets": {"xnli": {"title": "XNLI", "stage": "xnli"}}}'
"""

from pathlib import Path

from xstilts.command import arguments, run
from xstilts.files import write_text
from xstilts.report.compare import compare
from xstilts.report.findings import MEAN
from xstilts.report.rows import scores_csv
from xstilts.report.scores import read_scores
from xstilts.specs import ReportSpec


def main() -> None:
    parser = arguments(__doc__)
    parser.add_argument("--results", required=True, type=Path, help="folder of the world's results")
    parser.add_argument("--out", required=True, type=Path, help="folder of the outputs")
    args = parser.parse_args()
    spec = ReportSpec.read(args.spec)
    scores = read_scores(spec, args.results / "scores")
    findings = compare(spec, scores, args.results / "checkpoints", args.code)
    write_text(args.out / "scores.csv", scores_csv(spec, scores))
    write_text(args.out / "findings.json", findings.model_dump_json())
    for found in findings.bases:
        for recipe in spec.recipes:
            one = found.outcome(recipe, MEAN)
            level = f"{one.score.value:6.1f}" if one.score else "     –"
            against = f"  {one.gain.value:+5.1f} [{one.gain.low:.1f}, {one.gain.high:.1f}]" if one.gain else ""
            print(f"{found.base} {recipe:16} {level}{against}")
        if found.missing:
            print(f"{found.base}: {len(found.missing)} of {len(found.runs)} evaluations are missing")


if __name__ == "__main__":
    run(main)
