"""Every family of models that can be a base, with every format: trained, saved, opened again, and asked."""

import json
import random
import shutil

import numpy as np
import pyarrow as pa
import pytest
import torch
import transformers
from families import DEBERTA, FAMILIES, LAYERS, POSITIONS, SIZES, WIDTH, WITHOUT_MLM, base_of, texts
from safetensors.torch import load_file, save_file
from tokenizers import Tokenizer

from xstilts.encode import special_of
from xstilts.engine import zero
from xstilts.engine.answers import Answers
from xstilts.engine.checkpoint import save
from xstilts.engine.fit import check_fit, check_parent, positions
from xstilts.engine.inference import Asking
from xstilts.engine.model import build, load, load_encoder
from xstilts.engine.packing import pack_layers
from xstilts.errors import UserError
from xstilts.features import Features
from xstilts.formats import format_named
from xstilts.formats.base import Special
from xstilts.formats.encoding import Encoding
from xstilts.layout import HEADS, WEIGHTS

LABELS = {"classification": ("yes", "no"), "choice": (), "span": (), "tagging": ("O", "B", "I"), "mlm": ()}
ENCODING = Encoding(max_length=40, max_query=8, stride=16)
WITH_MLM = [family for family in FAMILIES if family not in WITHOUT_MLM]


@pytest.fixture(autouse=True)
def no_card(monkeypatch):
    """A checkpoint's README tells of a whole run, which there is none of here."""
    monkeypatch.setattr("xstilts.engine.checkpoint.card", lambda record: "")


@pytest.fixture(scope="session")
def base(tmp_path_factory):
    """A function that gives the base of a family, made once."""
    made = {}

    def of(family):
        if family not in made:
            made[family] = base_of(family, tmp_path_factory.mktemp(family))
        return made[family]

    return of


def records_of(name, count=8):
    """Records whose answers follow from their texts."""
    rng, lines = random.Random(1), texts()
    for i in range(count):
        one, (a, b) = {"id": f"r{i}", "language": "en"}, rng.sample(lines, 2)
        if name == "classification":
            yield one | {"text_a": a, "text_b": b, "label": LABELS[name][i % 2]}
        elif name == "choice":
            yield one | {"prompt": a, "choices": [b, lines[i], "abc"][: 2 + i % 2], "label": i % 2}
        elif name == "span":
            answer = b.split()[i % 3]
            yield one | {"question": a, "context": b, "answers": [{"text": answer, "start": b.index(answer)}]}
        elif name == "tagging":
            yield one | {"words": a.split(), "tags": [LABELS[name][len(word) % 3] for word in a.split()]}
        elif name == "retrieval":
            for side, text in (("foreign", a), ("english", b)):
                names = {"id": f"{side}{i}", "pair": f"foreign{i}" if side == "english" else None}
                yield one | names | {"side": side, "text": text, "context": None}
        else:
            yield one | {"text": a}


def encoded(name, folder, encoding=ENCODING):
    """Records, features and special ids, through a base's own tokenizer."""
    form, tokenizer = format_named(name), Tokenizer.from_file(str(folder / "tokenizer.json"))
    records = pa.Table.from_pylist(list(records_of(name)), schema=form.schema())
    features = Features(form.encode(records, tokenizer, encoding, LABELS.get(name, ())).table)
    return records, features, Special(**special_of(tokenizer))


def built(parent, base, *names, dropout=0.0, seed=0):
    forms, labels = [format_named(name) for name in names], [LABELS[name] for name in names]
    torch.manual_seed(seed)
    return build(parent, base, forms, [f.outputs(n) for f, n in zip(forms, labels, strict=True)], labels, dropout)


def trained(model, folder, *names, steps=12):
    """Loss of each part before and after some steps on all examples."""
    batches, optimizer = [], torch.optim.AdamW(model.parameters(), lr=3e-3)
    for name in names:
        _, features, special = encoded(name, folder)
        batches.append(format_named(name).collate(features, np.arange(len(features)), special, (0,)))
    history = []
    for _ in range(steps):
        terms = [form.terms(batch) for form, batch in zip(model.formats, batches, strict=True)]
        losses = [model(i, batch) / count for i, (batch, count) in enumerate(zip(batches, terms, strict=True))]
        optimizer.zero_grad()
        sum(losses).backward()
        left = [name for name, weight in model.named_parameters() if weight.grad is None]
        assert not left, "every weight takes part"
        optimizer.step()
        history.append([loss.item() for loss in losses])
    assert np.isfinite(history).all()
    return history[0], history[-1]


