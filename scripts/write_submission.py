"""Write predictions as XTREME's evaluation reads them: its folders, a file for each language, in one archive.

Input   a spec; for each folder of it, in its order, a file of predictions and the records of its test split
Output  OUT.zip (folders as in XTREME's README), OUT.json (counts beside XTREME's, and what speaks against it)
Cost    one pass over predictions and test records, a target at a time; no model is read

Example, after `snakemake -c2 submission`:
    python scripts/write_submission.py --spec results/mini/submission/quickstart/tiny-s1-none.json \\
        --predictions results/mini/predictions/tiny/s1/{xnli/xnli,udpos/udpos,tydiqa/tydiqa}.parquet \\
        results/mini/predictions/tiny/tatoeba.parquet \\
        --records results/mini/records/{xnli,udpos,tydiqa,tatoeba}/test.parquet --out /tmp/none
"""

from pathlib import Path

from xstilts.command import arguments, run
from xstilts.specs import SubmissionSpec
from xstilts.submission.write import write_submission


def main() -> None:
    parser = arguments(__doc__)
    parser.add_argument("--predictions", required=True, type=Path, nargs="+", help="prediction files, by folder")
    parser.add_argument("--records", required=True, type=Path, nargs="+", help="records of the test splits, by folder")
    parser.add_argument("--out", required=True, type=Path, help="path of the outputs, without their suffix")
    parser.add_argument("--strict", action="store_true", help="whatever speaks against it is an error")
    parser.add_argument("--partial", action="store_true", help="write folders that lack some of XTREME's languages")
    args = parser.parse_args()
    manifest = write_submission(
        SubmissionSpec.read(args.spec), args.predictions, args.records, args.out, args.code, args.strict, args.partial
    )
    print(f"{len(manifest['files'])} files, {len(manifest['problems'])} problems: {args.out.with_suffix('.json')}")


if __name__ == "__main__":
    run(main)
