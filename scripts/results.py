"""Answers from the terminal, over the score files that are there now: no report is needed, nor a finished study.

    results.py show     [filters] [--metric M] [--split S]         figures as they stand in the score files
    results.py pivot    --rows recipe --columns target [filters]   means; --values difference: to the baseline
    results.py compare  A B [--languages] [filters]                two recipes: difference, 95 % interval, p
    results.py best     [filters]                                  of each target the best recipe
    results.py missing  [filters]                                  what is not there yet, and what makes it

Input   score files below the world's results, or below --results; the configuration, for what is missing
Output  a table, or CSV with --csv [FILE], which all take
Cost    seconds; `compare` draws test examples anew: up to half a minute for all of XTREME

Filters: --base, --recipe, --target, --language, --seed, each with several names.
The study is the one of config/config.yaml, or that of --world and --study, which stand anywhere. With --results FOLDER
alone, whatever score files lie below FOLDER are read, and no configuration.

Examples:
    python scripts/results.py pivot --rows recipe --columns target
    python scripts/results.py compare mnli squad --languages --target xnli
    python scripts/results.py --study laboratory missing --csv missing.csv
    python scripts/results.py --results /data/of/others show --metric f1
"""

import argparse
import signal
import sys
from pathlib import Path

from rich.console import Console

from xstilts.command import run
from xstilts.explore.best import best
from xstilts.explore.compare import compare
from xstilts.explore.figures import Wanted
from xstilts.explore.listing import Listing, as_csv
from xstilts.explore.missing import missing
from xstilts.explore.pivot import DIMENSIONS, pivot
from xstilts.explore.results import Results, of_folder, of_study
from xstilts.explore.show import show
from xstilts.explore.terminal import show as print_listing
from xstilts.files import write_text
from xstilts.metrics.base import SCORE

ROOT = Path(__file__).resolve().parents[1]
STDOUT = "-"


def main() -> None:
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)  # `| head` ends this program, without a word
    args = parser().parse_args()
    listing = answer(args)
    if args.csv is None:
        print_listing(listing, Console(highlight=False))
    elif args.csv == STDOUT:
        sys.stdout.write(as_csv(listing))
    else:
        write_text(Path(args.csv), as_csv(listing))


def answer(args: argparse.Namespace) -> Listing:
    """What is asked for."""
    results = opened(args)
    kinds = ("base", "recipe", "target", "language", "seed", "metric", "split")
    wanted = Wanted(**{kind: tuple(getattr(args, kind)) for kind in kinds if getattr(args, kind, None)})
    match args.command:
        case "show":
            return show(results, wanted, csv=args.csv is not None)
        case "pivot":
            return pivot(results, wanted, args.rows, args.columns, args.values)
        case "compare":
            return compare(results, args.one, args.other, wanted, args.languages or bool(wanted.language))
        case "best":
            return best(results, wanted)
    return missing(results, wanted, csv=args.csv is not None)


def opened(args: argparse.Namespace) -> Results:
    """The configured study; of a folder alone, all that lies there."""
    if args.results is not None and args.world is None and args.study is None:
        return of_folder(Path(args.results))
    return of_study(args.world, args.study, args.results, ROOT)


def parser() -> argparse.ArgumentParser:
    made = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    where(made, None)
    commands = made.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for name in ("show", "pivot", "compare", "best", "missing"):
        one = commands.add_parser(name, help=f"`{name} --help` has all of its options")
        where(one, argparse.SUPPRESS)  # what stands before the command counts, too
        one.add_argument("--csv", nargs="?", const=STDOUT, metavar="FILE", help="as CSV, into FILE or to stdout")
        one.add_argument("--base", nargs="+", metavar="NAME")
        one.add_argument("--target", nargs="+", metavar="NAME")
        one.add_argument("--seed", nargs="+", type=int, metavar="N")
        if name != "compare":
            one.add_argument("--recipe", nargs="+", metavar="NAME")
        if name != "missing":
            one.add_argument("--language", nargs="+", metavar="CODE")
        if name in ("show", "pivot", "best"):
            one.add_argument("--metric", nargs="+", metavar="NAME", help=f"left out: the headline one, {SCORE}")
            one.add_argument("--split", nargs="+", metavar="NAME", help="left out: the one that reports show")
    pivoted, compared = commands.choices["pivot"], commands.choices["compare"]
    pivoted.add_argument("--rows", choices=DIMENSIONS, default="recipe", help="left out: recipe")
    pivoted.add_argument("--columns", choices=DIMENSIONS, default="target", help="left out: target")
    pivoted.add_argument(
        "--values", choices=("score", "difference"), default="score", help="difference: to the baseline"
    )
    compared.add_argument("one", metavar="A")
    compared.add_argument("other", metavar="B")
    compared.add_argument("--languages", action="store_true", help="language by language")
    return made


def where(parser: argparse.ArgumentParser, default: str | None) -> None:
    """Whose results."""
    parser.add_argument("--world", default=default, help="left out: that of config/config.yaml")
    parser.add_argument("--study", default=default, help="left out: the world's own")
    parser.add_argument("--results", default=default, metavar="FOLDER", help="alone: any folder that holds score files")


if __name__ == "__main__":
    run(main)
