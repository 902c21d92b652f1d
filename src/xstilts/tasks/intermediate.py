"""The nine English intermediate tasks of the paper, others like them, and the text for masked language modelling."""

from __future__ import annotations

from xstilts.languages import LANGUAGES
from xstilts.tasks.targets import XTREME
from xstilts.tasks.task import Format, Task

NLI = ("entailment", "neutral", "contradiction")


def _english(
    name: str,
    title: str,
    format: Format,
    metric: str,
    releases: tuple[str, ...],
    *,
    labels: tuple[str, ...] = (),
    chance: float | None = None,
) -> Task:
    """A task that is trained on and evaluated in English only."""
    return Task(
        name=name,
        title=title,
        format=format,
        role="intermediate",
        languages=("en",),
        splits=("train", "dev"),
        metric=metric,
        english=name,
        stage=name,
        labels=labels,
        chance=chance,
        releases=releases,
    )


INTERMEDIATE = (
    _english(
        "anli",
        "ANLI+",  # on one head
        "classification",
        "accuracy",
        ("snli", "mnli", "anli"),
        labels=NLI,
        chance=100 / 3,
    ),
    _english(
        "mnli",
        "MNLI",
        "classification",
        "accuracy",
        ("mnli", "xnli_mt"),
        labels=NLI,
        chance=100 / 3,
    ),
    _english(
        "qqp",
        "QQP",
        "classification",
        "accuracy_f1",
        ("qqp",),
        labels=("not_duplicate", "duplicate"),
        chance=50.0,
    ),
    _english(
        "squad",
        "SQuAD v1.1",
        "span",
        "squad",
        ("squad_v1", "squad_mt"),
    ),
    _english(
        "squad2",
        "SQuAD v2.0",
        "span",
        "squad2",
        ("squad_v2",),
    ),
    _english(
        "hellaswag",
        "HellaSwag",
        "choice",
        "accuracy",
        ("hellaswag", "hellaswag_mt"),
        chance=25.0,
    ),
    _english(
        "ccg",
        "CCG",
        "tagging",
        "accuracy",
        ("ccgbank",),
    ),
    _english(
        "cosmosqa",
        "Cosmos QA",
        "choice",
        "accuracy",
        ("cosmosqa",),
        chance=25.0,
    ),
    _english(
        "csqa",
        "CommonsenseQA",
        "choice",
        "accuracy",
        ("commonsenseqa",),
        chance=20.0,
    ),
)

# Not the paper's: what XTREME-R trains on before COPA, for XCOPA.
OTHERS = (_english("siqa", "SocialIQA", "choice", "accuracy", ("siqa",), chance=100 / 3),)

TEXT = (
    Task(
        name="mlm",
        title="MLM",
        format="mlm",
        role="text",
        languages=tuple(code for code in LANGUAGES if code in XTREME),
        splits=("train",),
        metric="accuracy",  # of the masked tokens
        english="mlm",
        stage="mlm",
        releases=("wikipedia",),
    ),
)
