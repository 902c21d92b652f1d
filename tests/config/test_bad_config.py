"""Wrong configurations, and what their messages must say: where, what, the nearest right name, and what to do."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from xstilts.config import load
from xstilts.errors import UserError

MINI, REAL = "config/worlds/mini.yaml", "config/worlds/real.yaml"
QUICK, MAIN = "config/studies/quickstart.yaml", "config/config.yaml"
LINE = "--config/--configfile"


@dataclass(frozen=True)
class Case:
    """`config` as from the command line, `edits` as (file, old text, new text), and what the message holds."""

    name: str
    says: list[str]
    config: dict[str, Any] = field(default_factory=dict)
    edits: list[tuple[str, str, str]] = field(default_factory=list)


def world(**blocks: Any) -> dict[str, Any]:
    return {"worlds": {"mini": blocks}}


def study(**blocks: Any) -> dict[str, Any]:
    return {"studies": {"quickstart": blocks}}


def real(**blocks: Any) -> dict[str, Any]:
    return {"world": "real", "study": "replication", "worlds": {"real": blocks}}


def task(name: str, **values: Any) -> dict[str, Any]:
    return world(tasks={name: values})


HEX = "0123456789abcdef0123456789abcdef01234567"
CASES = [
    # names of files, and tricks with paths
    Case(
        "unknown world",
        [LINE, "world", "no world 'minni'", "did you mean 'mini'?", "mini, nano, real"],
        {"world": "minni"},
    ),
    Case(
        "unknown study",
        ["study", "did you mean 'quickstart'?", "config/studies/quikstart.yaml"],
        {"study": "quikstart"},
    ),
    Case("world outside", ["world", "'../mini' cannot be a name", "lower-case"], {"world": "../mini"}),
    Case("absolute study", ["study", "'/etc/passwd' cannot be a name"], {"study": "/etc/passwd"}),
    Case("upper case", ["world", "'Mini' cannot be a name"], {"world": "Mini"}),
    Case(
        "no study",
        [LINE, "'study' is missing", "config/studies/<study>.yaml"],
        {"study": None} | world(default_study=None),
    ),
    Case("default study", ["no study 'quik'", "did you mean 'quickstart'?"], world(default_study="quik")),
    Case("downloads outside", ["downloads", "leads out of the working directory"], {"downloads": "../x"}),
    Case("files with a space", ["files", "character"], {"files": "/my data"}),
    Case("results outside", ["results", "leads out of the working directory", "absolute"], {"results": "a/../../b"}),
    Case("results empty", ["results", "no name"], {"results": " "}),
    Case("results with wildcard", ["results", "character"], {"results": "{x}"}),
    Case("results home", ["results", "not expanded"], {"results": "~/x"}),
    Case("base name", ["bases.a b", "cannot be a name"], world(bases={"a b": {"path": "/x"}})),
    Case("recipe name", ["recipes.../x", "cannot be a name"], study(recipes={"../x": []})),
    Case("override of nothing", ["worlds.mni", "to lay this over", "did you mean 'mini'?"], {"worlds": {"mni": {}}}),
    # unknown keys, at every level
    Case("top level", [LINE, "there is no key 'resluts' here; did you mean 'results'?"], {"resluts": "x"}),
    Case("world", [f"{MINI}:", "traning", "did you mean 'training'?"], edits=[(MINI, "\ntraining:", "\ntraning:")]),
    Case("study", [f"{QUICK}:4  seed", "did you mean 'seeds'?"], edits=[(QUICK, "seeds:", "seed:")]),
    Case("training", ["training.learning_rate", "keys that may stand here: lr"], world(training={"learning_rate": 1})),
    Case("stage", ["stages.mnli.stepps", "did you mean 'steps'?"], world(stages={"mnli": {"stepps": 3}})),
    Case("rows", ["tasks.mnli.rows.tst", "did you mean 'test'?"], task("mnli", rows={"tst": 3})),
    Case(
        "scratch",
        ["bases.tiny.scratch.layer", "did you mean 'layers'?"],
        world(bases={"tiny": {"scratch": {"layer": 2}}}),
    ),
    Case("encoding", ["encoding.span.strides", "did you mean 'stride'?"], world(encoding={"span": {"strides": 2}})),
    Case("task encoding", ["tasks.squad.encoding.len", "max_length"], task("squad", encoding={"len": 2})),
    Case("foreign encoding", ["tasks.mnli.encoding.stride", "no key 'stride'"], task("mnli", encoding={"stride": 2})),
    Case("compare", ["compare.base", "did you mean 'baseline'?"], study(compare={"base": "none"})),
    # wrong kinds of values
    Case("text for number", ["training.batch", "whole number, is 'many'"], world(training={"batch": "many"})),
    Case("boolean for number", ["training.steps", "whole number, is True"], world(training={"steps": True})),
    Case("fraction for count", ["training.batch", "whole number, is 1.5"], world(training={"batch": 1.5})),
    Case(
        "units",
        [f"{MINI}:", "training.lr", "without quotes or units"],
        edits=[(MINI, "  lr: 3.0e-4", "  lr: 3e-4 per step")],
    ),
    Case("number for text", ["asks", "must be text, is 3"], study(asks=3)),
    Case("language no", ["languages[1]", "must be text, is False", "quotes"], edits=[(MINI, "[en, qla,", "[en, no,")]),
    Case("text for list", ["seeds", "must be a list, in square brackets, is 1"], study(seeds=1)),
    Case("text for mapping", ["rows", "must be a mapping"], task("mnli", rows=3000)),
    Case("yes for true", ["freeze_code", "true or false, is 'yes'"], {"freeze_code": "yes"}),
    Case("precision", ["'bf8'", "did you mean 'bf16'?"], world(training={"precision": "bf8"})),
    Case("mix", ["'unifrom'", "did you mean 'uniform'?"], world(training={"mix": "unifrom"})),
    # out of range
    Case("lr 0", ["training.lr", "greater than 0, is 0", "learning rate"], world(training={"lr": 0})),
    Case("lr infinite", ["training.lr", "finite"], world(training={"lr": float("inf")})),
    Case("warmup", ["training.warmup", "at most 1, is 1.5"], world(training={"warmup": 1.5})),
    Case("batch", ["training.batch", "at least 1, is 0"], world(training={"batch": 0})),
    Case("zero", ["training.zero", "at most 3, is 4"], world(training={"zero": 4})),
    Case("betas", ["training.betas", "too short"], world(training={"betas": [0.9]})),
    Case("seed", ["seeds[0]", "at least 0, is -1"], study(seeds=[-1])),
    Case("both lengths", ["stages.xnli", "both steps and epochs", "null"], world(stages={"xnli": {"epochs": 2}})),
    Case(
        "positions",
        ["encoding.span.max_length", "256 tokens", "positions for 128"],
        world(encoding={"span": {"max_length": 256}}),
    ),
    Case("heads", ["bases.tiny.scratch", "no multiple of heads 3"], world(bases={"tiny": {"scratch": {"heads": 3}}})),
    Case("windows", ["encoding.span", "between the windows"], world(encoding={"span": {"stride": 128}})),
    # empty and twofold
    *[
        Case(f"no {key}", [f"quickstart.{key}", "is empty"], study(**{key: []}))
        for key in ("bases", "seeds", "targets")
    ],
    Case("no recipes", ["recipes", "is empty"], {"study": "s", "studies": {"s": {"recipes": {}, "asks": "?"}}}),
    Case("no languages", ["languages", "is empty"], world(languages=[])),
    Case("seed twice", ["seeds[1]", "1 stands twice", "leave one out"], study(seeds=[1, 1])),
    Case("target twice", ["targets[1]", "'xnli' stands twice, already by 'xtreme'"], study(targets=["xtreme", "xnli"])),
    Case("language twice", ["languages[1]", "'en' stands twice"], world(languages=["en", "en"])),
    Case("recipe twice", ["recipes.b", "same as the recipe 'mnli'"], study(recipes={"b": ["mnli"]})),
    # unknown things
    Case("unknown task", ["tasks.mnlii", "did you mean 'mnli'?"], task("mnlii", source="hub")),
    Case("unknown language", ["languages[1]", "no language 'qlz'", "did you mean"], world(languages=["en", "qlz"])),
    Case("unknown target", ["targets[0]", "did you mean 'xnli'?", "xtreme"], study(targets=["xnlii"])),
    Case("unknown suite", ["targets[0]", "did you mean 'xtreme'?"], study(targets=["extreme"])),
    Case("target is text", ["targets[0]", "'mlm' is no target: nothing is predicted", "xnli"], study(targets=["mlm"])),
    Case("unknown base", ["bases[0]", "no base 'tinny'", "did you mean 'tiny'?"], study(bases=["tinny"])),
    Case(
        "unknown stage",
        [f"{QUICK}:8  recipes.squad[0]", "did you mean 'squad'?"],
        edits=[(QUICK, "[squad]", "[sqaud]")],
    ),
    Case(
        "unknown block",
        [f"{MINI}:", "stages.xnl", "did you mean 'xnli'?"],
        edits=[(MINI, "  xnli: {steps", "  xnl: {steps")],
    ),
    Case(
        "unknown pretraining",
        ["bases.tiny.pretrain", "did you mean 'pretrain'?"],
        world(bases={"tiny": {"pretrain": "pretrian"}}),
    ),
    Case(
        "unknown tokenizer",
        ["scratch.tokenizer", "did you mean 'mini'?"],
        world(bases={"tiny": {"scratch": {"tokenizer": "mino"}}}),
    ),
    Case(
        "tokenizer's text",
        ["tokenizers.mini.trained_on", "'mnli' is no text task"],
        world(tokenizers={"mini": {"trained_on": "mnli"}}),
    ),
    Case("unknown maker", ["tasks.mnli.maker", "none of nli"], task("mnli", maker="nil")),
    Case("wrong maker", ["tasks.mnli.maker", "'qa' makes span", "nli, paraphrase"], task("mnli", maker="qa")),
    Case(
        "baseline", ["compare.baseline", "no recipe 'non'", "did you mean 'none'?"], study(compare={"baseline": "non"})
    ),
    Case(
        "alias member",
        [f"{MAIN}:", "aliases.all9", "'sqaud2'", "did you mean 'squad2'?"],
        edits=[(MAIN, "+squad2", "+sqaud2")],
    ),
    Case("alias is task", ["aliases.mnli", "name of a task"], {"aliases": {"mnli": "qqp+squad"}}),
    Case("alias cycle", ["aliases", "a -> b -> a"], {"aliases": {"a": "b+mnli", "b": "a+qqp"}}),
    # recipes
    Case("spelling", ["recipes.multi[0]", "write 'mnli+squad'"], study(recipes={"multi": ["squad+mnli"]})),
    Case(
        "spelling of aliases",
        ["write 'all9'"],
        study(recipes={"x": ["anli+ccg+cosmosqa+csqa+hellaswag+mnli+qqp+squad+squad2"]}),
    ),
    Case("path for list", ["recipes.x[0]", "[mnli, squad]"], study(recipes={"x": ["mnli/squad"]})),
    Case("text for stages", ["recipes.x", "must be a list"], study(recipes={"x": "mnli"})),
    Case("option", ["no option 'lrr'", "did you mean 'lr'?"], study(recipes={"x": ["mnli~lrr=1e-5"]})),
    Case(
        "retrieval stage", ["recipes.x[0]", "'tatoeba'", "retrieval", "trains none"], study(recipes={"x": ["tatoeba"]})
    ),
    Case("retrieval block", ["stages.bucc", "retrieval task"], world(stages={"bucc": {"steps": 3}})),
    Case("block with options", ["stages.mnli~x=2", "no options", "'mnli'"], world(stages={"mnli~x=2": {"lr": 1}})),
    Case(
        "variant",
        ["recipes.x[0]", "'mnli' has no variant 'ml'", "tasks.mnli.variants"],
        study(recipes={"x": ["mnli@ml"]}),
    ),
    Case("mlqa stage", ["recipes.x[0]", "write 'xquad'"], study(recipes={"x": ["mlqa"]})),
    Case(
        "not zero-shot",
        ["recipes.x[0]", "'xnli' in en, qla", "zero-shot", "leave 'xnli' out of the targets"],
        {**task("xnli", variants={"ml": ["en", "qla"]}), **study(recipes={"x": ["xnli@ml"]})},
    ),
    Case("not built", ["recipes.x[0]", "'replay'", "not built yet"], study(recipes={"x": ["mnli~replay=.1"]})),
    # English training data, and no test data in training
    Case(
        "test-only english",
        ["tasks.tydiqa.english", "'xquad', which has no train split", "squad"],
        real(tasks={"tydiqa": {"english": "xquad"}}),
    ),
    Case(
        "english of none",
        ["tasks.xnli.english", "'xnli', which has no train split", "mnli"],
        real(tasks={"xnli": {"english": "own"}}),
    ),
    Case("english variant", ["tasks.xnli.english", "cannot be a name"], task("xnli", english="mnli@ml")),
    Case("english of another format", ["tasks.xnli.english", "another format", "mnli"], task("xnli", english="squad")),
    Case("english of other labels", ["tasks.xnli.english", "other labels"], task("xnli", english="qqp")),
    Case("english of retrieval", ["tasks.bucc.english", "not trained"], task("bucc", english="own")),
    Case("english of a sharer", ["tasks.mlqa.english", "tasks.xquad"], task("mlqa", english="own")),
    Case(
        "train on test",
        ["tasks.pawsx.splits", "train: test is test data"],
        real(tasks={"pawsx": {"splits": {"train": "test"}}}),
    ),
    Case(
        "select on test",
        ["tasks.pawsx.splits", "dev: test is test data"],
        real(tasks={"pawsx": {"splits": {"dev": "test"}}}),
    ),
    Case(
        "test by another name",
        ["tasks.xquad.splits", "train: validation is test data"],
        real(tasks={"xquad": {"splits": {"train": "validation"}}}),
    ),
    Case("train is dev", ["tasks.squad.splits", "hold_out"], real(tasks={"squad": {"splits": {"dev": "train"}}})),
    Case("no dev", ["tasks.tydiqa.english", "no dev split"], real(tasks={"tydiqa": {"hold_out": None}})),
    Case("no dev rows", ["tasks.mnli.rows", "'dev' is missing"], task("mnli", rows={"dev": None})),
    Case("no test rows", ["tasks.xnli.rows", "'test' is missing"], task("xnli", rows={"test": None})),
    # sources and bases
    Case("two origins", ["bases.tiny", "scratch and path", "null"], world(bases={"tiny": {"path": "/x"}})),
    Case("no origin", ["bases.new", "none of them"], world(bases={"new": {"seed": 1}})),
    Case("no revision", ["bases.new", "needs 'revision'"], world(bases={"new": {"hub": "a/b"}})),
    Case(
        "branch",
        ["bases.new.revision", "'main' is no revision", "40"],
        world(bases={"new": {"hub": "a/b", "revision": "main"}}),
    ),
    Case(
        "from scratch and fine-tuned",
        ["bases.tiny", "'fine_tuned' belongs to hub or path"],
        world(bases={"tiny": {"fine_tuned": ["xnli"]}}),
    ),
    Case(
        "fine-tuned for nothing",
        ["bases.new.fine_tuned[0]", "did you mean 'xnli'?"],
        world(bases={"new": {"path": "/x", "fine_tuned": ["xnl"]}}),
    ),
    Case(
        "labels of no head",
        ["bases.new", "'labels' belongs to fine_tuned"],
        world(bases={"new": {"path": "/x", "labels": ["yes", "no"]}}),
    ),
    Case(
        "unknown pooling",
        ["encoding.retrieval.pooling", "did you mean 'mean'?"],
        world(encoding={"retrieval": {"pooling": "meen"}}),
    ),
    Case("hub id", ["bases.new.hub", "owner/name"], world(bases={"new": {"hub": "../b", "revision": HEX}})),
    Case("not generated", ["tasks.mnli", "'folder' belongs to source: files"], task("mnli", folder="/x")),
    Case("release", ["tasks.mnli.releases[0]", "did you mean 'mnli'?"], real(tasks={"mnli": {"releases": ["mnl"]}})),
    Case(
        "variant without data",
        ["tasks.mnli.variants.mt", "no training data of 'mnli' in fi", "it has ar, bg"],
        real(tasks={"mnli": {"variants": {"mt": ["fi"]}}}),
    ),
    Case("limit of generated data", ["tasks.mnli", "'limit' are for real sources"], task("mnli", limit={"dev": 3})),
    Case(
        "test files as train",
        ["tasks.pawsx.splits", "train: **/{language}/test_2k.tsv is test data"],
        real(tasks={"pawsx": {"source": "files", "splits": {"train": "**/{language}/test_2k.tsv"}}}),
    ),
    Case("unknown place", ["splits.test", "{language}"], real(tasks={"xnli": {"splits": {"test": "{lang}.tsv"}}})),
    Case("half a place", ["splits.test", "is neither"], real(tasks={"xnli": {"splits": {"test": "{"}}})),
    Case("stars in a name", ["splits.test", "is neither"], real(tasks={"xnli": {"splits": {"test": "a**b.tsv"}}})),
    Case(
        "language without data",
        ["tasks.xnli.languages", "'af' is not in any release of 'xnli'"],
        real(tasks={"xnli": {"languages": ["de", "af"]}}),
    ),
    Case(
        "release without the language",
        ["tasks.mnli.languages", "'en' is not in any release of 'mnli' (dev)"],
        real(tasks={"mnli": {"releases": ["xnli_mt"]}}),
    ),
    Case(
        "language that the hub lacks",
        ["tasks.tatoeba-r.languages", "not in the hub's copy", "source: files"],
        real(tasks={"tatoeba-r": {"source": "hub"}}),
    ),
    Case("part of a search", ["tasks.bucc.limit", "another task"], real(tasks={"bucc": {"limit": {"test": 5}}})),
    Case("files outside", ["splits.dev", "is neither the name"], real(tasks={"mnli": {"splits": {"dev": "../x.tsv"}}})),
    Case(
        "not on the hub",
        ["tasks.ccg.source", "CCG is not on the hub", "LDC2005T13", "data/AUTO"],
        real(tasks={"ccg": {"source": "hub", "folder": None}}),
    ),
    Case(
        "data revision",
        ["tasks.mnli.revisions.nyu-mll/glue", "40"],
        real(tasks={"mnli": {"revisions": {"nyu-mll/glue": "main"}}}),
    ),
    Case("foreign revision", ["revisions.a/b", "not read here"], real(tasks={"mnli": {"revisions": {"a/b": HEX}}})),
    Case(
        "no data",
        ["targets[0]", "no data for bucc", "tasks.bucc"],
        {**world(tasks={"bucc": None}), **study(targets=["xtreme"])},
    ),
    Case("no such language", ["languages", "none of them is a language of 'bucc'"], real(languages=["en", "qla"])),
    Case("not generated language", ["languages", "the miniature has no de", "qla"], world(languages=["en", "de"])),
    Case("no length", ["the stage 'mnli' has no steps or epochs", "'training'"], world(training={"steps": None})),
    Case(
        "nothing to share",
        ["tasks.mlqa", "'xquad' trains for it", "add tasks.xquad"],
        world(tasks={"xquad": None}, stages={"xquad": None}),
    ),
    # files
    Case(
        "extends unknown",
        ["config/worlds/nano.yaml:3  extends", "did you mean 'mini'?"],
        {"world": "nano"},
        [("config/worlds/nano.yaml", "extends: mini", "extends: minni")],
    ),
    Case("extends itself", ["in a circle", "mini -> nano -> mini"], edits=[(MINI, "about:", "extends: nano\nabout:")]),
    Case("key twice", [f"{MINI}:", "'lr' stands twice, first in line"], edits=[(MINI, "  batch: 32\n", "  lr: 1.0\n")]),
    Case("no YAML", [f"{QUICK}:", "no valid YAML"], edits=[(QUICK, "seeds: [1]", "seeds: [1")]),
    Case("tab", [f"{QUICK}:", "no valid YAML"], edits=[(QUICK, "  mnli:", "\tmnli:")]),
    Case(
        "number as key", [f"{QUICK}:", "this key as text", "quotes"], edits=[(QUICK, "  mnli: [mnli]", "  1: [mnli]")]
    ),
    Case(
        "python object",
        [f"{QUICK}:", "no valid YAML", "python"],
        edits=[(QUICK, "seeds: [1]", "seeds: !!python/object/apply:os.system [x]")],
    ),
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_message(case: Case, root: Path) -> None:
    for file, old, new in case.edits:
        text = (root / file).read_text()
        assert old in text
        (root / file).write_text(text.replace(old, new, 1))
    with pytest.raises(UserError) as caught:
        load(case.config, root)
    message = str(caught.value)
    for fragment in case.says:
        assert fragment in message, message
    assert message.split()[1].startswith("problem")
    assert "Traceback" not in message and "pydantic" not in message


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (b"- a\n- b\n", "quickstart.yaml:1"),
        (b"", "'asks' is missing"),
        (b"\xff\xfe\x00", "cannot be read"),
        (b"a: &a [*a]\n", "quickstart.yaml:1"),
        (
            b"a: &a [x]\n"
            + b"".join(b"%c: &%c [%s]\n" % (c + 1, c + 1, b", ".join([b"*%c" % c] * 9)) for c in b"abcdefgh"),
            "too large",
        ),
        (b"asks: 2020-99-99\n", "cannot be read"),
        (b"? [a, b]\n: 1\n", "put it in quotes"),
        (b"--- {}\n--- {}\n", "no valid YAML"),
    ],
)
def test_files_that_are_no_studies(root: Path, text: bytes, says: str) -> None:
    (root / QUICK).write_bytes(text)
    with pytest.raises(UserError) as caught:
        load({}, root)
    assert says in str(caught.value)


def test_all_problems_are_reported_at_once(root: Path) -> None:
    (root / QUICK).write_text((root / QUICK).read_text().replace("seeds: [1]", "seeds: [1, 1]"))
    with pytest.raises(UserError) as caught:
        load({**world(training={"zero": 7}, stages={"mnli": {"lr": -1}}), **study(targets=["xnlii"])}, root)
    lines = str(caught.value).splitlines()
    assert lines[0] == "4 problems in the configuration:"
    assert [line.split("  ")[1] for line in lines if line[:1].isdigit() and line[1] == "."] == [
        "worlds.mini.training.zero",
        "worlds.mini.stages.mnli.lr",
        "seeds[1]",
        "studies.quickstart.targets[0]",
    ]


def test_a_folder_without_configuration(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="'world' is missing"):
        load({}, tmp_path)


junk = st.recursive(
    st.one_of(
        st.none(),
        st.booleans(),
        st.integers(-2, 5),
        st.floats(),
        st.sampled_from(["", "mnli", "own", "..", "1e-4", "xnli@ml"]),
    ),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(st.sampled_from(["mnli", "lr", "x y"]), inner)
    ),
    max_leaves=4,
)
paths = st.sampled_from(
    [
        *[
            ("worlds", "mini", key)
            for key in ("languages", "bases", "tasks", "encoding", "training", "stages", "extends")
        ],
        *[
            ("worlds", "mini", "tasks", "xnli", key)
            for key in ("source", "rows", "english", "variants", "splits", "releases")
        ],
        *[("worlds", "mini", "bases", "tiny", key) for key in ("scratch", "hub", "path", "pretrain", "seed")],
        *[("studies", "quickstart", key) for key in ("bases", "seeds", "recipes", "targets", "compare")],
        *[(key,) for key in ("world", "study", "results", "freeze_code", "aliases", "worlds", "studies")],
    ]
)


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(paths, junk), min_size=1, max_size=3))
def test_nothing_but_user_errors(repository: Path, changes: list[tuple[tuple[str, ...], Any]]) -> None:
    config: dict[str, Any] = {}
    for path, value in changes:
        block = config
        for key in path[:-1]:
            inner = block.setdefault(key, {})
            block = inner if isinstance(inner, dict) else {}
        block[path[-1]] = value
    try:
        project = load(config, repository)
    except UserError:
        return
    for node in project.nodes:
        if node.stage is not None:
            project.world.resolve_stage(node.stage)
