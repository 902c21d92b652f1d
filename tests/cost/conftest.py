"""Costs of the repository's worlds, with results in an empty folder."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from left_behind import plan_of

from xstilts.config.site import Gpu, Site
from xstilts.cost.costs import Costs


@pytest.fixture
def costs(tmp_path: Path) -> Callable[..., Costs]:
    """The costs of a study in a world, of which nothing has run yet; `gpu`: the site's kind."""

    def opened(world: str = "mini", study: str = "quickstart", gpu: str = "a100-40gb", **more: Any) -> Costs:
        return Costs(plan_of(world, study, tmp_path, **more), Site(gpu=Gpu(kind=gpu)))

    return opened