def saved(folder, model, parent):
    save(folder, model.eval(), zero.whole_weights(model, 0), parent, {})
    return folder


def vectors_in(said):
    return said["vectors"].combine_chunks().to_numpy_ndarray()


def asked(name, node, folder):
    """What a node says of the records of a format, and its predictions."""
    form = format_named(name)
    records, features, special = encoded(name, folder)
    asking = Asking.of(form, ENCODING, node, 10**4)
    said = asking.ask(features, np.arange(len(features)), special, Answers())
    return said, form.decode(records, features, said, LABELS.get(name, ()), ENCODING)


@pytest.mark.parametrize("name", ["classification", "choice", "span", "tagging"])
@pytest.mark.parametrize("family", FAMILIES)
def test_a_task_is_learned_saved_and_asked_again(family, name, base, tmp_path):
    model = built(base(family), base(family), name)
    before, after = trained(model, base(family), name, steps=60)
    assert after[0] < 0.8 * before[0]
    node = saved(tmp_path / "node", model, base(family))
    opened, report = getattr(transformers, model.formats[0].auto_class).from_pretrained(node, output_loading_info=True)
    assert not any(report.values()), "neither missing nor unexpected weights"
    _, features, special = encoded(name, base(family))
    batch = model.formats[0].collate(features, np.arange(len(features)), special, (0,))
    with torch.inference_mode():
        ours = model.formats[0].infer(model.heads[0], batch, ENCODING)
    said, predictions = asked(name, node, base(family))
    assert said.schema == ours.schema
    for column in said.column_names:
        wanted, found = (table[column].to_pylist() for table in (ours, said))
        if pa.types.is_nested(said[column].type):
            wanted, found = (np.concatenate(lists) for lists in (wanted, found))
        np.testing.assert_allclose(found, wanted, rtol=1e-4, atol=1e-5)
    assert predictions["gold"].to_pylist() and np.isfinite(predictions["score"].to_numpy()).all()
    assert type(opened) is type(model.heads[0])


@pytest.mark.parametrize("family", WITH_MLM)
def test_text_is_learned_saved_and_opened(family, base, tmp_path):
    model = built(base(family), base(family), "mlm")
    if family != "deberta-whole":  # whose head has no output layer of its own
        assert model.heads[0].get_output_embeddings().weight is model.encoder.get_input_embeddings().weight
    before, after = trained(model, base(family), "mlm", steps=60)
    assert after[0] < 0.8 * before[0]
    node = saved(tmp_path / "node", model, base(family))
    opened, report = transformers.AutoModelForMaskedLM.from_pretrained(node, output_loading_info=True)
    assert not any(report.values())
    _, features, special = encoded("mlm", base(family))
    batch = model.formats[0].collate(features, np.arange(len(features)), special, (0,))
    with torch.no_grad():
        logits = opened.eval()(input_ids=batch.input_ids, attention_mask=batch.attention_mask).logits
        logits = logits.flatten(0, 1)[(batch.targets["labels"] != -100).flatten()]
        labels = batch.targets["labels"][batch.targets["labels"] != -100]
        wanted = torch.nn.functional.cross_entropy(logits, labels, reduction="sum")
        torch.testing.assert_close(model.formats[0].loss(model.heads[0], batch), wanted)


