"""From what a claim asserts to the comparisons that it rests on: one function a form."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial

from xstilts.config.claims import BEST_EACH, Asserted
from xstilts.report.claims.best import best_per_target
from xstilts.report.claims.evidence import Comparison, Part
from xstilts.report.claims.names import AbsentError, Place, pairs_of, places, recipes_of
from xstilts.report.compared import Compared
from xstilts.report.contrast import Uncertain

Weights = Mapping[str, float]  # of recipes, by the study's names; they sum to 0


@dataclass(frozen=True)
class Asked:
    """A form on one target or average, with the margin of its claim."""

    compared: Compared
    asserted: Asserted
    place: Place
    margin: float

    @property
    def borders(self) -> tuple[float, float]:
        """What a difference must be above, and below what it does not matter."""
        by = self.asserted.by
        return (0.0, self.margin) if by is None else (by, by)

    @property
    def gain(self) -> str:
        return "gains" if self.asserted.by is None else f"gains {self.asserted.by:g} points"

    def recipes(self) -> tuple[str, ...]:
        """Those that the claim speaks of."""
        found = recipes_of(self.compared, self.asserted.of or ("all",), self.asserted.without)
        if not found:
            raise AbsentError("a recipe beside the baseline")
        return found

    def comparisons(self, wanted: Iterable[tuple[str, Weights, tuple[float, float]]]) -> tuple[Comparison, ...]:
        """By what they are called; AbsentError with all recipes that lack runs, of whichever comparison."""
        found, lacks = [], list[str]()
        views = self.compared.views.get(self.place.name)
        for what, weights, (above, matters) in wanted:
            there = self.compared.uncertain(weights, self.place.name, views.everywhere) if views else None
            if there is None:
                lacks += weights
            else:
                found.append(self.comparison(what, there, above, matters, weights))
        if lacks:
            raise AbsentError(*lacks)
        return tuple(found)

    def comparison(
        self, what: str, found: Uncertain, above: float, matters: float, recipes: Iterable[str]
    ) -> Comparison:
        names = set(recipes)
        lost = [run for run in self.compared.runs_of(self.place.name) if run.recipe in names and run.lost]
        return Comparison(f"{what} on {self.place.title}", found, above, matters, degenerate=len(lost))


def parts_of(compared: Compared, asserted: Asserted, margin: float) -> Iterator[tuple[Place, Part | AbsentError]]:
    """What must hold on each target or average, or what is lacking there."""
    for place in places(compared, asserted.targets):
        asked = Asked(compared, asserted, place, margin)
        forms = [partial(beats, asked, *pair) for pair in asserted.beats or ()]
        for form in forms or [partial(best if asserted.best else gains, asked)]:
            try:
                yield place, form()
            except AbsentError as absent:
                yield place, absent


def best(asked: Asked) -> Part:
    """No other recipe is ahead of a named one by more than the margin; the named are ahead of the others together."""
    named = recipes_of(asked.compared, asked.asserted.best or ())
    others = [name for name in asked.recipes() if name not in named]
    if not named or not others:
        raise AbsentError("another recipe to compare with")
    mean = dict.fromkeys(named, 1 / len(named)) | dict.fromkeys(others, -1 / len(others))
    rest = others[0] if len(others) == 1 else f"mean of the {len(others)} others"
    together = (f"{', '.join(named)} − {rest}", mean, (0.0, asked.margin))
    tie = (-asked.margin, -asked.margin)
    pairs = [(f"{one} − {other}", {one: 1.0, other: -1.0}, tie) for one in named for other in others]
    found = asked.comparisons([together, *pairs])
    subject = "it is" if len(named) == 1 else "together they are"
    ahead = f"is ahead by more than {asked.margin:g}, and {subject} ahead of these on average"
    says = f"none of the {len(others)} others {ahead}" if len(others) > 1 else f"not even the one other {ahead}"
    return Part(found, len(found), says)


def gains(asked: Asked) -> Part:
    """So many recipes are ahead of the baseline."""
    how_many, recipes = asked.asserted.gains or "", asked.recipes()
    if how_many == BEST_EACH:
        return best_each(asked, recipes)
    baseline = asked.compared.baseline
    found = asked.comparisons(
        (f"{recipe} − {baseline}", {recipe: 1.0, baseline: -1.0}, asked.borders) for recipe in recipes
    )
    count, where = len(found), asked.place.title
    if how_many == "every":
        return Part(found, count, f"{where} {asked.gain} from {'each of ' if count > 1 else ''}{count} recipes")
    if how_many == "none":
        return Part(found, 1, f"{where} {asked.gain} from none of {count} recipes", none=True)
    needed = int(how_many.split()[-1])
    if needed > count:
        raise AbsentError(f"{needed - count} more such recipes beside {', '.join(recipes)}")
    return Part(found, needed, f"{where} {asked.gain} from at least {needed} of {count} recipes")


def best_each(asked: Asked, recipes: tuple[str, ...]) -> Part:
    """The recipe that is best on each target is ahead of the baseline, on the mean over targets."""
    place, baseline = asked.place, asked.compared.baseline
    known = set(place.targets) <= set(asked.compared.targets)
    found = best_per_target(asked.compared, recipes, place.targets, place.name) if known else None
    if found is None:
        raise AbsentError(*recipes, baseline)
    others = "by other seeds and, in effect, " if len(asked.compared.seeds) > 1 else "in effect by "
    luck = "" if len(asked.compared.seeds) > 1 else "; with one seed the luck of its trainings is in the gain"
    says = (
        f"the best of {len(recipes)} recipes, chosen for each target {others}other examples than it is judged by,"
        f" {asked.gain}{luck}"
    )
    what = f"the best for each target − {baseline}"
    return Part((asked.comparison(what, found, *asked.borders, (*recipes, baseline)),), 1, says)


def beats(asked: Asked, first: str, second: str) -> Part:
    """One recipe is ahead of another; where patterns name many, on the mean over these pairs."""
    pairs = pairs_of(asked.compared, first, second)
    weights: dict[str, float] = {}
    for better, worse in pairs:
        weights[better] = weights.get(better, 0.0) + 1 / len(pairs)
        weights[worse] = weights.get(worse, 0.0) - 1 / len(pairs)
    ahead, behind = pairs[0] if len(pairs) == 1 else (first, second)
    what = f"{ahead} − {behind}" + (f" (mean of {len(pairs)} pairs)" if len(pairs) > 1 else "")
    by = "" if asked.asserted.by is None else f" by {asked.asserted.by:g} points"
    found = asked.comparisons([(what, weights, asked.borders)])
    return Part(found, 1, f"{ahead} is ahead of {behind}{by}")
