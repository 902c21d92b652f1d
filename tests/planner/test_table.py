"""The plan as text, and as files for programs."""

from __future__ import annotations

import csv
import io
import json
import math
from pathlib import Path

import pytest
from pending_jobs import Known, pending, taking

from xstilts.config.site import Site
from xstilts.cost.estimate import Memory
from xstilts.planner.document import Document, write
from xstilts.planner.forecast import Forecast, forecast
from xstilts.planner.jobs import jobs_of
from xstilts.planner.machine import site_machine
from xstilts.planner.table import WIDTH, rendered
from xstilts.planner.units import hours, size, span

LONG = "anli+ccg+cosmosqa+csqa+hellaswag+mlm+mnli+qqp+squad+squad2"
GB = 10**9


@pytest.fixture
def plan(tmp_path: Path) -> Forecast:
    """A base to fetch, a long mixture, a target and its predictions, a report; one estimate is not known."""
    found = [
        pending(1, "base", rule="fetch_base", base="base"),
        pending(2, "inter", "base", parent="base/s1", stage=LONG),
        pending(3, "target", "inter", parent=f"base/s1/{LONG}", stage="xnli"),
        pending(4, "told", "target", rule="predict_target", node=f"base/s1/{LONG}/xnli", target="xnli"),
        pending(5, "page", "told", rule="make_report", study="odd"),
        pending(0, "", "page", rule="all", study="all"),
    ]
    memory = Memory(weights=2 * GB, gradients=GB, optimizer=7 * GB, activations=39 * GB, other=GB)
    estimates = {
        "base": taking(600, network=2 * GB, disk=2 * GB, memory=GB),
        "base/s1": taking(40 * 3600, gpus=4, disk=2 * GB, scratch=9 * GB, gpu_memory=memory, notes=("a note",)),
        f"base/s1/{LONG}": taking(3600, gpus=4, disk=2 * GB, source="finished jobs", gpu_memory=Memory(weights=GB)),
        f"base/s1/{LONG}/xnli": taking(1800, gpus=1, disk=GB, gpu_memory=Memory(weights=GB)),
        "odd": taking(0, source="not known"),
    }
    site = Site(price=1.5, disk_gb=5.0)
    jobs = jobs_of(found, Known(**estimates), frozenset({"target"}))
    return forecast(jobs, site_machine(site), site, tmp_path / "results" / "real")


def test_the_table_adds_up_and_fits_its_width(plan):
    text = rendered(plan)
    lines = text.splitlines()
    assert max(map(len, lines)) <= WIDTH and all(line == line.rstrip() for line in lines)
    table = lines[lines.index("Pending work, as planned") + 2 :]
    table = table[: table.index("")]
    assert len({len(line) for line in table}) == 1, "columns are aligned"
    rows = {line[2:24].strip(): line[24:].split() for line in table}
    assert rows["intermediate training"][:3] == ["1", "160", "40.0"]
    assert rows["target training"][:2] == ["1", "4.0"]
    assert rows["total"][:2] == ["6", f"{40 * 4 + 4 + 0.5:.0f}"]
    assert sum(int(cells[0]) for name, cells in rows.items() if name and name != "total" and "─" not in name) == 6


def test_what_follows_from_the_table_is_told(plan):
    text = " ".join(rendered(plan).split())
    assert "fullest GPU 50.0 GB: weights 2.0 GB, gradients 1.0 GB, optimizer 7.0 GB, activations 39.0 GB" in text
    assert "critical path 1 d 18 h, 5 jobs one after the other" in text
    assert "wall time 1 d 18 h on 16 GPUs and 64 jobs in flight" in text
    assert "$246.75, 164 GPU-hours at $1.5" in text  # 164.5 hours
    assert "1 from finished jobs, 3 from the model of cost, 1 not known" in text
    warned = text[text.index("Before you start") :]
    for fragment in ("Does not fit on a GPU", "time limit", "More disk than there is (5.0 GB", "Not known"):
        assert fragment in warned


def test_files_for_programs_hold_each_job_and_obey_their_schema(plan, tmp_path):
    jsonschema = pytest.importorskip("jsonschema")
    write(plan, tmp_path / "plan.json", tmp_path / "plan.csv")
    told = json.loads((tmp_path / "plan.json").read_text())
    jsonschema.validate(told, Document.model_json_schema(mode="serialization"))
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(told | {"unheard": 1}, Document.model_json_schema(mode="serialization"))
    assert Document.model_validate_json((tmp_path / "plan.json").read_text()).model_dump(mode="json") == told

    jobs = {job["id"]: job for job in told["jobs"]}
    assert jobs[3]["depends_on"] == [2] and jobs[3]["kind"] == "target training" and jobs[0]["source"] is None
    assert jobs[2]["gpu_peak_bytes"] == 50 * GB and jobs[1]["gpu_peak_bytes"] is None
    assert math.isclose(sum(job["gpu_hours"] for job in jobs.values()), told["totals"]["gpu_hours"])
    assert told["critical_path"]["jobs"] == [1, 2, 3, 4, 5, 0] and told["warnings"] == plan.warnings
    assert sum(kind["jobs"] for kind in told["kinds"].values()) == told["totals"]["jobs"] == 6

    rows = list(csv.DictReader(io.StringIO((tmp_path / "plan.csv").read_text())))
    assert [int(row["id"]) for row in rows] == [job["id"] for job in told["jobs"]]
    by_id = {int(row["id"]): row for row in rows}
    assert by_id[2]["wildcards"] == f"parent=base/s1; stage={LONG}" and by_id[2]["depends_on"] == "1"
    assert float(by_id[2]["gpu_hours"]) == 160 and by_id[1]["gpu_peak_bytes"] == ""


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "0 s"),
        (59.4, "59 s"),
        (60, "1 min 00 s"),
        (3599.6, "1 h 00 min"),
        (86399, "1 d 0 h"),
        (93 * 3600, "3 d 21 h"),
    ],
)
def test_times_have_their_two_largest_units(seconds, text):
    assert span(seconds) == text


def test_figures_are_short_and_nothing_is_a_dash():
    assert [size(n) for n in (0, 999, 31.4 * GB, 999.96 * GB, 1.5e12)] == ["–", "999 B", "31.4 GB", "1.0 TB", "1.5 TB"]
    assert [hours(n) for n in (0, 0.001, 0.5, 99.96, 4428)] == ["–", "<0.01", "0.50", "100", "4,428"]
