"""What pydantic found, in the words of the configuration."""

from __future__ import annotations

import types
from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo

from xstilts.config.problems import Key, Problem
from xstilts.config.tree import Tree
from xstilts.names import nearest

BOUNDS = {
    "greater_than": ("gt", "greater than"),
    "greater_than_equal": ("ge", "at least"),
    "less_than": ("lt", "less than"),
    "less_than_equal": ("le", "at most"),
}
KINDS = {
    "int_type": "a whole number",
    "int_from_float": "a whole number",
    "float_type": "a number",
    "finite_number": "a finite number",
    "string_type": "text",
    "bool_type": "true or false",
    "tuple_type": "a list, in square brackets",
    "dict_type": "a mapping, 'key: value'",
    "model_type": "a mapping, 'key: value'",
    "model_attributes_type": "a mapping, 'key: value'",
}


def explain(error: ValidationError, model: type[BaseModel], tree: Tree, prefix: Key = ()) -> Iterator[Problem]:
    """The problems of `error`; `prefix` is the path of the data in `tree` that `model` was to hold."""
    for detail in error.errors(include_url=False):
        loc: Key = detail["loc"]
        if loc and loc[-1] == "[key]":  # the name of an entry, not what it holds
            loc = loc[:-1]
        parent, field = _find(model, loc)
        what, advice = _words(detail, loc, parent, field)
        yield tree.problem((*prefix, *loc), what, advice)


def _words(
    detail: Mapping[str, Any], loc: Key, parent: type[BaseModel] | None, field: FieldInfo | None
) -> tuple[str, str]:
    kind, given, context = detail["type"], detail.get("input"), detail.get("ctx", {})
    meaning = f"{loc[-1] if loc else 'it'}: {field.description}" if field and field.description else ""
    if kind == "extra_forbidden":
        known = list(parent.model_fields) if parent else []
        near = nearest(str(loc[-1]), known)
        hint = f"; did you mean {near!r}?" if near else ""
        return f"there is no key {loc[-1]!r} here{hint}", f"keys that may stand here: {', '.join(known)}"
    if kind == "missing":
        return f"{loc[-1]!r} is missing", meaning
    if kind in BOUNDS:
        bound, words = BOUNDS[kind]
        return f"must be {words} {context[bound]}, is {_shown(given)}", meaning
    if kind in KINDS:
        if isinstance(given, bool) and kind == "string_type":
            meaning = "YAML takes yes, no, on and off for truth values: put the word in quotes"
        if isinstance(given, str) and kind in {"int_type", "float_type"}:
            meaning = f"without quotes or units; {meaning}"
        return f"must be {KINDS[kind]}, is {_shown(given)}", meaning
    if kind == "literal_error":
        expected = [part.strip("' ") for part in context["expected"].replace(" or ", ", ").split(",")]
        near = nearest(given, expected) if isinstance(given, str) else None
        hint = f"; did you mean {near!r}?" if near else ""
        return f"{_shown(given)} is none of {', '.join(expected)}{hint}", meaning
    if kind in {"too_short", "string_too_short"}:
        least = context["min_length"]
        return ("is empty" if least == 1 else f"is too short: it must hold {least}"), meaning
    if kind == "too_long":
        return f"is too long: it may hold {context['max_length']}", meaning
    return str(detail["msg"]).removeprefix("Value error, "), meaning


def _shown(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "…"


def _find(model: type[BaseModel], loc: Key) -> tuple[type[BaseModel] | None, FieldInfo | None]:
    """The model that the last key of `loc` stands in, and the field that describes it."""
    annotation: Any = model
    parent: type[BaseModel] | None = None
    field: FieldInfo | None = None
    for key in loc:
        inner = _bare(annotation)
        if isinstance(inner, type) and issubclass(inner, BaseModel):
            parent = inner
            field = inner.model_fields.get(str(key))
            annotation = field.annotation if field else None
        elif get_origin(inner) in {dict, tuple}:
            annotation = get_args(inner)[1 if get_origin(inner) is dict else 0]
        else:
            return parent, field
    return parent, field


def _bare(annotation: Any) -> Any:
    """Without Annotated[...] and without '| None'."""
    while True:
        origin = get_origin(annotation)
        if origin is Annotated:
            annotation = get_args(annotation)[0]
        elif origin in {Union, types.UnionType}:
            annotation = next(arg for arg in get_args(annotation) if arg is not type(None))
        else:
            return annotation
