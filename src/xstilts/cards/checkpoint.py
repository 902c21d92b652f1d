"""The card of a checkpoint that was trained here: its README.md, which is also what a model hub reads.

Training writes it at once, and `write_cards` again once the checkpoint was evaluated, with its scores.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from xstilts.cards import front
from xstilts.cards.curve import CURVE, drawable
from xstilts.cards.data import data_section
from xstilts.cards.loading import ENCODER, about_heads, kind_of, loading
from xstilts.cards.markdown import code, link, snakemake, table
from xstilts.cards.scored import scores_section
from xstilts.cards.studied import study_section
from xstilts.cards.subject import Subject, title
from xstilts.layout import CARD, RECORD
from xstilts.report.made import dev_percent, judged, named, parts_of
from xstilts.report.writing import listed, number, score

LABORATORY = (
    "> **A laboratory's model.** It was trained in a small generated world, in a fragment of English and in invented "
    "languages. Its scores say nothing of any published model, nor of any language that people speak."
)
DEV = {
    "classification": "share of right labels",
    "choice": "share of right choices",
    "span": "share of right ends of answers",
    "tagging": "share of right words",
    "mlm": "mean log-likelihood of masked tokens",
}
"""What training selects by, which is no official metric."""


def card(subject: Subject) -> str:
    """All that is known of the checkpoint now. Equal facts give equal text: it holds no date."""
    sections = [
        head(subject),
        scores_section(subject.scored),
        study_section(subject.studied),
        data_section(subject),
        training_section(subject),
        loading_section(subject),
        making_section(subject),
    ]
    return front.matter(subject) + "\n\n".join("\n".join(lines) for lines in sections if lines) + "\n"


def head(subject: Subject) -> list[str]:
    """What it is, and what a reader must know first."""
    record, warnings = subject.record, list[str]()
    if subject.generated:
        warnings += [LABORATORY, ""]
    if record.get("sign"):
        again = f" ({len(record['attempts']) + 1} attempts, each with another seed)" if record.get("attempts") else ""
        warnings += [f"> **Degenerate: it learned nothing.** {sentence(record['sign'])}{again}", ""]
    lost = [node for node in record.get("degenerate", ()) if node != subject.node]
    if lost:
        named_nodes = listed([f"`{node}`" for node in lost])
        warnings += [f"> **It descends from a training that learned nothing**: {named_nodes}.", ""]
    return [f"# {subject.node}", "", *warnings, about(subject), "", *table(["", ""], facts(subject))]


def sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}."


def about(subject: Subject) -> str:
    """The checkpoint in a sentence or two."""
    version = subject.record["versions"].get("xstilts", "")
    if subject.parent is None:
        what = f"The base `{subject.node}`, pretrained from random weights on {stage_of(subject)}."
    else:
        what = f"The base `{subject.base}`, trained on {subject.words}."
    saved = (
        "It is the encoder of a mixture, with its heads beside it."
        if kind_of(subject.formats) == ENCODER
        else "It is the whole model, head and all."
    )
    return f"{what} {saved} Made by xstilts {version}."


def stage_of(subject: Subject) -> str:
    return listed([title(named(part)) for part in parts_of(subject.record)])


def facts(subject: Subject) -> list[tuple[str, str]]:
    """Where it stands in the tree of checkpoints."""
    record = subject.record
    above = up(subject, subject.parent) if subject.parent else "random weights, drawn from the seed"
    return [
        ("path", f"`{subject.node}`"),
        ("stages", f"`{'/'.join(subject.node.split('/')[2:])}`" if subject.parent else "none: a base"),
        ("base", base_of(subject)),
        ("seed", f"{record['spec'].get('seed', '–')}"),
        ("trained from", f"{above}, digest `{str(record['parent'])[:16]}`"),
    ]


def base_of(subject: Subject) -> str:
    """The base, and where it is from."""
    origin = subject.origin
    known = f", which is {origin['hub']} at revision {origin['revision']}" if origin.get("hub") else ""
    known = known or (f", from the folder {origin['path']}" if origin.get("path") else "")
    return f"`{subject.base}`" + known if subject.parent is None else up(subject, subject.base) + known


def up(subject: Subject, node: str) -> str:
    """A checkpoint above this one; a link to its card where the folders lie as the paths say."""
    climb = subject.node.count("/") - node.count("/")
    return link(f"`{node}`", "../" * climb + CARD if subject.at_home else "")


def training_section(subject: Subject) -> list[str]:
    """How it was trained, how that went, and with which settings."""
    record = subject.record
    settings = {key: value for key, value in record["spec"]["stage"].items() if key != "parts" and value is not None}
    lines = ["## Training", "", *table(["", ""], course(record)), ""]
    if drawable(record):
        lines += [f"![Training loss and English dev score by step]({CURVE})", ""]
    lines += ["Hyper-parameters, by their names in the configuration:", ""]
    return [*lines, *table(["setting", "value"], [(f"`{key}`", plain(value)) for key, value in settings.items()])]


def course(record: Mapping[str, Any]) -> list[tuple[str, str]]:
    """What became of the training."""
    running, best = record.get("running", {}), record.get("best_score")
    kinds = dict.fromkeys(DEV.get(part["format"], part["format"]) for part in judged(record))
    share = dev_percent(record, best)
    dev = "none that is finite" if best is None else score(share) if share is not None else number(best, ".3f")
    rows = [
        ("steps", f"{record['steps']:,}; step {record['best_step']:,} was kept"),
        ("English dev", f"{dev} ({listed(list(kinds))})" if kinds else dev),
        ("tokens", f"{record['tokens']:,}" if "tokens" in record else None),
        ("time", duration(record["seconds"]) if "seconds" in record else None),
        ("ranks", f"{running['ranks']}, ZeRO stage {running.get('zero', 0)}" if "ranks" in running else None),
        ("seed of the attempt that counts", str(record["seed"]) if record.get("attempts") else None),
    ]
    return [(name, said) for name, said in rows if said is not None]


def duration(seconds: float) -> str:
    """Hours and minutes, or less."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min {rest} s" if minutes else f"{seconds:.1f} s"


def plain(value: object) -> str:
    """A setting as one writes it."""
    if isinstance(value, Mapping):
        return ", ".join(f"{key} {plain(inner)}" for key, inner in value.items()) or "none"
    return ", ".join(map(plain, value)) if isinstance(value, list | tuple) else str(value)


def loading_section(subject: Subject) -> list[str]:
    """Code that opens it."""
    if not subject.formats:
        return []
    lines = ["## Load it", "", *code("python", loading(kind_of(subject.formats), str(subject.folder)))]
    if not subject.weights:
        gone = "Its weights were deleted once its predictions stood; the command below makes them again."
        lines[2:2] = [f"**{gone}**", ""]
    if kind_of(subject.formats) == ENCODER:
        lines += ["", about_heads([title(named(part)) for part in parts_of(subject.record)])]
    return lines


def making_section(subject: Subject) -> list[str]:
    """The command that trains it again, and with what it was trained."""
    versions = ", ".join(f"{name} {version}" for name, version in subject.record["versions"].items())
    lines = ["## Make it again", ""]
    if subject.shelf.results is not None:
        lines += [*code("sh", snakemake(digest_of(subject), world=subject.shelf.world, force=True)), ""]
    return [
        *lines,
        f"`{RECORD}` holds the whole record: its specification, digests of parent and data, the curve.",
        "",
        f"Made with {versions}.",
    ]


def digest_of(subject: Subject) -> str:
    """The file that Snakemake is asked for."""
    return str(subject.shelf.folder(subject.node) / "digest")
