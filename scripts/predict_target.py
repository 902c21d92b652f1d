"""Predict one target with one checkpoint, in all its languages. Never trains.

Input   a spec; the checkpoint's folder; for each split a record file and its token file
Output  OUT.parquet (id, language, split, prediction, score, gold, and what the metric needs), OUT.json, OUT.digest
Cost    one pass over the target's test data; a run that was killed goes on from --state, if it has one

Example, on a CPU, after `snakemake -c2`:
    python scripts/predict_target.py --spec results/mini/predictions/tiny/tatoeba.json \\
        --checkpoint results/mini/checkpoints/tiny --records results/mini/records/tatoeba/test.parquet \\
        --tokens results/mini/tokens/mini/tatoeba/test.arrow --out /tmp/tatoeba
"""

from pathlib import Path

from xstilts.command import arguments, run
from xstilts.engine.predict import Running, predict_target
from xstilts.specs import PredictSpec


def main() -> None:
    parser = arguments(__doc__)
    parser.add_argument("--checkpoint", required=True, type=Path, help="folder of the checkpoint")
    parser.add_argument(
        "--records", required=True, type=Path, nargs="+", help="record files, in the order of the splits"
    )
    parser.add_argument("--tokens", required=True, type=Path, nargs="+", help="token files, in the order of the splits")
    parser.add_argument("--out", required=True, type=Path, help="path of the outputs, without their suffix")
    parser.add_argument("--micro-tokens", type=int, default=Running.micro_tokens, help="tokens in a batch")
    parser.add_argument("--threads", type=int, default=Running.threads, help="CPU threads")
    parser.add_argument("--state", type=Path, help="folder for what a killed run goes on from; left out: none is kept")
    parser.add_argument("--pause", type=float, default=Running.pause, help="seconds of work that a kill may cost")
    parser.add_argument("--device", choices=["any", "gpu"], default="any", help="gpu: refuse to run without one")
    args = parser.parse_args()
    running = Running(args.micro_tokens, args.threads, args.state, args.pause, args.device)
    predict_target(
        PredictSpec.read(args.spec), running, args.checkpoint, args.records, args.tokens, args.out, args.code
    )


if __name__ == "__main__":
    run(main)
