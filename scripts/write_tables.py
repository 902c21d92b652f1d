"""Write a study's tables: Markdown for a repository, LaTeX (booktabs) for a paper, CSV for whoever goes on computing.

Input   findings.json, which compare_recipes made
Output  OUT/NAME.md, OUT/NAME.tex, OUT/NAME.csv for each table, and OUT/effects.csv with every estimate
Cost    a second

Example, after `snakemake -c2`:
    python scripts/write_tables.py --findings results/mini/report/quickstart/findings.json --out /tmp/tables
"""

from pathlib import Path

from xstilts.command import findings_arguments, run
from xstilts.report.findings import Findings
from xstilts.report.tables import write_all


def main() -> None:
    parser = findings_arguments(__doc__)
    parser.add_argument("--out", required=True, type=Path, help="folder of the tables")
    args = parser.parse_args()
    write_all(Findings.read(args.findings), args.out, args.code)


if __name__ == "__main__":
    run(main)
