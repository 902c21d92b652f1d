"""Predict one target with one checkpoint, in all its languages. Never trains.

Input   a spec; the checkpoint's folder; for each split a record file and its token file
Output  OUT.parquet (id, language, split, prediction, score, gold, and what the metric needs), OUT.json, OUT.digest
Cost    one pass over the target's test data

Example, on a CPU, after `snakemake -c2`:
    python scripts/predict_target.py --spec results/mini/predictions/tiny/tatoeba.json \\
        --checkpoint results/mini/checkpoints/tiny --records results/mini/records/tatoeba/test.parquet \\
        --tokens results/mini/tokens/mini/tatoeba/test.arrow --out /tmp/tatoeba
"""

from pathlib import Path

from xstilts.command import arguments, run
from xstilts.engine.predict import predict_target
from xstilts.specs import PredictSpec


def main() -> None:
    parser = arguments(__doc__)
    parser.add_argument("--checkpoint", required=True, type=Path, help="folder of the checkpoint")
    parser.add_argument(
        "--records", required=True, type=Path, nargs="+", help="record files, in the order of the splits"
    )
    parser.add_argument("--tokens", required=True, type=Path, nargs="+", help="token files, in the order of the splits")
    parser.add_argument("--out", required=True, type=Path, help="path of the outputs, without their suffix")
    parser.add_argument("--micro-tokens", type=int, default=4096, help="padded tokens in a batch")
    parser.add_argument("--threads", type=int, default=1, help="CPU threads")
    args = parser.parse_args()
    running = {"micro_tokens": args.micro_tokens, "threads": args.threads}
    predict_target(
        PredictSpec.read(args.spec), running, args.checkpoint, args.records, args.tokens, args.out, args.code
    )


if __name__ == "__main__":
    run(main)
