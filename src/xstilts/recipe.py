"""Recipes: which stages a base model goes through, written as a path.

    recipe = ""  |  stage ("/" stage)*          "" is the base itself
    stage  = part ("+" part)*  ("~" option)*    one optimiser run; several parts are mixed
    part   = task ["@" variant]                 variant: which data
    option = name "=" value

Everything has one spelling; another one is an error that shows the right one. Parts and options are sorted (by their
characters), a mixture that holds all members of an alias is written with the alias, and a number is written as the
shorter of its plain form without a zero before the point (`.3`, `2`, `16384`) and its scientific form (`5e-6`); as the
plain one where they are equally long.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Container, Iterable, Mapping
from dataclasses import asdict, dataclass, field, is_dataclass
from decimal import Decimal
from functools import cached_property, lru_cache
from typing import Any, Literal, Self, get_args

from xstilts.errors import UserError
from xstilts.names import NAME_RULE, is_name, suggest

Mix = Literal["capped", "proportional", "uniform", "temperature", "weights"]
LONGEST_STAGE = 200  # characters: a stage is the name of a folder, and file systems end at 255
NUMBER = re.compile(r"([0-9]+\.?[0-9]*|\.[0-9]+)(e-?[0-9]+)?")
COUNT = re.compile(r"[1-9][0-9]*")
SEED = re.compile(r"s(0|[1-9][0-9]*)")


def number(value: float) -> str:
    """The one spelling of a number of zero or more."""
    exact = Decimal(repr(value)).normalize()
    plain = f"{exact:f}"
    plain = plain[1:] if plain.startswith("0.") else plain
    digits = "".join(map(str, exact.as_tuple().digits))
    mantissa = digits[0] + ("." + digits[1:] if digits[1:] else "")
    scientific = f"{mantissa}e{exact.adjusted()}"
    return scientific if len(scientific) < len(plain) else plain


# One function an option: its value's one spelling, or a ValueError that says what it must be.


def _positive(text: str) -> str:
    value = float(text) if NUMBER.fullmatch(text) else 0.0
    if not 0 < value < float("inf"):
        raise ValueError("a number above 0")
    return number(value)


def _share(text: str) -> str:
    value = float(text) if NUMBER.fullmatch(text) else -1.0
    if not 0 <= value <= 1:
        raise ValueError("a number from 0 to 1")
    return number(value)


def _inner_share(text: str) -> str:
    if _share(text) in {"0", "1"}:
        raise ValueError("a number between 0 and 1")
    return _share(text)


def _shares(text: str) -> str:
    try:
        first, *rest = map(_share, text.split(":"))
    except ValueError:
        rest = ["", ""]
    if len(rest) > 1:
        raise ValueError("a share from 0 to 1, or two with ':' between them (of images, of captions)")
    return ":".join([first, *rest])


def _count(text: str) -> str:
    if not COUNT.fullmatch(text):
        raise ValueError("a whole number above 0, written out")
    return text


def _mix(text: str) -> str:
    if text not in get_args(Mix):
        raise ValueError(f"one of {', '.join(get_args(Mix))}{suggest(text, get_args(Mix))}")
    return text


OPTIONS: Mapping[str, Callable[[str], str]] = {
    "cap": _count,  # examples at which a task's size is capped when rates are worked out
    "drop": _shares,  # how often an input modality is dropped
    "lr": _positive,
    "mix": _mix,
    "rate": _inner_share,  # of masked language modelling in a mixture
    "replay": _inner_share,  # of batches from the stages before
    "x": _positive,  # times the usual length
}


@dataclass(frozen=True, order=True)
class Part:
    """A task, and which variant of its data ("" is the task's own)."""

    task: str
    variant: str = ""

    @classmethod
    def parse(cls, text: str) -> Self:
        task, at, variant = text.partition("@")
        if not is_name(task) or (at and not is_name(variant)):
            raise UserError(f"{text!r} is no part of a stage: write a task, or task@variant, in {NAME_RULE}")
        return cls(task, variant)

    def __str__(self) -> str:
        return f"{self.task}@{self.variant}" if self.variant else self.task


@dataclass(frozen=True)
class Stage:
    """One optimiser run."""

    parts: tuple[Part, ...]
    """As written: aliases stand for themselves."""
    options: tuple[tuple[str, str], ...] = ()
    expanded: tuple[Part, ...] = field(default=(), compare=False, repr=False)
    """The parts that aliases stand for, sorted."""

    @classmethod
    def parse(cls, text: str, aliases: Mapping[str, str] | None = None) -> Self:
        """The stage that `text` spells; UserError where it is not the one right spelling."""
        table = resolve_aliases(aliases or {})
        names, *written = text.split("~")
        parts = [Part.parse(name) for name in names.split("+")]
        expanded = _expand(text, parts, table)
        options = _options(text, written)
        _useless(text, expanded, dict(options))
        stage = cls(_contract(expanded, table), options, expanded)
        if str(stage) != text:
            raise UserError(f"write {str(stage)!r}, not {text!r}: every stage has one spelling")
        if len(text) > LONGEST_STAGE:
            raise UserError(f"{text[:30] + '…'!r} is too long a stage: give its mixture a name under 'aliases'")
        return stage

    @property
    def mixture(self) -> str:
        """The stage without its options."""
        return "+".join(map(str, self.parts))

    def without(self, gone: Container[Part], aliases: Mapping[str, str] | None = None) -> Self | None:
        """This stage without some of its parts, under the name of what is left; None where nothing is."""
        left = tuple(part for part in self.expanded if part not in gone)
        if not left:
            return None
        idle = {"cap", "mix", "rate"} if len(left) < 2 else {"rate"} - {"rate" for part in left if part.task == "mlm"}
        options = tuple(option for option in self.options if option[0] not in idle)
        return type(self)(_contract(left, resolve_aliases(aliases or {})), options, left)

    def __str__(self) -> str:
        return "".join([self.mixture, *(f"~{name}={value}" for name, value in self.options)])


def _expand(text: str, parts: Iterable[Part], table: Mapping[str, tuple[Part, ...]]) -> tuple[Part, ...]:
    owner: dict[Part, Part] = {}
    for part in parts:
        members: tuple[Part, ...] = (part,)
        if part.task in table:
            if part.variant:
                raise UserError(f"{part.task!r} in {text!r} is an alias, and an alias has no variants")
            members = table[part.task]
        for member in members:
            if member in owner:
                inside = {str(p) for p in (part, owner[member]) if p != member}
                why = f"is already part of {', '.join(sorted(inside))}" if inside else "stands twice"
                raise UserError(f"{str(member)!r} {why} in {text!r}: leave one out")
            owner[member] = part
    return tuple(sorted(owner, key=str))


def _contract(expanded: tuple[Part, ...], table: Mapping[str, tuple[Part, ...]]) -> tuple[Part, ...]:
    """The parts as they must be written: the largest aliases first."""
    left, used = set(expanded), []
    for alias, members in sorted(table.items(), key=lambda item: (-len(item[1]), item[0])):
        if left.issuperset(members):
            left.difference_update(members)
            used.append(Part(alias))
    return tuple(sorted([*left, *used], key=str))


def _options(text: str, written: Iterable[str]) -> tuple[tuple[str, str], ...]:
    options: dict[str, str] = {}
    for option in written:
        name, equals, value = option.partition("=")
        if not equals or not value:
            raise UserError(f"the option {option!r} of {text!r} has no value: write name=value")
        if name not in OPTIONS:
            known = ", ".join(OPTIONS)
            raise UserError(f"there is no option {name!r}{suggest(name, OPTIONS)}, in {text!r}; the options: {known}")
        if name in options:
            raise UserError(f"the option {name!r} stands twice in {text!r}: leave one out")
        try:
            options[name] = OPTIONS[name](value)
        except ValueError as error:
            raise UserError(f"{name}={value} in {text!r}: the value of {name!r} must be {error}") from None
    return tuple(sorted(options.items()))


def _useless(text: str, expanded: tuple[Part, ...], options: Mapping[str, str]) -> None:
    """An option without effect would give a second name to the same checkpoint."""
    reason = None
    for name in ("cap", "mix", "rate"):
        if name in options and len(expanded) < 2:
            reason = f"the option {name!r} is for mixtures, and {text!r} has one part"
    if "rate" in options and all(part.task != "mlm" for part in expanded):
        reason = f"the option 'rate' is for mixtures with 'mlm', which {text!r} has not"
    if "cap" in options and options.get("mix", "capped") != "capped":
        reason = f"the option 'cap' in {text!r} has no effect with mix={options['mix']}"
    if options.get("x") == "1":
        reason = f"the option x=1 in {text!r} changes nothing"
    if reason:
        raise UserError(f"{reason}: leave it out")


def resolve_aliases(aliases: Mapping[str, str]) -> Mapping[str, tuple[Part, ...]]:
    """What each alias stands for, aliases within aliases resolved; UserError for cycles and double names."""
    return _resolve_aliases(tuple(sorted(aliases.items())))


@lru_cache(maxsize=32)
def _resolve_aliases(items: tuple[tuple[str, str], ...]) -> Mapping[str, tuple[Part, ...]]:
    raw = dict(items)
    done: dict[str, tuple[Part, ...]] = {}

    def resolve(name: str, path: tuple[str, ...]) -> tuple[Part, ...]:
        if name in path:
            cycle = " -> ".join([*path[path.index(name) :], name])
            raise UserError(f"the alias {name!r} leads back to itself: {cycle}")
        if name not in done:
            if not is_name(name):
                raise UserError(f"{name!r} cannot be the name of an alias: use {NAME_RULE}")
            parts = [Part.parse(text) for text in raw[name].split("+")]
            inner = {part.task: resolve(part.task, (*path, name)) for part in parts if part.task in raw}
            done[name] = _expand(raw[name], parts, inner)
            if len(done[name]) < 2:
                raise UserError(f"the alias {name!r} stands for {raw[name]!r} alone: write that itself")
        return done[name]

    owners: dict[tuple[Part, ...], str] = {}
    for name in raw:
        other = owners.setdefault(resolve(name, ()), name)
        if other != name:
            raise UserError(f"the aliases {other!r} and {name!r} stand for the same mixture: keep one of them")
    return done


@dataclass(frozen=True)
class Recipe:
    """Stages in the order of training; none at all is the base itself."""

    stages: tuple[Stage, ...] = ()

    @classmethod
    def parse(cls, text: str, aliases: Mapping[str, str] | None = None) -> Self:
        return cls(tuple(Stage.parse(stage, aliases) for stage in text.split("/")) if text else ())

    def then(self, stage: Stage) -> Recipe:
        """This recipe with one more stage."""
        return Recipe((*self.stages, stage))

    def __str__(self) -> str:
        return "/".join(map(str, self.stages))


@dataclass(frozen=True)
class Node:
    """A checkpoint: a base, and what it went through with which seed. Its path names it: `xlmr-large/s1/mnli`."""

    base: str
    seed: int | None = None
    recipe: Recipe = Recipe()

    def __post_init__(self) -> None:
        if not is_name(self.base):
            raise UserError(f"{self.base!r} cannot be the name of a base: use {NAME_RULE}")
        if not self.recipe.stages:  # the weights of a base are there before any seed is drawn
            object.__setattr__(self, "seed", None)
        elif self.seed is None or self.seed < 0:
            raise UserError(f"{self.base}: the recipe '{self.recipe}' needs a seed, a whole number of 0 or more")

    @classmethod
    def parse(cls, path: str, aliases: Mapping[str, str] | None = None) -> Self:
        base, *rest = path.split("/")
        if not rest:
            return cls(base)
        if not SEED.fullmatch(rest[0]) or not any(rest[1:]):
            raise UserError(f"{path!r} is no path of a checkpoint: write base, or base/s<seed>/stage/stage…")
        return cls(base, int(rest[0][1:]), Recipe.parse("/".join(rest[1:]), aliases))

    @cached_property
    def path(self) -> str:
        return f"{self.base}/s{self.seed}/{self.recipe}" if self.recipe.stages else self.base

    @property
    def parent(self) -> Node | None:
        """The checkpoint that this one was trained from; None for a base."""
        return Node(self.base, self.seed, Recipe(self.recipe.stages[:-1])) if self.recipe.stages else None

    @property
    def stage(self) -> Stage | None:
        """The stage that made it; None for a base."""
        return self.recipe.stages[-1] if self.recipe.stages else None

    @property
    def lineage(self) -> tuple[Node, ...]:
        """From the base to this node."""
        return (*(self.parent.lineage if self.parent else ()), self)

    def then(self, stage: Stage, seed: int | None = None) -> Node:
        """The node one stage further; `seed` is needed only on a base."""
        return Node(self.base, self.seed if self.seed is not None else seed, self.recipe.then(stage))

    def __str__(self) -> str:
        return self.path

    def __hash__(self) -> int:
        """Of the path, which is made once: studies look up thousands of nodes."""
        return hash(self.path)


def digest(value: object) -> str:
    """The first 16 hex digits of the SHA-256 of `value` as canonical JSON: equal specs, equal digests."""
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False, default=_plain)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _plain(value: object) -> Any:
    if hasattr(value, "as_dict"):
        return value.as_dict()
    if hasattr(value, "model_dump"):
        return value.model_dump(mode="json")
    if is_dataclass(value) and not isinstance(value, type):
        return asdict(value)
    raise TypeError(f"{type(value).__name__} has no canonical JSON form")
