"""Which of a model's outputs is which label."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from xstilts.errors import UserError

UNNAMED = re.compile(r"LABEL_\d+")


def labels_of(model: Any, labels: Sequence[str], told: Sequence[str] = ()) -> list[str]:
    """The task's labels in the order of the model's outputs, as its config.json names them.

    labels  of the task; none where it has none
    told    what the configuration of a published model says, where its config.json names nothing
    """
    if not labels:
        return []
    names, outputs = list(told) or list(model.config.id2label.values()), model.config.num_labels
    if len(labels) != outputs:
        raise UserError(
            f"the model has {outputs} outputs, and the task {len(labels)} labels, {', '.join(labels)}: it is no model "
            "for this task; leave the stage out of `fine_tuned` of its base"
        )
    if len(names) != outputs:
        raise UserError(f"`labels:` of the base names {len(names)} labels, and the model has {outputs} outputs")
    if sorted(names) == sorted(labels):
        return names
    known = {plain(label): label for label in labels}
    if sorted(map(plain, names)) == sorted(known):
        return [known[plain(name)] for name in names]
    nameless = all(UNNAMED.fullmatch(name) for name in names)
    says = "does not say what its outputs mean" if nameless else f"has the outputs {', '.join(names)}"
    raise UserError(
        f"the model {says}, and the task has the labels {', '.join(labels)}: "
        "write `labels:` of its base, the task's labels in the order of the model's outputs"
    )


def plain(name: str) -> str:
    """A label as it compares: models write ENTAILMENT, Entailment or entailment."""
    return re.sub(r"[\s_-]+", "_", name.strip().lower())
