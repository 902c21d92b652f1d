"""What the columns of a study's tables mean, by their names: the tables themselves say which they have."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

MEANINGS: Mapping[str, str] = {
    "base": "the model that everything started from",
    "recipe": "name of the recipe in the study",
    "path": "the recipe's stages; empty: none",
    "seed": "the seed, or `mean` over all",
    "seeds": "the seeds that count",
    "node": "path of the checkpoint that was evaluated",
    "target": "the target task; in parentheses an average over several",
    "title": "the target's title, as the paper writes it",
    "language": "a code of ISO 639-1, or two: that of contexts, that of questions; `qla` to `qle` are invented",
    "split": "the split that was evaluated",
    "metric": "`score` is the headline one, the mean of the task's official metrics",
    "layer": "block of the encoder that was read, 0 the embeddings; empty: a trained target",
    "value": "in per cent",
    "n": "test examples",
    "interval_95": "interval by resampling examples",
    "interval_99": "interval by resampling examples",
    "missing": "evaluations that the figure lacks",
    "degenerate": "evaluations, or checkpoints, that descend from a training which learned nothing",
    "score": "mean over all languages, in per cent",
    "english": "in English",
    "others": "mean over the languages other than English",
    "others_99": "99 % interval of `others`",
    "gap": "English less the others",
    "gain": "difference to the baseline, in points",
    "gain_english": "difference to the baseline in English",
    "gain_others": "difference to the baseline in the other languages",
    "gap_change": "difference of `gap` to the baseline's",
    "difference": "in points: to the baseline, to what was published, or of what a claim rests on",
    "p": "p of no difference, for this one alone",
    "holm": "p after Holm's correction",
    "holds": "the difference's sign where it holds after the correction, else 0",
    "low": "lower end of the difference's 95 % interval",
    "high": "upper end of the same interval",
    "above_chance": "whether the 99 % interval of `others` lies above `chance`",
    "chance": "what guessing scores, in per cent; empty: next to nothing",
    "name": "of a language",
    "script": "of a language",
    "family": "of a language",
    "state": "scored, degenerate or missing",
    "lost": "checkpoints on the way that learned nothing",
    "checkpoint": "digest of the checkpoint that was evaluated",
    "predictions": "digest of the prediction file",
    "claim": "name of the statement",
    "says": "the statement",
    "standing": "supported, contradicted, not decided, or missing: runs that it needs are not there",
    "reason": "the rule that led to it, with its figures",
    "contrast": "the comparison that the statement rests on",
    "published": "the published figure",
    "ours": "the figure of this study",
    "source": "where the published figure stands",
    "certainty": "published, or recalled and unverified",
    "tasks": "that read the data",
    "licence": "as the data's publishers state it",
    "noncommercial": "whether that forbids commercial use",
    "citation": "what to cite",
    "url": "where the data is told of",
}
ENDINGS: Mapping[str, str] = {
    "_new_language_low": "lower end of the interval for languages such as these",
    "_new_language_high": "upper end of the interval for languages such as these",
    "_low": "lower end of the 95 % interval (of what has a level in its name: of that one)",
    "_high": "upper end of the same interval",
    "_p": "p of no difference, for this one alone",
    "_holm": "p after Holm's correction",
    "_significant": "the effect's sign where the corrected p is below 0.05, else 0",
    "_detectable": "the smallest difference that such a study finds four times of five",
}
"""What may follow the name of a figure."""
ABOUT: Mapping[str, str] = {
    "scores.csv": "Every figure of every evaluation: a row for each base, recipe, seed, target, language and metric.",
    "tables/effects.csv": "Every estimate: a row for each base, recipe, and target or average.",
    "tables/recipes.csv": "The main table: recipes by targets.",
    "tables/averages.csv": "Recipes by groups of targets.",
    "tables/scores.csv": "Scores of recipes, mean over seeds and for each seed.",
    "tables/gap.csv": "English beside the other languages.",
    "tables/zeroshot.csv": "The mean over the languages other than English.",
    "tables/claims.csv": "Statements, and what the study says of them.",
    "tables/published.csv": "Published figures beside these.",
    "tables/runs.csv": "Every evaluation that the study asks for, with what became of it.",
    "tables/data.csv": "Data sets, with their licences.",
}
GROUPS: Mapping[str, str] = {
    "tables/languages-": "One target, recipes by languages.",
    "figures/": "What the figure of this name draws.",
}
"""Of files whose names begin so."""


def about(file: str) -> str:
    """What a table holds, in a sentence; nothing of one that is not known here."""
    return ABOUT.get(file) or next((said for start, said in GROUPS.items() if file.startswith(start)), "")


def explained(columns: Iterable[str]) -> Iterator[tuple[str, str]]:
    """Names and endings that occur among some columns, with their meanings."""
    seen = set(columns)
    stems = {stem_of(column)[0] for column in seen} | seen
    yield from ((f"`{name}`", said) for name, said in MEANINGS.items() if name in stems)
    endings = {stem_of(column)[1] for column in seen}
    yield from ((f"`…{ending}`", said) for ending, said in ENDINGS.items() if ending in endings)


def folded(columns: Sequence[str]) -> str:
    """The columns of a table in short: a figure's name once, and what follows it in parentheses."""
    found: dict[str, list[str]] = {}
    for column in columns:
        stem, ending = stem_of(column)
        alone = not ending or stem not in columns
        found.setdefault(column if alone else stem, []).extend([] if alone else [ending])
    return ", ".join(f"`{stem}`" + (f" (`{' '.join(ends)}`)" if ends else "") for stem, ends in found.items())


def stem_of(column: str) -> tuple[str, str]:
    """A figure's name, and what follows it; the longest ending counts."""
    ending = next((ending for ending in ENDINGS if column.endswith(ending)), "")
    return column.removesuffix(ending), ending
