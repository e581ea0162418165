"""Mutants of cost rules, and whether the hand-counted cases notice them.

A mutant is a registry's rules with one mistake in them: in a rule's own source, in a number that it
was made with, in a function or table that only cost rules use, or a wrong rule for one operation.
"""

from __future__ import annotations

import dataclasses
import sys
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from types import FunctionType
from typing import Any

from tests.long.mutations import list_mutations
from tests.long.rules import (
    Name,
    describe,
    find_source,
    find_used,
    get_enclosed,
    get_function,
    list_other_rules,
    rebuild,
)
from tests.unit.graph.operations.counting import Cost, CostRule, Operation, TypedCase

Rules = Mapping[str, CostRule]


@dataclass(frozen=True)
class Mutant:
    """One mistake: where, what, which operations it concerns, and how to make it for a while."""

    place: str
    change: str
    operations: tuple[str, ...]
    make: Callable[[], AbstractContextManager[Rules]]


def list_mutants(registry: Mapping[str, Operation], package: str) -> Iterator[Mutant]:
    """Every mutant of the cost rules of a registry whose functions live in a package."""
    users = _group_by_source(registry)
    for names in users.values():
        yield from _mutate_rule(registry, names)
    for name in sorted(registry):
        yield from _mutate_enclosed(registry, name)
        yield from _miscount(registry, name)
    for used, names in find_shared(registry, package).items():
        yield from _mutate_used(used, names)


def _group_by_source(registry: Mapping[str, Operation]) -> dict[object, list[str]]:
    """Operations by the code of their rule, which many share."""
    groups: dict[object, list[str]] = defaultdict(list)
    for name, operation in registry.items():
        groups[get_function(operation.cost).__code__].append(name)
    return groups


def find_shared(registry: Mapping[str, Operation], package: str) -> dict[Name, list[str]]:
    """Functions and tables that cost rules use and no other rule does, with the operations."""
    others = [rule for operation in registry.values() for rule in list_other_rules(operation)]
    elsewhere = find_used(others, package)
    shared: dict[Name, list[str]] = defaultdict(list)
    for name, operation in registry.items():
        for used in find_used([get_function(operation.cost)], package) - elsewhere:
            shared[used].append(name)
    return dict(sorted(shared.items(), key=lambda item: (item[0].module, item[0].name)))


# ---- making


def _mutate_rule(registry: Mapping[str, Operation], names: Sequence[str]) -> Iterator[Mutant]:
    functions = {name: get_function(registry[name].cost) for name in names}
    first = functions[names[0]]
    for mutation in list_mutations(find_source(first)):
        rules = {n: rebuild(function, mutation.function) for n, function in functions.items()}
        yield Mutant(describe(first), mutation.change, tuple(names), _offer(rules))


def _mutate_enclosed(registry: Mapping[str, Operation], name: str) -> Iterator[Mutant]:
    """Numbers such as those of ``per_element(4, 1)``, one operation at a time."""
    function = get_function(registry[name].cost)
    for variable, value in get_enclosed(function).items():
        for number, changed in _change_data(value):
            rule = rebuild(function, find_source(function), **{variable: changed})
            change = f"{variable}: {number} -> {number + 1}"
            yield Mutant(f"{describe(function)} of {name}", change, (name,), _offer({name: rule}))


def _miscount(registry: Mapping[str, Operation], name: str) -> Iterator[Mutant]:
    """The rule of one operation alone counts one more of everything, or other bytes."""
    rule = registry[name].cost

    def count_more(node: Any) -> Cost:
        cost = rule(node)
        macs, flops, functions = cost.macs + 1, cost.flops_other + 1, cost.transcendentals + 1
        return cost._replace(macs=macs, flops_other=flops, transcendentals=functions)

    def read_otherwise(node: Any) -> Cost:
        return rule(node)._replace(read_bytes={0: -1})

    def write_otherwise(node: Any) -> Cost:
        return rule(node)._replace(written_bytes=-1)

    for wrong in (count_more, read_otherwise, write_otherwise):
        yield Mutant(f"the rule of {name}", wrong.__name__, (name,), _offer({name: wrong}))


def _mutate_used(used: Name, names: Sequence[str]) -> Iterator[Mutant]:
    value = used.value
    if isinstance(value, FunctionType):
        for mutation in list_mutations(find_source(value)):
            changed = rebuild(value, mutation.function)
            make = _patch(used, changed)
            yield Mutant(describe(value), mutation.change, tuple(names), make)
        return
    for order, (number, data) in enumerate(_change_data(value), 1):
        change = f"number {order}: {number} -> {number + 1}"
        yield Mutant(used.name, change, tuple(names), _patch(used, data))


def _change_data(value: object) -> Iterator[tuple[int, Any]]:
    """The value with one whole number raised by one, once for each number in it."""
    if isinstance(value, int) and not isinstance(value, bool):
        yield value, value + 1
    elif isinstance(value, tuple):
        for place, item in enumerate(value):
            for number, changed in _change_data(item):
                items = (*value[:place], changed, *value[place + 1 :])
                yield number, items if type(value) is tuple else type(value)(*items)
    elif isinstance(value, Mapping):
        for key, item in value.items():
            for number, changed in _change_data(item):
                yield number, {**value, key: changed}


def _offer(rules: Rules) -> Callable[[], AbstractContextManager[Rules]]:
    @contextmanager
    def make() -> Iterator[Rules]:
        yield rules

    return make


def _patch(used: Name, value: object) -> Callable[[], AbstractContextManager[Rules]]:
    """Change what a name of a module stands for; the rules stay and find the mistake there."""

    @contextmanager
    def make() -> Iterator[Rules]:
        module = sys.modules[used.module]
        before = used.value
        setattr(module, used.name, value)
        try:
            yield {}
        finally:
            setattr(module, used.name, before)

    return make


# ---- judging


def is_noticed(
    mutant: Mutant, registry: Mapping[str, Operation], cases: Mapping[str, Sequence[TypedCase]]
) -> bool:
    """Whether at least one case of the operations concerned counts something else."""
    with mutant.make() as rules:
        for name in mutant.operations:
            operation = registry[name]
            changed = dataclasses.replace(operation, cost=rules.get(name, operation.cost))
            if any(differs(case, changed) for case in cases.get(name, ())):
                return True
    return False


def differs(case: TypedCase, operation: Operation) -> bool:
    """Whether the rule answers otherwise than a person counts, or breaks."""
    try:
        return case.ask(operation) != case.case.expected
    except Exception:  # noqa: BLE001 - a mutant may break in any way, and that is noticed
        return True
