"""Columns, types, classes and names of splits as the hub has them, not as our registry says: each becomes its record.

The files are tiny, and written as the `datasets` library wrote the hub's: its names of classes stand beside the schema.
What they hold is taken from the library's own loading scripts, by which the hub's Parquet was made (repository
huggingface/datasets, datasets/<name>/dataset_infos.json and <name>.py, 2020 to 2022), unless another source is told.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from reading import ROOT

from xstilts.config import load
from xstilts.formats import format_named
from xstilts.plan import Plan
from xstilts.sources import Source
from xstilts.tasks import get
from xstilts.tasks.release import Release, releases
from xstilts.tasks.task import words

STUDY = {"asks": "?", "seeds": [1], "recipes": {"none": []}, "targets": ["xnli"], "compare": {"baseline": "none"}}
# All that the hub has, where the real world reads the original files instead.
TASKS = {name: {} for name in ("udpos", "xquad", "mlqa", "mlqa-cross")} | {
    "tydiqa": {"hold_out": 1},
    "mlm": {"hold_out": 1, "limit": None},
}
VALUE = "Value"


def value(dtype: str) -> dict[str, Any]:
    return {"dtype": dtype, "_type": VALUE}


def classes(*names: str) -> dict[str, Any]:
    return {"names": list(names), "_type": "ClassLabel"}


def sequence(feature: dict[str, Any]) -> dict[str, Any]:
    """A list; of several columns, a column of lists for each, as the library lays them out."""
    return {"feature": feature, "_type": "Sequence"}


def strings(*names: str) -> dict[str, Any]:
    return {name: value("string") for name in names}


def arrow(feature: dict[str, Any]) -> pa.DataType:
    """The type in which the library stores a feature."""
    match feature:
        case {"_type": "Value", "dtype": "bool"}:
            return pa.bool_()
        case {"_type": "Value", "dtype": dtype}:
            return getattr(pa, dtype)()
        case {"_type": "ClassLabel"}:
            return pa.int64()
        case {"_type": "Sequence", "feature": {"_type": _} as inner}:
            return pa.list_(arrow(inner))
        case {"_type": "Sequence", "feature": fields}:
            return pa.struct([(name, pa.list_(arrow(inner))) for name, inner in fields.items()])
    raise ValueError(feature)


NLI = classes("entailment", "neutral", "contradiction")
ANSWERS = sequence({"text": value("string"), "answer_start": value("int32")})
# snli: dataset_infos.json; a row without a gold label has -1.
SNLI = {**strings("premise", "hypothesis"), "label": NLI}
# glue, mnli and qqp: glue.py (label_classes of both, `idx`).
MNLI = {**strings("premise", "hypothesis"), "label": NLI, "idx": value("int32")}
QQP = {**strings("question1", "question2"), "label": classes("not_duplicate", "duplicate"), "idx": value("int32")}
# anli: dataset_infos.json.
ANLI = {**strings("uid", "premise", "hypothesis"), "label": NLI, "reason": value("string")}
# xnli: xnli.py for the classes; one configuration for each language since version 1.1: dataset_infos.json.
XNLI = {**strings("premise", "hypothesis"), "label": NLI}
# paws-x: paws-x.py. Its classes are called by numbers.
PAWSX = {"id": value("int32"), **strings("sentence1", "sentence2"), "label": classes("0", "1")}
# hellaswag: dataset_infos.json. The label is text.
HELLASWAG = {
    "ind": value("int32"),
    **strings("activity_label", "ctx_a", "ctx_b", "ctx"),
    "endings": sequence(value("string")),
    **strings("source_id", "split", "split_type", "label"),
}
# cosmos_qa: dataset_infos.json.
COSMOSQA = {
    **strings("id", "context", "question", "answer0", "answer1", "answer2", "answer3"),
    "label": value("int32"),
}
# commonsense_qa: dataset_infos.json.
COMMONSENSEQA = {
    **strings("id", "question", "question_concept"),
    "choices": sequence(strings("label", "text")),
    "answerKey": value("string"),
}
# social_i_qa: dataset_infos.json. Its script (social_i_qa.py) leaves the end of the line on a label; both are read.
SIQA = strings("context", "question", "answerA", "answerB", "answerC", "label")
# super_glue, copa: super_glue.py, where label_classes has these names.
COPA = {
    **strings("premise", "choice1", "choice2", "question"),
    "idx": value("int32"),
    "label": classes("choice1", "choice2"),
}
# xcopa: dataset_infos.json. The label is a number there.
XCOPA = {
    **strings("premise", "choice1", "choice2", "question"),
    "label": value("int32"),
    "idx": value("int32"),
    "changed": value("bool"),
}
# squad, squad_v2: dataset_infos.json.
SQUAD = {**strings("id", "title", "context", "question"), "answers": ANSWERS}
# xquad: xquad.py.
XQUAD = {**strings("id", "context", "question"), "answers": ANSWERS}
# xtreme, MLQA and tydiqa: xtreme.py, which names the answers in this order.
XTREME_QA = {
    **strings("id", "title", "context", "question"),
    "answers": sequence({"answer_start": value("int32"), "text": value("string")}),
}
# xtreme, tatoeba: xtreme.py. Sentences keep the ends of their lines.
TATOEBA = strings("source_sentence", "target_sentence", "source_lang", "target_lang")
# xtreme, udpos: README.md of 2022 (dataset_info), in this order of classes.
UPOS = [
    "ADJ",
    "ADP",
    "ADV",
    "AUX",
    "CCONJ",
    "DET",
    "INTJ",
    "NOUN",
    "NUM",
    "PART",
    "PRON",
    "PROPN",
    "PUNCT",
    "SCONJ",
    "SYM",
    "VERB",
    "X",
]
UDPOS = {"tokens": sequence(value("string")), "pos_tags": sequence(classes(*UPOS))}
# xtreme, PAN-X: README.md of 2022 (dataset_info), in this order of classes.
PANX = {
    "tokens": sequence(value("string")),
    "ner_tags": sequence(classes("O", "B-PER", "I-PER", "B-ORG", "I-ORG", "B-LOC", "I-LOC")),
    "langs": sequence(value("string")),
}
# wikimedia/wikipedia: its card.
WIKIPEDIA = strings("id", "url", "title", "text")


class File(NamedTuple):
    """A split of a configuration of a data set."""

    features: Mapping[str, Any]
    rows: list[tuple[Any, ...]]


CONTEXT = "Das Boot von Skarn legte um sechs Uhr ab."
ANSWER = ["um sechs Uhr"], [CONTEXT.index("um")]
GOLD = [{"text": "um sechs Uhr", "start": CONTEXT.index("um")}]
BOAT = "The boat left Skarn at dawn, and nobody on the quay had seen it come back when the lamps were lit again."
FILES: dict[str, dict[str, File]] = {
    "stanfordnlp/snli": {
        "plain_text/train": File(SNLI, [("A boat sails.", "It floats.", 0), ("A boat.", "A car.", -1)]),
        "plain_text/validation": File(SNLI, [("A boat.", "No boat.", 2)]),
    },
    "nyu-mll/glue": {
        "mnli/train": File(MNLI, [("Nine sailed.", "Some sailed.", 0, 7), ("Nine sailed.", "It rained.", 1, 8)]),
        "mnli/validation_matched": File(MNLI, [("Nine sailed.", "None sailed.", 2, 0)]),
        "qqp/train": File(QQP, [("Who is it?", "Who was it?", 1, 0), ("Who?", "Why?", 0, 1)]),
        "qqp/validation": File(QQP, [("Where?", "Where to?", 1, 0)]),
    },
    "facebook/anli": {
        "plain_text/train_r1": File(ANLI, [("u1", "It rained.", "It was wet.", 0, "")]),
        "plain_text/train_r2": File(ANLI, [("u2", "It rained.", "It was cold.", 1, "")]),
        "plain_text/train_r3": File(ANLI, [("u3", "It rained.", "It was dry.", 2, "because")]),
        "plain_text/dev_r1": File(ANLI, [("d1", "It snowed.", "It was white.", 0, "")]),
        "plain_text/dev_r2": File(ANLI, [("d2", "It snowed.", "It was late.", 1, "")]),
        "plain_text/dev_r3": File(ANLI, [("d3", "It snowed.", "It was hot.", 2, "")]),
    },
    "facebook/xnli": {
        "de/train": File(XNLI, [("Neun fuhren.", "Keiner fuhr.", 2)]),
        "sw/validation": File(XNLI, [("Watu tisa.", "Watu wengi.", 1)]),
        "sw/test": File(XNLI, [("Watu tisa.", "Watu.", 0), ("Watu tisa.", "Hakuna watu.", 2)]),
    },
    "google-research-datasets/paws-x": {
        "en/train": File(PAWSX, [(1, 'He said "yes.', "He said no.", 0), (2, "It is so.", "So it is.", 1)]),
        "en/validation": File(PAWSX, [(1, "It was so.", "So it was.", 1)]),
        "de/test": File(PAWSX, [(1, "NS", "Es ist so.", 0), (2, "So ist es.", "Es ist so.", 1)]),
    },
    "Rowan/hellaswag": {
        "default/train": File(
            HELLASWAG,
            [
                (
                    4,
                    "Sailing",
                    "A man rows.",
                    "he",
                    "A man rows. he",
                    ["stops.", "sinks."],
                    "a~1",
                    "train",
                    "indomain",
                    "1",
                )
            ],
        ),
        "default/validation": File(
            HELLASWAG,
            [
                (
                    9,
                    "Sailing",
                    "[header] How to row [step] Sit.",
                    "",
                    "…",
                    ["Row.", "Eat."],
                    "w~1",
                    "val",
                    "zeroshot",
                    "0",
                )
            ],
        ),
    },
    "allenai/cosmos_qa": {
        "default/train": File(COSMOSQA, [("3Q9", "It rained.", "Why wait?", "Rain.", "Sun.", "Snow.", "None.", 0)]),
        "default/validation": File(COSMOSQA, [("3B2", "It shone.", "Why go?", "Rain.", "Sun.", "Snow.", "None.", 1)]),
    },
    "tau/commonsense_qa": {
        "default/train": File(
            COMMONSENSEQA,
            [("075e", "Where is a boat?", "boat", (list("ABCDE"), ["sea", "sky", "bed", "tea", "ear"]), "A")],
        ),
        "default/validation": File(
            COMMONSENSEQA,
            [("1afa", "Where is a cup?", "cup", (list("ABCDE"), ["sea", "sky", "bed", "tea", "bar"]), "E")],
        ),
    },
    "allenai/social_i_qa": {
        "default/train": File(SIQA, [("Kim sailed.", "Why?", "Fun.", "Fear.", "Food.", "3\n")]),
        "default/validation": File(SIQA, [("Kim rowed.", "Why?", "Fun.", "Fear.", "Food.", "1")]),
    },
    "aps/super_glue": {
        "copa/train": File(
            COPA,
            [
                ("It rained.", "We left.", "We got wet.", "effect", 0, 1),
                ("I slept.", "I ran.", "I sat.", "cause", 1, 0),
            ],
        ),
        "copa/validation": File(COPA, [("It shone.", "We stayed.", "We froze.", "effect", 0, 0)]),
    },
    "cambridgeltl/xcopa": {
        "et/validation": File(XCOPA, [("Sadas.", "Läksime.", "Jäime.", "effect", 1, 3, False)]),
        "et/test": File(XCOPA, [("Sadas.", "Pilved.", "Päike.", "cause", 0, 5, True)]),
    },
    "rajpurkar/squad": {
        "plain_text/train": File(SQUAD, [("5733", "Skarn", CONTEXT, "Wann?", ANSWER)]),
        "plain_text/validation": File(SQUAD, [("56be", "Skarn", CONTEXT, "Wann?", (ANSWER[0] * 3, ANSWER[1] * 3))]),
    },
    "rajpurkar/squad_v2": {
        "squad_v2/train": File(
            SQUAD, [("56bf", "Skarn", CONTEXT, "Warum?", ([], [])), ("b2", "S", CONTEXT, "?", ANSWER)]
        ),
        "squad_v2/validation": File(SQUAD, [("56dd", "Skarn", CONTEXT, "Wann?", ANSWER)]),
    },
    "google/xquad": {"xquad.de/validation": File(XQUAD, [("56be4", CONTEXT, "Wann?", ANSWER)])},
    "google/xtreme": {
        "MLQA.de.de/validation": File(XTREME_QA, [("a1", "Skarn", CONTEXT, "Wann war es?", ANSWER[::-1])]),
        "MLQA.de.de/test": File(XTREME_QA, [("a2", "Skarn", CONTEXT, "Wann?", ANSWER[::-1])]),
        "MLQA.de.es/validation": File(XTREME_QA, [("a3", "Skarn", CONTEXT, "¿Cuándo fue?", ANSWER[::-1])]),
        "MLQA.de.es/test": File(XTREME_QA, [("a4", "Skarn", CONTEXT, "¿Cuándo?", ANSWER[::-1])]),
        "tydiqa/train": File(
            XTREME_QA,
            [
                (f"{language}-{i}-0", "Skarn", CONTEXT, "?", ANSWER[::-1])
                for i, language in enumerate(["english", "arabic", "english", "swahili"])
            ],
        ),
        "tydiqa/validation": File(
            XTREME_QA, [(f"{language}-1-0", "", CONTEXT, "Lini?", ANSWER[::-1]) for language in ("telugu", "swahili")]
        ),
        **{
            f"udpos.{name}/{split}": File(UDPOS, [(["Boote", "warten", "."], [7, 15, 12])])
            for name, split in (("English", "train"), ("English", "validation"), ("Chinese", "test"))
        },
        **{
            f"PAN-X.{name}/{split}": File(PANX, [(["Skarn", "liegt", "in", "Norland"], [3, 0, 0, 5], [name] * 4)])
            for name, split in (("en", "train"), ("en", "validation"), ("jv", "test"))
        },
        "tatoeba.cmn/validation": File(TATOEBA, [("船走了。\n", "The boat left.\n", "cmn", "eng")]),
    },
    "wikimedia/wikipedia": {
        "20231101.en/train": File(
            WIKIPEDIA,
            [(str(i), f"https://en.wikipedia.org/wiki/{i}", "B", f"{BOAT}\n\nSee also\n{BOAT} {i}") for i in (1, 2)],
        ),
        "20231101.sw/train": File(WIKIPEDIA, [("12", "https://sw.wikipedia.org/wiki/B", "B", f"{BOAT}\n\nMarejeo")]),
    },
}


def pair(a: str, b: str, label: str) -> dict[str, Any]:
    return {"text_a": a, "text_b": b, "label": label}


def question(prompt: str, choices: list[str], label: int) -> dict[str, Any]:
    return {"prompt": prompt, "choices": choices, "label": label}


def asked(said: str, answers: list[dict[str, Any]] = GOLD) -> dict[str, Any]:
    return {"question": said, "context": CONTEXT, "answers": answers}


def tagged(*pairs: tuple[str, str]) -> dict[str, Any]:
    return {"words": [word for word, _ in pairs], "tags": [tag for _, tag in pairs]}


WAITING = tagged(("Boote", "NOUN"), ("warten", "VERB"), (".", "PUNCT"))
LYING = tagged(("Skarn", "B-ORG"), ("liegt", "O"), ("in", "O"), ("Norland", "B-LOC"))
ENTAILMENT, NEUTRAL, CONTRADICTION = "entailment", "neutral", "contradiction"
# data, split, language: the records by name.
READ: dict[tuple[str, str, str], dict[str, dict[str, Any]]] = {
    ("anli", "train", "en"): {
        "snli:1": pair("A boat sails.", "It floats.", ENTAILMENT),
        "mnli:1": pair("Nine sailed.", "Some sailed.", ENTAILMENT),
        "mnli:2": pair("Nine sailed.", "It rained.", NEUTRAL),
        "anli:plain_text/train_r1-00000:1": pair("It rained.", "It was wet.", ENTAILMENT),
        "anli:plain_text/train_r2-00000:1": pair("It rained.", "It was cold.", NEUTRAL),
        "anli:plain_text/train_r3-00000:1": pair("It rained.", "It was dry.", CONTRADICTION),
    },
    ("anli", "dev", "en"): {
        "snli:1": pair("A boat.", "No boat.", CONTRADICTION),
        "mnli:1": pair("Nine sailed.", "None sailed.", CONTRADICTION),
        "anli:plain_text/dev_r1-00000:1": pair("It snowed.", "It was white.", ENTAILMENT),
        "anli:plain_text/dev_r2-00000:1": pair("It snowed.", "It was late.", NEUTRAL),
        "anli:plain_text/dev_r3-00000:1": pair("It snowed.", "It was hot.", CONTRADICTION),
    },
    ("mnli@mt-de", "train", "de"): {"1": pair("Neun fuhren.", "Keiner fuhr.", CONTRADICTION)},
    ("xnli", "dev", "sw"): {"1": pair("Watu tisa.", "Watu wengi.", NEUTRAL)},
    ("xnli", "test", "sw"): {
        "1": pair("Watu tisa.", "Watu.", ENTAILMENT),
        "2": pair("Watu tisa.", "Hakuna watu.", CONTRADICTION),
    },
    ("qqp", "train", "en"): {
        "1": pair("Who is it?", "Who was it?", "duplicate"),
        "2": pair("Who?", "Why?", "not_duplicate"),
    },
    ("qqp", "dev", "en"): {"1": pair("Where?", "Where to?", "duplicate")},
    ("pawsx", "train", "en"): {
        "1": pair('He said "yes.', "He said no.", "not_paraphrase"),
        "2": pair("It is so.", "So it is.", "paraphrase"),
    },
    ("pawsx", "dev", "en"): {"1": pair("It was so.", "So it was.", "paraphrase")},
    ("pawsx", "test", "de"): {"2": pair("So ist es.", "Es ist so.", "paraphrase")},
    ("hellaswag", "train", "en"): {"1": question("A man rows.", ["he stops.", "he sinks."], 1)},
    ("hellaswag", "dev", "en"): {"1": question("[header] How to row [step] Sit.", ["Row.", "Eat."], 0)},
    ("cosmosqa", "train", "en"): {"1": question("It rained. Why wait?", ["Rain.", "Sun.", "Snow.", "None."], 0)},
    ("cosmosqa", "dev", "en"): {"1": question("It shone. Why go?", ["Rain.", "Sun.", "Snow.", "None."], 1)},
    ("csqa", "train", "en"): {"075e": question("Where is a boat?", ["sea", "sky", "bed", "tea", "ear"], 0)},
    ("csqa", "dev", "en"): {"1afa": question("Where is a cup?", ["sea", "sky", "bed", "tea", "bar"], 4)},
    ("siqa", "train", "en"): {"1": question("Kim sailed. Why?", ["Fun.", "Fear.", "Food."], 2)},
    ("siqa", "dev", "en"): {"1": question("Kim rowed. Why?", ["Fun.", "Fear.", "Food."], 0)},
    ("xcopa", "train", "en"): {
        "1": question("It rained. What happened as a result?", ["We left.", "We got wet."], 1),
        "2": question("I slept. What was the cause?", ["I ran.", "I sat."], 0),
    },
    ("xcopa", "dev", "en"): {"1": question("It shone. What happened as a result?", ["We stayed.", "We froze."], 0)},
    ("xcopa", "dev", "et"): {"1": question("Sadas. What happened as a result?", ["Läksime.", "Jäime."], 1)},
    ("xcopa", "test", "et"): {"1": question("Sadas. What was the cause?", ["Pilved.", "Päike."], 0)},
    ("squad", "train", "en"): {"5733": asked("Wann?")},
    ("squad", "dev", "en"): {"56be": asked("Wann?", GOLD * 3)},
    ("squad2", "train", "en"): {"56bf": asked("Warum?", []), "b2": asked("?")},
    ("squad2", "dev", "en"): {"56dd": asked("Wann?")},
    ("xquad", "test", "de"): {"56be4": asked("Wann?")},
    ("mlqa", "dev", "de"): {"a1": asked("Wann war es?")},
    ("mlqa", "test", "de"): {"a2": asked("Wann?")},
    ("mlqa-cross", "dev", "de-es"): {"a3": asked("¿Cuándo fue?")},
    ("mlqa-cross", "test", "de-es"): {"a4": asked("¿Cuándo?")},
    ("tydiqa", "train", "en"): {"english-0-0": asked("?"), "english-2-0": asked("?")},
    ("tydiqa", "test", "sw"): {"swahili-1-0": asked("Lini?")},
    ("udpos", "train", "en"): {"1": WAITING},
    ("udpos", "dev", "en"): {"1": WAITING},
    ("udpos", "test", "zh"): {"1": WAITING},
    ("panx", "train", "en"): {"1": LYING},
    ("panx", "dev", "en"): {"1": LYING},
    ("panx", "test", "jv"): {"1": LYING},
    ("mlm", "train", "en"): {f"{i}.{n}": {"text": BOAT if n == 1 else f"{BOAT} {i}"} for i in (1, 2) for n in (1, 4)},
    ("mlm", "train", "sw"): {"1.1": {"text": BOAT}},
}

TATOEBA_READ = ("tatoeba", "test", "zh")
# Configurations and their splits.
ALL = frozenset({"train", "validation", "test"})
XTREME_LANGUAGES = words(
    "af ar bg bn de el en es et eu fa fi fr he hi hu id it ja jv ka kk ko ml mr ms my nl pt ru sw ta te th tl tr ur vi"
    " yo zh"
)
UD_LANGUAGES = words(
    "Afrikaans Arabic Basque Bulgarian Dutch English Estonian Finnish French German Greek Hebrew Hindi Hungarian"
    " Indonesian Italian Japanese Kazakh Korean Chinese Marathi Persian Portuguese Russian Spanish Tagalog Tamil Telugu"
    " Thai Turkish Urdu Vietnamese Yoruba"
)
TATOEBA_LANGUAGES = words(
    "afr ara ben bul deu cmn ell est eus fin fra heb hin hun ind ita jav jpn kat kaz kor mal mar nld pes por rus spa"
    " swh tam tel tgl tha tur urd vie"
)
MLQA_LANGUAGES = words("ar de en es hi vi zh")
XNLI_LANGUAGES = words("ar bg de el en es fr hi ru sw th tr ur vi zh")
HUB: dict[str, dict[str, frozenset[str]]] = {
    "stanfordnlp/snli": {"plain_text": ALL},
    "nyu-mll/glue": {"mnli": frozenset({"train", "validation_matched", "validation_mismatched"}), "qqp": ALL},
    "facebook/anli": {
        "plain_text": frozenset(f"{split}_r{number}" for split in ("train", "dev", "test") for number in (1, 2, 3))
    },
    "facebook/xnli": dict.fromkeys(XNLI_LANGUAGES, ALL),
    "google-research-datasets/paws-x": dict.fromkeys(words("de en es fr ja ko zh"), ALL),
    "Rowan/hellaswag": {"default": ALL},
    "allenai/cosmos_qa": {"default": ALL},
    "tau/commonsense_qa": {"default": ALL},
    "allenai/social_i_qa": {"default": ALL - {"test"}},
    "aps/super_glue": {"copa": ALL},
    "cambridgeltl/xcopa": dict.fromkeys(words("et ht id it qu sw ta th tr vi zh"), ALL - {"train"}),
    "rajpurkar/squad": {"plain_text": ALL - {"test"}},
    "rajpurkar/squad_v2": {"squad_v2": ALL - {"test"}},
    "google/xquad": {f"xquad.{code}": frozenset({"validation"}) for code in words("ar de el en es hi ru th tr vi zh")},
    # xtreme.py: names and splits; Telugu's sentences and the splits of Kazakh: README.md of 2022.
    "google/xtreme": {
        "tydiqa": ALL - {"test"},
        **{f"MLQA.{a}.{b}": ALL - {"train"} for a in MLQA_LANGUAGES for b in MLQA_LANGUAGES},
        **{f"PAN-X.{code}": ALL for code in XTREME_LANGUAGES},
        **{f"tatoeba.{code}": frozenset({"validation"}) for code in TATOEBA_LANGUAGES},
        **{f"udpos.{name}": ALL for name in UD_LANGUAGES},
        **{f"udpos.{name}": frozenset({"test"}) for name in ("Tagalog", "Thai", "Yoruba")},
        "udpos.Kazakh": frozenset({"train", "test"}),
    },
    # Each of the languages has a Wikipedia, called by the same code.
    "wikimedia/wikipedia": {f"20231101.{code}": frozenset({"train"}) for code in XTREME_LANGUAGES},
}


def of_the_hub() -> list[Release]:
    return [release for release in releases().values() if release.hub]


@pytest.fixture(scope="module")
def plan(tmp_path_factory: pytest.TempPathFactory) -> Plan:
    """The real world, reading from a folder to which all of FILES have been fetched."""
    tasks = {name: {"source": "hub", **changed} for name, changed in TASKS.items()}
    config = {"world": "real", "study": "tried", "studies": {"tried": STUDY}, "worlds": {"real": {"tasks": tasks}}}
    made = Plan(load(config | {"downloads": str(tmp_path_factory.mktemp("downloads"))}, ROOT), ROOT / "scripts")
    for release in releases().values():
        if release.hub:
            for name, file in FILES[release.hub.id].items():
                put(made.origins.folder(release.home, "hub") / f"{name}-00000.parquet", file)
    return made


def put(path: Path, file: File) -> None:
    """Write a file; where a column is one of several lists, a row gives them in their order."""
    schema = pa.schema([(name, arrow(feature)) for name, feature in file.features.items()])
    columns = []
    for field, cells in zip(schema, zip(*file.rows, strict=True), strict=True):
        names = [inner.name for inner in field.type] if pa.types.is_struct(field.type) else None
        columns.append(pa.array([dict(zip(names, cell, strict=True)) if names else cell for cell in cells], field.type))
    told = {"huggingface": json.dumps({"info": {"features": file.features}})}
    path.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(pa.Table.from_arrays(columns, schema=schema.with_metadata(told)), path)


def found(plan: Plan, data: str, split: str, language: str) -> list[dict[str, Any]]:
    """The records of one language, each of which passes the check of its format."""
    parts = plan.origins.of(get(data.partition("@")[0]), split, [language])
    assert {part.way for part in parts} == {"hub"}
    spec = plan.records.spec(data, split if language in plan.world.languages_in(data, split) else "test")
    source = spec.source | {"parts": [part.model_dump(mode="json") for part in parts]}
    records = [
        record
        for _, record in Source(spec.model_copy(update={"split": split, "languages": (language,), "source": source}))
    ]
    assert [format_named(spec.format).check(record, spec.labels) for record in records] == [None] * len(records)
    return records


@pytest.mark.parametrize(("data", "split", "language"), [key for key in READ if key[0] not in ("tydiqa", "mlm")])
def test_files_of_the_hub_become_their_records(data, split, language, plan):
    known = {"language": language}
    assert found(plan, data, split, language) == [
        {"id": name, **known, **fields} for name, fields in READ[data, split, language].items()
    ]


@pytest.mark.parametrize(("data", "language"), [("tydiqa", "en"), ("mlm", "en")])
def test_what_is_held_out_of_the_hub_is_dev(data, language, plan):
    train, dev = (found(plan, data, split, language) for split in ("train", "dev"))
    assert len(dev) == 1
    assert sorted(train + dev, key=lambda record: record["id"]) == [
        {"id": name, "language": language, **fields} for name, fields in READ[data, "train", language].items()
    ]


@pytest.mark.parametrize(("data", "split", "language"), [("tydiqa", "test", "sw"), ("mlm", "train", "sw")])
def test_a_language_without_dev_is_read_whole(data, split, language, plan):
    assert found(plan, data, split, language) == [
        {"id": name, "language": language, **fields} for name, fields in READ[data, split, language].items()
    ]


def test_pairs_of_the_hub_lose_the_ends_of_their_lines(plan):
    sides = {"foreign": "船走了。", "english": "The boat left."}
    assert found(plan, *TATOEBA_READ) == [
        {"id": "1", "language": "zh", "side": side, "text": text, "pair": "1"} for side, text in sides.items()
    ]


@pytest.mark.parametrize("release", of_the_hub(), ids=lambda release: release.name)
def test_what_is_fetched_is_on_the_hub(release, plan):
    spec = plan.origins.download_spec(release.home, "hub")
    known = HUB[spec.hub]
    assert [pair for pair in spec.wanted if pair[1] not in known.get(pair[0], ())] == []
    assert spec.wanted


def test_every_split_that_the_registry_has_of_the_hub_is_read(plan):
    held_out = [
        (data, "dev", language) for data, split, language in READ if data in ("tydiqa", "mlm") and split == "train"
    ]
    read = {
        (origin.release, split)
        for data, split, language in [*READ, TATOEBA_READ, *held_out]
        for origin in plan.origins.of(get(data.partition("@")[0]), split, [language])
    }
    assert {(one.name, split) for one in of_the_hub() for split in one.hub.splits} - read == set()
