"""Small mistakes that a function could hold, made one at a time in its syntax tree."""

from __future__ import annotations

import ast
import copy
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

_SWAPS: Final[dict[type[ast.operator], type[ast.operator]]] = {
    ast.Mult: ast.Add,
    ast.Add: ast.Mult,
    ast.Sub: ast.Add,
    ast.FloorDiv: ast.Mult,
    ast.Div: ast.Mult,
    ast.Mod: ast.Mult,
    ast.Pow: ast.Mult,
}
_REVERSALS: Final[dict[type[ast.cmpop], type[ast.cmpop]]] = {
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
}
_NAMES: Final = {"max": "min", "min": "max", "sum": "max", "len": "max", "prod": "sum"}


@dataclass(frozen=True)
class Mutation:
    """A changed function, and how the changed statement reads."""

    change: str
    function: ast.FunctionDef


Change = tuple[ast.stmt, ast.AST, ast.AST]
"""The statement that changes, and its old and new part."""


def list_mutations(function: ast.FunctionDef) -> Iterator[Mutation]:
    """Every mutation of a function; each leaves the given tree as it was.

    Left alone are annotations, refusals (``raise`` and its condition) and what stands behind the
    ``or`` of a value, which only replaces what inference does not know.
    """
    subject = function.args.args[0].arg if function.args.args else ""
    for statement in function.body:
        for change in _walk(statement, statement, subject):
            yield _make(function, subject, change)


def _make(function: ast.FunctionDef, subject: str, change: Change) -> Mutation:
    statement, old, new = change
    memo: dict[int, object] = {}
    copied = copy.deepcopy(function, memo)
    _Replacement(memo[id(old)], copy.deepcopy(new)).visit(copied)
    ast.fix_missing_locations(copied)
    shown = new if statement is old else memo[id(statement)]
    text = _render(shown, subject)
    if statement is old or isinstance(statement, ast.If):
        text = f"{text} # {_render(old, subject)}"
    return Mutation(text, copied)


def _render(node: object, subject: str) -> str:
    """The first line of a statement; the node that a rule is asked about is called so."""
    assert isinstance(node, ast.AST)
    text = ast.unparse(ast.fix_missing_locations(node)).partition("\n")[0]
    return re.sub(rf"\b{subject}(?=[.,)])", "node", text) if subject else text


class _Replacement(ast.NodeTransformer):
    def __init__(self, old: object, new: ast.AST) -> None:
        self._old = old
        self._new = new

    def visit(self, node: ast.AST) -> ast.AST:
        return self._new if node is self._old else self.generic_visit(node)


def _walk(statement: ast.stmt, node: ast.AST, subject: str) -> Iterator[Change]:
    """All changes within a node, outermost first."""
    if isinstance(node, ast.Raise) or _is_text(node) or _only_refuses(node):
        return
    for old, new in _change(node, subject):
        yield statement, old, new
    for child in _list_children(node):
        yield from _walk(child if isinstance(child, ast.stmt) else statement, child, subject)


def _list_children(node: ast.AST) -> Iterator[ast.AST]:
    if isinstance(node, ast.BoolOp) and isinstance(node.op, ast.Or):
        yield node.values[0]
        return
    for name, child in ast.iter_fields(node):
        if name in ("annotation", "returns", "ctx"):
            continue
        yield from (c for c in (child if isinstance(child, list) else [child]) if _is_node(c))


def _is_node(value: object) -> bool:
    return isinstance(value, ast.AST)


def _is_text(node: ast.AST) -> bool:
    """A docstring or a text with values in it, which only a message needs."""
    constant = isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    return constant or isinstance(node, ast.JoinedStr)


def _only_refuses(node: ast.AST) -> bool:
    return isinstance(node, ast.If) and all(isinstance(s, ast.Raise) for s in node.body)


Pair = tuple[ast.AST, ast.AST]


def _change(node: ast.AST, subject: str) -> Iterator[Pair]:
    if isinstance(node, ast.Constant):
        yield from _change_constant(node)
    elif isinstance(node, ast.BinOp):
        yield from _change_arithmetic(node)
    elif isinstance(node, ast.Call):
        yield from _change_call(node, subject)
    elif isinstance(node, ast.BoolOp):
        yield node, node.values[-1]
    elif isinstance(node, ast.UnaryOp):
        yield node, node.operand
    elif isinstance(node, ast.Compare):
        yield from _change_comparison(node)
    elif isinstance(node, ast.AugAssign):
        yield node, ast.Pass()
        yield node, ast.AugAssign(node.target, _SWAPS[type(node.op)](), node.value)
    else:
        yield from _change_condition(node)


def _change_constant(node: ast.Constant) -> Iterator[Pair]:
    if isinstance(node.value, bool):
        yield node, ast.Constant(not node.value)
    elif isinstance(node.value, int):
        yield node, ast.Constant(node.value + 1)
    elif isinstance(node.value, str):
        yield node, ast.Constant(f"{node.value}?")


def _change_arithmetic(node: ast.BinOp) -> Iterator[Pair]:
    """Another operator, and either term alone."""
    yield node, ast.BinOp(node.left, _SWAPS[type(node.op)](), node.right)
    yield node, node.left
    yield node, node.right


def _change_call(node: ast.Call, subject: str) -> Iterator[Pair]:
    """Another function, the next operand or result, or a count left out."""
    function = node.func
    if isinstance(function, ast.Name) and function.id in _NAMES:
        yield function, ast.Name(_NAMES[function.id], ast.Load())
    if isinstance(function, ast.Attribute):
        if function.attr == "prod":
            yield function, ast.Name(_NAMES["prod"], ast.Load())
        asked = isinstance(function.value, ast.Name) and function.value.id == subject
        if asked and not node.args and not node.keywords:
            yield node, ast.Call(function, [ast.Constant(1)], [])
    if isinstance(function, ast.Name) and function.id == "Cost":
        for argument in (*node.args, *(keyword.value for keyword in node.keywords)):
            if not isinstance(argument, ast.Constant):
                yield argument, ast.Constant(0)


def _change_comparison(node: ast.Compare) -> Iterator[Pair]:
    first = _REVERSALS[type(node.ops[0])]()
    yield node, ast.Compare(node.left, [first, *node.ops[1:]], node.comparators)


def _change_condition(node: ast.AST) -> Iterator[Pair]:
    if isinstance(node, (ast.If, ast.IfExp)):
        yield node.test, ast.Constant(True)
        yield node.test, ast.Constant(False)
    elif isinstance(node, ast.comprehension):
        for condition in node.ifs:
            yield condition, ast.Constant(True)
            yield condition, ast.Constant(False)
    elif isinstance(node, ast.Slice):
        if node.lower is not None:
            yield node.lower, ast.Constant(None)
        if node.upper is not None:
            yield node.upper, ast.Constant(None)