@pytest.mark.parametrize("family", FAMILIES)
def test_a_mixture_is_an_encoder_with_heads_beside_it(family, base, tmp_path):
    names = ["classification", "span", "classification", *(["mlm"] if family in WITH_MLM else [])]
    model = built(base(family), base(family), *names)
    before, after = trained(model, base(family), *names)
    assert sum(after) < sum(before)
    node = saved(tmp_path / "node", model, base(family))
    pooled = {} if "deberta" in family else {"add_pooling_layer": False}
    opened, report = transformers.AutoModel.from_pretrained(node, output_loading_info=True, **pooled)
    assert not any(report.values())
    assert all(torch.equal(a, b) for a, b in zip(opened.parameters(), model.encoder.parameters(), strict=True))
    shared = {id(weight) for weight in model.encoder.parameters()}
    own = {key: weight for key, weight in model.named_parameters() if id(weight) not in shared}
    heads = load_file(node / HEADS)
    assert own.keys() == heads.keys()
    assert all(torch.equal(heads[key], weight) for key, weight in own.items())
    said, predictions = asked("retrieval", node, base(family))
    assert vectors_in(said).shape == (16, LAYERS + 1, WIDTH)
    assert len(predictions) == 8


@pytest.mark.parametrize("family", FAMILIES)
def test_the_encoder_alone_passes_on(family, base, tmp_path):
    model = built(base(family), base(family), "classification")
    trained(model, base(family), "classification", steps=2)
    node = saved(tmp_path / "node", model, base(family))
    child = built(node, base(family), "classification", seed=3)
    wanted = dict(model.encoder.named_parameters())
    assert wanted.keys() == dict(child.encoder.named_parameters()).keys()
    assert all(torch.equal(weight, wanted[key]) for key, weight in child.encoder.named_parameters())
    shared = {id(weight) for weight in child.encoder.parameters()}
    for key, weight in child.named_parameters():
        if id(weight) not in shared and weight.ndim > 1:
            assert not torch.equal(weight, dict(model.named_parameters())[key]), f"{key} is drawn anew"
    said, _ = asked("retrieval", node, base(family))
    again, _ = asked("retrieval", saved(tmp_path / "child", built(node, node, "tagging"), node), base(family))
    np.testing.assert_array_equal(vectors_in(said), vectors_in(again))


@pytest.mark.parametrize("name", ["classification", "span", "tagging"])
@pytest.mark.parametrize("family", FAMILIES)
def test_a_head_is_drawn_whole_and_takes_nothing_from_the_encoder(family, name, base):
    torch.use_deterministic_algorithms(True)  # memory that nobody has written is then full of NaN
    try:
        model = built(base(family), base(family), name)
    finally:
        torch.use_deterministic_algorithms(False)
    shared = {id(weight) for weight in model.encoder.parameters()}
    own = {key: weight for key, weight in model.named_parameters() if id(weight) not in shared}
    assert own
    for key, weight in own.items():
        weight = weight.detach()
        assert torch.isfinite(weight).all(), key
        assert float(weight.abs().max()) < 0.2 and (weight.ndim == 1 or float(weight.abs().min()) > 0), key
    for key, buffer in model.named_buffers():
        if key.endswith("position_ids"):
            assert torch.equal(buffer.flatten(), torch.arange(buffer.numel())), key
        else:
            assert not buffer.any(), key
    again = dict(built(base(family), base(family), name).named_parameters())
    assert all(torch.equal(weight, again[key]) for key, weight in own.items())


def test_a_base_without_a_head_for_text_is_no_base_for_text(base):
    with pytest.raises(UserError, match=r"lacks 6 weights of DebertaV2ForMaskedLM \(cls.*leave mlm out"):
        built(base("mdeberta"), base("mdeberta"), "classification", "mlm")


@pytest.mark.parametrize("family", ["mbert", "roberta", "mdeberta"])
def test_a_dropout_reaches_every_layer_and_head(family, base, tmp_path):
    folder = shutil.copytree(base(family), tmp_path / "base")
    config = json.loads((folder / "config.json").read_text())
    apart = "pooler_dropout" if family == "mdeberta" else "classifier_dropout"
    (folder / "config.json").write_text(json.dumps(config | {apart: 0.4}))
    for dropout, wanted in ((None, {0.1, 0.4}), (0.25, {0.25}), (0.0, {0.0})):
        model = built(folder, folder, "classification", dropout=dropout)
        rates = {module.p for module in model.modules() if isinstance(module, torch.nn.Dropout)}
        assert rates == wanted


