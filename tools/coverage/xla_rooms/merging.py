"""Fewer rules for the element types in which calls of an operation are taken."""

from __future__ import annotations

import itertools
from collections.abc import Collection, Sequence

from probing.stablehlo import Call
from writing import Rule

Types = tuple[str, ...]
Product = tuple[frozenset[str], ...]


def merge_calls(taken: Sequence[Call], asked: Sequence[Call], listed: Sequence[Call]) -> list[Rule]:
    """Rules that hold for the calls that are taken, and for no other one of those ``asked``.

    Operands that have the same type in all of these have it in every file; of those that are only
    ``listed`` there is none. Where an operand was asked about apart from the others, what is taken
    of each is taken together.
    """
    if taken[0].is_open:
        return [Rule()]
    places = _list_places(taken[0])
    if not places:
        return [Rule()]
    classes = _list_classes([_list_types(call) for call in asked])
    known = {_pick(_list_types(call), classes) for call in taken}
    refused = {_pick(_list_types(call), classes) for call in asked} - known
    never = {_pick(_list_types(call), classes) for call in listed} - refused
    merged = _merge([tuple(frozenset({name}) for name in each) for each in sorted(known)])
    is_apart = any(call.is_apart for call in taken)
    joined = _join(merged, refused, None if is_apart else known | never)
    return [_write(product, places, classes) for product in joined]


def _merge(products: Sequence[Product]) -> list[Product]:
    """Join what differs in one class of operands, until nothing does."""
    found = list(products)
    while True:
        before = len(found)
        for index in reversed(range(len(found[0]))):
            rest: dict[Product, frozenset[str]] = {}
            for product in found:
                key = (*product[:index], *product[index + 1 :])
                rest[key] = rest.get(key, frozenset()) | product[index]
            found = [(*key[:index], names, *key[index:]) for key, names in rest.items()]
        if len(found) == before:
            return found


def _join(
    products: Sequence[Product], refused: Collection[Types], allowed: Collection[Types] | None
) -> list[Product]:
    """Join what then has nothing that is refused, and nothing but what is allowed."""
    found: list[Product] = []
    for product in products:
        for index, other in enumerate(found):
            joined = tuple(mine | theirs for mine, theirs in zip(other, product, strict=True))
            within = list(itertools.product(*joined))
            is_allowed = allowed is None or all(types in allowed for types in within)
            if is_allowed and not any(types in refused for types in within):
                found[index] = joined
                break
        else:
            found.append(product)
    return found


def _list_places(call: Call) -> list[tuple[str, bool]]:
    """The places of operands that have element types, and whether they are results."""
    inputs = [(str(place), False) for place, name in enumerate(call.inputs) if name]
    return inputs + [(str(place), True) for place, name in enumerate(call.outputs) if name]


def _list_types(call: Call) -> Types:
    return tuple(name for name in (*call.inputs, *call.outputs) if name)


def _list_classes(rows: Sequence[Types]) -> list[list[int]]:
    """Columns that are equal in all rows together."""
    columns: dict[Types, list[int]] = {}
    for index, column in enumerate(zip(*rows, strict=True)):
        columns.setdefault(tuple(column), []).append(index)
    return list(columns.values())


def _pick(types: Types, classes: Sequence[Sequence[int]]) -> Types:
    return tuple(types[columns[0]] for columns in classes)


def _write(
    product: Product, places: Sequence[tuple[str, bool]], classes: Sequence[Sequence[int]]
) -> Rule:
    """The rule; ``*`` where all inputs are of the same types."""
    inputs, outputs = {}, {}
    for names, columns in zip(product, classes, strict=True):
        for column in columns:
            place, is_result = places[column]
            (outputs if is_result else inputs)[place] = names
    if len(inputs) > 1 and len(set(inputs.values())) == 1:
        inputs = {"*": inputs["0"]}
    return Rule(inputs=inputs, outputs=outputs)
