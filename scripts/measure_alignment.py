"""Measure how well one checkpoint's layers align languages, on sentences and their translations. Never trains.

Input   a spec; the checkpoint's folder; records and tokens of a target in which every sentence has its counterpart
Output  OUT.parquet (a row for each language, layer, pooling, noise, rate, measure and direction), OUT.json, OUT.digest
Cost    the foreign sentences are read 13 and a half times (four kinds of noise, three rates), the English ones once; a
        GPU is used if there is one

A run that is killed goes on after the last language that it had finished, if PARTS is said. docs/alignment.md explains
the measures.

Example, on a CPU, after `snakemake -c2 alignment` (half a minute):
    python scripts/measure_alignment.py --spec results/mini/alignment/tiny/tatoeba.json \\
        --checkpoint results/mini/checkpoints/tiny --records results/mini/records/tatoeba/test.parquet \\
        --tokens results/mini/tokens/mini/tatoeba/test.arrow --out /tmp/tatoeba
"""

from pathlib import Path

from xstilts.command import arguments, run
from xstilts.engine.align import Job, measure_alignment
from xstilts.specs import AlignmentSpec


def main() -> None:
    parser = arguments(__doc__)
    parser.add_argument("--checkpoint", required=True, type=Path, help="folder of the checkpoint")
    parser.add_argument("--records", required=True, type=Path, help="record file")
    parser.add_argument("--tokens", required=True, type=Path, help="token file")
    parser.add_argument("--out", required=True, type=Path, help="path of the outputs, without their suffix")
    parser.add_argument("--parts", type=Path, help="folder of what a killed run goes on from; left out: none is kept")
    parser.add_argument("--micro-tokens", type=int, default=4096, help="padded tokens in a batch")
    parser.add_argument("--threads", type=int, default=1, help="CPU threads")
    parser.add_argument("--device", choices=["any", "gpu"], default="any", help="gpu: refuse to run without one")
    args = parser.parse_args()
    job = Job(
        AlignmentSpec.read(args.spec),
        args.code,
        checkpoint=args.checkpoint,
        records=args.records,
        tokens=args.tokens,
        out=args.out,
        parts=args.parts,
        micro_tokens=args.micro_tokens,
        threads=args.threads,
        device=args.device,
    )
    measure_alignment(job)


if __name__ == "__main__":
    run(main)
