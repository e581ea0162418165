"""The cost rules of a registry as functions that can be taken apart and put together changed.

Rules are found through the registry, their source through the functions themselves, so it does not
matter which module holds them.
"""

from __future__ import annotations  # compile() below takes it over

import ast
import dataclasses
import functools
import inspect
import sys
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import CodeType, FunctionType
from typing import Any

from tests.unit.graph.operations.counting import CostRule, Operation


@dataclass(frozen=True)
class Name:
    """A global name of a module that rules look up: a function or data."""

    module: str
    name: str

    @property
    def value(self) -> object:
        """What the name stands for now."""
        return vars(sys.modules[self.module])[self.name]


def get_function(rule: CostRule) -> FunctionType:
    """The function of a rule; a kind of rule that cannot be mutated is an error, not overlooked."""
    if not isinstance(rule, FunctionType):
        raise TypeError(f"the rule {rule!r} is no plain function: teach tests/long/rules.py it")
    return rule


def describe(function: FunctionType) -> str:
    """A function's name without its module, which may change."""
    return function.__qualname__.replace(".<locals>", "")


# ---- source


@functools.cache
def _parse(path: str) -> ast.Module:
    return ast.parse(Path(path).read_text(), path)


def find_source(function: FunctionType) -> ast.FunctionDef:
    """The syntax tree of a function; a lambda becomes a function that returns."""
    code = function.__code__
    for node in ast.walk(_parse(inspect.getsourcefile(function) or code.co_filename)):
        if isinstance(node, ast.FunctionDef) and node.name == code.co_name:
            if min([node.lineno, *(d.lineno for d in node.decorator_list)]) == code.co_firstlineno:
                return _define(f"{node.name}()", node.body, node.args)
        elif isinstance(node, ast.Lambda) and node.lineno == code.co_firstlineno:
            found = _define("a_lambda()", [ast.Return(node.body)], node.args)
            if rebuild(function, found).__code__.co_code == code.co_code:
                return found
    raise LookupError(f"the source of {describe(function)} was not found")


def _define(
    head: str, body: list[ast.stmt], arguments: ast.arguments | None = None
) -> ast.FunctionDef:
    """A function of that head, such as ``make(a, b)``, or with the arguments of another."""
    function = ast.parse(f"def {head}: pass").body[0]
    assert isinstance(function, ast.FunctionDef)
    function.body = body
    function.args = arguments or function.args
    return function


# ---- building


def get_enclosed(function: FunctionType) -> dict[str, Any]:
    """The values that a function took from the one which made it."""
    cells = function.__closure__ or ()
    names = function.__code__.co_freevars
    return {name: cell.cell_contents for name, cell in zip(names, cells, strict=True)}


def rebuild(function: FunctionType, tree: ast.FunctionDef, **enclosed: object) -> FunctionType:
    """A function like this one with another body, or with other values enclosed."""
    values = {**get_enclosed(function), **enclosed}
    back = ast.Return(ast.Name(tree.name, ast.Load()))
    maker = _define(f"make({', '.join(values)})", [tree, back])
    module = ast.fix_missing_locations(ast.Module([maker], []))
    scope: dict[str, Any] = {}
    exec(compile(module, "<mutant>", "exec"), function.__globals__, scope)
    made: FunctionType = scope["make"](**values)
    return made


# ---- what rules use


def list_names(code: CodeType) -> Iterator[str]:
    """The names that a function may look up in its module, inner functions included."""
    yield from code.co_names
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from list_names(constant)


def find_used(functions: Iterable[FunctionType], package: str) -> set[Name]:
    """Functions and data of a package that these functions use, directly or through others."""
    found: set[Name] = set()
    waiting = list(functions)
    seen: set[CodeType] = set()
    while waiting:
        function = waiting.pop()
        if function.__code__ in seen or not _is_within(function.__module__, package):
            continue
        seen.add(function.__code__)
        for name in list_names(function.__code__):
            if name not in function.__globals__:
                continue
            value = function.__globals__[name]
            if isinstance(value, FunctionType):
                waiting.append(value)
                if _is_within(value.__module__, package):
                    found.add(Name(function.__module__, name))
            elif isinstance(value, (int, tuple, Mapping)):
                found.add(Name(function.__module__, name))
        waiting.extend(v for v in get_enclosed(function).values() if isinstance(v, FunctionType))
    return found


def _is_within(module: str, package: str) -> bool:
    return module == package or module.startswith(f"{package}.")


def list_other_rules(operation: Operation) -> list[FunctionType]:
    """What an operation is told by besides its cost: shapes, values, completion."""
    names = [field.name for field in dataclasses.fields(operation) if field.name != "cost"]
    values = [getattr(operation, name) for name in names]
    return [value for value in values if isinstance(value, FunctionType)]
