"""Identifiers of devices: addresses, traits, provider uuids, content hashes."""

from __future__ import annotations

import uuid

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cyborg_rr.domain.errors import InvalidInput
from cyborg_rr.domain.hardware.addresses import PciAddress
from cyborg_rr.domain.hardware.devices import Snapshot, render_provider_uuid, render_trait
from tests.builders import hash_of, make_snapshot


@pytest.mark.parametrize(
    "text",
    [
        "0000:0b:00/0",
        "0000:0b:00.0\n",
        "\u0660\u0660\u0660\u0660:0b:00.0",
        "0000:0b:00.8",
        "0b:00.0",
        "",
        "0000:0b:20.0",
    ],
)
def test_what_is_no_pci_address_is_refused(text: str) -> None:
    with pytest.raises(InvalidInput, match="PCI address"):
        PciAddress.parse(text)


@given(st.integers(0, 0xFFFFFFFF), st.integers(0, 255), st.integers(0, 31), st.integers(0, 7))
def test_an_address_survives_rendering_and_parsing(d: int, b: int, s: int, f: int) -> None:
    address = PciAddress(d, b, s, f)
    assert PciAddress.parse(address.render()) == address
    assert PciAddress.parse(address.render().upper()) == address


@given(st.text(max_size=400))
def test_every_trait_is_a_name_that_placement_takes(text: str) -> None:
    trait = render_trait(text)
    assert trait.startswith("CUSTOM_")
    assert len(trait) <= 255
    assert set(trait) <= set("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_")


def test_the_provider_uuid_is_version_3_of_the_name_in_the_dns_namespace() -> None:
    expected = uuid.uuid3(uuid.NAMESPACE_DNS, "compute-1_0000:3b:00.0")
    assert render_provider_uuid("compute-1_0000:3b:00.0") == str(expected)


def test_equal_snapshots_have_equal_hashes_and_others_do_not() -> None:
    assert hash_of(make_snapshot("h", 2)) == hash_of(make_snapshot("h", 2))
    different = {
        hash_of(make_snapshot("h", 2)),
        hash_of(make_snapshot("g", 2)),
        hash_of(make_snapshot("h", 3)),
        hash_of(Snapshot("h", make_snapshot("h", 2).devices, ("fake",))),
    }
    assert len(different) == 4
