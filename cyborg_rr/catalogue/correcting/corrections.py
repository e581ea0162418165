"""Corrections: single facts of a device, toolchain or target family, each with its source.

They are applied once all files are read, in the order of the files, and what comes out is checked
as if the file had stated the whole entry.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from cyborg_rr import codec
from cyborg_rr.catalogue.declared import require, require_keys
from cyborg_rr.catalogue.products import COLUMNS, Product, read_row
from cyborg_rr.catalogue.tables import FamilyConstants, Table, read_toolchain
from cyborg_rr.catalogue.yaml_text import load_yaml
from cyborg_rr.domain.errors import BadCatalogue, InvalidInput

SOURCE: Final = "source"
_MERGED: Final = ("element_types", "sources", "yields_dialects")
"""Facts of a toolchain of which a correction states some entries; null takes one away."""

Files = Mapping[str, Sequence[Product]]


@dataclass(frozen=True, slots=True)
class Corrected:
    """The files with what corrections made of their entries."""

    tables: tuple[Table, ...]
    products: Files


def correct(
    texts: Sequence[tuple[str, str]], tables: Sequence[Table], products: Files
) -> Corrected:
    """Apply all corrections; ``BadCatalogue`` names file, place and what is wrong there."""
    if not any(table.corrections for table in tables):
        return Corrected(tuple(tables), products)
    rows = dict(_list_rows(texts))
    entries = dict(_list_entries(texts))
    families = {name: facts for table in tables for name, facts in _list_families(table)}
    found, corrected = dict(products), []
    for table in tables:
        stated = table.corrections
        place = f"{table.name}: corrections"
        require_kinds(stated, place)
        devices = list(_correct_devices(stated.get("devices", {}), rows, f"{place}.devices"))
        if devices:
            found[place] = devices
        toolchains = _correct_toolchains(
            stated.get("toolchains", {}), entries, f"{place}.toolchains"
        )
        constants = _correct_families(stated.get("families", {}), families, f"{place}.families")
        own = {**table.architectures.families, **constants}
        corrected.append(
            replace(
                table,
                toolchains=(*table.toolchains, *toolchains),
                architectures=replace(table.architectures, families=own),
            )
        )
    return Corrected(tuple(corrected), found)


def require_kinds(stated: Mapping[str, Any], place: str) -> None:
    """Refuse corrections of what cannot be corrected so."""
    for kind in stated:
        require(kind, ("devices", "toolchains", "families"), "kind of correction", place)


def _list_rows(texts: Iterable[tuple[str, str]]) -> Iterator[tuple[str, dict[str, str]]]:
    """The lines of all devices as they are written, by id."""
    for name, text in texts:
        if name.endswith(".csv"):
            for row in csv.DictReader(io.StringIO(text)):
                yield row["id"].strip(), row


def _list_entries(texts: Iterable[tuple[str, str]]) -> Iterator[tuple[str, dict[str, Any]]]:
    """The toolchains of all files as they are written, by id."""
    for name, text in texts:
        if name.endswith((".yaml", ".yml")):
            document = load_yaml(text, name)
            for entry in (isinstance(document, dict) and document.get("toolchains")) or ():
                yield entry["id"], entry


def _list_families(table: Table) -> Iterable[tuple[str, FamilyConstants]]:
    return table.architectures.families.items()


def _find(
    stated: Mapping[str, Any], known: Mapping[str, Any], what: str, place: str
) -> Iterator[tuple[str, dict[str, Any], str]]:
    """Each corrected entry: its id, the facts stated, and their source."""
    for name, facts in stated.items():
        require(name, known, what, place)
        if not isinstance(facts, dict) or len(facts) < 2:
            raise BadCatalogue(f"{place}.{name}: must state a fact and its {SOURCE}")
        source = facts.get(SOURCE)
        if not isinstance(source, str) or not source.strip():
            raise BadCatalogue(f"{place}.{name}: {SOURCE} is missing")
        yield name, {key: value for key, value in facts.items() if key != SOURCE}, source


def _correct_devices(
    stated: Mapping[str, Any], rows: dict[str, dict[str, str]], place: str
) -> Iterator[Product]:
    for name, facts, source in _find(stated, rows, "device", place):
        at = f"{place}.{name}"
        columns = [column for column in COLUMNS if column not in ("id", SOURCE)]
        for column, value in facts.items():
            require(column, columns, "column that can be corrected", at)
            if value is not None and not isinstance(value, str | int | float):
                raise BadCatalogue(f"{at}: column {column}: must be a text or a number")
        cells = {key: "" if value is None else str(value) for key, value in facts.items()}
        sources = ";".join(filter(None, (rows[name].get(SOURCE), source.replace(";", ","))))
        rows[name] = {**rows[name], **cells, SOURCE: sources}
        yield read_row(dict(rows[name].items()), at)


def _correct_toolchains(
    stated: Mapping[str, Any], entries: dict[str, dict[str, Any]], place: str
) -> Iterator[Any]:
    for name, facts, source in _find(stated, entries, "toolchain", place):
        at = f"{place}.{name}"
        if "id" in facts:
            raise BadCatalogue(f"{at}: the id of a toolchain cannot be corrected")
        merged = dict(entries[name])
        for key, value in facts.items():
            old = merged.get(key)
            is_merged = key in _MERGED and isinstance(value, dict) and isinstance(old, dict)
            both = {**old, **value} if is_merged and old is not None else value
            merged[key] = _drop_nulls(both)
        told = {key: source for key in facts if key not in ("names", "order", "translator")}
        merged["sources"] = {**(merged.get("sources") or {}), **told}
        entries[name] = {key: value for key, value in merged.items() if value is not None}
        try:
            yield read_toolchain(entries[name], at)
        except InvalidInput as error:
            raise BadCatalogue(f"{at}: {error}") from None


def _drop_nulls(value: Any) -> Any:
    """A mapping without the entries that are taken away."""
    if not isinstance(value, dict):
        return value
    return {key: each for key, each in value.items() if each is not None}


def _correct_families(
    stated: Mapping[str, Any], families: dict[str, FamilyConstants], place: str
) -> dict[str, FamilyConstants]:
    found = {}
    for name, facts, source in _find(stated, families, "target family", place):
        at = f"{place}.{name}"
        written = codec.render(families[name])
        try:
            require_keys(facts, written, at)
            document = {**written, **facts, SOURCE: f"{written[SOURCE]}; {source}"}
            families[name] = found[name] = codec.parse(FamilyConstants, document, at)
        except InvalidInput as error:
            raise BadCatalogue(str(error)) from None
    return found
