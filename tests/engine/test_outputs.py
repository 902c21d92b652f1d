"""Which of a model's outputs is which label: its configuration says so, or the world does, or it is refused."""

from types import SimpleNamespace

import pytest

from xstilts.engine.outputs import labels_of
from xstilts.errors import UserError

NLI = ("entailment", "neutral", "contradiction")
PAIRS = ("not_paraphrase", "paraphrase")


def model(*names):
    return SimpleNamespace(config=SimpleNamespace(num_labels=len(names), id2label=dict(enumerate(names))))


@pytest.mark.parametrize(
    "names, labels, wanted",
    [
        (NLI, NLI, NLI),
        (NLI[::-1], NLI, NLI[::-1]),
        (("CONTRADICTION", "NEUTRAL", "ENTAILMENT"), NLI, NLI[::-1]),
        (("Neutral", "entailment ", "Contradiction"), NLI, ("neutral", "entailment", "contradiction")),
        (("paraphrase", "not paraphrase"), PAIRS, PAIRS[::-1]),
        (("Not-Paraphrase", "Paraphrase"), PAIRS, PAIRS),
        (("I-PER", "O", "B-PER"), ("O", "B-PER", "I-PER"), ("I-PER", "O", "B-PER")),
        (("a_b", "a-b", "A-B"), ("a-b", "A-B", "a_b"), ("a_b", "a-b", "A-B")),  # the same but for their spelling
    ],
)
def test_the_models_order_in_the_tasks_spelling(names, labels, wanted):
    assert labels_of(model(*names), labels) == list(wanted)


@pytest.mark.parametrize("names", [(), ("LABEL_0", "LABEL_1")])
def test_a_task_without_labels_wants_none(names):
    """Of choices and spans the outputs have no meaning of their own."""
    assert labels_of(model(*names), ()) == []


def test_the_world_says_what_the_model_does_not():
    nameless = model("LABEL_0", "LABEL_1", "LABEL_2")
    assert labels_of(nameless, NLI, NLI[::-1]) == list(NLI[::-1])
    assert labels_of(nameless, NLI, [label.upper() for label in NLI]) == list(NLI)
    with pytest.raises(UserError, match="does not say what its outputs mean, and the task has the labels entailment"):
        labels_of(nameless, NLI)


def test_the_world_has_the_last_word():
    """Published configurations have been wrong."""
    assert labels_of(model(*NLI), NLI, NLI[::-1]) == list(NLI[::-1])


@pytest.mark.parametrize(
    "names",
    [
        ("entailment", "not_entailment", "contradiction"),
        ("entailment", "entailment", "contradiction"),
        ("LABEL_0", "neutral", "contradiction"),
    ],
)
@pytest.mark.parametrize("told", [False, True])
def test_other_labels_are_refused(names, told):
    with pytest.raises(UserError) as caught:
        labels_of(*((model("LABEL_0", "LABEL_1", "LABEL_2"), NLI, names) if told else (model(*names), NLI)))
    for fragment in (f"has the outputs {', '.join(names)}", ", ".join(NLI), "write `labels:` of its base"):
        assert fragment in str(caught.value)


@pytest.mark.parametrize(
    "names", [("entailment", "contradiction"), ("entailment", "neutral", "contradiction", "hidden")]
)
@pytest.mark.parametrize("told", [(), NLI])
def test_a_model_with_more_or_fewer_outputs_is_none_for_the_task(names, told):
    """Whatever is said of its outputs: a label would never be given, or an output have none."""
    with pytest.raises(UserError, match=rf"has {len(names)} outputs, and the task 3 labels.*`fine_tuned` of its base"):
        labels_of(model(*names), NLI, told)


def test_as_many_labels_are_told_as_there_are_outputs():
    with pytest.raises(UserError, match="names 2 labels, and the model has 3 outputs"):
        labels_of(model(*NLI), NLI, NLI[:2])
