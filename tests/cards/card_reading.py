"""What tests read of a card."""

import re
from pathlib import Path

LINK = re.compile(r"\]\(([^)#]+)\)")
BLOCK = re.compile(r"```(\w+)\n(.*?)```", re.DOTALL)


def addresses(text: str) -> list[str]:
    """Where its links and pictures lead, those of the network left out."""
    return [address for address in LINK.findall(text) if "://" not in address]


def broken(card: Path) -> list[str]:
    """Links that lead nowhere."""
    return [one for one in addresses(card.read_text()) if not (card.parent / one.replace("%20", " ")).exists()]


def code_in(text: str, language: str) -> str:
    """The first block of code in a language."""
    return next(code for kind, code in BLOCK.findall(text) if kind == language)


def section(text: str, title: str) -> str:
    """A section without its title."""
    return re.split(r"^## ", text.split(f"## {title}\n", 1)[1], maxsplit=1, flags=re.MULTILINE)[0]


def cells(text: str) -> list[list[str]]:
    """The rows of the tables in it, heads and rules left out."""
    lines = [line for line in text.splitlines() if line.startswith("|")]
    rows = [[cell.strip() for cell in line.strip("|").split(" | ")] for line in lines]
    rules = [place for place, line in enumerate(lines) if set(line) <= set("|-: ")]
    return [row for place, row in enumerate(rows) if place not in rules and place + 1 not in rules]
