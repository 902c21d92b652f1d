"""What a checkpoint's folder gives back: to transformers, to a child node, to an evaluation."""

import random
import shutil
from pathlib import Path

import pytest
import torch
import transformers
from safetensors.torch import load_file

from xstilts.engine import zero
from xstilts.engine.checkpoint import save
from xstilts.engine.inference import Asking
from xstilts.engine.model import build
from xstilts.engine.scratch import draw
from xstilts.files import read_digest
from xstilts.formats import format_named
from xstilts.formats.encoding import Encoding
from xstilts.layout import DIGEST, HEADS, TOKENIZER_FILES, WEIGHTS, checkpoint_digest
from xstilts.specs import ScratchSpec
from xstilts.tokenizer import train_tokenizer

LABELS = {"classification": ("yes", "no", "perhaps"), "tagging": ("O", "B", "I"), "choice": (), "span": (), "mlm": ()}
SHAPE = {"hidden_size": 16, "layers": 1, "heads": 2, "intermediate_size": 32, "positions": 64, "dropout": 0.0}
IDS = torch.tensor([[0, 5, 6, 7, 8, 2], [0, 9, 10, 2, 1, 1]])
MASK = (IDS != 1).long()


@pytest.fixture(scope="module")
def base(tmp_path_factory) -> Path:
    folder, rng = tmp_path_factory.mktemp("base"), random.Random(0)
    words = ["".join(rng.choice("abcd") for _ in range(4)) for _ in range(30)]
    train_tokenizer([" ".join(rng.choices(words, k=6)) for _ in range(100)], 34, folder)
    draw(ScratchSpec(base="tiny", seed=1, architecture=SHAPE), folder, folder)
    return folder


def record():
    stage = {"lr": 1e-3, "batch": 8, "dropout": None, "parts": []}
    versions = {"xstilts": "0"}
    return {
        "node": "tiny/s1/mnli",
        "spec": {"stage": stage},
        "data": {"mnli": "d" * 64},
        "versions": versions,
        "parent": "p" * 64,
        "best_step": 3,
        "steps": 4,
        "best_score": 0.5,
        "sign": None,
    }


def trained(parent, base, *names):
    """A model of some formats above `parent` that has moved away from it, as training does."""
    forms = [format_named(name) for name in names]
    labels = [LABELS[name] for name in names]
    outputs = [form.outputs(some) for form, some in zip(forms, labels, strict=True)]
    torch.manual_seed(0)
    model = build(parent, base, forms, outputs, labels, dropout=None).eval()
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.add_(0.3 * torch.randn_like(parameter))
    return model


def saved(folder, model, parent):
    save(folder, model, zero.whole_weights(model, 0), parent, record())
    return folder


def said(model):
    """All that a model answers, in the padding nothing."""
    with torch.no_grad():
        out = model(input_ids=IDS, attention_mask=MASK)
    logits = torch.stack([out.start_logits, out.end_logits], dim=-1) if "start_logits" in out else out.logits
    return logits[MASK.bool()] if logits.ndim == 3 else logits


@pytest.mark.parametrize("name", LABELS)
def test_a_node_with_one_task_opens_in_transformers_with_its_head(name, base, tmp_path):
    model = trained(base, base, name)
    folder = saved(tmp_path / "node", model, base)
    auto = getattr(transformers, format_named(name).auto_class)
    opened, info = auto.from_pretrained(folder, output_loading_info=True)
    assert not any(info.values()), "neither missing nor unexpected weights"
    torch.testing.assert_close(said(opened.eval()), said(model.heads[0]), rtol=0, atol=0)
    asking = Asking.of(format_named(name), Encoding(max_length=16), folder, budget=64)
    torch.testing.assert_close(said(asking.model), said(model.heads[0]))
    if LABELS[name]:
        assert tuple(opened.config.id2label[i] for i in range(3)) == LABELS[name]
    tokenizer = transformers.AutoTokenizer.from_pretrained(folder)
    text = "abcd ab dcba"
    assert tokenizer(text).input_ids == transformers.AutoTokenizer.from_pretrained(base)(text).input_ids
    assert tokenizer.mask_token_id == len(tokenizer) - 1


