"""What the driver of a device reports beats what the catalogue says of its product."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from cyborg_rr import codec
from cyborg_rr.catalogue.loading import load
from cyborg_rr.domain.hardware.devices import NO_LINKS, DeviceFacts
from cyborg_rr.domain.representation.representation import (
    CATALOGUED,
    REPORTED,
    Link,
    ResourceRepresentation,
)

CATALOGUE = load()
H100 = DeviceFacts("GPU", vendor_id="10de", device_id="2330", architecture="sm_90")
PLAIN = CATALOGUE.represent(H100)

REPORTS: dict[str, tuple[dict[str, Any], str, object]] = {
    "a slower memory": (
        {"bandwidth_bytes_per_second": 2_000_000_000_000},
        "bandwidth_bytes_per_second",
        2e12,
    ),
    "a narrower slot": ({"pcie": "4.0x8"}, "host_link", Link("PCIe 4.0x8", 8 * 1.969e9)),
    "no links": ({"interconnect": NO_LINKS}, "interconnect", None),
    "half the links": (
        {"interconnect": "NVLink", "interconnect_bytes_per_second": 225_000_000_000},
        "interconnect",
        Link("NVLink", 225_000_000_000),
    ),
}


@pytest.mark.parametrize("case", REPORTS)
def test_what_the_device_reports_is_what_its_representation_says(case: str) -> None:
    facts, name, expected = REPORTS[case]
    found = CATALOGUE.represent(replace(H100, **facts))
    value = getattr(found, name)
    if isinstance(expected, Link):
        assert value.name == expected.name
        assert value.bytes_per_second == pytest.approx(expected.bytes_per_second, rel=0.01)
    else:
        assert value == expected
    assert found.device_class != PLAIN.device_class
    key = {"host_link": "pcie"}.get(name, name)
    assert found.fact_sources[key] == REPORTED
    others = {source for fact, source in found.fact_sources.items() if fact != key}
    assert others == {CATALOGUED}


def test_a_device_that_says_what_the_catalogue_says_is_of_the_product_class() -> None:
    same = replace(
        H100,
        bandwidth_bytes_per_second=3_352_000_000_000,
        pcie="5.0x16",
        interconnect="NVLink",
        interconnect_bytes_per_second=450_000_000_000,
        partition_modes=tuple(part.profile for part in reversed(PLAIN.partitions)),
    )
    assert CATALOGUE.represent(same) == PLAIN


def test_a_device_offers_the_partitions_that_it_says_it_has() -> None:
    names = ("1g.10gb", "5g.60gb")
    found = CATALOGUE.represent(replace(H100, partition_modes=names))
    assert [part.profile for part in found.partitions] == list(names)
    known, unknown = found.partitions
    assert known.memory_bytes is not None
    assert unknown.memory_bytes is None
    assert found.fact_sources["partitions"] == REPORTED


def test_a_slice_says_nothing_of_links_or_further_slices() -> None:
    facts = replace(H100, partition="1g.10gb", partition_modes=("1g.10gb",))
    found = CATALOGUE.represent(facts)
    assert found.partitions == ()
    assert not {"partitions", "interconnect"} & set(found.fact_sources)


def test_an_older_document_has_neither_later_keys_nor_a_later_version() -> None:
    document = codec.render(PLAIN)
    older = codec.restrict(ResourceRepresentation, document, 0)
    assert older.keys() == document.keys() - {"fact_sources", "compute_units"}
    assert older["schema_version"] == "1.0"
    assert older["peak_rates"] == document["peak_rates"]
    assert codec.restrict(ResourceRepresentation, document, 1) == document


def test_later_keys_are_left_out_of_objects_within_too() -> None:
    document = codec.render(PLAIN)
    older = codec.restrict(ResourceRepresentation, document, 0)
    assert '"table"' in json.dumps(document)
    assert '"table"' not in json.dumps(older)
    assert json.dumps(older).count('"listed"') == json.dumps(document).count('"listed"') > 0
