"""Score the predictions of one target: rows by language and metric with intervals, and statistics by example.

Input   a spec, a prediction file, the digest of the checkpoint that it should be of, the records that it should answer
Output  OUT.json (score rows; workflow/schemas/scores.schema.json), OUT.parquet (per-example statistics, for paired
        comparisons)
Cost    seconds; no model is read

Example, after `snakemake -c2`:
    python scripts/score_target.py --spec results/mini/scores/tiny/tatoeba.json \\
        --predictions results/mini/predictions/tiny/tatoeba.parquet --checkpoint results/mini/checkpoints/tiny/digest \\
        --records results/mini/records/tatoeba/test.parquet --out /tmp/tatoeba
"""

from pathlib import Path

from xstilts.command import arguments, run
from xstilts.files import read_digest
from xstilts.score import score_target
from xstilts.specs import ScoreSpec


def main() -> None:
    parser = arguments(__doc__)
    parser.add_argument("--predictions", required=True, type=Path, help="Parquet file of predictions")
    parser.add_argument("--checkpoint", required=True, type=Path, help="the digest file of the checkpoint")
    parser.add_argument(
        "--records", required=True, type=Path, nargs="+", help="record files, in the order of the splits"
    )
    parser.add_argument("--out", required=True, type=Path, help="path of the outputs, without their suffix")
    args = parser.parse_args()
    spec = ScoreSpec.read(args.spec)
    rows = score_target(spec, args.predictions, read_digest(args.checkpoint), args.records, args.out, args.code)
    for row in rows:
        if row.metric == "score":
            low, high = row.interval_95
            print(f"{row.language:6} {row.split:4} {row.value:6.1f}  [{low:.1f}, {high:.1f}]  n={row.n}")


if __name__ == "__main__":
    run(main)
