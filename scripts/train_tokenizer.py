"""Train the miniature's tokenizer on its text.

Input   a spec, record files of the text task
Output  OUT/tokenizer.json, OUT/tokenizer_config.json, OUT/record.json, OUT/digest
Cost    seconds, on one thread

Example, after `snakemake -c2 results/mini/records/mlm/train.digest`:
    python scripts/train_tokenizer.py --spec '{"name": "mini", "vocabulary": 2000}' \\
        --records results/mini/records/mlm/train.parquet --out /tmp/tokenizer
"""

from pathlib import Path

from xstilts.command import arguments, run
from xstilts.files import digest_of, write_digest, write_json
from xstilts.records import read_records
from xstilts.specs import TokenizerSpec
from xstilts.tokenizer import train_tokenizer


def main() -> None:
    parser = arguments(__doc__)
    parser.add_argument("--records", required=True, type=Path, help="Parquet file with a text column")
    parser.add_argument("--out", required=True, type=Path, help="folder of the tokenizer")
    args = parser.parse_args()

    spec = TokenizerSpec.read(args.spec)
    size = train_tokenizer(read_records(args.records)["text"].to_pylist(), spec.vocabulary, args.out)
    digest = digest_of([args.out / "tokenizer.json"])
    record = {"spec": spec.model_dump(mode="json"), "code": args.code, "vocabulary": size, "digest": digest}
    write_json(args.out / "record.json", record)
    write_digest(args.out / "digest", digest)


if __name__ == "__main__":
    run(main)
