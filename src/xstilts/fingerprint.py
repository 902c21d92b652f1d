"""Fingerprints of the code that a job runs, from its syntax: comments, formatting and docstrings do not count.

From a program's `main` every definition of this package that it can reach by name is followed, and contributes its
syntax tree. Of a format only the members of the program's own facet count, so that an edited decoder does not retrain.
Methods come in with their class: a change may rerun too much, but one that a job can see by name never too little.
"""

from __future__ import annotations

import ast
import hashlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

PACKAGE = "xstilts"
SOURCE = Path(__file__).parent
FORMATS = f"{PACKAGE}.formats."
STARTS = {FORMATS: "FORMAT", f"{PACKAGE}.metrics.": "METRIC"}
"""Of what is found by the name of its module, the definition that is used."""

FACETS: Mapping[str, frozenset[str]] = {
    "prepare": frozenset({"record_fields", "schema", "check"}),
    "encode": frozenset({"encode"}),
    "train": frozenset({"auto_class", "outputs", "collate", "terms", "loss", "dev_score", "gold", "guess"}),
    "predict": frozenset({"auto_class", "collate", "infer", "together", "decode", "source"}),
    "score": frozenset({"asked"}),
}
"""Which members of a format each program runs; a member that stands in no facet counts for all."""
FACETED = frozenset[str]().union(*FACETS.values())


Place = tuple[str, str]  # module, definition


@dataclass(frozen=True)
class Reached:
    """A definition as it counts: its syntax as text, and the definitions that it names."""

    text: str
    places: tuple[Place, ...]


@dataclass(frozen=True)
class Module:
    """A parsed module: its definitions, what its imports mean (module, name in it), what else runs at its import."""

    definitions: dict[str, ast.stmt]
    imports: dict[str, tuple[str, str | None]]
    actions: tuple[ast.stmt, ...]
    reached: dict[tuple[str, str | None], Reached] = field(default_factory=dict)
    """By name and facet, kept since most programs reach the same definitions."""


TELLING = (
    *("environment", "progress", "engine.flops", "engine.gauges", "engine.journal", "engine.memory", "engine.oom"),
    "engine.trackers",
)
SURVIVING = ("alignment.parts", "engine.answers", "engine.sealed", "engine.signals", "engine.state")
APART = frozenset(f"{PACKAGE}.{name}" for name in ("byhand", "tasks.release", *TELLING, *SURVIVING))
"""What changes no result: what a person's own call needs, what a job tells of itself, what it survives a kill by."""
CARDS = frozenset(f"{PACKAGE}.cards.{name}" for name in ("checkpoint", "curve", "subject"))
"""What training writes beside its result, and `write_cards` for its own sake."""


def fingerprint(program: Path, facet: str | None = None, found_by_name: tuple[str, ...] = ()) -> str:
    """Hash of all that `program` reaches, and of the modules that it finds by a name in its spec: formats, makers."""
    places: list[Place] = [(str(program), "main")]
    places += [
        (module, name)
        for module in found_by_name
        for name in parse(locate(module)).definitions
        if _starts(module, name)
    ]
    reached: dict[Place, str] = {}
    apart = APART if program.stem == "write_cards" else APART | CARDS
    while places:
        place = places.pop()
        if place in reached:
            continue
        module, name = place
        if module in apart:
            continue
        parsed = parse(locate(module))
        if name not in parsed.definitions:
            places += _meant(parsed.imports.get(name), None, name)  # passed on from another module
            continue
        found = reach(module, parsed, name, facet if module.startswith(FORMATS) else None)
        reached[place] = found.text
        places += found.places
    text = "\n".join(f"{Path(module).name}:{name}\n{reached[module, name]}" for module, name in sorted(reached))
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _starts(module: str, name: str) -> bool:
    starts = [name for package, name in STARTS.items() if module.startswith(package)]
    return name in starts if starts else True


def reach(module: str, parsed: Module, name: str, facet: str | None) -> Reached:
    """One definition, of a class the members of a facet alone, and what runs at the import of its module."""
    if (name, facet) not in parsed.reached:
        definition = parsed.definitions[name]
        if facet and isinstance(definition, ast.ClassDef):
            definition = members_of(definition, FACETS[facet])
        statements = (definition, *parsed.actions)
        text = "\n".join(ast.unparse(statement) for statement in statements)
        places = dict.fromkeys(place for statement in statements for place in mentioned(statement, module, parsed))
        parsed.reached[name, facet] = Reached(text, tuple(places))
    return parsed.reached[name, facet]


