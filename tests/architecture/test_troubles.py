"""Every code of a device's trouble stands in one table, and the documentation has the table."""

from __future__ import annotations

import ast
import importlib
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import String

from cyborg_rr.db.tables import DeviceRow
from cyborg_rr.domain.hardware.health import TROUBLES
from tests.architecture.tree import PACKAGE, ROOT, list_sources, name_of, parse

MAKERS = {"Trouble", "Unusable"}
"""What is called with a code first."""

PAGE = ROOT / "doc" / "source" / "admin" / "health.rst"


def list_codes(path: Path) -> Iterator[tuple[str, str]]:
    """The code of each trouble that a file makes, with its place; names are looked up."""
    names = vars(importlib.import_module(name_of(path)[: -len(".py")].replace("/", ".")))
    for node in ast.walk(parse(path)):
        if (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Name)
            and node.func.id in MAKERS
            and node.args
        ):
            for code in read(node.args[0], names):
                yield f"{name_of(path)}:{node.lineno}", code


def read(node: ast.expr, names: dict[str, object]) -> Iterator[str]:
    match node:
        case ast.Constant(value=str(code)):
            yield code
        case ast.IfExp(body=body, orelse=other):
            yield from read(body, names)
            yield from read(other, names)
        case ast.Name(id=name):
            found = names.get(name)
            if isinstance(found, str):  # else a parameter: who calls it is looked at as well
                yield found


SOURCES = [
    path
    for path in list_sources()
    if path.is_relative_to(PACKAGE / "drivers") or path.is_relative_to(PACKAGE / "agent")
]


def test_drivers_and_agent_use_the_codes_of_the_table_and_no_others() -> None:
    used = [item for path in SOURCES for item in list_codes(path)]
    assert [f"{place}: {code}" for place, code in used if code not in TROUBLES] == []
    assert set(TROUBLES) - {code for _, code in used} == set()


@pytest.mark.parametrize(
    ("source", "codes"),
    [
        ('Trouble("thermal", "hot")', ["thermal"]),
        ("Trouble(LOST if gone else HOT, text)", ["lost", "hot"]),
        ("Unusable(HOT, text)", ["hot"]),
        ("Trouble(code, text)", []),
    ],
)
def test_the_rule_reads_codes_as_they_are_written(source: str, codes: list[str]) -> None:
    (statement,) = ast.parse(source).body
    assert isinstance(statement, ast.Expr)
    assert isinstance(statement.value, ast.Call)
    names: dict[str, object] = {"HOT": "hot", "LOST": "lost"}
    assert list(read(statement.value.args[0], names)) == codes


def test_codes_fit_their_column() -> None:
    column = DeviceRow.__table__.c.trouble_code.type
    assert isinstance(column, String)
    assert max(map(len, TROUBLES)) <= (column.length or 0)


def test_the_documentation_has_the_table() -> None:
    rows = re.findall(r"^   \* - ``(\w+)``\n     - (\w+)\n     - (.*)$", PAGE.read_text(), re.M)
    table = [
        (code, "second" if kind.is_passing else "first", kind.meaning)
        for code, kind in sorted(TROUBLES.items())
    ]
    assert rows == table
