"""Rules from what the compiler for each of several targets said against the calls of specimens."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from probing.asking import DIED
from probing.stablehlo import Call
from writing import Rule
from xla_rooms.merging import merge_calls

UNSTATED = '["unstated"]'

NOT_ASKED = "not asked"

Answers = Mapping[str, Mapping[Call, str]]
"""What was said against calls, by target; those that a target was not asked about are left out."""

Where = tuple[str, ...]

Key = tuple[str, bool]
"""The architecture of a rule, and whether it leaves open if the call is taken."""


@dataclass(frozen=True)
class Targets:
    """The targets of one table; of a ladder each takes at least what the ones before it take."""

    names: tuple[str, ...]
    is_ladder: bool


def fold(calls: Sequence[Call], answers: Answers, targets: Targets) -> list[Rule]:
    """The rules of one operation, from all its calls."""
    groups: dict[Where, dict[Key, list[Call]]] = {}
    asked: dict[Where, list[Call]] = {}
    for call in calls:
        found = groups.setdefault(call.where, {})
        for key in _judge(call, answers, targets):
            found.setdefault(key, []).append(call)
        if any(call in said for said in answers.values()):
            asked.setdefault(call.where, []).append(call)
    listed = {where: [call for call in calls if call.where == where] for where in groups}
    rules = {
        where: _write_group(found, asked.get(where, ()), listed[where])
        for where, found in groups.items()
    }
    known = list(map(repr, rules.values()))
    if len(known) > 1 and len(set(known)) == 1:
        return next(iter(rules.values()))  # it does not hang on the conditions
    joined = _join_values(rules)
    return [replace(rule, where=(*where, *rule.where)) for where, each in joined for rule in each]


def _judge(call: Call, answers: Answers, targets: Targets) -> list[Key]:
    """The architectures of rules for the call, and whether these leave open if it is taken."""
    said = {name: answers[name][call] for name in targets.names if call in answers[name]}
    if any(text in (DIED, NOT_ASKED) for text in said.values()):
        return [("", True)]
    names = list(said)
    taken = [name for name in names if not said[name]]
    if len(taken) == len(names):
        return [("", False)] if names else []
    if not targets.is_ladder:
        return [(name, False) for name in taken]
    least = next((i for i in range(len(names)) if taken == names[i:]), None)
    return [] if not taken or least is None else [(names[least], False)]


def _write_group(
    found: Mapping[Key, Sequence[Call]], asked: Sequence[Call], listed: Sequence[Call]
) -> list[Rule]:
    """Rules without the conditions that all these calls have; open ones stand last."""
    rules = []
    for (arch, is_open), calls in sorted(found.items(), key=lambda item: (item[0][1], item[0][0])):
        where = (UNSTATED,) if is_open else ()
        plain = [call for call in calls if not call.is_spread]
        made = merge_calls(plain, asked, listed) if plain else []
        if len(plain) < len(calls):
            made.append(_write_spread([call for call in calls if call.is_spread]))
        rules += [replace(rule, where=where, arch=arch) for rule in made]
    return rules


def _write_spread(calls: Sequence[Call]) -> Rule:
    """One rule for operands in any number."""
    inputs = frozenset(name for call in calls for name in call.inputs if name)
    outputs = frozenset(name for call in calls for name in call.outputs if name)
    return Rule(inputs={"*": inputs}, outputs={"*": outputs})


def _join_values(rules: Mapping[Where, list[Rule]]) -> list[tuple[Where, list[Rule]]]:
    """Groups with the same rules that differ in the value of an attribute alone become one."""
    joined: dict[tuple[str, Where], tuple[list[Rule], list[str]]] = {}
    for where, each in rules.items():
        if not each:
            continue
        values = [json.loads(text)[3] for text in where if _is_value(text)][:1]
        masked = tuple(_mask(text) if _is_value(text) else text for text in where)
        key = repr(each), masked if values else where
        joined.setdefault(key, (each, []))[1].extend(values)
    return [
        (tuple(_unmask(text, values) for text in masked), each)
        for (_, masked), (each, values) in joined.items()
    ]


def _is_value(text: str) -> bool:
    condition = json.loads(text)
    return condition[0] == "attribute" and condition[2] == "is" and isinstance(condition[3], str)


def _mask(text: str) -> str:
    return json.dumps(["attribute", json.loads(text)[1], "in"])


def _unmask(text: str, values: Sequence[str]) -> str:
    condition = json.loads(text)
    if condition[0] != "attribute" or condition[2:] != ["in"]:
        return text
    return json.dumps(
        [*condition[:2], *(["is", values[0]] if len(values) == 1 else ["in", [*values]])]
    )
