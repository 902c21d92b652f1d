"""The lines that open a checkpoint run, whatever it is of."""

import io
import json
from contextlib import redirect_stdout

import pytest
from small import LABELS, make_base

from xstilts.cards.loading import kind_of, loading, pipeline_of
from xstilts.engine import zero
from xstilts.engine.checkpoint import save
from xstilts.engine.model import build
from xstilts.formats import format_named

FORMATS = ("classification", "choice", "span", "tagging", "mlm")


@pytest.fixture(scope="module")
def base(tmp_path_factory):
    return make_base(tmp_path_factory.mktemp("base"))


def saved(folder, base, *names):
    forms, labels = [format_named(name) for name in names], [LABELS[name] for name in names]
    outputs = [form.outputs(some) for form, some in zip(forms, labels, strict=True)]
    model = build(base, base, forms, outputs, labels, dropout=None)
    parts = [{"task": name, "format": name, "data": name, "dev": name} for name in names]
    record = {
        "node": "tiny/s1/some", "spec": {"stage": {"parts": parts}, "seed": 1}, "parent": "0", "steps": 1,
        "best_step": 1, "best_score": 0.5, "versions": {},
    }  # fmt: skip
    save(folder, model, zero.whole_weights(model, 0), base, record)
    return folder


@pytest.mark.parametrize("names", [(name,) for name in FORMATS] + [("tagging", "mlm")])
def test_its_code_runs_in_a_fresh_namespace(names, base, tmp_path):
    folder = saved(tmp_path / "node", base, *names)
    text = (folder / "README.md").read_text(encoding="utf-8")
    code = loading(kind_of(names), str(folder))
    assert code.strip() in text
    with redirect_stdout(io.StringIO()) as said:
        exec(code, opened := {})
    assert said.getvalue(), "it prints what the model says"
    assert type(opened["model"]).__name__ == json.loads((folder / "config.json").read_text())["architectures"][0]


def test_a_folder_with_quotation_marks_stays_text():
    assert 'folder = "a \\"b\\""' in loading("span", 'a "b"')


def test_the_hub_has_a_name_for_each_kind():
    assert [pipeline_of([name]) for name in FORMATS] == [
        "text-classification", "multiple-choice", "question-answering", "token-classification", "fill-mask"
    ]  # fmt: skip
    assert pipeline_of(["span", "tagging"]) == "feature-extraction"