def mentioned(statement: ast.stmt, module: str, parsed: Module) -> Iterator[Place]:
    """Definitions of this package that a statement names, in its own module or through an import."""
    for node in ast.walk(statement):
        if isinstance(node, ast.Name):
            if node.id in parsed.definitions:
                yield module, node.id
            yield from _meant(parsed.imports.get(node.id), None, node.id)
        elif isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            yield from _meant(parsed.imports.get(node.value.id), node.attr, node.attr)


def _meant(imported: tuple[str, str | None] | None, attribute: str | None, name: str) -> Iterator[Place]:
    """Where an imported name is defined: a definition of a module, or an attribute taken of a whole module."""
    if imported is not None:
        module, inner = imported
        if inner is not None:
            yield module, inner
        elif attribute is not None:
            yield module, attribute


def members_of(definition: ast.ClassDef, facet: frozenset[str]) -> ast.ClassDef:
    """A format's class without the members that only other programs run."""
    kept = [item for item in definition.body if not _names_bound(item) & (FACETED - facet)]
    copy = ast.ClassDef(
        definition.name, definition.bases, definition.keywords, kept or [ast.Pass()], definition.decorator_list
    )
    return ast.copy_location(copy, definition)


@cache
def parse(path: Path) -> Module:
    """Read a module; nothing of it is run."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    nodes = _statements(tree)
    _drop_docstrings(nodes)
    definitions: dict[str, ast.stmt] = {}
    actions = []
    for statement in tree.body:
        names = _names_bound(statement)
        definitions |= dict.fromkeys(names, statement)
        if not names and not _idle(statement):
            actions.append(statement)
    return Module(definitions, imports_in(nodes), tuple(actions))


def _names_bound(statement: ast.stmt) -> frozenset[str]:
    """Names that a definition or an assignment binds."""
    match statement:
        case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
            return frozenset({statement.name})
        case ast.Assign():
            targets = statement.targets
        case ast.AnnAssign():
            targets = [statement.target]
        case _:
            return frozenset()
    return frozenset(node.id for target in targets for node in ast.walk(target) if isinstance(node, ast.Name))


def _idle(statement: ast.stmt) -> bool:
    """Imports, and blocks for type checkers or for running as a program, change nothing that a job computes."""
    match statement:
        case ast.Import() | ast.ImportFrom() | ast.Pass():
            return True
        case ast.If(test=ast.Name(id="TYPE_CHECKING")) | ast.If(test=ast.Compare(left=ast.Name(id="__name__"))):
            return True
    return False


def imports_in(nodes: Iterable[ast.AST]) -> dict[str, tuple[str, str | None]]:
    """What names imported from this package mean, wherever in the module they are imported."""
    found: dict[str, tuple[str, str | None]] = {}
    for node in nodes:
        if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == PACKAGE:
            for alias in node.names:
                whole = f"{node.module}.{alias.name}"
                meaning = (whole, None) if _path(whole) else (str(node.module), alias.name)
                found[alias.asname or alias.name] = meaning
    return found


def locate(module: str) -> Path:
    """Where a module of this package lies; a program is its own path."""
    path = Path(module) if module.endswith(".py") else _path(module)
    if path is None:
        raise LookupError(f"{module} is no module of {PACKAGE}")
    return path


@cache
def _path(module: str) -> Path | None:
    base = SOURCE.joinpath(*module.split(".")[1:])
    return next((path for path in (base.with_suffix(".py"), base / "__init__.py") if path.is_file()), None)


def _statements(tree: ast.Module) -> list[ast.AST]:
    """A module and all statements in it, however deep; expressions hold neither docstrings nor imports."""
    found: list[ast.AST] = [tree]
    for node in found:  # which grows meanwhile
        for block in ("body", "handlers", "cases", "orelse", "finalbody"):
            found += getattr(node, block, ())
    return found


def _drop_docstrings(nodes: Iterable[ast.AST]) -> None:
    """Docstrings are for readers."""
    for node in nodes:
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef) and node.body:
            node.body = [item for item in node.body if not _is_text(item)] or [ast.Pass()]


def _is_text(item: ast.stmt) -> bool:
    return isinstance(item, ast.Expr) and isinstance(item.value, ast.Constant) and isinstance(item.value.value, str)