@pytest.mark.parametrize("names", [("classification", "span", "mlm"), ("mlm", "tagging")])
def test_a_mixture_opens_as_its_encoder_with_its_heads_beside_it(names, base, tmp_path):
    model = trained(base, base, *names)
    folder = saved(tmp_path / "node", model, base)
    opened, info = transformers.AutoModel.from_pretrained(folder, add_pooling_layer=False, output_loading_info=True)
    assert not any(info.values())
    with torch.no_grad():
        found = opened.eval()(input_ids=IDS, attention_mask=MASK).last_hidden_state
        wanted = model.encoder(input_ids=IDS, attention_mask=MASK).last_hidden_state
    torch.testing.assert_close(found, wanted, rtol=0, atol=0)
    heads = load_file(folder / HEADS)
    shared = {id(parameter) for parameter in model.encoder.parameters()}
    own = {key for key, parameter in model.named_parameters() if id(parameter) not in shared}
    assert own and own == heads.keys()
    assert all(torch.equal(heads[key], value) for key, value in model.named_parameters() if key in own)


@pytest.mark.parametrize("names", [("tagging",), ("mlm",), ("span", "classification")])
def test_only_the_encoder_passes_on_to_a_child(names, base, tmp_path):
    model = trained(base, base, *names)
    folder = saved(tmp_path / "node", model, base)
    child = build(folder, base, [format_named("tagging")], [3], [LABELS["tagging"]], dropout=0.25)
    parameters = dict(child.encoder.named_parameters())
    assert parameters.keys() == dict(model.encoder.named_parameters()).keys()
    assert all(torch.equal(value, parameters[key]) for key, value in model.encoder.named_parameters())
    if names == ("tagging",):
        assert not torch.equal(child.heads[0].classifier.weight, model.heads[0].classifier.weight)
    assert child.encoder.config.hidden_dropout_prob == 0.25


def test_the_masked_lm_head_is_the_bases_own_and_tied(base, tmp_path):
    parent = saved(tmp_path / "parent", trained(base, base, "classification"), base)
    own = transformers.AutoModelForMaskedLM.from_pretrained(base)
    model = build(parent, base, [format_named("mlm")], [0], [()], dropout=None)
    head = model.heads[0]
    assert torch.equal(head.lm_head.dense.weight, own.lm_head.dense.weight)
    embeddings = model.encoder.embeddings.word_embeddings.weight
    assert head.lm_head.decoder.weight is embeddings
    assert not torch.equal(embeddings, own.roberta.embeddings.word_embeddings.weight), "the encoder is the parent's"
    reopened = transformers.AutoModelForMaskedLM.from_pretrained(saved(tmp_path / "node", model, parent))
    assert reopened.lm_head.decoder.weight is reopened.roberta.embeddings.word_embeddings.weight
    assert torch.equal(reopened.lm_head.decoder.weight, embeddings)


@pytest.mark.parametrize("names", [("span",), ("span", "mlm")])
def test_the_folder_holds_safetensors_and_nothing_that_runs(names, base, tmp_path):
    folder = saved(tmp_path / "node", trained(base, base, *names), base)
    files = {path.name for path in folder.iterdir()}
    heads = {HEADS} if len(names) > 1 else set()
    assert files == {WEIGHTS, "config.json", "training.json", "README.md", DIGEST, *TOKENIZER_FILES, *heads}
    assert read_digest(folder / DIGEST) == checkpoint_digest(folder)
    assert "tiny/s1/mnli" in (folder / "README.md").read_text(encoding="utf-8")


def test_a_new_checkpoint_leaves_the_children_below_it_alone(base, tmp_path):
    folder = tmp_path / "node"
    saved(folder, trained(base, base, "span"), base)
    before = read_digest(folder / DIGEST)
    child = folder / "mnli" / "training.json"
    child.parent.mkdir()
    child.write_text("{}")
    saved(folder, trained(base, base, "span"), base)
    assert read_digest(folder / DIGEST) == before, "equal weights have equal digests"
    saved(folder, trained(folder, base, "span"), base)
    assert read_digest(folder / DIGEST) != before
    assert child.read_text() == "{}"


def test_nothing_is_lost_when_saving_fails(base, tmp_path):
    folder, parent = tmp_path / "node", tmp_path / "parent"
    shutil.copytree(base, parent)
    model = trained(base, base, "span")
    weights = zero.whole_weights(model, 0)
    with pytest.raises(KeyError):
        save(folder, model, weights, parent, {})
    assert list(folder.iterdir()) == [], "no file appears before all of them are written"
