"""The target tasks: XTREME's nine, and what XTREME-R adds to them as far as it is here.

The languages are those of XTREME's own evaluation script.
"""

from __future__ import annotations

from xstilts.tasks.task import Task, words

XTREME = words(
    "af ar bg bn de el en es et eu fa fi fr he hi hu id it ja jv ka kk ko ml mr ms my nl pt ru sw ta te th tl tr ur vi"
    " yo zh"
)
UPOS = words("ADJ ADP ADV AUX CCONJ DET INTJ NOUN NUM PART PRON PROPN PUNCT SCONJ SYM VERB X")
BIO = ("O", "B-PER", "I-PER", "B-ORG", "I-ORG", "B-LOC", "I-LOC")
# Block 14 of XLM-R Large's 24, block 7 of a base model's 12: the paper's and XTREME's choice for sentence vectors.
SENTENCE_BLOCK = (7, 12)

TARGETS = (
    Task(
        name="xnli",
        title="XNLI",
        format="classification",
        role="target",
        languages=words("ar bg de el en es fr hi ru sw th tr ur vi zh"),
        splits=("dev", "test"),  # its train split is MNLI
        metric=("accuracy",),
        english="mnli",
        stage="xnli",
        labels=("entailment", "neutral", "contradiction"),
        chance=100 / 3,
        hub=("facebook/xnli",),
        url="https://github.com/facebookresearch/XNLI",
        licence="CC BY-NC 4.0",
        citation="Conneau et al. 2018",
    ),
    Task(
        name="pawsx",
        title="PAWS-X",
        format="classification",
        role="target",
        languages=words("de en es fr ja ko zh"),
        splits=("train", "dev", "test"),
        metric=("accuracy",),
        english="pawsx",
        stage="pawsx",
        labels=("not_paraphrase", "paraphrase"),
        chance=50.0,
        hub=("google-research-datasets/paws-x",),  # google/xtreme's copy has lost 226 of the English training rows
        url="https://github.com/google-research-datasets/paws/tree/master/pawsx",
        licence="free for any purpose",
        citation="Yang et al. 2019",
    ),
    Task(
        name="udpos",
        title="POS",
        format="tagging",
        role="target",
        languages=tuple(code for code in XTREME if code not in {"bn", "jv", "ka", "ml", "ms", "my", "sw"}),
        splits=("train", "dev", "test"),
        metric=("f1",),  # XTREME scores tags as one-word spans, by seqeval
        english="udpos",
        stage="udpos",
        labels=UPOS,
        hub=("google/xtreme:udpos",),
        url="http://hdl.handle.net/11234/1-3105",
        licence="by treebank: CC BY-SA or CC BY-NC-SA",
        citation="Nivre et al. 2018 (Universal Dependencies 2.5)",
    ),
    Task(
        name="panx",
        title="NER",
        format="tagging",
        role="target",
        languages=XTREME,
        splits=("train", "dev", "test"),
        metric=("f1",),
        english="panx",
        stage="panx",
        labels=BIO,
        hub=("google/xtreme:PAN-X",),
        url="https://github.com/afshinrahimi/mmner",
        licence="see source",
        citation="Pan et al. 2017; Rahimi, Li and Cohn 2019",
    ),
    Task(
        name="xquad",
        title="XQuAD",
        format="span",
        role="target",
        languages=words("ar de el en es hi ru th tr vi zh"),
        splits=("test",),
        metric=("em", "f1"),
        english="squad",
        stage="xquad",
        hub=("google/xquad",),
        url="https://github.com/google-deepmind/xquad",
        licence="CC BY-SA 4.0",
        citation="Artetxe, Ruder and Yogatama 2020",
    ),
    Task(
        name="mlqa",
        title="MLQA",
        format="span",
        role="target",
        languages=words("ar de en es hi vi zh"),
        splits=("dev", "test"),
        metric=("em", "f1"),
        english="squad",
        stage="xquad",  # the same data, trained in the same way: one checkpoint serves both
        hub=("google/xtreme:MLQA",),
        url="https://github.com/facebookresearch/MLQA",
        licence="CC BY-SA 3.0",
        citation="Lewis et al. 2020",
    ),
    Task(
        name="tydiqa",
        title="TyDiQA-GoldP",
        format="span",
        role="target",
        languages=words("ar bn en fi id ko ru sw te"),
        splits=("train", "test"),  # XTREME tests on the released dev files
        metric=("em", "f1"),
        english="tydiqa",
        stage="tydiqa",
        hub=("google/xtreme:tydiqa",),
        url="https://github.com/google-research-datasets/tydiqa",
        licence="Apache-2.0",
        citation="Clark et al. 2020",
    ),
    Task(
        name="bucc",
        title="BUCC",
        format="retrieval",
        role="target",
        languages=words("de fr ru zh"),
        splits=("dev", "test"),
        metric=("f1",),
        english=None,
        stage=None,
        layer=SENTENCE_BLOCK,
        hub=(),  # the hub's copies hold the gold pairs only, and mining needs all sentences
        url="https://comparable.limsi.fr/bucc2018/",
        licence="see source",
        citation="Zweigenbaum, Sharoff and Rapp 2018",
    ),
    Task(
        name="tatoeba",
        title="Tatoeba",
        format="retrieval",
        role="target",
        languages=tuple(code for code in XTREME if code not in {"en", "ms", "my", "yo"}),
        splits=("test",),
        metric=("accuracy",),
        english=None,
        stage=None,
        layer=SENTENCE_BLOCK,
        hub=("google/xtreme:tatoeba",),
        url="https://github.com/facebookresearch/LASER/tree/main/data/tatoeba/v1",
        licence="CC BY 2.0 FR",
        citation="Artetxe and Schwenk 2019",
    ),
    Task(
        name="xcopa",
        title="XCOPA",
        format="choice",
        role="target",
        languages=words("et ht id it qu sw ta th tr vi zh"),
        splits=("train", "dev", "test"),  # train and dev: English COPA, which it translates
        metric=("accuracy",),
        english="xcopa",
        stage="xcopa",
        chance=50.0,
        hub=("cambridgeltl/xcopa", "aps/super_glue:copa"),
        url="https://github.com/cambridgeltl/xcopa",
        licence="CC BY 4.0",
        citation="Ponti et al. 2020",
    ),
)
