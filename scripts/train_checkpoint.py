"""Train one stage on one parent: pretraining, an intermediate task, a mixture, or a target's English data.

Input   a spec; the parent's folder; the base's folder (masked LM takes its head from there); token files, one a part
Output  OUT/{model.safetensors, config.json, tokenizer.json, tokenizer_config.json, training.json, README.md, digest}
Cost    the whole of a node's training; several ranks by `torchrun --standalone --nproc-per-node N scripts/...`

Example, on a CPU, after `snakemake -c2 intermediates` (an intermediate of the miniature, a minute or two):
    python scripts/train_checkpoint.py --spec results/mini/checkpoints/tiny/s1/mnli/training.json \\
        --parent results/mini/checkpoints/tiny --base results/mini/checkpoints/tiny \\
        --train results/mini/tokens/mini/mnli/train.arrow --dev results/mini/tokens/mini/mnli/dev.arrow --out /tmp/mnli
"""

from pathlib import Path

from xstilts.command import arguments, run
from xstilts.engine.stage import train_node
from xstilts.specs import TrainSpec


def main() -> None:
    parser = arguments(__doc__)
    parser.add_argument("--parent", required=True, type=Path, help="folder of the parent checkpoint")
    parser.add_argument("--base", required=True, type=Path, help="folder of the base model")
    parser.add_argument("--train", required=True, type=Path, nargs="+", help="token files, in the order of the parts")
    parser.add_argument("--dev", required=True, type=Path, nargs="+", help="English dev, in the order of the parts")
    parser.add_argument("--out", required=True, type=Path, help="folder of the checkpoint")
    parser.add_argument("--zero", type=int, default=0, choices=range(4), help="ZeRO stage: what the ranks share out")
    parser.add_argument("--micro-tokens", type=int, default=4096, help="padded tokens in a micro-batch")
    parser.add_argument("--threads", type=int, default=1, help="CPU threads of each rank")
    args = parser.parse_args()
    running = {"zero": args.zero, "micro_tokens": args.micro_tokens, "threads": args.threads}
    train_node(TrainSpec.read(args.spec), running, args.parent, args.base, args.train, args.dev, args.out, args.code)


if __name__ == "__main__":
    run(main)
