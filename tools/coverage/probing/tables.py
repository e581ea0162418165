"""Coverage tables as their files hold them, from rules by version."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Any

from probing.asking import Ask
from probing.calls import Specimen, load_specimens
from probing.inferring import Probe, Rule
from probing.schemas import list_schemas

Rules = dict[str, list[Rule]]


def ask_all(
    ask: Ask,
    versions: tuple[int, int],
    notes: list[str],
    domain: str = "",
    *,
    is_thorough: bool = True,
    operations: Collection[str] = (),
) -> Rules:
    """The rules of all operations of a set that there are specimens of, for versions of the set.

    A thorough search holds each element type against each condition by itself. Where
    ``operations`` are named, these alone are asked, and those without rules are there too.
    """
    specimens = load_specimens(domain)
    found = {}
    for name, schemas in list_schemas(domain).items():
        if operations and name not in operations:
            continue
        known = specimens.get(name, ())
        rules = ask_operation(ask, schemas, known, versions, notes, is_thorough=is_thorough)
        if rules or operations:
            found[name] = rules
    return found


def ask_operation(
    ask: Ask,
    schemas: Sequence[Any],
    specimens: Sequence[Specimen],
    versions: tuple[int, int],
    notes: list[str],
    *,
    is_thorough: bool = True,
    is_brief: bool = False,
) -> list[Rule]:
    """The rules of one operation, by its schemas and specimens from the oldest on."""
    least, most = versions
    rules: list[Rule] = []
    for index, schema in enumerate(schemas):
        later = schemas[index + 1].since_version - 1 if index + 1 < len(schemas) else most
        until = min(later, most)
        if until < least or schema.since_version > most or schema.deprecated:
            continue
        fitting = [each for each in specimens if each.since <= schema.since_version]
        if not fitting:
            continue
        said: list[str] = []
        version = max(least, schema.since_version)
        probe = Probe(schema, fitting[-1], version, ask, said, is_thorough, is_brief)
        made = probe.list_rules()
        notes += [f"{schema.name} {version}: {each}" for each in said]
        add_rules(rules, made, version, until)
    return rules


def add_rules(rules: list[Rule], made: Sequence[Rule], since: int, until: int) -> None:
    """Put the rules of further versions behind; alike ones of the versions before grow."""
    before = [rule for rule in rules if rule.get("until") == since - 1]
    if before and [_strip(rule) for rule in before] == list(made):
        for rule in before:
            rule["until"] = until
        return
    rules += [{"since": since, "until": until, **rule} for rule in made]


def open_ends(rules: Rules, latest: int) -> Rules:
    """The rules of the latest version for those to come, of a tool that takes these as that one."""
    return {
        name: [
            {key: value for key, value in rule.items() if (key, value) != ("until", latest)}
            for rule in each
        ]
        for name, each in rules.items()
    }


def _strip(rule: Rule) -> Rule:
    return {key: value for key, value in rule.items() if key not in ("since", "until")}


def read_table(file: Path) -> dict[str, Rules]:
    """The rules of a table that was written, whatever stands by name in full; none without one."""
    if not file.exists():
        return {}
    table = json.loads(file.read_text(encoding="utf-8"))
    types, named = table.get("types", {}), table.get("rules", {})

    def state(rule: Rule) -> Rule:
        places = {
            key: {
                place: types[each] if isinstance(each, str) else each
                for place, each in rule[key].items()
            }
            for key in ("inputs", "outputs")
            if key in rule
        }
        return {**rule, **places}

    return {
        domain: {
            name: [state(rule) for rule in (named[each] if isinstance(each, str) else each)]
            for name, each in rules.items()
        }
        for domain, rules in table["sets"].items()
    }


def renew(known: Mapping[str, Rules], asked: Mapping[str, Rules]) -> dict[str, Rules]:
    """The rules that are known, those of all operations that were asked in place of older ones.

    A set of which nothing is taken stays: it is known that nothing is.
    """
    found = {}
    for name in dict.fromkeys((*known, *asked)):
        rules = {**known.get(name, {}), **asked.get(name, {})}
        found[name] = {operation: each for operation, each in rules.items() if each}
    return found


def write_table(
    header: Mapping[str, Any], sets: Mapping[str, Rules], *, names_rules: bool = False
) -> str:
    """The text of the file: an operation a line, lists of element types by name.

    An operation without rules is left out; a set without operations stands, as one that is known.

    Lists of rules that several operations have in common stand by name, too, where this is asked.
    """
    names = _name_types(sets)
    lines = [json.dumps(key) + ": " + json.dumps(value) for key, value in header.items()]
    types = {name: list(types) for types, name in names.items()}
    if types or not names_rules:
        lines.append('"types": ' + _write_lines(types))
    texts = {
        domain: {
            name: json.dumps([_shorten(rule, names) for rule in each], ensure_ascii=False)
            for name, each in rules.items()
            if each
        }
        for domain, rules in sets.items()
    }
    named = _name_rules(texts) if names_rules else {}
    if named:
        lines.append('"rules": ' + _write_lines({n: json.loads(t) for t, n in named.items()}))
    written = []
    for domain, rows_by_name in texts.items():
        rows = [
            f"  {json.dumps(name)}: {json.dumps(named[text]) if text in named else text}"
            for name, text in sorted(rows_by_name.items())
        ]
        written.append(f" {json.dumps(domain)}: {{\n" + ",\n".join(rows) + "}")
    lines.append('"sets": {\n' + ",\n".join(written) + "}")
    return "{" + ",\n".join(lines) + "}\n"


def _write_lines(found: Mapping[str, Any]) -> str:
    body = ",\n".join(
        f"  {json.dumps(name)}: {json.dumps(value, ensure_ascii=False)}"
        for name, value in found.items()
    )
    return "{\n" + body + "}"


def _name_rules(texts: Mapping[str, Mapping[str, str]]) -> dict[str, str]:
    """Names for lists of rules that stand more than once and are longer than a name."""
    count = Counter(text for rows in texts.values() for text in rows.values())
    common = [text for text, number in count.most_common() if number > 1 and len(text) > 24]
    return {text: f"R{index}" for index, text in enumerate(common, 1)}


def _list_types(rule: Rule) -> list[tuple[str, ...]]:
    return [tuple(each) for key in ("inputs", "outputs") for each in rule.get(key, {}).values()]


def _name_types(sets: Mapping[str, Rules]) -> dict[tuple[str, ...], str]:
    """Names for the lists of element types that stand more than twice."""
    count = Counter(
        types
        for rules in sets.values()
        for each in rules.values()
        for rule in each
        for types in _list_types(rule)
    )
    common = [types for types, number in count.most_common() if number > 2 and len(types) > 1]
    return {types: f"T{index}" for index, types in enumerate(common, 1)}


def _shorten(rule: Rule, names: Mapping[tuple[str, ...], str]) -> Rule:
    short = dict(rule)
    for key in ("inputs", "outputs"):
        if key in rule:
            short[key] = {p: names.get(tuple(t), list(t)) for p, t in rule[key].items()}
    return short
