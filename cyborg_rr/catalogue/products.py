"""Known products: the rows of devices.csv."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources

from cyborg_rr.catalogue.partitions import (
    GIB,
    MIB,
    check_partitions,
    list_modes,
    parse_partitions,
)
from cyborg_rr.catalogue.pci_ids import PciId, parse_pci_ids
from cyborg_rr.domain.errors import BadCatalogue, InvalidInput
from cyborg_rr.domain.representation.representation import Partition
from cyborg_rr.domain.words import DEVICE_KINDS, PEAK_RATES, render_nearest

RATE_COLUMNS: Mapping[str, str] = {
    rate.column: rate.name for rate in PEAK_RATES.values() if rate.column is not None
}
"""Dense peak rates, in 1e12 operations per second, by column."""

KINDS = tuple(kind.name for kind in DEVICE_KINDS.values() if kind.is_product)
MEMORY_BASES = ("total", "usable")
REQUIRED = ("id", "name", "vendor", "kind")
OPTIONAL = (
    "pci_ids", "memory_gib", "usable_memory_mib", "memory_basis", "memory_type", "memory_bw_gbs",
    *RATE_COLUMNS, "measured_bf16_gemm_tflops", "interconnect", "interconnect_gbs_per_dir", "pcie",
    "tdp_w", "arch", "compute_units", "partition_modes", "toolchains", "host_devices", "source",
    "notes",
)  # fmt: skip

COLUMNS = REQUIRED + OPTIONAL

SHIPPED = "devices.csv"
"""The table that ships with the service."""

_PCIE = re.compile(r"(\d\.\d)x(\d{1,2})", re.ASCII)
_ID = re.compile(r"[a-z0-9](?:[a-z0-9.-]{0,99}[a-z0-9])?", re.ASCII)


@dataclass(frozen=True, slots=True)
class Product:
    """One accelerator as a host sees it; None where nobody stated the figure.

    ``usable_memory_bytes`` is what a driver reported; with ``memory_has_reserve`` it holds what the
    driver keeps for itself, too. Figures of a board that shows itself as several devices
    are those of one. ``modes`` are the words among its partition modes. ``compute_units`` are what
    workgroups run on: multiprocessors, compute units, cores.
    """

    id: str
    name: str
    vendor: str
    kind: str
    pci_ids: tuple[PciId, ...]
    nominal_memory_bytes: int | None
    usable_memory_bytes: int | None
    memory_has_reserve: bool
    memory_type: str | None
    bandwidth_bytes_per_second: float | None
    peak_rates: Mapping[str, float]
    measured_rates: Mapping[str, float]
    interconnect: str | None
    interconnect_bytes_per_second: float | None
    pcie: str | None
    power_watts: float | None
    architecture: str | None
    partitions: tuple[Partition, ...]
    toolchains: tuple[str, ...]
    source: str
    notes: str
    modes: tuple[str, ...] = ()
    compute_units: int | None = None


@cache
def list_shipped() -> tuple[Product, ...]:
    """The products that ship with the service, without those of the operator's own files."""
    table = resources.files("cyborg_rr.catalogue") / SHIPPED
    return tuple(read_products(table.read_text(encoding="utf-8"), SHIPPED))


def parse_pcie(text: str) -> tuple[str, int] | None:
    """Generation and lanes of ``4.0x16``; None for anything else."""
    match = _PCIE.fullmatch(text)
    return (match[1], int(match[2])) if match else None


def read_products(text: str, name: str) -> Iterator[Product]:
    """The products in a CSV text; ``BadCatalogue`` names file, line and column."""
    reader = csv.DictReader(io.StringIO(text), strict=True)
    try:
        _check_header(reader.fieldnames or (), name)
        for row in reader:
            yield _Row(row, f"{name}: line {reader.line_num}").product()
    except csv.Error as error:
        raise BadCatalogue(f"{name}: line {reader.line_num}: {error}") from None


def read_row(row: Mapping[str, object], place: str) -> Product:
    """The product of one line, by its columns; ``BadCatalogue`` names the place and the column."""
    return _Row({column: cell for column, cell in row.items()}, place).product()


def _check_header(columns: object, name: str) -> None:
    present = list(columns) if isinstance(columns, list | tuple) else []
    for column in present:
        if column not in COLUMNS:
            nearest = render_nearest(str(column), COLUMNS)
            raise BadCatalogue(f"{name}: line 1: unknown column {column!r}{nearest}")
        if present.count(column) > 1:
            raise BadCatalogue(f"{name}: line 1: column {column} stands twice")
    for column in REQUIRED:
        if column not in present:
            raise BadCatalogue(f"{name}: line 1: column {column} is missing")


