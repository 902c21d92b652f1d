"""A study's findings as one HTML page that needs nothing but itself."""

from xstilts.report.page.drawings import read_figures
from xstilts.report.page.render import render

__all__ = ["read_figures", "render"]
