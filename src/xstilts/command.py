"""What every program shares: two arguments, logging, and messages for the user instead of tracebacks."""

from __future__ import annotations

import argparse
import logging
import signal
import sys
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path

from xstilts.errors import UserError

LIBRARIES = ("xstilts", "torch", "transformers", "tokenizers", "deepspeed", "pyarrow", "numpy", "seqeval")


def arguments(description: str | None, spec_required: bool = True) -> argparse.ArgumentParser:
    """A parser that knows what every program takes: its specification, and the fingerprint of its code."""
    parser = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--spec", required=spec_required, help="what to do: JSON, or a file that holds it; results keep theirs"
    )
    parser.add_argument("--code", default="", help="fingerprint of the code, kept with the result")
    return parser


def findings_arguments(description: str | None) -> argparse.ArgumentParser:
    """A parser for what is made from a study's findings."""
    parser = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--findings", required=True, type=Path, help="findings.json of the study")
    parser.add_argument("--code", default="", help="fingerprint of the code, which Snakemake watches")
    return parser


def run(main: Callable[[], None]) -> None:
    """Run a program: its log goes to stderr, a UserError ends it with the message alone and exit status 2."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s", datefmt="%H:%M:%S")
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))  # drafts go, as after any other end
    try:
        main()
    except UserError as error:
        print(f"error: {error}", file=sys.stderr)
        sys.exit(2)


def versions() -> dict[str, str]:
    """Versions of the libraries that a result depends on."""
    return {name: version(name) for name in LIBRARIES}
