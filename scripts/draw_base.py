"""Draw the random weights from which the miniature pretrains a base model of XLM-R's class.

Input   a spec with the architecture and the seed, a tokenizer folder
Output  OUT/{config.json, model.safetensors, tokenizer.json, tokenizer_config.json, record.json, digest}
Cost    a second for a million parameters

Example, after `snakemake -c2 bases`:
    python scripts/draw_base.py --tokenizer results/mini/tokenizers/mini --out /tmp/drawn \\
        --spec results/mini/drawn/tiny/record.json
"""

import shutil
from pathlib import Path

from xstilts.command import arguments, run
from xstilts.engine.scratch import draw
from xstilts.files import write_digest, write_json
from xstilts.layout import TOKENIZER_FILES, checkpoint_digest
from xstilts.specs import ScratchSpec


def main() -> None:
    parser = arguments(__doc__)
    parser.add_argument("--tokenizer", required=True, type=Path, help="folder of the tokenizer")
    parser.add_argument("--out", required=True, type=Path, help="folder of the model")
    args = parser.parse_args()

    spec = ScratchSpec.read(args.spec)
    parameters = draw(spec, args.tokenizer, args.out)
    for name in TOKENIZER_FILES:
        shutil.copyfile(args.tokenizer / name, args.out / name)
    digest = checkpoint_digest(args.out)
    record = {"spec": spec.model_dump(mode="json"), "code": args.code, "parameters": parameters, "digest": digest}
    write_json(args.out / "record.json", record)
    write_digest(args.out / "digest", digest)


if __name__ == "__main__":
    run(main)
