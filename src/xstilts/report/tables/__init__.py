"""A study's tables, from its findings: Markdown for a repository, LaTeX for a paper, CSV for programs."""

from xstilts.report.tables.names import EFFECTS, files, names
from xstilts.report.tables.write import write_all

__all__ = ["EFFECTS", "files", "names", "write_all"]
