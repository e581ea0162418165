"""What found devices are offered as."""

from __future__ import annotations

from dataclasses import replace

import pytest

from cyborg_rr.catalogue.products import KINDS
from cyborg_rr.domain.hardware.addresses import PciAddress
from cyborg_rr.domain.hardware.deriving import (
    CONVENTIONS,
    LISTED,
    RECOGNISED,
    derive_device,
    derive_devices,
)
from cyborg_rr.domain.hardware.devices import AttachHandle, Deployable, DeviceFacts
from cyborg_rr.domain.hardware.fields import DeviceFields
from cyborg_rr.domain.hardware.found import FoundDevice, FoundPart
from cyborg_rr.domain.words import DEVICE_KINDS

ADDRESS = PciAddress(0, 0x3B, 0, 0)
HANDLE = AttachHandle("PCI", ADDRESS.render_handle_info())
MLU = FoundDevice(
    control_path=ADDRESS.render_handle_info(),
    facts=DeviceFacts(kind="NPU", vendor_id="cabc", device_id="0370"),
    fields=DeviceFields("cabc", "MLU370", {"class": "120000"}, {"uuid": "u"}, 1),
    parts=(FoundPart("0000:3b:00.0", (HANDLE,), attributes={"key": "value"}),),
    vendor_name="Cambricon",
    board="MLU370-X8",
)


def derive(found: FoundDevice) -> Deployable:
    (deployable,) = derive_device(found, "host-1", "mlu").deployables
    return deployable


def traits_of(found: FoundDevice) -> tuple[str, ...]:
    return derive(found).traits


def test_all_that_was_found_is_reported() -> None:
    device = derive_device(MLU, "host-1", "mlu")
    assert device.type == "AICHIP"
    assert device.control_path == MLU.control_path
    assert device.facts == MLU.facts
    assert device.fields == MLU.fields
    assert device.deployables == (
        Deployable(
            name="host-1_0000:3b:00.0",
            resource_class="CUSTOM_NPU",
            handles=(replace(HANDLE, place="0"),),
            traits=("OWNER_CYBORG", "CUSTOM_CAMBRICON_0370", "CUSTOM_CAMBRICON_MLU370_X8"),
            driver_name="mlu",
            attributes={"key": "value"},
            num_accelerators=1,
        ),
    )


def test_each_part_is_a_deployable_of_its_own() -> None:
    parts = tuple(FoundPart(f"0000:3b:00.{n}", (HANDLE,)) for n in (1, 2))
    device = derive_device(replace(MLU, parts=parts), "host-1", "mlu")
    assert [part.name for part in device.deployables] == [
        "host-1_0000:3b:00.1",
        "host-1_0000:3b:00.2",
    ]


def test_devices_stay_in_the_order_of_the_drivers_and_know_theirs() -> None:
    other = replace(MLU, control_path={"bus": "other"})
    devices = derive_devices({"b": [MLU], "none": [], "a": [other, MLU]}, "host-1")
    assert [device.deployables[0].driver_name for device in devices] == ["b", "a", "a"]
    assert devices[1].control_path == {"bus": "other"}


def test_what_is_not_known_gives_no_trait() -> None:
    assert traits_of(replace(MLU, board=None)) == ("OWNER_CYBORG", "CUSTOM_CAMBRICON_0370")
    assert traits_of(replace(MLU, vendor_name=None)) == ("OWNER_CYBORG",)


def test_a_slice_says_so_in_class_and_traits() -> None:
    facts = DeviceFacts(
        kind="GPU", device_id="2330", product="nvidia-h100-sxm-80", partition="1g.10gb"
    )
    part = derive(replace(MLU, facts=facts, vendor_name="NVIDIA", board=None))
    assert part.resource_class == "VGPU"
    assert part.traits == (
        "OWNER_CYBORG",
        "CUSTOM_NVIDIA_2330_1G_10GB",
        "CUSTOM_NVIDIA_H100_SXM_80_1G_10GB",
    )


def test_an_fpga_tells_its_board_else_its_id_and_what_it_can_run() -> None:
    facts = DeviceFacts(kind="FPGA", device_id="0b30", functions=("f1", "f2"))
    part = FoundPart("a", (HANDLE,), regions=("r1", "r2"))
    card = replace(MLU, facts=facts, vendor_name="Intel", board="PAC N3000", parts=(part,))
    loaded = (
        "CUSTOM_FPGA_REGION_INTEL_R1",
        "CUSTOM_FPGA_REGION_INTEL_R2",
        "CUSTOM_FPGA_FUNCTION_ID_INTEL_F1",
        "CUSTOM_FPGA_FUNCTION_ID_INTEL_F2",
    )
    owner, family = "OWNER_CYBORG", "CUSTOM_FPGA_INTEL"
    assert traits_of(card) == (owner, family, "CUSTOM_FPGA_INTEL_PAC_N3000", *loaded)
    assert traits_of(replace(card, board=None)) == (
        owner,
        family,
        "CUSTOM_FPGA_PRODUCT_ID_0B30",
        *loaded,
    )


def test_a_function_that_nobody_recognised_is_offered_by_its_ids() -> None:
    found = replace(MLU, is_recognised=False)
    assert traits_of(found) == (
        "OWNER_CYBORG",
        "CUSTOM_PCI_CAMBRICON",
        "CUSTOM_PCI_PRODUCT_ID_0370",
    )
    assert traits_of(replace(found, vendor_name=None)) == (
        "OWNER_CYBORG",
        "CUSTOM_PCI_PRODUCT_ID_0370",
    )


def test_a_part_of_an_odd_name_keeps_it() -> None:
    assert derive_device(MLU, "host 1", "mlu").deployables[0].name == "host 1_0000:3b:00.0"


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_the_catalogue_has_a_type_of_the_api(kind: str) -> None:
    assert kind in DEVICE_KINDS


def test_a_kind_that_nobody_knows_is_an_accelerator_still() -> None:
    found = replace(MLU, facts=replace(MLU.facts, kind="Video-Card"))
    assert derive_device(found, "host-1", "mlu").type == "AICHIP"
    assert derive(found).resource_class == "CUSTOM_VIDEO_CARD"


def test_equal_parts_share_their_traits() -> None:
    first, second = (derive_device(MLU, host, "mlu").deployables[0] for host in ("a", "b"))
    assert first.traits is second.traits


@pytest.mark.parametrize("convention", [LISTED, RECOGNISED, *CONVENTIONS.values()])
def test_no_convention_gives_the_same_trait_twice(convention: object) -> None:
    patterns = [p for text in convention.traits for p in text.split("|")]  # type: ignore[attr-defined]
    assert len(set(patterns)) == len(patterns)


def test_an_identity_that_two_devices_have_is_nobodys() -> None:
    ports = [
        replace(MLU, control_path={**MLU.control_path, "function": function}, identity="pci:aa")
        for function in "01"
    ]
    other = replace(MLU, control_path={**MLU.control_path, "bus": "41"}, identity="pci:bb")
    derived = derive_devices({"mlu": [ports[0], other], "nic": [ports[1]]}, "host-1")
    assert [device.identity for device in derived] == [None, "pci:bb", None]
    assert len({device.key for device in derived}) == len(derived)


def test_devices_without_an_identity_are_left_as_they_are() -> None:
    devices = [replace(MLU, control_path={"bus": bus}) for bus in ("3b", "41")]
    assert all(device.identity is None for device in derive_devices({"mlu": devices}, "host-1"))