@pytest.mark.parametrize("family", FAMILIES)
def test_packed_and_recomputed_layers_give_the_same_gradients(family, base):
    """The encoder's layers are shared with every head, whatever a head adds to them."""
    names = ["classification", "span", *(["mlm"] if family in WITH_MLM else [])]
    found = []
    for plain in (True, False):
        model = built(base(family), base(family), *names)
        if not plain:
            assert pack_layers(model.encoder) == ("deberta" not in family)
            model.encoder.gradient_checkpointing_enable({"use_reentrant": False})
        for i, name in enumerate(names):
            _, features, special = encoded(name, base(family))
            batch = model.formats[i].collate(features, np.arange(len(features)), special, (0,))
            model(i, batch).backward()
        found.append({key: weight.grad for key, weight in model.named_parameters()})
    for key, grad in found[0].items():
        torch.testing.assert_close(found[1][key], grad, rtol=1e-3, atol=1e-5, msg=key)


@pytest.mark.parametrize("family", FAMILIES)
def test_pairs_are_read_as_with_the_tokenizer_of_transformers(family, base, tmp_path):
    model = built(base(family), base(family), "classification")
    with torch.no_grad():
        for weight in model.parameters():
            weight.add_(0.3 * torch.randn_like(weight))
    node = saved(tmp_path / "node", model, base(family))
    tokenizer = transformers.AutoTokenizer.from_pretrained(node)
    inputs = tokenizer([texts()[0], "abc"], [texts()[1], "Ａ１ dé"], padding=True, return_tensors="pt")
    plain = Tokenizer.from_file(str(node / "tokenizer.json"))
    assert inputs.input_ids[0].tolist() == plain.encode(texts()[0], texts()[1]).ids
    opened = transformers.AutoModelForSequenceClassification.from_pretrained(node).eval()
    with torch.no_grad():
        wanted = opened(**inputs).logits
        ours = Asking.of(model.formats[0], ENCODING, node, 10**4).model
        found = ours(input_ids=inputs.input_ids, attention_mask=inputs.attention_mask).logits
    torch.testing.assert_close(found, wanted)
    if family == "mbert":
        assert inputs.token_type_ids.max() == 1
        bare = {name: inputs[name] for name in ("input_ids", "attention_mask")}
        with torch.no_grad():
            assert not torch.allclose(opened(**bare).logits, wanted), "segments make a difference"


@pytest.mark.parametrize("family", FAMILIES)
def test_characters_of_answers_are_found_by_every_tokenizer(family, base):
    records, features, _ = encoded("span", base(family))
    for i in range(len(features)):
        context = records["context"][int(features.column("row")[i])].as_py()
        answer = records["answers"][int(features.column("row")[i])].as_py()[0]["text"]
        first, last = features.column("start")[i], features.column("end")[i]
        if first > 0:
            said = context[features.part("char_starts", i)[first] : features.part("char_ends", i)[last]]
            assert answer in said and len(said) <= len(answer) + 1
    assert (features.column("start") > 0).any()


@pytest.mark.parametrize("family", FAMILIES)
def test_the_longest_sequence_is_known(family, base):
    encoder = load_encoder(base(family)).eval()
    special = Special(**special_of(Tokenizer.from_file(str(base(family) / "tokenizer.json"))))
    room = positions(encoder)
    assert room == (None if "deberta" in family else POSITIONS)

    def read(length):
        with torch.no_grad():
            return encoder(input_ids=torch.full((1, length), special.mask)).last_hidden_state

    assert torch.isfinite(read(POSITIONS)).all()
    check_fit(encoder, "mnli train", special, POSITIONS)
    if room is None:
        assert torch.isfinite(read(3 * POSITIONS)).all()
        check_fit(encoder, "mnli train", special, 3 * POSITIONS)
    else:
        with pytest.raises((IndexError, RuntimeError)):
            read(POSITIONS + 1)
        with pytest.raises(UserError, match=rf"mnli train: its longest .* {room + 1} tokens, .* positions for {room};"):
            check_fit(encoder, "mnli train", special, room + 1)


