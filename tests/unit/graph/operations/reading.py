"""Which attributes the rules of an operation ask for, read off their code."""

from __future__ import annotations

import ast
import inspect
from collections.abc import Iterator
from functools import cache
from types import CodeType, FunctionType, ModuleType

from cyborg_rr.domain.graph.operations.declaring.declarations import Attribute
from cyborg_rr.domain.graph.operations.declaring.operation import Operation
from cyborg_rr.domain.graph.operations.declaring.typed_node import TypedNode

_HOME = "cyborg_rr.domain.graph"
_ACCESSORS = {
    name for name, member in vars(TypedNode).items()
    if inspect.isfunction(member) and "attribute" in inspect.signature(member).parameters
}  # fmt: skip


def list_rules(operation: Operation) -> list[FunctionType]:
    """The functions that an operation declares."""
    rules = (operation.shape, operation.cost, operation.fold, operation.complete)
    return [rule for rule in rules if isinstance(rule, FunctionType)]


def list_texts(operation: Operation) -> set[str]:
    """Every text in the code that the rules reach: the names of attributes are among them."""
    found: set[str] = set()
    for function in _reach(operation):
        found.update(_texts_of(function))
    return found


def list_asked(operation: Operation) -> set[str]:
    """The attributes that the reached code names where it asks a node for one."""
    found: set[str] = set()
    for function in _reach(operation):
        found.update(_asked_by_line(_module_of(function)).get(function.__code__.co_firstlineno, ()))
    return found


def _module_of(function: FunctionType) -> ModuleType:
    module = inspect.getmodule(function)
    assert module is not None
    return module


@cache
def _asked_by_line(module: ModuleType) -> dict[int, set[str]]:
    """Literal names in calls of accessors, by the first line of the function around them."""
    found: dict[int, set[str]] = {}
    for function in ast.walk(ast.parse(inspect.getsource(module))):
        if isinstance(function, (ast.FunctionDef, ast.Lambda)):
            found.setdefault(function.lineno, set()).update(_asked_in(function))
    return found


def _asked_in(function: ast.AST) -> Iterator[str]:
    for call in ast.walk(function):
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute) and call.args:
            first = call.args[0]
            if call.func.attr in _ACCESSORS and isinstance(first, ast.Constant):
                yield str(first.value)


def _reach(operation: Operation) -> list[FunctionType]:
    """The rules and, from there on, every function of the graph's analysis that they name."""
    waiting, seen = list_rules(operation), dict[FunctionType, None]()
    while waiting:
        function = waiting.pop()
        if function not in seen:
            seen[function] = None
            waiting.extend(
                value
                for value in _named_by(function)
                if isinstance(value, FunctionType) and value.__module__.startswith(_HOME)
            )
    return list(seen)


def _named_by(function: FunctionType) -> Iterator[object]:
    """What the globals, the closure and the accessors stand for that a function names."""
    yield from (cell.cell_contents for cell in function.__closure__ or ())
    for name in _names_in(function.__code__):
        if name in function.__globals__:
            yield function.__globals__[name]
        if name in vars(TypedNode):
            yield vars(TypedNode)[name]


def _names_in(code: CodeType) -> Iterator[str]:
    yield from code.co_names
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _names_in(constant)


def _texts_of(function: FunctionType) -> Iterator[str]:
    yield from _texts_in(function.__code__.co_consts)
    for value in _named_by(function):
        if isinstance(value, Attribute):
            yield value.name
        elif isinstance(value, (str, tuple)):
            yield from _texts_in((value,))


def _texts_in(constants: tuple[object, ...]) -> Iterator[str]:
    for constant in constants:
        if isinstance(constant, str):
            yield constant
        elif isinstance(constant, tuple):
            yield from _texts_in(constant)
        elif isinstance(constant, CodeType):
            yield from _texts_in(constant.co_consts)
