"""Rules as generators of coverage tables make them: merged, and written one operation a line."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

_NAMED_FROM = 3
"""Lists of element types that long are given a name, where they stand twice or more often."""

_LONG = 24

Types = Mapping[str, frozenset[str]]


@dataclass(frozen=True)
class Rule:
    """One rule; ``where`` holds conditions as JSON texts, so that rules can be compared."""

    since: int | None = None
    until: int | None = None
    inputs: Types = field(default_factory=dict)
    outputs: Types = field(default_factory=dict)
    where: tuple[str, ...] = ()
    arch: str = ""
    limit: str = ""


def merge(rules: Iterable[Rule]) -> list[Rule]:
    """Fewer rules that say the same: in order of versions, the types of like rules together."""
    found = list(rules)
    while True:
        merged = _merge_once(found)
        if len(merged) == len(found):
            return sorted(merged, key=lambda rule: (rule.since or 0, rule.until or 1 << 30))
        found = merged


def _merge_once(rules: list[Rule]) -> list[Rule]:
    """One round: the first two rules that differ in one thing alone become one, and so on."""
    kept: list[Rule] = []
    for rule in rules:
        for index, other in enumerate(kept):
            both = _join(other, rule)
            if both is not None:
                kept[index] = both
                break
        else:
            kept.append(rule)
    return kept


def _join(one: Rule, other: Rule) -> Rule | None:
    """One rule in place of two, where that says neither more nor less."""
    if one == other:
        return one
    if (one.where, one.arch, one.limit) != (other.where, other.arch, other.limit):
        return None
    if (one.inputs, one.outputs) == (other.inputs, other.outputs):
        if one.until is not None and other.since == one.until + 1:
            return replace(one, until=other.until)
        return None
    if (one.since, one.until) != (other.since, other.until):
        return None
    return _join_types(one, other)


def _join_types(one: Rule, other: Rule) -> Rule | None:
    """Two rules whose types differ in one place, or in places that always have the same."""
    if one.inputs.keys() != other.inputs.keys() or one.outputs.keys() != other.outputs.keys():
        return None
    changed = {
        (one.inputs[place], other.inputs[place])
        for place in one.inputs
        if one.inputs[place] != other.inputs[place]
    } | {
        (one.outputs[place], other.outputs[place])
        for place in one.outputs
        if one.outputs[place] != other.outputs[place]
    }
    if len(changed) != 1:
        return None
    ((mine, theirs),) = changed
    both = mine | theirs
    return replace(
        one,
        inputs={p: both if types == mine else types for p, types in one.inputs.items()},
        outputs={p: both if types == mine else types for p, types in one.outputs.items()},
    )


def read_table(file: Path) -> dict[str, dict[str, list[Rule]]]:
    """The rules of a table that was rendered, by operation set and operation."""
    table = json.loads(file.read_text(encoding="utf-8"))
    named = table.get("rules", {})
    return {
        dialect: {
            name: [
                _read(written, table["types"])
                for written in (named[rules] if isinstance(rules, str) else rules)
            ]
            for name, rules in found.items()
        }
        for dialect, found in table["sets"].items()
    }


def _read(written: Mapping[str, Any], names: Mapping[str, list[str]]) -> Rule:
    """A rule from what stands in the file."""
    types = {
        key: {
            place: frozenset(names[each] if isinstance(each, str) else each)
            for place, each in written.get(key, {}).items()
        }
        for key in ("inputs", "outputs")
    }
    return Rule(
        written.get("since"),
        written.get("until"),
        types["inputs"],
        types["outputs"],
        tuple(json.dumps(condition) for condition in written.get("where", ())),
        written.get("arch", ""),
        written.get("limit", ""),
    )


def render_table(
    header: Mapping[str, Any],
    sets: Mapping[str, Mapping[str, list[Rule]]],
    *,
    names_rules: bool = False,
) -> str:
    """The table as JSON, an operation on each line, so that releases can be compared.

    Rules that several operations have in common stand by name where this is asked.
    """
    names = _name_types(sets)
    types = {name: sorted(found) for found, name in names.items()}
    lines = [f" {json.dumps(key)}: {json.dumps(value)}" for key, value in header.items()]
    lines.append(f' "types": {_render_lines(types, 1)}')
    written: dict[str, dict[str, Any]] = {
        dialect: {name: [_write(rule, names) for rule in rules] for name, rules in found.items()}
        for dialect, found in sets.items()
        if found
    }
    if names_rules:
        named = _name_rules(written)
        lines.append(f' "rules": {_render_lines({n: json.loads(t) for t, n in named.items()}, 1)}')
        for found in written.values():
            found.update({n: named.get(json.dumps(rules), rules) for n, rules in found.items()})
    inner = ",\n".join(
        f"  {json.dumps(name)}: {_render_lines(found, 2)}" for name, found in written.items()
    )
    lines.append(f' "sets": {{\n{inner}}}')
    return "{\n" + ",\n".join(lines) + "}\n"


def _render_lines(found: Mapping[str, Any], depth: int) -> str:
    pad = " " * (depth + 1)
    return (
        "{\n"
        + ",\n".join(
            f"{pad}{json.dumps(name)}: {json.dumps(found[name])}" for name in sorted(found)
        )
        + "}"
    )


def _name_types(sets: Mapping[str, Mapping[str, list[Rule]]]) -> dict[frozenset[str], str]:
    """Names for the long lists of element types that stand in several places, the usual first."""
    counts = Counter(
        types
        for found in sets.values()
        for rules in found.values()
        for rule in rules
        for types in (*rule.inputs.values(), *rule.outputs.values())
        if len(types) >= _NAMED_FROM
    )
    usual = sorted(counts.items(), key=lambda item: (-item[1], sorted(item[0])))
    return {types: f"types{index}" for index, (types, count) in enumerate(usual, 1) if count > 1}


def _name_rules(written: Mapping[str, Mapping[str, Any]]) -> dict[str, str]:
    """Names for what stands for several operations and is longer than a name, the usual first."""
    counts = Counter(json.dumps(rules) for found in written.values() for rules in found.values())
    usual = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    common = [text for text, count in usual if count > 1 and len(text) > _LONG]
    return {text: f"rules{index}" for index, text in enumerate(common, 1)}


def _write(rule: Rule, names: Mapping[frozenset[str], str]) -> dict[str, Any]:
    """A rule as it stands in the file, without what it leaves open."""
    written = {
        "since": rule.since,
        "until": rule.until,
        "inputs": _write_types(rule.inputs, names),
        "outputs": _write_types(rule.outputs, names),
        "where": [json.loads(condition) for condition in rule.where],
        "arch": rule.arch,
        "limit": rule.limit,
    }
    return {key: value for key, value in written.items() if value or value == 0}


def _write_types(types: Types, names: Mapping[frozenset[str], str]) -> dict[str, Any]:
    return {place: names.get(found) or sorted(found) for place, found in sorted(types.items())}
