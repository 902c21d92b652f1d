"""What is counted from a shape alone is what torch counts, and what autograd keeps."""

from __future__ import annotations

import pytest
import torch
from torch.utils.flop_counter import FlopCounterMode
from transformers import (
    AutoModelForMaskedLM,
    AutoModelForQuestionAnswering,
    AutoModelForSequenceClassification,
    AutoModelForTokenClassification,
    XLMRobertaConfig,
)

from xstilts.cost.shapes import Shape
from xstilts.engine.packing import pack_layers
from xstilts.flops import Amount
from xstilts.memory import activations

SHAPE = Shape(vocabulary=500, hidden_size=64, layers=3, heads=4, intermediate_size=192, positions=80, dropout=0.0)
CLASSES = {
    "classification": AutoModelForSequenceClassification,
    "tagging": AutoModelForTokenClassification,
    "span": AutoModelForQuestionAnswering,
    "mlm": AutoModelForMaskedLM,
}
LABELS = 5


def config(shape: Shape) -> XLMRobertaConfig:
    return XLMRobertaConfig(
        vocab_size=shape.vocabulary,
        hidden_size=shape.hidden_size,
        num_hidden_layers=shape.layers,
        num_attention_heads=shape.heads,
        intermediate_size=shape.intermediate_size,
        max_position_embeddings=shape.positions,
        type_vocab_size=1,
        hidden_dropout_prob=0.0,
        attention_probs_dropout_prob=0.0,
        num_labels=LABELS,
        attn_implementation="eager",  # whose products are counted like all others
    )


@pytest.mark.parametrize("format", CLASSES)
def test_operations_of_a_shape_are_those_that_torch_counts(format: str) -> None:
    given = config(SHAPE)
    given.num_labels = 2 if format == "span" else LABELS
    model = CLASSES[format].from_config(given).eval()
    sequences, length = 3, 40
    ids = torch.randint(5, SHAPE.vocabulary, (sequences, length))
    with FlopCounterMode(display=False) as counter, torch.no_grad():
        model(input_ids=ids, attention_mask=torch.ones_like(ids))
    tokens = sequences * length
    passes = SHAPE.passes(SHAPE.head(format, LABELS))  # type: ignore[arg-type]
    amount = Amount(tokens, sequences * length**2, sequences, terms=tokens)
    assert passes.forward(amount, 0) == pytest.approx(counter.get_total_flops(), rel=1e-3)


def test_parameters_of_a_shape_are_those_of_transformers() -> None:
    from transformers import XLMRobertaModel

    model = XLMRobertaModel(config(SHAPE), add_pooling_layer=False)
    assert SHAPE.parameters == sum(p.numel() for p in model.parameters())


def kept_for_the_way_back(shape: Shape, checkpointing: bool = False) -> tuple[int, int]:
    """Bytes that autograd keeps of a packed micro-batch, weights apart; and its tokens."""
    from transformers import XLMRobertaModel

    given = config(shape)
    given._attn_implementation = "sdpa"
    model = XLMRobertaModel(given, add_pooling_layer=False).train()
    assert pack_layers(model)
    if checkpointing:
        model.gradient_checkpointing_enable({"use_reentrant": False})
    own = {parameter.untyped_storage().data_ptr() for parameter in model.parameters()}
    ids = torch.randint(5, shape.vocabulary, (6, 30))
    mask = torch.ones_like(ids)
    mask[3:, 20:] = 0
    kept: dict[int, tuple[int, torch.Tensor]] = {}

    def keep(tensor: torch.Tensor) -> torch.Tensor:
        storage = tensor.untyped_storage()
        if storage.data_ptr() not in own:
            kept[storage.data_ptr()] = storage.nbytes(), tensor  # held, or its place would be given out again
        return tensor

    with torch.autograd.graph.saved_tensors_hooks(keep, lambda tensor: tensor):
        out = model(input_ids=ids, attention_mask=mask).last_hidden_state
    assert out.requires_grad
    return sum(size for size, _ in kept.values()), int(mask.sum())


@pytest.mark.parametrize("hidden, intermediate", [(64, 192), (64, 64), (96, 384)])
def test_activations_are_what_autograd_keeps(hidden: int, intermediate: int) -> None:
    shapes = [Shape(300, hidden, layers, 4, intermediate, 80, dropout=0.0) for layers in (2, 6)]
    (few, tokens), (many, _) = map(kept_for_the_way_back, shapes)
    laws = [activations(tokens, one.hidden_size, one.layers, one.intermediate_size) for one in shapes]
    assert many - few == pytest.approx(laws[1] - laws[0], rel=0.1), "of four layers"
    assert many == pytest.approx(laws[1], rel=0.2)


def test_half_of_the_width_is_half_of_the_activations() -> None:
    size = (1000.0, 64, 12, 256)
    assert activations(*size, "bf16") < 0.6 * activations(*size, "fp32")
    assert activations(*size, "bf16") < activations(*size, "autocast-bf16") < activations(*size, "fp32")
    assert activations(*size, checkpointing=True) < 0.3 * activations(*size)
    assert activations(*size, dropout=True) > activations(*size)
