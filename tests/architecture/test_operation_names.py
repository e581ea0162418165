"""What the analysis asks for by name is declared: a renamed operation changes no verdict unseen."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from cyborg_rr.domain.graph.operations.registry import REGISTRY
from tests.architecture.tree import PACKAGE, list_sources, name_of, parse

DOMAIN = PACKAGE / "domain"


def _is_operation(asked: ast.expr) -> bool:
    """Whether an expression reads ``node.operation`` or ``operation.name``."""
    match asked:
        case ast.Attribute(attr="operation"):
            return True
        case ast.Attribute(attr="name", value=ast.Name(id="operation")):
            return True
    return False


def list_names_asked_for(tree: ast.Module) -> Iterator[tuple[int, str]]:
    """The texts that a module compares names of operations with or looks them up in."""
    written = {
        target.id: node.value
        for node in tree.body
        if isinstance(node, ast.Assign | ast.AnnAssign) and node.value is not None
        for target in (node.targets if isinstance(node, ast.Assign) else [node.target])
        if isinstance(target, ast.Name)
    }
    for node in ast.walk(tree):
        tables: list[ast.expr] = []
        if isinstance(node, ast.Compare) and _is_operation(node.left):
            tables = node.comparators
        elif isinstance(node, ast.Subscript) and _is_operation(node.slice):
            tables = [node.value]
        for table in tables:
            named = written.get(table.id, table) if isinstance(table, ast.Name) else table
            keys = [key for key in named.keys if key] if isinstance(named, ast.Dict) else [named]
            for key in keys:
                for part in ast.walk(key):
                    if isinstance(part, ast.Constant) and isinstance(part.value, str):
                        yield part.lineno, part.value


def test_every_operation_asked_for_by_name_is_declared() -> None:
    asked = {
        (name_of(path), line, name)
        for path in list_sources()
        if path.is_relative_to(DOMAIN)
        for line, name in list_names_asked_for(parse(path))
    }
    assert len({name for _, _, name in asked}) >= 20
    assert {place for place in asked if place[2] not in REGISTRY} == set()


def test_a_name_is_seen_however_it_is_asked_for() -> None:
    tree = ast.parse(
        'SOME = frozenset({"a", "b"})\nTABLE = {"c": len}\n'
        'node.operation in SOME\noperation.name != "d"\nTABLE[node.operation]\nword == "e"\n'
    )
    assert {name for _, name in list_names_asked_for(tree)} == set("abcd")
