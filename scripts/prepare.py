"""Write one split of a data set as records: Parquet with its provenance, and its digest.

Input   a spec; or by hand a task, a split and where the original files lie (or `hub`, or `miniature`)
Output  OUT.parquet, OUT.json (spec, files and their sha256, rows by language, rows left out by reason), OUT.digest
Cost    one pass over the files; memory for a chunk of 20,000 records, and 8 bytes for each record

Examples, on a CPU, from the repository's root:
    python scripts/prepare.py --task xnli --split test --source miniature --out /tmp/records/xnli/test
    python scripts/prepare.py --task xquad --split test --source tests/data/xquad --languages en,zh --out /tmp/xquad
"""

from pathlib import Path

from xstilts.byhand import records_spec
from xstilts.command import arguments, run
from xstilts.files import write_digest, write_json
from xstilts.formats import format_named
from xstilts.records import write_records
from xstilts.sources import Source
from xstilts.specs import RecordsSpec


def main() -> None:
    parser = arguments(__doc__, spec_required=False)
    parser.add_argument("--task", help="by hand: name of the task, or task@variant")
    parser.add_argument("--split", choices=("train", "dev", "test"), help="by hand: the split")
    parser.add_argument(
        "--source", help="by hand: a folder with the original files, `hub` (fetched before), `miniature`"
    )
    parser.add_argument("--languages", help="by hand: some of the task's languages, with commas between")
    parser.add_argument("--out", required=True, type=Path, help="path of the outputs, without their suffix")
    args = parser.parse_args()
    if not args.spec and not (args.task and args.split and args.source):
        parser.error("say --spec, or --task, --split and --source")

    spec = RecordsSpec.read(args.spec or records_spec(args.task, args.split, args.source, args.languages))
    source = Source(spec)

    def provenance() -> dict[str, object]:
        told = {"spec": spec.model_dump(mode="json"), "code": args.code, "files": source.files}
        return {**told, "left_out": source.left_out}

    written = write_records(
        source, format_named(spec.format), spec.labels, provenance, args.out.with_suffix(".parquet")
    )
    record = {**provenance(), "rows": written.rows, "digest": written.digest}
    write_json(args.out.with_suffix(".json"), record)
    write_digest(args.out.with_suffix(".digest"), written.digest)


if __name__ == "__main__":
    run(main)
