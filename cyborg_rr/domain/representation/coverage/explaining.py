"""Why no rule of a table holds for a call, and what would make one hold."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from typing import assert_never

from cyborg_rr.domain.graph.operands import Operand
from cyborg_rr.domain.representation.coverage.calls import Call
from cyborg_rr.domain.representation.coverage.conditions import (
    AttributeAbsent,
    AttributeIs,
    AttributeSymmetric,
    Condition,
    OperandIs,
    RankIs,
    Unstated,
)
from cyborg_rr.domain.representation.coverage.quantised import find_form
from cyborg_rr.domain.representation.coverage.rules import Rule
from cyborg_rr.domain.representation.coverage.table import CoverageTable
from cyborg_rr.domain.words import ELEMENT_TYPES, find_bits

_SHOWN = 4


@dataclass(frozen=True, slots=True)
class Cause:
    """The operation with what keeps it out, what would help, and in which types it is taken.

    ``later`` is the next version of its operation set in which it may be taken.
    """

    text: str
    fix: str = ""
    types: tuple[str, ...] = ()
    later: int | None = None


def explain(table: CoverageTable, call: Call, architecture: str | None) -> Cause:
    """The nearest cause: the element types, else the version, else how the operation is called."""
    if call.is_function:
        return Cause(call.name, "write the functions of the file out where they are called")
    rules = table.rules.find(call.dialect, call.operation)
    if not rules:
        return Cause(call.name, find_form(table, call, architecture))
    types = find_types(table, call, architecture)
    if types:
        return Cause(_with_types(call), f"{call.name} in {' or '.join(types[:_SHOWN])}", types)
    suited = [rule for rule in rules if rule.suits_version(call.version)]
    if not suited:
        text, later = f"{call.name} of {call.dialect} {call.version}", _find_later(call, rules)
        return Cause(text, _find_versions(call, rules), later=later)
    younger = [rule.arch for rule in suited if rule.arch and rule.ask(call, rule.arch)]
    if younger:
        return Cause(f"{_with_types(call)} on {architecture}: it needs {younger[0]}")
    refused = [list(_list_failing(rule, call)) for rule in suited]
    conditions = min(refused, key=len)
    if conditions and not any(not found for found in refused):
        with_what = ", ".join(dict.fromkeys(_describe(each) for each in conditions))
        return Cause(f"{call.name} by its {with_what}")
    return Cause(_with_types(call))


def find_types(table: CoverageTable, call: Call, architecture: str | None) -> tuple[str, ...]:
    """The element types in which the call would be taken, in place of the first that allows it."""
    rules = table.rules.find(call.dialect, call.operation)
    suited = [rule for rule in rules if rule.ask_untyped(call, architecture) is True]
    known = sorted({name for rule in suited for name in _list_types(rule)})
    for old in dict.fromkeys(_list_own_types(call)):
        found = [
            new
            for new in known
            if new != old and any(_takes(rule, call, old, new) for rule in suited)
        ]
        if found:
            return tuple(sorted(found, key=partial(_measure, old)))
    return ()


def _measure(old: str, new: str) -> tuple[bool, int, bool, str]:
    """How far a type is from another: whole numbers or floats, then in bits, then by f32."""
    return (
        ELEMENT_TYPES[old].is_float != ELEMENT_TYPES[new].is_float,
        0 if ELEMENT_TYPES[old].is_float else abs(find_bits(old) - find_bits(new)),
        new != "f32",
        new,
    )


def _list_types(rule: Rule) -> Iterator[str]:
    for types in (*rule.inputs.values(), *rule.outputs.values()):
        yield from types


def _list_own_types(call: Call) -> Iterator[str]:
    for operand in (*(call.inputs or ()), *(call.outputs or ())):
        if operand.element_type is not None:
            yield operand.element_type


def _takes(rule: Rule, call: Call, old: str, new: str) -> bool:
    """Whether a rule is for the types of a call with another one in place of one of them."""
    inputs = _exchange_types(call.inputs, old, new)
    return rule.ask_types(inputs, _exchange_types(call.outputs, old, new)) is True


def _exchange_types(
    operands: tuple[Operand, ...] | None, old: str, new: str
) -> tuple[Operand, ...] | None:
    if operands is None:
        return None
    return tuple(
        operand._replace(element_type=new) if operand.element_type == old else operand
        for operand in operands
    )


def _with_types(call: Call) -> str:
    """The operation with the type of its first operand, and those of others that differ."""
    types = list(dict.fromkeys(_list_own_types(call)))[:2]
    return f"{call.name} of {' and '.join(types)}" if types else call.name


def _find_later(call: Call, rules: tuple[Rule, ...]) -> int | None:
    """The next version of the operation set in which there is a rule at all."""
    version = call.version
    if version is None:
        return None
    later = [rule.since for rule in rules if rule.since is not None and rule.since > version]
    return min(later, default=None)


def _find_versions(call: Call, rules: tuple[Rule, ...]) -> str:
    """The nearest version of the operation set in which there is a rule at all."""
    version = call.version
    if version is None:
        return ""
    later = _find_later(call, rules)
    if later is not None:
        return f"export the model with {call.dialect} >= {later}"
    earlier = [rule.until for rule in rules if rule.until is not None and rule.until < version]
    return f"export the model with {call.dialect} <= {max(earlier)}" if earlier else ""


def _list_failing(rule: Rule, call: Call) -> Iterator[Condition]:
    return (condition for condition in rule.where if condition.ask(call) is False)


def _describe(condition: Condition) -> str:
    """What a condition looks at, for people."""
    if isinstance(condition, AttributeIs | AttributeAbsent | AttributeSymmetric):
        return condition.name
    if isinstance(condition, RankIs):
        return f"rank of {_name_place(condition.place)}"
    if isinstance(condition, OperandIs):
        return _name_place(condition.place)
    if isinstance(condition, Unstated):
        return "call"
    assert_never(condition)


def _name_place(place: str) -> str:
    return f"output {place[3:]}" if place.startswith("out") else f"input {place}"
