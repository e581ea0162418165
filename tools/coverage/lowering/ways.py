"""Rules from what a compiler says of modules of one operation each."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from lowering.modules import Way, write_module
from probing.asking import DIED
from probing.inferring import group_types

Rule = dict[str, Any]
Types = Mapping[str, str]
Ask = Callable[[Way, Types], str]
"""What is said against a way of calling an operation; nothing where it is taken."""

OPEN = ["unstated"]


def list_modules(ways: Mapping[str, list[list[Way]]]) -> list[bytes]:
    """All that is asked."""
    return [
        write_module(way, types).encode()
        for specimens in ways.values()
        for specimen in specimens
        for way in specimen
        for types in way.list_types()
    ]


def make_sets(ways: Mapping[str, list[list[Way]]], ask: Ask) -> dict[str, dict[str, list[Rule]]]:
    """The rules of what is taken, by dialect and operation; none for what is refused.

    What the tool died of is left open, behind all that is known to be taken.
    """
    sets: dict[str, dict[str, list[Rule]]] = {}
    for name, specimens in ways.items():
        dialect, _, operation = name.partition(".")
        rules = [rule for specimen in specimens for rule in _list_rules(specimen, ask)]
        rules += [rule for specimen in specimens for rule in _list_open(specimen, ask)]
        kept = [rule for index, rule in enumerate(rules) if rule not in rules[:index]]
        sets.setdefault(dialect, {})[operation] = kept
    return sets


def _list_rules(specimen: Sequence[Way], ask: Ask) -> Iterator[Rule]:
    """A rule for all element types in which the same other ways are refused."""
    first, *others = specimen
    alike: dict[tuple[int, ...], list[Types]] = {}
    for types in first.list_types():
        if not ask(first, types):
            refused = tuple(
                place
                for place, other in enumerate(others)
                if (own := other.fit(types)) is not None and ask(other, own)
            )
            alike.setdefault(refused, []).append(types)
    for refused, taken in alike.items():
        where = [*map(list, first.where), *(list(others[place].unless) for place in refused)]
        for group in group_types(taken):
            yield _write(first, group, where)


def _list_open(specimen: Sequence[Way], ask: Ask) -> Iterator[Rule]:
    """A rule for all element types in which the tool died of the first way, or of another."""
    first = specimen[0]
    died = [
        types
        for types in first.list_types()
        if any((own := way.fit(types)) is not None and ask(way, own) == DIED for way in specimen)
    ]
    if died:
        for group in group_types(died):
            yield _write(first, group, [*map(list, first.where), OPEN])


def _write(way: Way, group: Mapping[str, Sequence[str]], where: list[Any]) -> Rule:
    inputs = [_list_names(way, each, group) for each in way.inputs]
    rule: Rule = {}
    if inputs and inputs[-1]:
        last = inputs[-1]
        places = {str(p): names for p, names in enumerate(inputs) if names and names != last}
        rule["inputs"] = {**places, "*": last}
    outputs = {
        str(place): names
        for place, each in enumerate(way.outputs)
        if (names := _list_names(way, each, group)) and names not in inputs
    }
    if outputs:
        rule["outputs"] = outputs
    if where:
        rule["where"] = where
    return rule


def _list_names(way: Way, place: str, group: Mapping[str, Sequence[str]]) -> list[str]:
    """The element types of one operand; none where the catalogue has no name for it."""
    if not group:
        return [name for name in way.name_types([place], {}) if name]
    found: list[str] = []
    for name, chosen in group.items():
        rest = {other: types[0] for other, types in group.items() if other != name}
        for each in chosen:
            found += way.name_types([place], {**rest, name: each})
    return [name for name in dict.fromkeys(found) if name]
