"""Training is what transformers' Trainer does: from equal weights, data and order, the same losses step by step.

On this side steps are cut into micro-batches, layers see no padding, and DeepSpeed moves the weights; on that side
each step is one padded batch, with the model's own loss. What remains of a difference is rounding: losses between 0.3
and 4 differed by 7e-7 at most when this was written, of which 5e-7 is how a history writes them.
"""

import os
import random

import numpy as np
import pyarrow as pa
import pytest
import torch
import transformers
from pair import on_ranks
from small import make_base, text
from tokenizers import Tokenizer
from torch.nn.functional import cross_entropy
from torch.nn.utils.rnn import pad_sequence

from xstilts.config.spec import Judgement, StageSpec
from xstilts.encode import special_of
from xstilts.engine.parts import Part, mixture_of
from xstilts.engine.train import built, train
from xstilts.features import Features
from xstilts.formats import format_named
from xstilts.formats.base import Special
from xstilts.formats.encoding import Encoding

pytest.importorskip("accelerate", reason="Trainer needs it")

LABELS = {"classification": ("yes", "no", "maybe"), "choice": (), "span": (), "tagging": ("O", "B", "I")}
ENCODING = Encoding(max_length=32, max_query=6, stride=8)
CHOICES, SEED, STEPS = 3, 4, 30
NEAR = 5e-6
SETTINGS = StageSpec(
    name="parity",
    parts=(),
    lr=5e-3,
    batch=5,
    steps=STEPS,
    warmup=0.15,
    weight_decay=0.3,
    clip=0.5,
    betas=(0.9, 0.99),
    eps=1e-4,  # with the usual one, Adam makes steps out of the rounding of gradients near zero
    dropout=0.0,
    evaluate_every=1,
    dev_examples=1,
    patience=STEPS,
    degenerate=Judgement(retries=0),
    micro_tokens=40,
)


def record(name, number, rng):
    """A made-up record whose answer can be seen in it, so that there is something to learn."""
    one, first = {"id": f"r{number}", "language": "en"}, text(rng)
    if name == "classification":
        return one | {"text_a": first, "text_b": text(rng), "label": LABELS[name]["abcd".index(first[0]) % 3]}
    if name == "choice":
        choices = [text(rng) for _ in range(CHOICES)]
        return one | {"prompt": first, "choices": choices, "label": int(np.argmin(choices))}
    if name == "span":
        context = " ".join(text(rng) for _ in range(12))
        word = context.split()[number % 5]
        return one | {"question": word, "context": context, "answers": [{"text": word, "start": context.index(word)}]}
    words = first.split()
    return one | {"words": words, "tags": [LABELS[name]["abcd".index(word[0]) % 3] for word in words]}


def part_of(name, base):
    tokenizer, rng = Tokenizer.from_file(str(base / "tokenizer.json")), random.Random(0)
    form = format_named(name)
    records = pa.Table.from_pylist([record(name, i, rng) for i in range(40)], schema=form.schema())
    table = form.encode(records, tokenizer, ENCODING, LABELS[name]).table
    if name == "span":
        # Trainer's loss goes over padding too, this project's does not: windows that fill a sequence have none.
        table = table.filter(pa.array([len(ids) == ENCODING.max_length for ids in table["input_ids"]]))
        table = table.set_column(table.column_names.index("item"), "item", pa.array(range(len(table)), pa.int32()))
    features = Features(table)
    return Part(name, form, LABELS[name], Special(**special_of(tokenizer)), features, features)


class Recording(transformers.Trainer):
    """Trainer that keeps the loss of each step; of multiple choice one over the choices, as jiant computes it."""

    def compute_loss(self, model, inputs, return_outputs=False, num_items_in_batch=None):
        if self.choices:
            label = inputs.pop("labels")
            loss = cross_entropy(model(**inputs).logits.view(-1, CHOICES), label)
        else:
            loss = super().compute_loss(model, inputs, num_items_in_batch=num_items_in_batch)
        self.losses.append(loss.item())
        return loss


