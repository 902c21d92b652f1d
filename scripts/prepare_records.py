"""Write one split of a data set as records: Parquet, its provenance beside it, and its digest.

Input   a spec (JSON text or file), which names the source
Output  OUT.parquet, OUT.json (spec, rows by language), OUT.digest
Cost    the miniature's largest file takes seconds; memory is bounded by the chunk that is written

Example, on a CPU, from the repository's root:
    python scripts/prepare_records.py --out /tmp/records/xnli/test --spec '{"task": "xnli", "data": "xnli",
        "split": "test", "format": "classification", "labels": ["entailment", "neutral", "contradiction"],
        "languages": ["en", "qla"], "source": {"source": "miniature", "maker": "nli", "rows": 100, "settings": {}}}'
"""

from pathlib import Path

from xstilts.command import arguments, run
from xstilts.files import digest_of, write_digest, write_json
from xstilts.formats import format_named
from xstilts.records import write_records
from xstilts.sources import records_of
from xstilts.specs import RecordsSpec


def main() -> None:
    parser = arguments(__doc__)
    parser.add_argument("--out", required=True, type=Path, help="path of the outputs, without their suffix")
    args = parser.parse_args()

    spec = RecordsSpec.read(args.spec)
    parquet = args.out.with_suffix(".parquet")
    counts = write_records(
        records_of(spec), format_named(spec.format), spec.labels, spec.model_dump(mode="json"), parquet
    )
    digest = digest_of([parquet])
    record = {"spec": spec.model_dump(mode="json"), "code": args.code, "rows": counts, "digest": digest}
    write_json(args.out.with_suffix(".json"), record)
    write_digest(args.out.with_suffix(".digest"), digest)


if __name__ == "__main__":
    run(main)
