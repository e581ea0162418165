"""Rules from what a tool says of the calls of an operation."""

from __future__ import annotations

import contextlib
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from onnx import defs
from probing.asking import Ask
from probing.calls import Call, Specimen
from probing.differences import Difference, list_differences, read_default
from probing.models import (
    Types,
    build,
    find_parameter,
    fit,
    is_exhaustive,
    is_whole,
    list_assignments,
    list_parameters,
    list_types,
)

_MAX_SINGLE = 60
"""Up to how many combinations of element types are held against the conditions one by one."""

_TRIED = 5
"""In how many element types a call is tried before it counts as refused."""

_NEUTRAL = {"dilations": 1, "strides": 1, "pads": 0, "output_padding": 0}
"""What stands for every dimension where an attribute changes nothing."""

_BLAME = ("attribute", "present", "absent", "rank", "value")
"""What is blamed first when a call is refused that differs in more than one thing."""

_LEAST_NUMBER = -1e38
"""Every number is at least this: it asks that an attribute is there."""

_NOT_BUILT = (ValueError, TypeError, KeyError, OverflowError)

Rule = dict[str, Any]


@dataclass
class Probe:
    """Asks the tool about one version of an operation; ``notes`` are for whoever reads along.

    A brief search looks at all combinations of element types only where one that differs from the
    first in one type at most is taken.
    """

    schema: Any
    specimen: Specimen
    version: int
    ask: Ask
    notes: list[str]
    is_thorough: bool = True
    is_brief: bool = False
    said: str = ""

    def list_rules(self) -> list[Rule]:
        """The rules of this version, without bounds of versions; empty where nothing is taken."""
        rules: list[Rule] = []
        covered: set[frozenset[tuple[str, str]]] = set()
        for call in self._list_first_calls():
            self.said = ""
            taken = [
                types
                for types in self._list_taken(call)
                if not any(each <= frozenset(types.items()) for each in covered)
            ]
            covered |= {frozenset(types.items()) for types in taken}
            for given, some in self._split_by_storing(call, taken) if taken else ():
                rules += self._add_given(given, self._list_rules_of(call, some))
        if not rules:
            self.notes.append(f"nothing is taken: {self.said[:160]}")
        return rules

    def _split_by_storing(
        self, call: Call, taken: Sequence[Types]
    ) -> Iterator[tuple[tuple[int, ...], list[Types]]]:
        """Element types by the operands that the tool does not take from the file in them.

        Only brief searches look: of many tools all can be stored.
        """
        places = [
            place
            for place, operand in enumerate(call.operands)
            if operand.shape is not None and not operand.is_stored
        ]
        if not self.is_brief or not places:
            yield (), list(taken)
            return
        whole = _store(call, dict.fromkeys(places, True))
        self._prepare(whole, taken)
        refused = [types for types in taken if not self._is_taken(whole, types)]
        alike: dict[tuple[int, ...], list[Types]] = {}
        for types in taken:
            wrong = [
                place
                for place in (places if types in refused else ())
                if not self._is_taken(_store(call, {place: True}), types)
            ]
            alike.setdefault(tuple(wrong), []).append(types)
        yield from alike.items()

    def _add_given(self, places: Sequence[int], rules: Iterable[Rule]) -> Iterator[Rule]:
        conditions = [["given", str(place)] for place in places]
        for rule in rules:
            yield {**rule, "where": conditions + rule.get("where", [])} if conditions else rule

    def _list_rules_of(self, call: Call, taken: Sequence[Types]) -> Iterator[Rule]:
        """One rule for all element types that are under the same conditions."""
        most = _MAX_SINGLE if self.is_thorough else 0
        if not self._is_exhaustive(taken[0]) or len(taken) > most:
            conditions = self._list_conditions(call, taken)
            groups = group_types(taken) if self._is_exhaustive(taken[0]) else [merge_types(taken)]
            yield from (self._write(call, group, conditions) for group in groups)
            return
        alike: dict[str, tuple[list[list[Any]], list[Types]]] = {}
        for types in taken:
            conditions = self._list_conditions(call, [types])
            alike.setdefault(repr(conditions), (conditions, []))[1].append(types)
        for conditions, same in alike.values():
            yield from (self._write(call, group, conditions) for group in group_types(same))

    def _is_exhaustive(self, types: Types) -> bool:
        return is_exhaustive(list(types), list_types(self.schema))

    def _list_first_calls(self) -> Iterator[Call]:
        """The first call, with more and with less of it stored, and then the other ones."""
        first, *others = (fit(call, self.schema) for call in self.specimen.calls)
        yield first
        yield _store(first, dict.fromkeys(self.specimen.stored, True))
        everything = range(len(first.operands))
        yield _store(first, dict.fromkeys(everything, False))
        yield _store(first, {place: True for place in everything if place})
        yield from (call for call in others if call.change[0] != "attribute")
        yield from others

    def _list_taken(self, call: Call) -> list[Types]:
        parameters = self._list_free(call)
        allowed = list_types(self.schema)
        preferred = self.specimen.types
        first = {
            name: preferred[name] if preferred.get(name) in names else next(iter(names), "")
            for name, names in allowed.items()
        }
        if any(not allowed[name] for name in parameters):
            return []
        assigned = list(list_assignments(parameters, allowed, first))
        assigned.sort(key=lambda types: _count_changes(types, first))
        if self.is_brief:
            near = [types for types in assigned if _count_changes(types, first) <= 1]
            self._prepare(call, near)
            if not any(self._is_taken(call, types) for types in near):
                return []
        self._prepare(call, assigned)
        taken = [types for types in assigned if self._is_taken(call, types)]
        if len(assigned) <= 1 or not taken:
            return taken
        return sorted(taken, key=lambda types: _count_changes(types, first))

    def _list_free(self, call: Call) -> list[str]:
        names = list_parameters(call, self.schema, self.specimen.type_attributes)
        return [name for name in names if self.specimen.ties.get(name) not in names]

    def _prepare(self, call: Call, assigned: Sequence[Types]) -> None:
        """Tell a tool that answers many questions at once what it is going to be asked."""
        prepare = getattr(self.ask, "prepare", None)
        if prepare is None:
            return
        models = []
        for types in assigned:
            with contextlib.suppress(*_NOT_BUILT):
                models.append(self._build(call, types))
        prepare(models)

    def _build(self, call: Call, types: Types) -> bytes:
        full = {**types, **{k: types[v] for k, v in self.specimen.ties.items() if v in types}}
        names = list_parameters(call, self.schema, self.specimen.type_attributes)
        allowed = list_types(self.schema)
        full = {**{n: next(iter(allowed[n]), "") for n in names if n not in full}, **full}
        return build(call, self.schema, full, self.specimen.type_attributes, self.version)

    def _is_taken(self, call: Call, types: Types) -> bool:
        try:
            model = self._build(call, types)
        except _NOT_BUILT as error:
            if self.specimen.calls[0] is call:
                self.notes.append(f"not built: {call.change} {types}: {error!r}")
            return False
        self.said = self.ask(model)
        return not self.said

    def _is_taken_in_some(self, call: Call, taken: Sequence[Types]) -> bool:
        return any(self._is_taken(call, types) for types in _choose(taken))

    def _list_conditions(self, first: Call, taken: Sequence[Types]) -> list[list[Any]]:
        found = [*self._ask_constants(first, taken)]
        most = self._ask_outputs(first, taken)
        if most is not None:
            found.append(["absent", f"out{most}"])
        judged: list[tuple[list[Difference], bool]] = []
        for whole in self.specimen.calls:
            call = self._dress(fit(whole, self.schema), first)
            if call.outputs > (most or call.outputs) or not self._is_asked(whole):
                continue
            differences = list(list_differences(first, call))
            if not differences:
                continue
            is_taken = self._is_taken_in_some(call, taken)
            judged.append((differences, is_taken))
            if is_taken:
                found += self._ask_further_constants(first, call, taken)
            else:
                self.notes.append(f"{differences} refused: {self.said[:120]}")
        found += list(self._write_blamed(first, judged))
        return [each for index, each in enumerate(found) if each not in found[:index]]

    def _is_asked(self, call: Call) -> bool:
        """Whether this version has what the call is about."""
        if call.change[:1] == ("attribute",):
            return call.change[1] in self.schema.attributes
        return is_whole(call, self.schema)

    def _write_blamed(
        self, first: Call, judged: Sequence[tuple[list[Difference], bool]]
    ) -> Iterator[list[Any]]:
        """A condition for each difference that is in refused calls alone."""
        innocent = {repr(each) for differences, taken in judged if taken for each in differences}
        blamed: list[Difference] = []
        for differences, is_taken in judged:
            left = [each for each in differences if repr(each) not in innocent]
            if not is_taken and left:
                blamed.append(min(left, key=lambda each: _BLAME.index(each[0])))
            elif not is_taken:
                self.notes.append(f"{differences}: refused and not said")
        values: dict[str, list[Any]] = defaultdict(list)
        ranks: dict[int, set[int]] = defaultdict(set)
        for kind, where, what in blamed:
            if kind == "attribute":
                values[where].append(what)
            elif kind == "rank":
                ranks[where].add(what)
            elif kind in ("present", "absent"):
                yield ["absent" if kind == "present" else "present", str(where)]
        for name, refused in values.items():
            accepted = any(
                each[0] == "attribute" and each[1] == name
                for differences, taken in judged
                if taken
                for each in differences
            )
            yield self._write_attribute(name, refused, is_accepted=accepted)
        for place, numbers in list(ranks.items())[:1]:
            yield ["rank", str(place), "not in", sorted(numbers)]

    def _dress(self, call: Call, first: Call) -> Call:
        """The call with those operands stored that the first one stores."""
        return _store(
            call,
            {
                place: operand.is_stored
                for place, operand in enumerate(first.operands)
                if operand.shape is not None
            },
        )

    def _ask_constants(self, first: Call, taken: Sequence[Types]) -> Iterator[list[Any]]:
        for place, operand in enumerate(first.operands):
            if operand.is_stored and not self._is_taken_in_some(
                _store(first, {place: False}), taken
            ):
                yield ["constant", str(place)]

    def _ask_further_constants(
        self, first: Call, call: Call, taken: Sequence[Types]
    ) -> Iterator[list[Any]]:
        """Operands that only this call has, and that must be stored."""
        for place, operand in enumerate(call.operands):
            is_new = place >= len(first.operands) or first.operands[place].shape is None
            if not (is_new and operand.is_stored):
                continue
            if not self._is_taken_in_some(_store(call, {place: False}), taken):
                yield ["constant", str(place)]

    def _ask_outputs(self, first: Call, taken: Sequence[Types]) -> int | None:
        """The first output that the tool does not give; None where it gives all."""
        formal = self.schema.outputs
        if any(each.option == defs.OpSchema.FormalParameterOption.Variadic for each in formal):
            return None
        for count in range(first.outputs + 1, len(formal) + 1):
            if not self._is_taken_in_some(replace(first, outputs=count), taken):
                return count - 1
        return None

    def _write_attribute(self, name: str, refused: list[Any], *, is_accepted: bool) -> list[Any]:
        """The condition; where the tool takes no value but the default, that alone is taken."""
        default = read_default(self.schema.attributes[name].default_value)
        if None in refused:
            return ["attribute", name, "at least", _LEAST_NUMBER]
        if name in _NEUTRAL and not is_accepted:
            plain = [[_NEUTRAL[name]] * count for count in range(1, 4)]
            return ["attribute", name, "in", plain, plain[1]]
        if default is None:
            return (
                ["attribute", name, "not in", refused]
                if is_accepted
                else ["attribute", name, "absent"]
            )
        if is_accepted or default in refused:
            return ["attribute", name, "not in", refused, default]
        return ["attribute", name, "is", default, default]

    def _write(
        self, call: Call, group: Mapping[str, Sequence[str]], conditions: list[list[Any]]
    ) -> Rule:
        rule: Rule = {}
        tied = {name: group[to] for name, to in self.specimen.ties.items() if to in group}
        known = {**group, **tied}
        for key, formal, count in (
            ("inputs", self.schema.inputs, len(self.schema.inputs)),
            ("outputs", self.schema.outputs, len(self.schema.outputs)),
        ):
            places = {}
            for place in range(count):
                parameter = find_parameter(formal, place)
                many = parameter.option == defs.OpSchema.FormalParameterOption.Variadic
                if parameter.type_str in known:
                    places["*" if many else str(place)] = list(known[parameter.type_str])
            inputs = rule.get("inputs", {})
            if key == "outputs":
                said = {tuple(each) for each in inputs.values()}
                places = {p: each for p, each in places.items() if tuple(each) not in said}
            if places:
                rule[key] = places
        if conditions:
            rule["where"] = conditions
        return rule


