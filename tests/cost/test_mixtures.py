"""Steps and shares that the plan works out from sizes are those that the engine trains by."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from xstilts.config.spec import PartSpec, StageSpec
from xstilts.cost.training import shares, steps_of
from xstilts.engine import parts as engine
from xstilts.features import Features
from xstilts.formats import format_named
from xstilts.formats.base import Special

FORMATS = {"mnli": "classification", "squad": "span", "mlm": "mlm"}


def spec(names: list[str], **settings: Any) -> StageSpec:
    parts = tuple(PartSpec(name, "", FORMATS[name], name, name, ("en",), {}) for name in names)  # type: ignore[arg-type]
    return StageSpec(name="+".join(names), parts=parts, lr=1e-5, batch=8, **settings)


def opened(stage: StageSpec, counts: list[int]) -> list[engine.Part]:
    """The stage's parts, with files of so many items."""
    found = []
    for part, count in zip(stage.parts, counts, strict=True):
        items = np.arange(count, dtype=np.int32)
        file = Features(pa.table({"item": items}))
        found.append(engine.Part(part.task, format_named(part.format), (), Special(1, 4, 100, ()), file, None))
    return found


@given(
    counts=st.lists(st.integers(1, 3000), min_size=3, max_size=3),
    number=st.integers(1, 3),
    mix=st.sampled_from(["capped", "proportional", "uniform", "temperature", "weights"]),
    cap=st.integers(1, 2000),
    epochs=st.one_of(st.none(), st.floats(0.1, 20)),
)
def test_steps_and_shares_are_the_engines(
    counts: list[int], number: int, mix: str, cap: int, epochs: float | None
) -> None:
    names = ["mnli", "squad", "mlm"][:number]
    length: dict[str, Any] = {"steps": 77} if epochs is None else {"epochs": epochs}
    stage = spec(names, mix=mix, cap=cap, weights={"mnli": 2.0, "squad": 1.0}, mlm_rate=0.3, **length)
    parts = opened(stage, counts[:number])
    told = [float(count) for count in counts[:number]]
    assert steps_of(stage, told) == engine.stage_steps(parts, stage)
    assert shares(stage, told) == pytest.approx(list(engine.shares(parts, stage)))


def test_text_alone_takes_all_steps() -> None:
    stage = replace(spec(["mlm"], steps=10), mlm_rate=0.3)
    assert shares(stage, [50.0]) == [1.0] == list(engine.shares(opened(stage, [50]), stage))
