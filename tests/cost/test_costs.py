"""Every job of a plan has an estimate, whatever is there, and what it says makes sense."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from left_behind import plan_of

from xstilts.available import data_of
from xstilts.config.spec import StageSpec
from xstilts.cost.advice import fitting, peak
from xstilts.cost.costs import Costs
from xstilts.cost.data import Data
from xstilts.cost.devices import GB, device, devices
from xstilts.cost.shapes import Shape
from xstilts.cost.training import Portion, Training, steps_of
from xstilts.errors import UserError

ROOT = Path(__file__).parents[2]
LARGE = Shape(250_002, 1024, 24, 16, 4096, 514)


def jobs(costs: Costs) -> Iterator[tuple[str, Mapping[str, str]]]:
    """The jobs of a plan, by its own lists."""
    plan = costs.plan
    base = plan.study.bases[0]
    tokenizer = next(iter(plan.world.tokenizers), base)
    for data, split in dict.fromkeys(data_of(plan.project)):
        yield "prepare_records", {"data": data, "split": split}
        yield "encode_tokens", {"tokenizer": tokenizer, "data": data, "split": split}
    for digest in plan.downloads.files():
        yield "fetch_release", {"release": digest.parts[-3], "way": digest.parts[-2]}
    for name in plan.world.tokenizers:
        yield "train_tokenizer", {"tokenizer": name}
    yield ("draw_base" if plan.world.bases[base].scratch else "fetch_base"), {"base": base}
    for node in plan.checkpoints.trained:
        parent, _, stage = node.rpartition("/")
        yield ("train_checkpoint", {"parent": parent, "stage": stage}) if parent else ("pretrain_base", {"base": node})
    for file in plan.scores.files:
        place = file.relative_to(plan.scores.folder)
        for rule in ("predict_target", "score_target"):
            yield rule, {"node": str(place.parent), "target": place.stem}
    yield "measure_alignment", {"node": base, "target": "tatoeba"}
    yield "compare_recipes", {"study": plan.name}
    yield "write_submission", {"study": plan.name, "submission": "any"}


@pytest.mark.parametrize("world", ["mini", "nano", "real"])
def test_every_rule_has_an_estimate_before_anything_exists(costs: Callable[..., Costs], world: str) -> None:
    plan = costs(world, "replication")
    seen = set()
    for rule, wildcards in jobs(plan):
        seen.add(rule)
        one = plan.of(rule, wildcards)
        assert one.seconds > 0 and one.cpu_seconds > 0 and one.memory > 50e6, (rule, wildcards)
        assert one.source == "model of cost", (rule, wildcards, one.notes)
        assert one.mem_mb(2) > one.mem_mb(1) and one.minutes(1440) >= 10
        on_gpu = world == "real" and rule in ("train_checkpoint", "predict_target", "measure_alignment")
        assert (one.gpus > 0) == on_gpu == (one.gpu_memory is not None)
    for rule in set(re.findall(r"^rule (\w+):", "".join(map(Path.read_text, ROOT.glob("workflow/rules/*.smk"))), re.M)):
        if rule not in seen | {"draw_base", "fetch_base", "fetch_release", "pretrain_base", "train_tokenizer"}:
            nothing = plan.of(rule, {"node": "x", "study": "x"})
            assert nothing.seconds == nothing.memory == nothing.disk == 0, rule


def test_twenty_thousand_jobs_are_asked_in_a_moment(costs: Callable[..., Costs]) -> None:
    plan = costs("real", "replication", studies={"replication": {"seeds": [1, 2, 3]}})
    every = list(jobs(plan))
    for rule, wildcards in every:
        plan.of(rule, wildcards)
    started = time.process_time()
    for i in range(20_000):
        plan.of(*every[i % len(every)])
    assert time.process_time() - started < 1.0


def test_nothing_heavy_is_imported() -> None:
    code = (
        "import sys, xstilts.cost.costs; print(*{'torch', 'transformers', 'datasets', 'deepspeed'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT / "src")
    assert done.stdout.split() == []


TORN = ["", "{", "null", "[1]", '{"rows": 3}', '{"records": "many", "sequences": 1, "tokens": 1}', "\x00\x01"]


@pytest.mark.parametrize("text", TORN)
def test_torn_files_are_as_if_they_were_not_there(costs: Callable[..., Costs], tmp_path: Path, text: str) -> None:
    plan = costs()
    wanted = [plan.of(rule, wildcards) for rule, wildcards in jobs(plan)]
    results = tmp_path / "mini"
    files = ["records/mnli/train.json", "tokens/mini/mnli/train.json", "tokens/mini/xnli/test.json"]
    files += [
        "checkpoints/tiny/config.json",
        "checkpoints/tiny/training.json",
        "checkpoints/tiny/s1/mnli/training.json",
    ]
    files += ["benchmarks/checkpoints/tiny.jsonl", "benchmarks/checkpoints/tiny/s1/mnli.jsonl"]
    files += ["curves/tiny/s1/mnli/curve.jsonl", "benchmarks/scores/nowhere.jsonl"]
    for file in files:
        (results / file).parent.mkdir(parents=True, exist_ok=True)
        (results / file).write_text(text)
    plan = costs()
    assert [plan.of(rule, wildcards) for rule, wildcards in jobs(plan)] == wanted


def test_what_is_there_counts_before_what_was_planned(costs: Callable[..., Costs], tmp_path: Path) -> None:
    job = "train_checkpoint", {"parent": "tiny/s1", "stage": "mnli"}
    before = costs().of(*job)
    tokens = tmp_path / "mini/tokens/mini/mnli/train.json"
    tokens.parent.mkdir(parents=True)
    tokens.write_text(json.dumps({"records": 10_000, "sequences": 10_000, "tokens": 1_000_000}))
    longer = costs().of(*job)
    assert longer.seconds > 1.5 * before.seconds and longer.memory > before.memory
    other = costs().of("encode_tokens", {"tokenizer": "mini", "data": "mnli", "split": "dev"})
    assert other.disk > 4 * 500 * 100, "dev is believed to be as long as train, whose tokens are there"
    config = tmp_path / "mini/checkpoints/tiny/config.json"
    config.parent.mkdir(parents=True)
    told = {"hidden_size": 256, "num_hidden_layers": 8, "num_attention_heads": 4, "intermediate_size": 1024}
    config.write_text(json.dumps({**told, "vocab_size": 800, "max_position_embeddings": 132}))
    assert costs().of(*job).seconds > 2 * longer.seconds, "a base that is there says itself how wide it is"


def test_records_that_will_be_made_anew_are_not_counted(costs: Callable[..., Costs], tmp_path: Path) -> None:
    job = "encode_tokens", {"tokenizer": "mini", "data": "mnli", "split": "train"}
    spec = costs().plan.records.spec("mnli", "train").model_dump(mode="json")
    record = tmp_path / "mini/records/mnli/train.json"
    tokens = tmp_path / "mini/tokens/mini/mnli/train.json"
    for file, told in (
        (record, {"spec": spec, "rows": {"en": 10_000}}),
        (tokens, {"records": 10_000, "sequences": 10_000, "tokens": 400_000}),
    ):
        file.parent.mkdir(parents=True)
        file.write_text(json.dumps(told))
    now = costs().of(*job)
    rows = {"mini": {"tasks": {"mnli": {"rows": {"train": 30_000}}}}}
    more = costs(worlds=rows).of(*job)
    assert more.disk == pytest.approx(3 * now.disk), "of as many tokens each"


def test_a_base_of_unknown_shape_is_said_to_be_one(costs: Callable[..., Costs]) -> None:
    worlds = {"real": {"bases": {"theirs": {"path": "/nowhere/theirs"}}}}
    studies = {"replication": {"bases": ["theirs"]}}
    one = costs("real", "replication", worlds=worlds, studies=studies).of(
        "train_checkpoint", {"parent": "theirs/s1", "stage": "mnli"}
    )
    assert one.source == "not known" and "bases.theirs.shape" in " ".join(one.notes)


def test_a_gpu_that_nobody_knows_is_an_error(costs: Callable[..., Costs]) -> None:
    with pytest.raises(UserError, match=r"no kind of GPU 'a100-40'.*devices\.yaml"):
        costs(gpu="a100-40")


def test_published_gpus_have_all_figures() -> None:
    for name, one in devices().items():
        assert 8 * GB <= one.memory <= 200 * GB and one.is_gpu, name
        assert one.rate("fp32") <= one.rate("fp16") and one.bandwidth > one.link > 0, name


SMALL = ("rtx-3090", "v100-32gb")


def training(stage: StageSpec, shape: Shape = LARGE, tokens: float = 60.0, gpu: str = "a100-40gb") -> Training:
    data = Data(10_000, 10_000, 10_000 * tokens, 10_000, 1.0, "tokens")
    portions = tuple(Portion(part, data, data, 1 / len(stage.parts), 3) for part in stage.parts)
    return Training(stage, shape, portions, device(gpu), steps_of(stage, [data.items]))


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> StageSpec:
    """MNLI as the real world trains it."""
    return plan_of("real", "replication", tmp_path_factory.mktemp("none")).checkpoints.stage("xlmr-large/s1/mnli")


@given(
    data=st.data(),
    zero=st.integers(0, 3),
    ranks=st.sampled_from([1, 2, 4, 8]),
    precision=st.sampled_from(["fp32", "bf16", "fp16", "autocast-bf16"]),
)
def test_more_of_anything_takes_more(
    stage: StageSpec, data: st.DataObject, zero: int, ranks: int, precision: str
) -> None:
    one = replace(stage, zero=zero, ranks=ranks, precision=precision)
    few, many = sorted(data.draw(st.tuples(st.floats(5, 400), st.floats(5, 400))))
    short, long = training(one, tokens=few).work, training(one, tokens=many).work
    assert all(short.time[name] <= long.time[name] for name in short.time)
    assert short.gpu_memory and long.gpu_memory and short.gpu_memory.peak <= long.gpu_memory.peak
    more = training(replace(one, ranks=2 * ranks), tokens=many).work
    assert more.gpu_memory and more.gpu_memory.weights <= long.gpu_memory.weights
    assert more.gpu_memory.optimizer <= long.gpu_memory.optimizer
    assert more.gpu_memory.activations <= long.gpu_memory.activations
    kind = next(name for name in long.time if name in ("compute", "single"))
    assert more.time[kind] <= long.time[kind]


@pytest.mark.parametrize("gpu, zero, ranks", [(g, z, r) for g in SMALL for z in (0, 2, 3) for r in (1, 4)])
def test_what_is_advised_fits(stage: StageSpec, gpu: str, zero: int, ranks: int) -> None:
    large = Shape(250_880, 2560, 36, 32, 10_240, 514)
    asked = training(replace(stage, zero=zero, ranks=ranks, micro_tokens=16384, batch=64), large, 200.0, gpu)
    assert peak(asked) > device(gpu).memory, "XLM-R XL does not fit"
    advice = fitting(asked)
    assert advice is not None
    given_settings = dict(setting.split(": ") for setting in advice.split(", "))
    told = {name: json.loads(value) for name, value in given_settings.items()}
    again = replace(asked, stage=replace(asked.stage, **told))
    assert peak(again) <= device(gpu).memory


def test_where_nothing_fits_nothing_is_advised(stage: StageSpec) -> None:
    huge = Shape(250_880, 8192, 80, 64, 32_768, 514)
    assert fitting(training(stage, huge, 200.0, "t4")) is None


def test_the_plan_says_what_does_not_fit(costs: Callable[..., Costs]) -> None:
    studies = {"replication": {"bases": ["xlmr-xl"]}}
    job = "train_checkpoint", {"parent": "xlmr-xl/s1", "stage": "hellaswag"}
    small = costs("real", "replication", gpu="v100-32gb", studies=studies).of(*job)
    assert small.gpu_memory and small.gpu_memory.peak > 32 * GB
    assert re.search(
        r"needs \d+\.\d GB of a GPU's memory, .* more than v100-32gb has; .* would fit", " ".join(small.notes)
    )
    assert "v100-32gb has no bf16 in hardware" in " ".join(small.notes)
    roomy = costs("real", "replication", gpu="h200-141gb", studies=studies).of(*job)
    assert roomy.notes == () and roomy.seconds < small.seconds


def test_a_training_on_several_gpus_says_what_it_would_take_on_one(costs: Callable[..., Costs]) -> None:
    wildcards = {"parent": "xlmr-large/s1", "stage": "mnli"}
    four = costs("real", "replication").of("train_checkpoint", wildcards)
    assert four.gpus == 4 and four.alone is not None and four.alone.gpus == 1
    assert four.seconds < four.alone.seconds < 4 * four.seconds
    assert four.gpu_memory is not None and four.alone.gpu_memory is not None
    assert four.gpu_memory.peak < four.alone.gpu_memory.peak < 40e9
    small = costs("real", "replication", gpu="rtx-3090").of("train_checkpoint", wildcards)
    assert (small.alone is None) == (four.alone.gpu_memory.peak > 24e9), "what does not fit is not offered"
