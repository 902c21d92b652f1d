"""Official metrics: one file each, found by its name, so that an edit in one scores again only what it scores.

They read predictions and nothing else: no model, no token file.
"""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec
from typing import TYPE_CHECKING

from xstilts.errors import UserError

if TYPE_CHECKING:
    from xstilts.metrics.base import Metric


def metric_named(name: str) -> Metric:
    """The metric called `name`."""
    if find_spec(f"{__name__}.{name}") is None:
        raise UserError(f"there is no metric {name!r}: a metric is a file of its own in xstilts/metrics")
    found: Metric = import_module(f"{__name__}.{name}").METRIC
    return found