class _Row:
    """Reads the cells of one line; an error names the line and the column."""

    def __init__(self, row: Mapping[str | None, object], place: str) -> None:
        self._place = place
        if None in row or None in row.values():
            raise BadCatalogue(f"{place}: has not as many cells as the header")
        self._row = {str(column): str(cell).strip() for column, cell in row.items()}

    def product(self) -> Product:
        """The whole line."""
        count = self._host_devices()
        memory = self._bytes("memory_gib", GIB, count)
        return Product(
            id=self._id(),
            name=self._required("name"),
            vendor=self._required("vendor"),
            kind=self._kind(),
            pci_ids=self._pci_ids(),
            nominal_memory_bytes=memory,
            usable_memory_bytes=self._bytes("usable_memory_mib", MIB, count),
            memory_has_reserve=self._memory_basis() == "total",
            memory_type=self._text("memory_type"),
            bandwidth_bytes_per_second=self._scaled("memory_bw_gbs", 1e9, count),
            peak_rates={
                element_type: rate
                for column, element_type in RATE_COLUMNS.items()
                if (rate := self._scaled(column, 1e12, count)) is not None
            },
            measured_rates=self._measured(count),
            interconnect=self._text("interconnect"),
            interconnect_bytes_per_second=self._scaled("interconnect_gbs_per_dir", 1e9, count),
            pcie=self._pcie(),
            power_watts=self._number("tdp_w"),
            architecture=self._text("arch"),
            partitions=self._partitions(memory),
            toolchains=tuple(
                part.strip() for part in self._row.get("toolchains", "").split("|") if part.strip()
            ),
            source=self._row.get("source", ""),
            notes=self._row.get("notes", ""),
            modes=tuple(list_modes(self._row.get("partition_modes", ""))),
            compute_units=self._units(),
        )

    def _id(self) -> str:
        text = self._required("id")
        if not _ID.fullmatch(text):
            raise self._bad("id", f"{text!r} must be lower case letters, digits, dots and hyphens")
        return text

    def _host_devices(self) -> int:
        number = self._number("host_devices") or 1.0
        if not number.is_integer():
            raise self._bad("host_devices", f"{self._text('host_devices')!r} is no whole number")
        return int(number)

    def _units(self) -> int | None:
        number = self._number("compute_units")
        if number is not None and not number.is_integer():
            raise self._bad("compute_units", f"{self._text('compute_units')!r} is no whole number")
        return None if number is None else int(number)

    def _kind(self) -> str:
        text = self._required("kind")
        if text not in KINDS:
            raise self._bad("kind", f"{text!r} is none of {', '.join(KINDS)}")
        return text

    def _memory_basis(self) -> str:
        """What the reported memory is; where nobody says, the less favourable of both."""
        text = self._text("memory_basis") or "total"
        if text not in MEMORY_BASES:
            raise self._bad("memory_basis", f"{text!r} is none of {', '.join(MEMORY_BASES)}")
        return text

    def _pci_ids(self) -> tuple[PciId, ...]:
        try:
            return parse_pci_ids(self._row.get("pci_ids", ""))
        except InvalidInput as error:
            raise self._bad("pci_ids", str(error)) from None

    def _pcie(self) -> str | None:
        text = self._text("pcie")
        if text is not None and parse_pcie(text) is None:
            raise self._bad("pcie", f"{text!r} is not a generation and lanes such as 4.0x16")
        return text

    def _partitions(self, memory: int | None) -> tuple[Partition, ...]:
        text = self._row.get("partition_modes", "")
        try:
            check_partitions(text)
        except InvalidInput as error:
            raise self._bad("partition_modes", str(error)) from None
        return parse_partitions(text, memory)

    def _measured(self, count: int) -> dict[str, float]:
        rate = self._scaled("measured_bf16_gemm_tflops", 1e12, count)
        return {} if rate is None else {"bf16": rate}

    def _required(self, column: str) -> str:
        text = self._text(column)
        if text is None:
            raise self._bad(column, "is empty")
        return text

    def _text(self, column: str) -> str | None:
        return self._row.get(column) or None

    def _number(self, column: str) -> float | None:
        text = self._text(column)
        if text is None:
            return None
        try:
            number = float(text)
        except ValueError:
            raise self._bad(column, f"{text!r} is not a number") from None
        if not 0 < number < 1e9:
            raise self._bad(column, f"{text!r} must be above 0 and below 1e9")
        return number

    def _scaled(self, column: str, unit: float, count: int) -> float | None:
        number = self._number(column)
        return None if number is None else number * unit / count

    def _bytes(self, column: str, unit: int, count: int) -> int | None:
        number = self._number(column)
        return None if number is None else int(number * unit / count)

    def _bad(self, column: str, cause: str) -> BadCatalogue:
        return BadCatalogue(f"{self._place}: column {column}: {cause}")
