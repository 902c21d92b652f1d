"""Task formats: one file each, holding a format's record, encoding, head, loss, decoding and metric.

A format is a file with a `FORMAT` in it, found by the file's name. That keeps formats apart for the code fingerprints
too: an edit in one concerns only stages that use it.
"""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec
from typing import TYPE_CHECKING

from xstilts.errors import UserError

if TYPE_CHECKING:
    from xstilts.formats.base import Format


def format_named(name: str) -> Format:
    """The format called `name`; torch is imported only when a method that computes with tensors runs."""
    if find_spec(f"{__name__}.{name}") is None:
        raise UserError(f"there is no task format {name!r}: a format is a file of its own in xstilts/formats")
    found: Format = import_module(f"{__name__}.{name}").FORMAT
    return found
