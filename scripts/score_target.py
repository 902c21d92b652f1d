"""Score the predictions of one target: rows by language and metric with intervals, and statistics by example.

Input   a spec, a prediction file
Output  OUT.json (score rows), OUT.parquet (per-example statistics, for paired comparisons)
Cost    seconds; no model is read

Example, after `snakemake -c2`:
    python scripts/score_target.py --spec results/mini/scores/tiny/tatoeba.json \\
        --predictions results/mini/predictions/tiny/tatoeba.parquet --out /tmp/tatoeba
"""

from pathlib import Path

from xstilts.command import arguments, run
from xstilts.score import score_target
from xstilts.specs import ScoreSpec


def main() -> None:
    parser = arguments(__doc__)
    parser.add_argument("--predictions", required=True, type=Path, help="Parquet file of predictions")
    parser.add_argument("--out", required=True, type=Path, help="path of the outputs, without their suffix")
    args = parser.parse_args()
    rows = score_target(ScoreSpec.read(args.spec), args.predictions, args.out, args.code)
    for row in rows:
        if row["metric"] == "score":
            low, high = row["interval_95"]
            print(f"{row['language']:6} {row['value']:6.1f}  [{low:.1f}, {high:.1f}]  n={row['n']}")


if __name__ == "__main__":
    run(main)
