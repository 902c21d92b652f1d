"""Write the cards of a study: a README.md beside each checkpoint, with its curve, and one beside the report.

Input   findings.json, which compare_recipes made; the results of its world: checkpoints, score files, records
Output  OUT (a list of all checkpoints), README.md beside it (the study's), and below RESULTS/checkpoints each node's
        README.md and curve.svg, which no digest covers: nothing is made again for them
Cost    6 ms a checkpoint with the scores of 40 languages

Example, after `snakemake -c2`:
    python scripts/write_cards.py --findings results/mini/report/quickstart/findings.json --results results/mini \\
        --out results/mini/report/quickstart/cards.md
"""

from pathlib import Path

from xstilts.cards.write import write_cards
from xstilts.command import findings_arguments, run
from xstilts.report.findings import Findings


def main() -> None:
    parser = findings_arguments(__doc__)
    parser.add_argument("--results", required=True, type=Path, help="folder of the results of the study's world")
    parser.add_argument("--out", required=True, type=Path, help="the list: cards.md in the study's folder")
    args = parser.parse_args()
    written = write_cards(Findings.read(args.findings), args.results, args.out)
    print(f"{len(written)} cards: {args.out}")


if __name__ == "__main__":
    run(main)