def group_types(taken: Sequence[Types]) -> list[dict[str, list[str]]]:
    """Products of lists of element types that cover exactly what is taken."""
    names = list(taken[0])
    if not names:
        return [{}]
    if len(names) == 1:
        return [{names[0]: [types[names[0]] for types in taken]}]
    rest: dict[str, list[Types]] = defaultdict(list)
    for types in taken:
        rest[types[names[0]]].append({name: types[name] for name in names[1:]})
    alike: dict[tuple[Any, ...], list[str]] = defaultdict(list)
    for value, others in rest.items():
        key = tuple(sorted(tuple(sorted(other.items())) for other in others))
        alike[key].append(value)
    found = []
    for key, values in alike.items():
        for group in group_types(
            [{name: dict(other)[name] for name in names[1:]} for other in key]
        ):
            found.append({names[0]: values, **group})
    return found


def merge_types(taken: Sequence[Types]) -> dict[str, list[str]]:
    """The product of what is taken where one type at a time was changed."""
    return {name: list(dict.fromkeys(types[name] for types in taken)) for name in taken[0]}


def _count_changes(types: Types, first: Types) -> int:
    return sum(types[name] != first[name] for name in types)


def _choose(taken: Sequence[Types]) -> list[Types]:
    """A few combinations of types in which a call is tried: of floats, of integers, of others."""
    found: dict[tuple[str, ...], Types] = {}
    for types in taken:
        found.setdefault(tuple(each[:1] for each in types.values()), types)
    return list(found.values())[:_TRIED]


def _store(call: Call, stored: Mapping[int, bool]) -> Call:
    operands = list(call.operands)
    for place, is_stored in stored.items():
        if place < len(operands) and operands[place].shape is not None:
            operands[place] = operands[place].store(stored=is_stored)
    return replace(call, operands=tuple(operands))
