"""Write the coverage tables of tools whose projects publish a list: as ``published`` has it.

    python tools/coverage/listed.py NAME [NAME ...] cyborg_rr/catalogue/coverage

NAME is that of a file in ``tools/coverage/published``, which holds the facts of one published page:
names of operations and what the page asks of each, no text of it. README.rst there says how. One
file may make several tables, of parts or releases that differ in little.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import yaml
from probing.tables import Rules, write_table

PUBLISHED = Path(__file__).parent / "published"
_HEADER = ("release", "date", "source", "otherwise")
_OPTIONAL = ("host", "unfolded")
_RULE = frozenset({"since", "until", "inputs", "outputs", "where", "arch", "limit"})


def make_tables(document: dict[str, Any], name: str) -> dict[str, str]:
    """The text of each table of a page, by its name."""
    variants = document.get("tables") or {name: {}}
    return {table: _make_table(document, table, changes) for table, changes in variants.items()}


def _make_table(document: dict[str, Any], table: str, changes: dict[str, Any]) -> str:
    types = {**document.get("types", {}), **changes.get("types", {})}
    sets: dict[str, Rules] = {}
    for dialect, entries in document["sets"].items():
        rules = sets.setdefault(dialect, {})
        for entry in (each for each in entries if table in each.get("only", [table])):
            for operation in entry["names"]:
                rules.setdefault(operation, []).append(_make_rule(entry, types, operation))
    header = {key: changes.get(key, document[key]) for key in _HEADER}
    header |= {key: document[key] for key in _OPTIONAL if key in document}
    return write_table(header, sets, names_rules=True)


def _make_rule(entry: dict[str, Any], types: dict[str, Any], operation: str) -> dict[str, Any]:
    unknown = entry.keys() - _RULE - {"names", "only"}
    if unknown:
        raise ValueError(f"{operation}: unknown keys {sorted(unknown)}")
    rule = {key: value for key, value in entry.items() if key in _RULE}
    for key in ("inputs", "outputs"):
        if key in rule:
            places = rule[key] if isinstance(rule[key], dict) else {"*": rule[key]}
            rule[key] = {
                str(place): list(types[found] if isinstance(found, str) else found)
                for place, found in places.items()
            }
    return rule


def main() -> None:
    """Write the tables of each page into a folder."""
    *names, folder = sys.argv[1:]
    for name in names:
        document = yaml.safe_load((PUBLISHED / f"{name}.yaml").read_text(encoding="utf-8"))
        for table, text in make_tables(document, name).items():
            (Path(folder) / f"{table}.json").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
