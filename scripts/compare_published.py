"""Print published figures beside a study's own, by target and language, and write them as CSV.

Input   a spec (that of the report), the folder of score files, the name of an entry of published.yaml
Output  OUT (CSV), and the table on stdout
Cost    seconds

Example, after `snakemake -c2 --config study=retrieval-baseline` (which calls it, too; the miniature's languages are
nobody's, so that there is nothing to compare):
    python scripts/compare_published.py --name xlmr-large-retrieval --scores results/mini/scores \\
        --out /tmp/published.csv --spec '{"study": "baseline", "world": "mini", "asks": "?", "baseline": "none",
        "bases": ["tiny"], "seeds": [1], "recipes": {"none": ""}, "targets": {"tatoeba": {"title": "", "stage": null}}}'
"""

from pathlib import Path

from xstilts.command import arguments, run
from xstilts.files import write_text
from xstilts.report.published import as_csv, as_text, lines, read_otherwise
from xstilts.report.scores import read_scores
from xstilts.specs import ReportSpec


def main() -> None:
    parser = arguments(__doc__)
    parser.add_argument("--scores", required=True, type=Path, help="folder of score files")
    parser.add_argument("--name", required=True, help="whose figures: an entry of src/xstilts/published.yaml")
    parser.add_argument("--out", required=True, type=Path, help="path of the CSV file")
    args = parser.parse_args()
    spec = ReportSpec.read(args.spec)
    scores = read_scores(spec, args.scores)
    found = lines(spec, scores, args.name)
    write_text(args.out, as_csv(found))
    print(as_text(args.name, found, read_otherwise(scores, args.name)))


if __name__ == "__main__":
    run(main)
