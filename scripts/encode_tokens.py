"""Turn the records of one split into token ids, once for each tokenizer.

Input   a spec, a record file, a tokenizer.json; for an open label set the training records that hold its labels
Output  OUT.arrow (memory-mapped by all who use it), OUT.json (with what the lengths cut off), OUT.digest
Cost    one core; a chunk of records at a time, so memory does not grow with their number

Example, after `snakemake -c2`:
    python scripts/encode_tokens.py --records results/mini/records/xnli/test.parquet \\
        --tokenizer results/mini/tokenizers/mini/tokenizer.json --out /tmp/tokens/test \\
        --spec results/mini/tokens/mini/xnli/test.json
"""

from dataclasses import asdict
from pathlib import Path

from xstilts.command import arguments, run
from xstilts.encode import encode_split
from xstilts.files import digest_of, write_digest, write_json
from xstilts.records import labels_in
from xstilts.specs import TokensSpec


def main() -> None:
    parser = arguments(__doc__)
    parser.add_argument("--records", required=True, type=Path, help="Parquet file of the split")
    parser.add_argument("--tokenizer", required=True, type=Path, help="tokenizer.json")
    parser.add_argument("--labels-from", type=Path, help="training records, where the label set is open")
    parser.add_argument("--out", required=True, type=Path, help="path of the outputs, without their suffix")
    args = parser.parse_args()

    spec = TokensSpec.read(args.spec)
    labels = labels_in(args.labels_from) if args.labels_from else spec.labels
    arrow = args.out.with_suffix(".arrow")
    counts = encode_split(spec, args.records, args.tokenizer, labels, arrow)
    digest = digest_of([arrow])
    record = {"spec": spec.model_dump(mode="json"), "code": args.code, **asdict(counts), "digest": digest}
    write_json(args.out.with_suffix(".json"), record)
    write_digest(args.out.with_suffix(".digest"), digest)


if __name__ == "__main__":
    run(main)
