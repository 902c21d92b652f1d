"""What a claim rests on: comparisons of which so many must hold; and when they are said to hold, or not to.

One comparison holds where the difference is above 0 for certain and may be as large as the margin; it fails where the
difference is below the margin for certain. (A gain that is real and too small to matter fails.) That no other recipe is
ahead by more than the margin is a comparison of another kind, with one border: it holds above it and fails below.
Certain is what the 95 % interval says: p is two-sided, so that an interval that ends at a border gives 0.05.

"At least k of n hold" is tested by partial conjunction (Benjamini and Heller 2008, recalled): n - k + 1 times the k-th
smallest p of holding. For all of n that is the largest p, uncorrected: an intersection-union test needs no correction,
since it must win every time. For one of n it is Bonferroni's correction, which is Holm's first step. The opposite, that
n - k + 1 fail, is tested in the same way, so that a claim about all of n is contradicted by one comparison, corrected
for n. Both cannot be, since no comparison holds and fails.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from xstilts.bootstrap import DRAWS
from xstilts.report.contrast import Uncertain, tail
from xstilts.report.findings import SIGNIFICANT, Standing


@dataclass(frozen=True)
class Comparison:
    """One difference, and from where on a claim says that it is."""

    what: str
    found: Uncertain
    above: float
    """It holds where the difference is above this for certain …"""
    matters: float
    """… and fails where it is below this for certain."""
    degenerate: int = 0
    """Runs in it that learned nothing."""

    @cached_property
    def p_fails(self) -> float:
        """Of the difference being as large as matters."""
        return p_of(self.matters - self.found.value, self.found)

    @cached_property
    def p_holds(self) -> float:
        """Of the difference being no larger than `above`; 1 where it is too small to matter."""
        return 1.0 if self.p_fails < SIGNIFICANT else p_of(self.found.value - self.above, self.found)


def p_of(distance: float, found: Uncertain) -> float:
    """Of the truth lying beyond a border that the figure keeps this distance from.

    Twice the tail, as for a difference of either sign: what is certain here is what a 95 % interval says.
    """
    if found.variance == 0:
        return 1 / (DRAWS + 1) if distance > 0 else 1.0  # no draw differed: less than one in so many
    return min(1.0, 2 * tail(found.freedom, distance / math.sqrt(found.variance)))


@dataclass(frozen=True)
class Part:
    """Comparisons of which at least `needed` must hold; or must not, if the claim says `none`."""

    comparisons: tuple[Comparison, ...]
    needed: int
    says: str
    """The claim, in words that follow `that`."""
    none: bool = False

    @property
    def opposed(self) -> int:
        """So many must fail for `needed` not to be reached."""
        return len(self.comparisons) - self.needed + 1

    @cached_property
    def reached(self) -> tuple[float, Comparison]:
        """p of fewer than `needed` holding, and the comparison that it hangs on: the weakest of those needed."""
        ranked = sorted(self.comparisons, key=lambda one: (one.p_holds, -one.found.value))
        last = ranked[self.needed - 1]
        return min(1.0, self.opposed * last.p_holds), last

    @cached_property
    def missed(self) -> tuple[float, Comparison]:
        """p of at least `needed` being as large as matters, and the comparison that it hangs on."""
        ranked = sorted(self.comparisons, key=lambda one: (one.p_fails, one.found.value))
        last = ranked[self.opposed - 1]
        return min(1.0, self.needed * last.p_fails), last

    @property
    def family(self) -> int:
        """For so many comparisons what speaks against it is corrected."""
        return self.opposed if self.none else self.needed

    @property
    def speaks_for(self) -> tuple[float, Comparison]:
        """p of the claim's being wrong, and what it hangs on."""
        return self.missed if self.none else self.reached

    @property
    def speaks_against(self) -> tuple[float, Comparison]:
        """p of the claim's being right, and what it hangs on."""
        return self.reached if self.none else self.missed


@dataclass(frozen=True)
class Weighed:
    """What several parts, which must all hold, come to."""

    standing: Standing
    part: Part
    """The one that decided, or that comes nearest to deciding against."""
    deciding: Comparison
    family: int
    """For so many comparisons a contradiction is corrected."""


def weigh(parts: Sequence[Part], unknown: int = 0) -> Weighed:
    """Supported where every part is (no correction: all must win); contradicted where one is, corrected for all.

    unknown   further parts, of which runs are missing: without them a claim can be contradicted, but not supported
    """
    against = min(parts, key=lambda part: part.speaks_against[0])
    count = len(parts) + unknown
    if count * against.speaks_against[0] < SIGNIFICANT:
        return Weighed("contradicted", against, against.speaks_against[1], count * against.family)
    weakest = max(parts, key=lambda part: part.speaks_for[0])
    supported = weakest.speaks_for[0] < SIGNIFICANT
    standing: Standing = "missing" if unknown else "supported" if supported else "not decided"
    return Weighed(standing, weakest, weakest.speaks_for[1], 1)
