"""Train one stage on one parent: pretraining, an intermediate task, a mixture, or a target's English data.

Input   a spec; the parent's folder; the base's folder (masked LM takes its head from there); token files, one a part
Output  OUT/{model.safetensors, config.json, tokenizer.json, tokenizer_config.json, training.json, README.md, curve.svg,
        digest}
Cost    the whole of a node's training; several ranks by `scripts/launch --ranks N train_checkpoint ...`

A run that is killed goes on from its last state in STATE when it is started again; SIGTERM and Ctrl-C save one first
and end with exit status 75. Curves are in CURVES: curve.jsonl, and TensorBoard's files.

Example, on a CPU, after `snakemake -c2 intermediates` (an intermediate of the miniature, a minute or two):
    python scripts/train_checkpoint.py --spec results/mini/checkpoints/tiny/s1/mnli/training.json \\
        --parent results/mini/checkpoints/tiny --base results/mini/checkpoints/tiny \\
        --train results/mini/tokens/mini/mnli/train.arrow --dev results/mini/tokens/mini/mnli/dev.arrow \\
        --out /tmp/mnli --state /tmp/mnli.state --running save_minutes=.1,micro_tokens=8192
"""

from pathlib import Path

from xstilts.command import arguments, run
from xstilts.engine.stage import Node, train_node
from xstilts.specs import TrainSpec


def main() -> None:
    parser = arguments(__doc__)
    parser.add_argument("--parent", required=True, type=Path, help="folder of the parent checkpoint")
    parser.add_argument("--base", required=True, type=Path, help="folder of the base model")
    parser.add_argument("--train", required=True, type=Path, nargs="+", help="token files, in the order of the parts")
    parser.add_argument("--dev", required=True, type=Path, nargs="+", help="English dev, in the order of the parts")
    parser.add_argument("--out", required=True, type=Path, help="folder of the checkpoint")
    parser.add_argument("--state", type=Path, help="folder of what a killed run goes on from; left out: none is kept")
    parser.add_argument("--curves", type=Path, help="folder of the curves; left out: none are written")
    parser.add_argument(
        "--running",
        default="",
        help="how it is carried out, such as zero=2,ranks=4,micro_tokens=16384 (config/README.md)",
    )
    args = parser.parse_args()
    train_node(
        Node(
            TrainSpec.read(args.spec),
            args.code,
            args.running,
            parent=args.parent,
            base=args.base,
            train=tuple(args.train),
            dev=tuple(args.dev),
            out=args.out,
            state=args.state,
            curves=args.curves,
        )
    )


if __name__ == "__main__":
    run(main)
