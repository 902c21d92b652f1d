"""What a model hub reads of a checkpoint's card: the YAML at its head."""

from __future__ import annotations

from typing import Any

from xstilts.cards.loading import pipeline_of
from xstilts.cards.markdown import front_matter
from xstilts.cards.scored import Scored
from xstilts.cards.subject import Subject, title
from xstilts.languages import LANGUAGES
from xstilts.report.made import dev_percent, judged, named
from xstilts.report.reads import Read, Shelf
from xstilts.report.writing import listed

METRICS = {
    "nearest": "accuracy",
    "accuracy_f1": "glue",
    "entities": "seqeval",
    "squad2": "squad_v2",
    "mlqa": "squad",
    "mining": "f1",
    "map20": "map",
}
"""The hub's names of ours, where they differ."""
BY_DATA = {"license": "other", "license_name": "by-data"}
"""The card says which licences the data has; no one name sums them up, and a base brings its own."""


def matter(subject: Subject) -> str:
    """Its fields."""
    return front_matter(
        {
            "library_name": "transformers",
            "base_model": subject.origin.get("hub"),
            "base_model_relation": "finetune" if subject.origin.get("hub") else None,
            "language": natural(subject.languages),
            **licence(subject),
            "datasets": sorted({one.hub.id for _, source in subject.data for one in source.releases if one.hub}),
            "tags": ["xstilts", "intermediate-task-training", "cross-lingual-transfer", *kinds(subject)],
            "pipeline_tag": pipeline_of(subject.formats),
            "model-index": index(subject),
        }
    )


def kinds(subject: Subject) -> list[str]:
    """What kind of model it is, beside the others."""
    said = {"generated-data": subject.generated, "degenerate": bool(subject.record.get("degenerate"))}
    return [tag for tag, holds in said.items() if holds]


def licence(subject: Subject) -> dict[str, str]:
    """Of the weights: that of the generator where all was generated, on a base that was drawn here."""
    alone = subject.generated and all(source.generated for _, source in subject.data) and not subject.untold
    return {"license": "apache-2.0"} if alone else BY_DATA


def natural(codes: list[str]) -> list[str]:
    """The languages that the hub knows: invented ones have codes of nobody's."""
    apart = dict.fromkeys(part for code in codes for part in code.split("-"))
    return [code for code in apart if code in LANGUAGES and LANGUAGES[code].script != "generated"]


def index(subject: Subject) -> list[dict[str, Any]]:
    """The figures that leaderboards read."""
    found = [*dev_result(subject), *(result(one, subject.shelf) for one in subject.scored)]
    return [{"name": subject.node, "results": found}] if found else []


def dev_result(subject: Subject) -> list[dict[str, Any]]:
    """The English dev score that the step was chosen by."""
    record, best = subject.record, subject.record.get("best_score")
    parts = judged(record)
    if best is None or not parts:
        return []
    share = dev_percent(record, best)
    names = [named(part) for part in parts]
    kind, value = ("log-likelihood", best) if share is None else ("accuracy", share)
    return [
        {
            "task": {"type": pipeline_of(subject.formats)},
            "dataset": {
                "name": f"{listed([title(name) for name in names])}, English dev",
                "type": data_type(str(parts[0]["dev"]), "dev", subject.shelf) if len(parts) == 1 else "+".join(names),
                "split": "dev",
            },
            "metrics": [{"type": kind, "name": "by which training chose the step", "value": round(value, 4)}],
        }
    ]


def result(one: Scored, shelf: Shelf) -> dict[str, Any]:
    """The means of one target."""
    kind, count = METRICS.get(one.record.spec.metric, one.record.spec.metric), len(one.rows)
    english = one.english.value if one.english else None
    figures = {f"mean of {count} languages": one.mean, "English": english, "languages other than English": one.others}
    return {
        "task": {"type": pipeline_of([one.record.spec.format]), "name": one.title},
        "dataset": {"name": one.title, "type": data_type(one.target, "test", shelf), "split": one.rows[0].split},
        "metrics": [
            {"type": kind, "name": name, "value": round(value, 4)}
            for name, value in figures.items()
            if value is not None
        ],
    }


def data_type(data: str, split: str, shelf: Shelf) -> str:
    """A data set as the hub calls it, if it is there."""
    source = shelf.sources.of(Read(data, data, split, ()))
    known = next((one.hub.id for one in source.releases if one.hub), None)
    return f"miniature-{data}" if source.generated else known or data
