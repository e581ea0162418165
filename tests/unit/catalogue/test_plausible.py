"""The figures of each product agree with one another and with those of its architecture."""

from __future__ import annotations

import csv
import re
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from statistics import median

import pytest

from cyborg_rr.catalogue.catalogue import Catalogue
from cyborg_rr.catalogue.loading import load
from cyborg_rr.catalogue.products import Product, list_shipped

CATALOGUE: Catalogue = load()
PRODUCTS = list_shipped()
TABLE = Path(__file__).parents[3] / "cyborg_rr" / "catalogue" / "devices.csv"
UNIT = re.compile(
    r"\d\s*(?:[TGM]FLOPs?|TFLOP/s|TFLOPS|TOPS|[TGMK]i?B|bytes|B/s|Gb/s|W|[MG]Hz|%)(?:/s)?\b",
)


@pytest.mark.parametrize("row", list(csv.DictReader(TABLE.open())), ids=lambda row: row["id"])
def test_no_note_holds_a_figure_that_a_column_is_for(row: dict[str, str]) -> None:
    assert UNIT.search(row["notes"]) is None, row["notes"]


RATES = {"f32": 4.0, "f16": 4.5, "f64": 80.0}
"""By how much the rate of a unit may differ from the median of its architecture: clocks do, GeForce
runs products summed in f32 at half the rate of others, and f64 is cut to a sixty-fourth."""


def list_rates_of_units(rate: str) -> Iterator[tuple[str, Product, float]]:
    for product in PRODUCTS:
        stated = product.peak_rates.get(rate)
        if stated and product.compute_units and product.architecture and product.kind == "GPU":
            yield product.architecture, product, stated / product.compute_units


@pytest.mark.parametrize("rate", RATES)
def test_units_of_one_architecture_are_about_as_fast(rate: str) -> None:
    by_architecture: dict[str, list[tuple[Product, float]]] = defaultdict(list)
    for architecture, product, each in list_rates_of_units(rate):
        by_architecture[architecture].append((product, each))
    outliers = []
    for architecture, found in by_architecture.items():
        usual = median(each for _, each in found)
        outliers += [
            f"{product.id} ({architecture}): {each / usual:.2f} of the usual {rate} of a unit"
            for product, each in found
            if not 1 / RATES[rate] <= each / usual <= RATES[rate]
        ]
    assert outliers == []


CLOCK = (0.5e9, 3.3e9)
LANES = {"sm_": (64, 128), "gfx": (64, 128), "DG2": (128,), "BMG": (128,), "ATS": (128,)}


@pytest.mark.parametrize("product", PRODUCTS, ids=lambda product: product.id)
def test_a_rate_is_of_a_clock_that_there_is(product: Product) -> None:
    """Each lane of a unit does two operations in a cycle, those of RDNA 3 and 4 up to four."""
    lanes = LANES.get((product.architecture or "")[:3])
    rate, units = product.peak_rates.get("f32"), product.compute_units
    if lanes and rate and units:
        clocks = [rate / units / count / per_cycle for count in lanes for per_cycle in (2, 4)]
        assert any(CLOCK[0] <= clock <= CLOCK[1] for clock in clocks), clocks


@pytest.mark.parametrize("product", PRODUCTS, ids=lambda product: product.id)
def test_usable_memory_is_no_more_than_nominal(product: Product) -> None:
    usable, nominal = product.usable_memory_bytes, product.nominal_memory_bytes
    if usable is not None and nominal is not None:
        assert 0.85 * nominal <= usable <= nominal * 1.002


@pytest.mark.parametrize("product", PRODUCTS, ids=lambda product: product.id)
def test_bandwidth_is_plausible(product: Product) -> None:
    """A device reads its memory in 5 ms (SRAM apart) to 0.7 s, and a product needs bandwidth."""
    memory, bandwidth = product.nominal_memory_bytes, product.bandwidth_bytes_per_second
    if memory and bandwidth and product.kind == "GPU":
        assert 0.005 <= memory / bandwidth <= 0.7
    rate = product.peak_rates.get("f16") or product.peak_rates.get("f32")
    if rate and bandwidth:
        assert 5 <= rate / bandwidth <= 1500


@pytest.mark.parametrize("product", PRODUCTS, ids=lambda product: product.id)
def test_rates_grow_as_types_shrink(product: Product) -> None:
    rates = product.peak_rates
    for wide, narrow in (("f64", "f32"), ("f32", "f16"), ("tf32", "f16"), ("bf16", "f8")):
        if wide in rates and narrow in rates:
            assert rates[narrow] >= 0.99 * rates[wide], (wide, narrow)
    for plain, matrix in (("f64", "f64_matrix"), ("f32", "f32_matrix")):
        if matrix in rates:
            assert rates[matrix] >= rates[plain], matrix


def test_products_with_one_pci_id_can_be_told_apart() -> None:
    """By the subsystem, by the size of the memory, or by the name that the driver reports."""
    alike: dict[tuple[object, ...], list[str]] = defaultdict(list)
    for product in PRODUCTS:
        for pci_id in product.pci_ids:
            alike[
                pci_id.vendor_id, pci_id.device_id, pci_id.subsystem, product.nominal_memory_bytes,
                product.name,
            ].append(product.id)  # fmt: skip
    assert [names for names in alike.values() if len(names) > 1] == []
