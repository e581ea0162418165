"""Each fact that ships says where it is from and when that was read, and none is recalled."""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest
import yaml

from cyborg_rr.catalogue.coverages import Coverages
from cyborg_rr.catalogue.coverages import read_shipped as read_table_that_ships
from cyborg_rr.catalogue.loading import read_shipped
from cyborg_rr.catalogue.tables import NamedToolchain, Table, read_table
from cyborg_rr.domain.representation.toolchain import OperationCoverage, Toolchain

TEXTS = dict(read_shipped())
CATALOGUE = Path(__file__).parents[3] / "cyborg_rr" / "catalogue"
REGISTER = yaml.safe_load((CATALOGUE / "sources.yaml").read_text())
PRACTICE = yaml.safe_load(TEXTS["practice.yaml"])
DATE = re.compile(r"\b20\d\d-[01]\d(?:-[0-3]\d)?\b")

SAYS_NOTHING = (OperationCoverage(), OperationCoverage("unknown"))
"""What covers all that nobody excluded, or says that nobody knows, is no fact."""

IDENTITY = frozenset({"id", "name", "sources", "target", "yields_ir", "release", "runtime"})
"""What a toolchain is called and is for, what executes it, and of which release its facts are."""


def read_tables() -> Iterator[Table]:
    return (read_table(text, name) for name, text in TEXTS.items() if name.endswith(".yaml"))


TABLES = list(read_tables())
TOOLCHAINS = {entry.toolchain.id: entry for table in TABLES for entry in table.toolchains}
VERSION = next(table.version for table in TABLES if table.version)
NEWEST = "-".join(VERSION.split(".")[:2])
"""The month of the catalogue: nothing in it was read later."""


def list_facts(entry: NamedToolchain) -> list[str]:
    """The facts that a toolchain states, beside what it is called."""
    plain = Toolchain("x", "x", ())
    stated = []
    for fact in fields(Toolchain):
        value = getattr(entry.toolchain, fact.name)
        if fact.name in IDENTITY or (fact.name != "takes" and value == getattr(plain, fact.name)):
            continue
        if fact.name != "operations" or value not in SAYS_NOTHING:
            stated.append(fact.name)
    return stated


def check_date(text: str, place: str) -> None:
    dates = DATE.findall(text)
    assert dates, f"{place}: no date in {text!r}"
    assert max(dates)[:7] <= NEWEST, f"{place}: {max(dates)} is later than catalogue {VERSION}"


@pytest.mark.parametrize("name", sorted(TOOLCHAINS))
def test_every_fact_of_a_toolchain_has_a_source_and_a_date(name: str) -> None:
    entry = TOOLCHAINS[name]
    sources = entry.toolchain.sources
    missing = [fact for fact in list_facts(entry) if len(sources.get(fact, "")) < 5]
    assert missing == [], f"{name}: no source for {missing}"
    if entry.checked:
        check_date(entry.checked, name)
    for fact, text in sources.items():
        check_date(f"{entry.checked} {text}", f"{name}.{fact}")


@pytest.mark.parametrize("name", sorted(TEXTS))
def test_nothing_is_recalled(name: str) -> None:
    assert "recalled" not in TEXTS[name]


def test_every_practice_says_where_it_is_from_and_when_that_was_read() -> None:
    stated = {name: entry["source"] for name, entry in PRACTICE["practice"].items()}
    for name, text in stated.items():
        check_date(text, name)
        assert "https://" in text or " at " in text, name
    assert stated


def test_every_source_of_a_device_is_registered_with_its_date() -> None:
    known = sorted(REGISTER["sources"], key=len, reverse=True)
    used = set()
    for row in csv.DictReader(TEXTS["devices.csv"].splitlines()):
        assert row["source"], row["id"]
        for source in row["source"].split(";"):
            key = next((key for key in known if source.startswith(key)), None)
            assert key is not None, f"{row['id']}: {source!r} stands not in sources.yaml"
            used.add(key)
    assert used == set(known), "sources that no device has"


def test_every_fact_of_an_architecture_has_a_source() -> None:
    (facts,) = [table.architectures for table in TABLES if table.architectures.families]
    starts = tuple(REGISTER["native_element_types"])
    assert [name for name in facts.native_element_types if not name.startswith(starts)] == []
    for start in starts:
        assert any(name.startswith(start) for name in facts.native_element_types), start
    stated = {key.name for key in fields(facts) if getattr(facts, key.name)}
    assert stated - {"native_element_types"} <= set(REGISTER["others"])
    for known in (*facts.families.values(), *facts.derived_rates):
        assert len(known.source) > 5


def test_every_entry_of_the_register_has_a_date() -> None:
    for group in REGISTER.values():
        for key, entry in group.items():
            assert entry.keys() == {"what", "read"}, key
            check_date(entry["read"], key)


@pytest.mark.parametrize("name", sorted(Coverages().names))
def test_a_table_is_of_a_release_that_a_toolchain_of_it_names(name: str) -> None:
    table = read_table_that_ships(name).table
    check_date(table.date, name)
    users = [entry for entry in TOOLCHAINS.values() if entry.toolchain.operations.table == name]
    releases = [entry.toolchain.release for entry in users if entry.toolchain.release]
    if releases and any(character.isdigit() for character in table.release):
        assert any(table.release.startswith(release) for release in releases), releases


def list_rules(written: Any) -> Iterator[dict[str, Any]]:
    named = written.get("rules", {})
    for operations in written["sets"].values():
        for each in operations.values():
            yield from named[each] if isinstance(each, str) else each


@pytest.mark.parametrize("name", sorted(Coverages().names))
def test_a_toolchain_claims_the_types_that_its_table_takes(name: str) -> None:
    written = json.loads((CATALOGUE / "coverage" / f"{name}.json").read_text())
    stated = [rule["inputs"] for rule in list_rules(written) if "inputs" in rule]
    if not stated or any(types.keys() != {"*"} for types in stated):
        return  # places are left open: it takes more types than it names
    aliases = written.get("types", {})
    taken = {
        each for (types,) in (types.values() for types in stated)
        for each in (aliases[types] if isinstance(types, str) else types)
    }  # fmt: skip
    for entry in TOOLCHAINS.values():
        if entry.toolchain.operations.table == name:
            assert set(entry.toolchain.element_types) == taken, entry.toolchain.id
