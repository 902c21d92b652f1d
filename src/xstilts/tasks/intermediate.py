"""The nine English intermediate tasks of the paper, and the text for masked language modelling."""

from __future__ import annotations

from xstilts.languages import LANGUAGES
from xstilts.tasks.targets import XTREME
from xstilts.tasks.task import Format, Task

NLI = ("entailment", "neutral", "contradiction")


def _english(
    name: str,
    title: str,
    format: Format,
    metric: tuple[str, ...],
    *,
    hub: tuple[str, ...],
    url: str,
    licence: str,
    citation: str,
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
        hub=hub,
        url=url,
        licence=licence,
        citation=citation,
    )


INTERMEDIATE = (
    _english(
        "anli",
        "ANLI+",  # SNLI, MNLI and the three rounds of ANLI on one head
        "classification",
        ("accuracy",),
        labels=NLI,
        chance=100 / 3,
        hub=("facebook/anli", "stanfordnlp/snli", "nyu-mll/glue:mnli"),
        url="https://github.com/facebookresearch/anli",
        licence="ANLI: CC BY-NC 4.0; SNLI: CC BY-SA 4.0; MNLI: OANC and others",
        citation="Nie et al. 2020; Bowman et al. 2015; Williams et al. 2018",
    ),
    _english(
        "mnli",
        "MNLI",
        "classification",
        ("accuracy",),
        labels=NLI,
        chance=100 / 3,
        hub=("nyu-mll/glue:mnli",),
        url="https://cims.nyu.edu/~sbowman/multinli/",
        licence="OANC; fiction part CC BY 3.0, CC BY-SA 3.0, public domain",
        citation="Williams, Nangia and Bowman 2018",
    ),
    _english(
        "qqp",
        "QQP",
        "classification",
        ("accuracy", "f1"),
        labels=("not_duplicate", "duplicate"),
        chance=50.0,
        hub=("nyu-mll/glue:qqp",),
        url="https://quoradata.quora.com/First-Quora-Dataset-Release-Question-Pairs",
        licence="see source",
        citation="Iyer, Dandekar and Csernai 2017",
    ),
    _english(
        "squad",
        "SQuAD v1.1",
        "span",
        ("em", "f1"),
        hub=("rajpurkar/squad",),
        url="https://rajpurkar.github.io/SQuAD-explorer/",
        licence="CC BY-SA 4.0",
        citation="Rajpurkar et al. 2016",
    ),
    _english(
        "squad2",
        "SQuAD v2.0",
        "span",
        ("em", "f1"),
        hub=("rajpurkar/squad_v2",),
        url="https://rajpurkar.github.io/SQuAD-explorer/",
        licence="CC BY-SA 4.0",
        citation="Rajpurkar, Jia and Liang 2018",
    ),
    _english(
        "hellaswag",
        "HellaSwag",
        "choice",
        ("accuracy",),
        chance=25.0,
        hub=("Rowan/hellaswag",),
        url="https://rowanzellers.com/hellaswag/",
        licence="MIT",
        citation="Zellers et al. 2019",
    ),
    _english(
        "ccg",
        "CCG",
        "tagging",
        ("accuracy",),
        hub=(),  # CCGbank is licensed by the LDC and cannot be downloaded
        url="https://catalog.ldc.upenn.edu/LDC2005T13",
        licence="LDC user agreement",
        citation="Hockenmaier and Steedman 2007",
    ),
    _english(
        "cosmosqa",
        "Cosmos QA",
        "choice",
        ("accuracy",),
        chance=25.0,
        hub=("allenai/cosmos_qa",),
        url="https://github.com/wilburOne/cosmosqa",
        licence="CC BY 4.0",
        citation="Huang et al. 2019",
    ),
    _english(
        "csqa",
        "CommonsenseQA",
        "choice",
        ("accuracy",),
        chance=20.0,
        hub=("tau/commonsense_qa",),
        url="https://github.com/jonathanherzig/commonsenseqa",
        licence="MIT",
        citation="Talmor et al. 2019",
    ),
)

TEXT = (
    Task(
        name="mlm",
        title="MLM",
        format="mlm",
        role="text",
        languages=tuple(code for code in LANGUAGES if code in XTREME),
        splits=("train", "dev"),
        metric=("accuracy",),  # of the masked tokens
        english="mlm",
        stage="mlm",
        url="https://dumps.wikimedia.org/",
        licence="CC BY-SA 4.0",
        citation="Wikipedia",
    ),
)
