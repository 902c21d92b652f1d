"""What right configurations become."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
import yaml
from pydantic import BaseModel

from xstilts.config import Project, StageSpec, load
from xstilts.config.schema import MODELS, schemas
from xstilts.config.spec import RUNNING, running_of
from xstilts.errors import UserError
from xstilts.recipe import digest
from xstilts.tasks import TASKS

NINE = ["anli", "ccg", "cosmosqa", "csqa", "hellaswag", "mnli", "qqp", "squad", "squad2"]


def spec(project: Project, stage: str) -> StageSpec:
    return project.world.resolve_stage(project.stage(stage))


def over(world: str = "mini", **blocks: Any) -> dict[str, Any]:
    return {"world": world, "worlds": {world: blocks}}


@pytest.mark.parametrize("world", ["mini", "nano", "real"])
@pytest.mark.parametrize("study", ["quickstart", "replication"])
def test_the_files_of_the_repository_are_right(repository: Path, world: str, study: str) -> None:
    overrides = {"studies": {study: {"bases": ["xlmr-base" if world == "real" else "tiny"]}}}
    project = load({"world": world, "study": study, **overrides}, repository)
    for node in project.nodes:
        resolved = project.world.resolve_stage(node.stage) if node.stage else None
        if resolved:
            told = {
                **json.loads(json.dumps(resolved.as_dict())),
                **running_of(resolved.running()),
                "name": resolved.name,
            }
            again = StageSpec.from_dict(told)
            assert (again.as_dict(), again.running()) == (resolved.as_dict(), resolved.running())
    for target in project.targets:
        assert project.world.languages_of(target.name)
        assert project.world.encoding_of(target.name).max_length


@pytest.mark.parametrize(("world", "base"), [("mini", "tiny"), ("real", "xlmr-large")])
def test_the_grid_of_the_replication(repository: Path, world: str, base: str) -> None:
    project = load({"world": world, "study": "replication"}, repository)
    assert project.study.bases == (base,)
    assert len(project.cells) == 11 * 9
    # The base, ten intermediate checkpoints, and six target stages on each of the eleven: XQuAD and MLQA share one.
    assert len(project.nodes) == 1 + 10 + 11 * 6
    positions = {node: i for i, node in enumerate(project.nodes)}
    assert all(positions[node.parent] < positions[node] for node in project.nodes if node.parent)
    nodes = {(recipe, target.name): node.path for _, _, recipe, target, node in project.cells}
    assert nodes["none", "tatoeba"] == base
    assert nodes["mnli", "bucc"] == f"{base}/s1/mnli"
    assert nodes["mnli", "mlqa"] == nodes["mnli", "xquad"] == f"{base}/s1/mnli/xquad"
    assert nodes["all9", "xnli"] == f"{base}/s1/all9/xnli"
    assert [str(part) for part in project.recipes["all9"].stages[0].expanded] == NINE


def test_training_data_of_targets_is_english(repository: Path) -> None:
    real = load({"world": "real", "study": "replication"}, repository)
    mini = load({"study": "replication"}, repository)
    sources = {"xnli": "mnli", "xquad": "squad", "tydiqa": "tydiqa", "pawsx": "pawsx", "udpos": "udpos", "panx": "panx"}
    for target, source in sources.items():
        (part,) = spec(real, target).parts
        assert (part.data, part.dev, part.languages) == (source, source, ("en",))
        (part,) = spec(mini, target).parts
        assert (part.data, part.dev, part.languages) == (target, target, ("en",))
    assert real.world.english_of("mlqa") == "squad" and mini.world.english_of("mlqa") == "xquad"
    assert mini.world.english_of("bucc") is None


def test_languages(repository: Path) -> None:
    mini = load({}, repository).world
    assert mini.languages_of("xnli") == ("en", "qla", "qlb", "qlc", "qld", "qle")
    assert mini.languages_of("tatoeba") == ("qla", "qlb", "qlc", "qld", "qle")
    assert mini.languages_of("mnli") == ("en",)
    real = load({"world": "real", "study": "replication"}, repository).world
    assert real.languages_of("pawsx") == TASKS["pawsx"].languages
    some = load({**over("real", languages=["en", "de", "sw"]), "study": "replication"}, repository)  # no Swahili PAWS-X
    assert some.world.languages_of("pawsx") == ("de", "en")
    assert some.world.languages_of("xnli") == ("de", "en", "sw")


def test_values_come_from_the_most_specific_block(repository: Path) -> None:
    project = load(
        over(
            training={"lr": 1e-3, "clip": 2.0},
            mixtures={"steps": 90, "lr": 2e-3},
            stages={"mnli": {"lr": 3e-3}, "mnli@ml": {"clip": 4.0}, "mnli+qqp": {"epochs": 2}},
            tasks={"mnli": {"variants": {"ml": ["en", "qla"]}}},
        ),
        repository,
    )
    assert (spec(project, "qqp").lr, spec(project, "qqp").clip) == (1e-3, 2.0)
    assert (spec(project, "mnli").lr, spec(project, "mnli").clip) == (3e-3, 2.0)
    assert (spec(project, "mnli@ml").lr, spec(project, "mnli@ml").clip) == (3e-3, 4.0)
    assert (spec(project, "mnli+squad").lr, spec(project, "mnli+squad").steps) == (2e-3, 90)
    both = spec(project, "mnli+qqp")
    assert (both.lr, both.steps, both.epochs) == (2e-3, None, 2.0)
    (part,) = spec(project, "mnli@ml").parts
    assert (part.data, part.variant, part.dev, part.languages) == ("mnli", "ml", "mnli", ("en", "qla"))


def test_options_are_applied(repository: Path) -> None:
    project = load(over(stages={"squad": {"steps": None, "epochs": 3}}), repository)
    assert spec(project, "mnli~lr=5e-6~x=.5").lr == 5e-6
    assert spec(project, "mnli~x=.5").steps == 300
    assert spec(project, "squad~x=.5").epochs == 1.5
    mixed = spec(project, "mlm+mnli~cap=10~mix=capped~rate=.4")
    assert (mixed.mix, mixed.cap, mixed.mlm_rate) == ("capped", 10, 0.4)
    assert mixed.parts[0].languages == ("en", "qla", "qlb", "qlc", "qld", "qle")


@pytest.mark.parametrize("stage", ["mnli~drop=.3", "mnli~replay=.1", "tatoeba", "mlqa", "mnli@nope", "nope"])
def test_what_the_world_cannot_train(repository: Path, stage: str) -> None:
    project = load({}, repository)
    with pytest.raises(UserError):
        spec(project, stage)


def test_digests_change_with_what_changes_the_weights_only(repository: Path) -> None:
    before = load({}, repository)
    after = load(over(training={"ranks": 2, "micro_tokens": 99, "cap": 5, "mlm_rate": 0.5}), repository)
    for stage in ("mnli", "xnli"):
        assert digest(spec(before, stage)) == digest(spec(after, stage))
    assert digest(spec(before, "mnli+qqp")) != digest(spec(after, "mnli+qqp"))
    assert digest(spec(before, "mnli")) != digest(spec(before, "mnli~x=2")) != digest(spec(before, "qqp"))
    assert running_of(spec(after, "mnli").running()).items() >= {"micro_tokens": 99, "ranks": 2, "zero": 0}.items()


def test_how_a_run_is_carried_out_passes_as_one_word(repository: Path) -> None:
    sizes = {"deepspeed": {"reduce_bucket_size": 1000, "overlap_comm": False}}
    settings = spec(load(over(training={"zero": 2, "offload": True, "save_minutes": 0.5, **sizes}), repository), "mnli")
    word = settings.running()
    assert re.fullmatch(r"[\w.,=-]+", word), "no shell and no scheduler reads anything into it"
    assert running_of(word) == {name: getattr(settings, name) for name in RUNNING}
    assert running_of("zero=1") == {"zero": 1, "deepspeed": {}}
    with pytest.raises(UserError, match=r"no setting 'micro_token' \(did you mean 'micro_tokens'\?\)"):
        running_of("micro_token=3")


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"offload": True, "zero": 0}, "only a sharded optimizer can be offloaded"),
        ({"ranks": 33}, "deals a step of 32 examples to 33 ranks"),
        ({"mix": "weights", "weights": {"mnli": 2}}, "no weight for squad"),
        ({"mix": "weights", "weights": {"mnli": 2, "squad": 1, "qqp": 1}}, "weights for qqp, which is no part of it"),
    ],
)
def test_settings_that_do_not_go_together(repository: Path, settings: dict[str, Any], message: str) -> None:
    project = load(over(stages={"mnli+squad": settings}), repository)
    with pytest.raises(UserError, match=message):
        spec(project, "mnli+squad")


def test_pretraining(repository: Path) -> None:
    pretraining = load({}, repository).world.resolve_pretraining("tiny")
    assert pretraining is not None
    assert [(part.task, len(part.languages)) for part in pretraining.parts] == [("mlm", 6)]
    assert pretraining.steps == 3000
    real = load({"world": "real", "study": "replication"}, repository)
    assert real.world.resolve_pretraining("xlmr-large") is None


def test_a_whole_new_study_and_world_may_come_inline(repository: Path) -> None:
    study = {
        "asks": "?",
        "recipes": {"none": [], "seq": ["mnli", "squad"]},
        "seeds": [3],
        "targets": ["xnli", "bucc"],
        "compare": {"baseline": "none"},
    }
    world = {"extends": "nano", "about": "mine", "training": {"lr": "1e-4"}}
    project = load({"world": "my", "study": "s", "worlds": {"my": world}, "studies": {"s": study}}, repository)
    assert "tiny/s3/mnli/squad/xnli" in [node.path for node in project.nodes]
    resolved = spec(project, "mnli")
    assert (resolved.lr, resolved.steps, resolved.clip) == (1e-4, 60, 1.0)


def test_yaml_numbers_without_a_point_are_numbers(root: Path) -> None:
    text = (root / "config/worlds/mini.yaml").read_text()
    (root / "config/worlds/mini.yaml").write_text(text.replace("lr: 3.0e-4", "lr: 3e-4"))
    assert spec(load({}, root), "mnli").lr == 3e-4


def test_null_takes_a_key_away(repository: Path) -> None:
    project = load(over(stages={"xnli": {"steps": None, "epochs": 4}}), repository)
    assert (spec(project, "xnli").steps, spec(project, "xnli").epochs) == (None, 4.0)


def test_null_reaches_through_extended_worlds(root: Path) -> None:
    (root / "config/worlds/my.yaml").write_text(
        "about: mine\nextends: nano\ntraining: {steps: null, epochs: 1}\nstages: {xnli: null, udpos: {steps: null}}\n"
    )
    project = load(
        {"world": "my", "worlds": {"my": {"training": {"clip": None}}, "nano": {"training": {"lr": 7e-5}}}}, root
    )
    for stage in ("mnli", "xnli", "udpos"):
        resolved = spec(project, stage)
        assert (resolved.steps, resolved.epochs, resolved.lr) == (None, 1.0, 7e-5)
    assert spec(project, "mnli").clip == StageSpec.clip


def test_empty_blocks_are_no_blocks(root: Path) -> None:
    main = root / "config/config.yaml"
    main.write_text(main.read_text().replace("worlds: {}", "worlds:").replace("studies: {}", "studies:"))
    assert load({}, root) == load({}, root)


def test_snakemake_command_line(repository: Path, tmp_path: Path) -> None:
    """Snakemake hands over what stands in braces as text, and --configfile as YAML has it."""
    (tmp_path / "Snakefile").write_text(
        f"configfile: '{repository}/config/config.yaml'\n"
        "from pathlib import Path\n"
        "from xstilts.config import load\n"
        f"project = load(config, Path('{repository}'))\n"
        "found = project.world.resolve_stage(project.stage('xnli'))\n"
        "print('FOUND', project.settings.freeze_code, found.lr, found.steps, found.warmup, project.settings.results)\n"
        "rule all: input: []\n"
    )
    (tmp_path / "mine.yaml").write_text("worlds: {mini: {stages: {xnli: {steps: 77}}}}\nresults: elsewhere\n")
    command = [sys.executable, "-m", "snakemake", "-n", "-q", "--configfile", "mine.yaml", "--config"]
    command += ["worlds={mini: {stages: {xnli: {lr: 1e-4}}, training: {warmup: 0.25}}}", "freeze_code=true"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)
    assert "FOUND True 0.0001 77 0.25 elsewhere" in done.stdout, done.stderr


def test_loading_is_quick(repository: Path) -> None:
    code = "import time; t = time.process_time()\nfrom pathlib import Path\nfrom xstilts.config import load\n"
    code += f"load({{'study': 'replication'}}, Path({str(repository)!r})).nodes; print(time.process_time() - t)"
    took = [float(subprocess.check_output([sys.executable, "-c", code], text=True)) for _ in range(3)]
    assert min(took) < 1, took  # of CPU; usually a sixth of that


def test_many_cells_are_quick(repository: Path) -> None:
    study = {"seeds": list(range(1, 30))}
    project = load({"study": "replication", "studies": {"replication": study}}, repository)
    start = time.process_time()
    assert len(project.nodes) == 1 + 29 * (10 + 66)
    assert time.process_time() - start < 2


def test_schemas_are_up_to_date(repository: Path) -> None:
    for name, text in schemas().items():
        found = (repository / "workflow/schemas" / name).read_text(encoding="utf-8")
        assert found == text, "run: python -m xstilts.config.schema"


def test_files_agree_with_the_schemas(repository: Path) -> None:
    jsonschema = pytest.importorskip("jsonschema")
    kinds = {"config": ["config/config.yaml"], "world": [], "study": []}
    kinds["world"] = [str(path) for path in sorted(repository.glob("config/worlds/*.yaml"))]
    kinds["study"] = [str(path) for path in sorted(repository.glob("config/studies/*.yaml"))]
    for kind, files in kinds.items():
        schema = json.loads(schemas()[f"{kind}.schema.json"])
        for file in files:
            jsonschema.validate(yaml.safe_load((repository / file).read_text()), schema)


def fields(model: type[BaseModel], seen: set[type[BaseModel]]) -> set[str]:
    """The keys of a model and of all models within it that have not been seen."""
    seen.add(model)
    found = set(model.model_fields)
    for name, definition in model.model_json_schema().get("$defs", {}).items():
        assert definition.get("type") in {"object", "string"}, name
        found |= set(definition.get("properties", {}))
    return found


def test_every_key_is_described(repository: Path) -> None:
    readme = (repository / "config/README.md").read_text()
    for model in MODELS.values():
        for key in fields(model, set()):
            assert f"`{key}`" in readme, key
        for definition in [model.model_json_schema(), *model.model_json_schema().get("$defs", {}).values()]:
            assert all("description" in field for field in definition.get("properties", {}).values())
