"""The target tasks: XTREME's nine, what XTREME-R adds to them, and relatives of both.

The languages are those of XTREME's own evaluation script.
"""

from __future__ import annotations

from xstilts.tasks.release import releases
from xstilts.tasks.task import Task, words


def spoken(release: str) -> tuple[str, ...]:
    """The languages of a release, in alphabetical order: the registry of releases is where they are listed."""
    return tuple(sorted(releases()[release].languages))


XTREME = spoken("panx")
UPOS = words("ADJ ADP ADV AUX CCONJ DET INTJ NOUN NUM PART PRON PROPN PUNCT SCONJ SYM VERB X")
BIO = ("O", "B-PER", "I-PER", "B-ORG", "I-ORG", "B-LOC", "I-LOC")
TATOEBA = tuple(code for code in spoken("tatoeba") if code in XTREME)  # the others are XTREME-R's
# Block 14 of XLM-R Large's 24, block 7 of a base model's 12: the paper's and XTREME's choice for sentence vectors.
SENTENCE_BLOCK = (7, 12)


def _retrieval(
    name: str, title: str, languages: tuple[str, ...], splits: tuple[str, ...], metric: str, release: str
) -> Task:
    """A target that reads the encoder itself: nothing is trained for it."""
    return Task(
        name=name,
        title=title,
        format="retrieval",
        role="target",
        languages=languages,
        splits=splits,
        metric=metric,
        english=None,
        stage=None,
        layer=SENTENCE_BLOCK,
        releases=(release,),
    )


TARGETS = (
    Task(
        name="xnli",
        title="XNLI",
        format="classification",
        role="target",
        languages=spoken("xnli"),
        splits=("dev", "test"),  # its train split is MNLI
        metric="accuracy",
        english="mnli",
        stage="xnli",
        labels=("entailment", "neutral", "contradiction"),
        chance=100 / 3,
        releases=("xnli",),
    ),
    Task(
        name="pawsx",
        title="PAWS-X",
        format="classification",
        role="target",
        languages=spoken("pawsx"),
        splits=("train", "dev", "test"),
        metric="accuracy",
        english="pawsx",
        stage="pawsx",
        labels=("not_paraphrase", "paraphrase"),
        chance=50.0,
        releases=("pawsx",),
    ),
    Task(
        name="udpos",
        title="POS",
        format="tagging",
        role="target",
        languages=spoken("udpos"),
        splits=("train", "dev", "test"),
        metric="entities",  # XTREME scores tags as one-word spans, by seqeval
        english="udpos",
        stage="udpos",
        labels=UPOS,
        releases=("udpos",),
    ),
    Task(
        name="panx",
        title="NER",
        format="tagging",
        role="target",
        languages=spoken("panx"),
        splits=("train", "dev", "test"),
        metric="entities",
        english="panx",
        stage="panx",
        labels=BIO,
        releases=("panx",),
    ),
    Task(
        name="xquad",
        title="XQuAD",
        format="span",
        role="target",
        languages=spoken("xquad"),
        splits=("test",),
        metric="squad",
        english="squad",
        stage="xquad",
        releases=("xquad",),
    ),
    Task(
        name="mlqa",
        title="MLQA",
        format="span",
        role="target",
        languages=spoken("mlqa"),
        splits=("dev", "test"),
        metric="mlqa",
        english="squad",
        stage="xquad",  # the same data, trained in the same way: one checkpoint serves both
        releases=("mlqa",),
    ),
    Task(
        name="tydiqa",
        title="TyDiQA-GoldP",
        format="span",
        role="target",
        languages=spoken("tydiqa_goldp"),
        splits=("train", "test"),  # XTREME tests on the released dev files
        metric="squad",
        english="tydiqa",
        stage="tydiqa",
        releases=("tydiqa_goldp",),
    ),
    _retrieval("bucc", "BUCC", spoken("bucc2018"), ("dev", "test"), "mining", "bucc2018"),
    _retrieval("tatoeba", "Tatoeba", TATOEBA, ("test",), "nearest", "tatoeba"),
    Task(
        name="xcopa",
        title="XCOPA",
        format="choice",
        role="target",
        languages=spoken("xcopa"),
        splits=("train", "dev", "test"),  # train and dev: English COPA, which it translates
        metric="accuracy",
        english="xcopa",
        stage="xcopa",
        chance=50.0,
        releases=("copa", "xcopa"),
    ),
    _retrieval("tatoeba-r", "Tatoeba (XTREME-R)", spoken("tatoeba"), ("test",), "nearest", "tatoeba"),
    _retrieval("lareqa", "LAReQA", spoken("lareqa"), ("test",), "map20", "lareqa"),
    _retrieval("mewslix", "Mewsli-X", spoken("mewslix"), ("test",), "map20", "mewslix"),
    Task(
        name="mlqa-cross",
        title="MLQA, across languages",
        format="span",
        role="target",
        languages=spoken("mlqa_cross"),
        splits=("test",),
        metric="mlqa",
        english="squad",
        stage="xquad",
        releases=("mlqa_cross",),
    ),
    Task(
        name="uner",
        title="UNER",
        format="tagging",
        role="target",
        languages=spoken("uner"),
        splits=("train", "dev", "test"),
        metric="entities",
        english="uner",
        stage="uner",
        labels=BIO,
        releases=("uner",),
    ),
)
