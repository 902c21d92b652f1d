"""The picture of a training: what it shows of curves that are long, broken, flat, or not there."""

import math
import xml.etree.ElementTree as ET
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from xstilts.cards.curve import FEW, HEIGHT, WIDTH, curve_svg, ticks

SVG = "{http://www.w3.org/2000/svg}"


def record(points, format="classification", best_step=2, node="tiny/s1/mnli"):
    stage = {"parts": [{"task": "mnli", "format": format}]}
    curve = [{"step": step, "loss": loss, "dev": dev} for step, loss, dev in points]
    return {"node": node, "spec": {"stage": stage}, "best_step": best_step, "curve": curve}


def drawn(*args, **more):
    return ET.fromstring(curve_svg(record(*args, **more)))


def texts(svg):
    return [one.text for one in svg.iter() if one.tag in (f"{SVG}text", f"{SVG}title")]


def places(svg):
    return [
        [tuple(map(float, point.split(","))) for point in line.get("points").split()]
        for line in svg.iter(f"{SVG}polyline")
    ]


def test_dev_is_in_per_cent_and_of_text_a_log_likelihood():
    points = [(1, 2.0, 0.25), (2, 1.0, 0.75)]
    assert {"English dev score, %", "40", "60"} <= set(texts(drawn(points)))
    told = texts(drawn([(1, 2.0, -2.0), (2, 1.0, -1.0)], format="mlm"))
    assert "English dev log-likelihood" in told and "−1.5" in told


def test_a_higher_value_stands_higher():
    loss, dev = places(drawn([(1, 2.0, 0.25), (2, 1.0, 0.75)]))
    assert loss[0][1] < loss[1][1] and dev[0][1] > dev[1][1]
    assert loss[0][0] < loss[1][0]


def test_the_step_that_was_kept_is_marked_where_it_lies():
    svg = drawn([(1, 2.0, 0.25), (2, 1.0, 0.75), (3, 0.5, 0.7)])
    (mark,) = [line for line in svg.iter(f"{SVG}line") if line.get("stroke-dasharray")]
    assert float(mark.get("x1")) == places(svg)[0][1][0]
    assert not [x for x in drawn([(1, 1.0, 0.1)], best_step=0).iter(f"{SVG}line") if x.get("stroke-dasharray")]


def test_values_that_are_no_numbers_break_the_line():
    svg = drawn([(1, 2.0, 0.1), (2, None, 0.2), (3, 1.0, 0.3), (4, 0.5, 0.4)])
    assert [len(line) for line in places(svg)] == [1, 2, 4]


def test_a_curve_without_a_finite_loss_says_so():
    assert "no finite value" in texts(drawn([(1, None, 0.1), (2, None, 0.2)]))


def test_where_there_is_nothing_there_is_no_picture():
    assert curve_svg(record([])) is None
    assert curve_svg(record([(1, None, None)])) is None
    assert curve_svg({"node": "xlmr", "spec": {"hub": "some/model"}}) is None


def test_long_curves_have_no_dots():
    few, many = ([(k, 1 / k, 0.5) for k in range(1, count + 1)] for count in (FEW, FEW + 1))
    assert len(list(drawn(few).iter(f"{SVG}circle"))) == 2 * FEW
    assert not list(drawn(many).iter(f"{SVG}circle"))


def test_it_has_a_ground_of_its_own_and_a_title():
    svg = drawn([(1, 1.0, 0.1)], node="tiny/s1/mnli~lr=5e-6")
    assert svg.find(f"{SVG}rect").get("fill") == "#ffffff", "readable on a dark page too"
    assert svg.find(f"{SVG}title").text.startswith("tiny/s1/mnli~lr=5e-6: ")
    assert svg.get("role") == "img"


@given(
    st.lists(st.tuples(st.none() | st.floats(-1e9, 1e9), st.none() | st.floats(0, 1)), min_size=1, max_size=30).filter(
        lambda pairs: any(value is not None for pair in pairs for value in pair)
    )
)
def test_every_curve_stays_within_its_frame(pairs):
    points = [(100 * (k + 1), loss, dev) for k, (loss, dev) in enumerate(pairs)]
    svg = drawn(points, best_step=100)
    assert all(0 <= x <= WIDTH and 0 <= y <= HEIGHT for line in places(svg) for x, y in line)
    shown = sum(len(line) for line in places(svg))
    assert shown == sum(value is not None for pair in pairs for value in pair)


@pytest.mark.parametrize(("low", "high"), [(0, 1), (0, 33000), (-0.73, -0.71), (99.9, 100.0), (0, 3)])
def test_ticks_are_few_round_and_within(low, high):
    found = ticks(low, high)
    assert 2 <= len(found) <= 5
    assert all(low - 1e-9 <= tick <= high + 1e-9 for tick in found)
    widths = [b - a for a, b in pairwise(found)]
    mantissa = widths[0] / 10 ** math.floor(math.log10(widths[0]) + 1e-9)
    assert round(mantissa, 6) in (1, 2, 2.5, 5)
