"""Which recipes, targets and averages of a study a claim speaks of."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from xstilts.config.claims import AVERAGE, OR, SETS
from xstilts.recipe import Part
from xstilts.recipe_pattern import Pattern, is_pattern
from xstilts.report.compared import Compared
from xstilts.report.findings import MEAN
from xstilts.tasks import BENCHMARKS, SUITES, TASKS


class AbsentError(Exception):
    """What a claim needs and a study lacks: names of recipes of the study, paths of others, or words."""

    def __init__(self, *lacks: str) -> None:
        super().__init__("; ".join(lacks))
        self.lacks = lacks


@dataclass(frozen=True)
class Place:
    """A target or an average that a claim is about."""

    name: str
    title: str
    targets: tuple[str, ...]


def places(compared: Compared, on: Iterable[str]) -> Iterator[Place]:
    """Where a claim must hold, be it in the study or not."""
    for name in on:
        if name == AVERAGE:
            yield average(compared)
        else:
            for target in SUITES.get(name, (name,)):
                yield Place(target, TASKS[target].title, (target,))


def average(compared: Compared) -> Place:
    """The mean over XTREME's nine targets, or over the study's where it lacks one of these."""
    nine = set(BENCHMARKS["xtreme"].targets)
    found = next((one for one in compared.averages if set(one.targets) == nine and one.name != MEAN), None)
    if found:
        return Place(found.name, found.title, found.targets)
    targets = tuple(compared.targets)
    title = TASKS[targets[0]].title if len(targets) == 1 else f"the mean over {len(targets)} targets"
    return Place(MEAN, title, targets)


def the_recipe(compared: Compared, text: str) -> str:
    """The study's name of the recipe that `text` spells, or of the first of its alternatives."""
    names = {path: name for name, path in compared.recipes.items()}
    found = next((names[path] for path in text.split(OR) if path in names), None)
    if found is None:
        raise AbsentError(text.split(OR)[0] or "the base itself")
    return found


def recipes_of(compared: Compared, wanted: Sequence[str], without: Sequence[str] = ()) -> tuple[str, ...]:
    """The study's names of the recipes that are meant, in its order, the baseline never among them."""
    lacks = []
    for text in wanted:
        if not any(fits(text, path) for path in compared.recipes.values()):
            lacks.append(f"a recipe of {SETS[text]}" if text in SETS else spelled(text))
    if lacks:
        raise AbsentError(*lacks)
    return tuple(
        name
        for name, path in compared.recipes.items()
        if any(fits(text, path) for text in wanted)
        and not any(fits(text, path) for text in without)
        and name != compared.baseline
    )


def fits(text: str, path: str) -> bool:
    """Whether a recipe is one of those that `text` means: a set, patterns, or paths."""
    if text in SETS:
        return bool(path) and (text == "all" or english(path)) and (text != "singles" or path in TASKS)
    return any(bool(Pattern.parse(one).bindings(path)) if is_pattern(one) else one == path for one in text.split(OR))


def english(path: str) -> bool:
    """Whether a recipe trains on tasks alone, each on its own data: no text, no translations."""
    parts = [Part.parse(part) for stage in path.split("/") for part in stage.partition("~")[0].split("+")]
    return all(not part.variant and (part.task not in TASKS or TASKS[part.task].role != "text") for part in parts)


def spelled(text: str) -> str:
    """What is lacking where no recipe fits."""
    first = text.split(OR)[0]
    return f"a recipe like {first}" if is_pattern(first) else first


def pairs_of(compared: Compared, first: str, second: str) -> tuple[tuple[str, str], ...]:
    """The recipes that two recipes, or two patterns, set against each other."""
    if not is_pattern(second):
        return ((the_recipe(compared, first), the_recipe(compared, second)),)
    pairs, lacks = [], list[str]()
    for name, path in compared.recipes.items():
        for x in sorted(x for one in second.split(OR) for x in Pattern.parse(one).bindings(path)):
            wanted = OR.join(str(Pattern.parse(one).filled(x)) for one in first.split(OR))
            try:
                pairs.append((the_recipe(compared, wanted), name))
            except AbsentError as absent:
                lacks += absent.lacks
    if not pairs:
        raise AbsentError(*(lacks or [f"{spelled(second)} beside {first}"]))
    return tuple(pairs)