def examples_of(part, items):
    """As a data set of transformers' example scripts has them."""
    features = part.train
    for item in items:
        first, last = features.item_starts[item : item + 2]
        one = {"input_ids": [torch.tensor(features.ids(i)).long() for i in range(first, last)]}
        if part.name == "span":
            yield one | {f"{end}_positions": int(features.column(end)[first]) for end in ("start", "end")}
        elif part.name == "tagging":
            yield one | {"labels": torch.tensor(features.part("labels", first)).long()}
        else:
            yield one | {"labels": int(features.column("label")[first])}


def collate(examples, pad):
    """One batch, padded to its longest sequence."""
    ids = pad_sequence([ids for one in examples for ids in one["input_ids"]], batch_first=True, padding_value=pad)
    batch = {"input_ids": ids, "attention_mask": (ids != pad).long()}
    for name in set(examples[0]) - {"input_ids"}:
        values = [one[name] for one in examples]
        flat = isinstance(values[0], int)
        batch[name] = torch.tensor(values) if flat else pad_sequence(values, batch_first=True, padding_value=-100)
    return batch


def losses_of_trainer(part, head, folder, **changes):
    """The loss of each step by Trainer, on the examples in the order of our mixture."""
    mixture = mixture_of([part], SETTINGS, SEED)
    assert len(mixture) == STEPS
    items = np.concatenate([mixture[step].items for step in range(STEPS)])
    settings = {
        "per_device_train_batch_size": SETTINGS.batch,
        "max_steps": STEPS,
        "train_sampling_strategy": "sequential",
        "learning_rate": SETTINGS.lr,
        "lr_scheduler_type": "linear",
        "warmup_steps": SETTINGS.warmup,  # a share, where below one
        "weight_decay": SETTINGS.weight_decay,
        "max_grad_norm": SETTINGS.clip,
        "adam_beta1": SETTINGS.betas[0],
        "adam_beta2": SETTINGS.betas[1],
        "adam_epsilon": SETTINGS.eps,
    }
    quiet = {"save_strategy": "no", "report_to": "none", "disable_tqdm": True}
    told = {**settings, **changes, **quiet, "remove_unused_columns": False, "use_cpu": True}
    trainer = Recording(
        model=head,
        args=transformers.TrainingArguments(output_dir=str(folder), **told),
        train_dataset=list(examples_of(part, items)),
        data_collator=lambda some: collate(some, part.special.pad),
    )
    trainer.choices, trainer.losses = part.name == "choice", []
    trainer.train()
    return np.array(trainer.losses)


CHANGES = [
    {"warmup_steps": 4},  # of 30 steps 0.15 are five
    {"lr_scheduler_type": "constant_with_warmup"},
    {"weight_decay": 0.0},
    {"max_grad_norm": 0.0},
    {"adam_beta2": 0.999},
]


def found_by_both(base, folder):
    """Losses of this project and of Trainer for each format, and of Trainer with a changed setting for one of them."""
    found = {}
    for name in LABELS:
        part = part_of(name, base)
        curve = train([part], base, base, SETTINGS, SEED).history.curve
        launched = {name: os.environ.pop(name) for name in ("RANK", "LOCAL_RANK", "WORLD_SIZE")}
        for change in ({}, *(CHANGES if name == "tagging" else ())):
            head = built([part], base, base, SETTINGS, SEED).heads[0]  # as training began
            found[name, *change] = losses_of_trainer(part, head, folder, **change)
        os.environ |= launched
        found[name, "ours"] = np.array([point["loss"] for point in curve])
    return found


@pytest.fixture(scope="module")
def losses(tmp_path_factory):
    """In a process of its own, as DeepSpeed remembers the ranks of the first test that used it."""
    folder = tmp_path_factory.mktemp("parity")
    return on_ranks(1, found_by_both, make_base(folder / "base", positions=64), folder)[0]


@pytest.mark.parametrize("name", LABELS)
def test_losses_are_those_of_trainer(name, losses):
    ours, theirs = losses[name, "ours"], losses[name,]
    assert len(ours) == len(theirs) == STEPS
    assert theirs[-5:].mean() < theirs[:5].mean() - 0.02, "something was learned"
    np.testing.assert_allclose(ours, theirs, rtol=0, atol=NEAR)


@pytest.mark.parametrize("change", [setting for change in CHANGES for setting in change])
def test_a_setting_that_differs_would_show(change, losses):
    assert np.abs(losses["tagging", change] - losses["tagging", "ours"]).max() > 100 * NEAR
