"""The conservative minimum of several products that a device may be."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import TypeVar

from cyborg_rr.catalogue.products import Product

Value = TypeVar("Value")


def merge_products(products: Sequence[Product]) -> Product:
    """One product that promises only what each of them keeps; a figure one lacks is unknown."""
    first = products[0]
    if len(products) == 1:
        return first
    return replace(
        first,
        id="-or-".join(product.id for product in products),
        name=" or ".join(product.name for product in products),
        pci_ids=tuple(
            pci_id
            for pci_id in first.pci_ids
            if all(pci_id in product.pci_ids for product in products)
        ),
        nominal_memory_bytes=_least_whole(p.nominal_memory_bytes for p in products),
        usable_memory_bytes=_least_whole(p.usable_memory_bytes for p in products),
        memory_has_reserve=any(product.memory_has_reserve for product in products),
        memory_type=_common(p.memory_type for p in products),
        bandwidth_bytes_per_second=_least(p.bandwidth_bytes_per_second for p in products),
        peak_rates=_least_of_each([p.peak_rates for p in products]),
        measured_rates=_least_of_each([p.measured_rates for p in products]),
        interconnect=_common(p.interconnect for p in products),
        interconnect_bytes_per_second=_least(p.interconnect_bytes_per_second for p in products),
        pcie=_common(p.pcie for p in products),
        power_watts=_least(p.power_watts for p in products),
        architecture=_common(p.architecture for p in products),
        partitions=_in_all([p.partitions for p in products]),
        toolchains=_in_all([p.toolchains for p in products]),
        compute_units=_least_whole(p.compute_units for p in products),
        source=";".join(dict.fromkeys(p.source for p in products)),
        notes="",
    )


def _least(values: Iterable[float | None]) -> float | None:
    found = list(values)
    known = [value for value in found if value is not None]
    return min(known) if len(known) == len(found) else None


def _least_whole(values: Iterable[int | None]) -> int | None:
    least = _least(values)
    return None if least is None else int(least)


def _least_of_each(rates: Sequence[Mapping[str, float]]) -> dict[str, float]:
    return {
        element_type: min(table[element_type] for table in rates)
        for element_type in rates[0]
        if all(element_type in table for table in rates)
    }


def _common(values: Iterable[str | None]) -> str | None:
    distinct = set(values)
    return distinct.pop() if len(distinct) == 1 else None


def _in_all(entries: Sequence[tuple[Value, ...]]) -> tuple[Value, ...]:
    return tuple(entry for entry in entries[0] if all(entry in other for other in entries))
