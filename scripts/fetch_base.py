"""Bring a base model into the results: from the Hugging Face hub at a pinned revision, or from a folder.

Input   a spec: {base, hub, revision} or {base, path}
Output  OUT/{model.safetensors, config.json, tokenizer.json, tokenizer_config.json, training.json, README.md, digest}
Cost    a download (2.2 GB for XLM-R Large, recalled); the only program of the pipeline that asks the network

Example, on a CPU, after `snakemake -c2 bases`:
    python scripts/fetch_base.py --out /tmp/mine \\
        --spec '{"base": "mine", "hub": null, "revision": null, "path": "results/mini/checkpoints/tiny"}'
"""

from pathlib import Path

from xstilts.command import arguments, run
from xstilts.sources.bases import fetch_base
from xstilts.specs import FetchSpec


def main() -> None:
    parser = arguments(__doc__)
    parser.add_argument("--out", required=True, type=Path, help="folder of the base")
    args = parser.parse_args()
    fetch_base(FetchSpec.read(args.spec), args.out, args.code)


if __name__ == "__main__":
    run(main)