def test_deberta_with_positions_has_a_longest_sequence():
    config = transformers.DebertaV2Config(**{**SIZES, **DEBERTA, "position_biased_input": True, "vocab_size": 9})
    assert positions(transformers.DebertaV2Model(config)) == POSITIONS


def test_tokens_of_another_tokenizer_are_refused(base):
    encoder = load_encoder(base("xlmr"))
    rows = encoder.get_input_embeddings().num_embeddings
    check_fit(encoder, "mnli train", Special(1, 2, rows, ()), 9)
    with pytest.raises(UserError, match=rf"mnli train: its tokenizer has {rows + 1} pieces, .* embeddings for {rows}:"):
        check_fit(encoder, "mnli train", Special(1, 2, rows + 1, ()), 9)


def test_ids_with_holes_ask_for_rows_up_to_the_last(base):
    text = json.loads((base("roberta") / "tokenizer.json").read_text())
    text["model"]["vocab"]["zzz"] = 999
    special = special_of(Tokenizer.from_str(json.dumps(text)))
    assert special["vocabulary"] == 1000


def test_a_tokenizer_without_a_mask_is_refused(base):
    text = json.loads((base("xlmr") / "tokenizer.json").read_text())
    text["added_tokens"] = [token for token in text["added_tokens"] if token["content"] != "<mask>"]
    text["model"]["vocab"] = [entry for entry in text["model"]["vocab"] if entry[0] != "<mask>"]
    with pytest.raises(UserError, match=r"no token <mask> or \[MASK\]"):
        special_of(Tokenizer.from_str(json.dumps(text)))


def test_a_parent_of_another_architecture_is_refused(base, tmp_path):
    check_parent(base("xlmr"), base("xlmr"))
    with pytest.raises(UserError) as caught:
        built(base("roberta"), base("mbert"), "span")
    message = str(caught.value)
    assert "has model_type roberta, vocab_size" in message and "has model_type bert, vocab_size" in message
    assert str(base("roberta")) in message and str(base("mbert")) in message and "hidden_size" not in message
    other = shutil.copytree(base("xlmr"), tmp_path / "other")
    config = json.loads((other / "config.json").read_text())
    (other / "config.json").write_text(json.dumps(config | {"num_hidden_layers": 3}))
    with pytest.raises(UserError, match=r"has num_hidden_layers 3, .* has num_hidden_layers 2"):
        built(other, base("xlmr"), "span")


def test_a_configuration_that_transformers_does_not_know_is_told(base, tmp_path):
    folder = shutil.copytree(base("xlmr"), tmp_path / "base")
    (folder / "config.json").write_text('{"model_type": "mine"}')
    with pytest.raises(UserError, match=r"config\.json: transformers can't read it: .*mine"):
        load_encoder(folder)
    (folder / "config.json").unlink()
    with pytest.raises(UserError, match=r"holds no config\.json"):
        load_encoder(folder)


@pytest.mark.parametrize("family", FAMILIES)
def test_a_folder_that_lacks_weights_is_refused(family, base, tmp_path):
    folder = shutil.copytree(base(family), tmp_path / "base")
    weights = load_file(folder / WEIGHTS)
    name = next(key for key in weights if key.endswith("layer.1.output.dense.weight"))
    save_file({key: value for key, value in weights.items() if key != name}, folder / WEIGHTS, {"format": "pt"})
    with pytest.raises(UserError, match=r"lacks 1 weights of .*layer\.1\.output\.dense\.weight.*no whole checkpoint"):
        load_encoder(folder)
    save_file(weights | {name: weights[name][:, :5].contiguous()}, folder / WEIGHTS, {"format": "pt"})
    with pytest.raises(UserError, match=r"lacks 1 weights of .*or holds them in another size"):
        load_encoder(folder)


def test_weights_in_pickles_are_not_opened(base, tmp_path):
    folder = shutil.copytree(base("xlmr"), tmp_path / "base")
    torch.save(load_file(folder / WEIGHTS), folder / "pytorch_model.bin")
    (folder / WEIGHTS).unlink()
    with pytest.raises(UserError, match=r"holds no model\.safetensors"):
        load("AutoModel", folder)
