"""What a report changes of hardware that moved, was replaced, is in trouble or is in parts."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from cyborg_rr.db import requests
from cyborg_rr.db.hardware import classes, deployables, devices
from cyborg_rr.db.hardware.hosts import get_host
from cyborg_rr.db.tables import AttachHandleRow
from cyborg_rr.domain.hardware.addresses import PciAddress
from cyborg_rr.domain.hardware.devices import (
    AttachHandle,
    Deployable,
    Device,
    LeftOut,
    Snapshot,
    Trouble,
)
from cyborg_rr.domain.hardware.stored import StoredDevice
from cyborg_rr.domain.profiles import Group
from cyborg_rr.domain.requests import AcceleratorRequest, Mandate
from tests.api.stage import Stage
from tests.builders import make_device

HOST = "host-1"
ECC = Trouble("ecc", "17 double-bit errors")


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    made = Stage(tmp_path)
    yield made
    made.close()


def make_card(slot: int, serial: str | None = "nvidia:a", device_id: str = "2330") -> Device:
    """A whole card in a slot; its one handle is the function."""
    device = make_device(HOST, slot)
    address = PciAddress.parse(f"0000:00:{slot:02x}.0")
    handle = AttachHandle("PCI", address.render_handle_info(), place="0")
    return replace(
        device,
        identity=serial,
        facts=replace(device.facts, vendor_id="10de", device_id=device_id),
        deployables=(replace(device.deployables[0], handles=(handle,)),),
    )


def report(stage: Stage, *found: Device, left_out: tuple[LeftOut, ...] = ()) -> None:
    stage.conductor.add_host(Snapshot(HOST, found, left_out=left_out))


def bind(stage: Stage) -> str:
    """A request that is bound to the first deployable."""
    (arq,) = stage.create_arqs()
    assert stage.bind([arq], HOST).status == 202
    return arq


def show(stage: Stage, arq: str) -> dict[str, Any]:
    answer = stage.call("GET", f"/v2/accelerator_requests/{arq}")
    assert answer.status == 200
    shown: dict[str, Any] = answer.json
    return shown


def get_request(stage: Stage, arq: str) -> AcceleratorRequest:
    with stage.database.reading() as session:
        found = requests.find_request(session, arq)
    assert found is not None
    return found


def list_devices(stage: Stage) -> list[StoredDevice]:
    with stage.database.reading() as session:
        return devices.list_devices(session)


def test_a_device_at_a_new_address_is_shown_there_to_its_holder(stage: Stage) -> None:
    report(stage, make_card(1))
    before = stage.first_deployable(HOST)
    arq = bind(stage)
    shown = show(stage, arq)
    report(stage, make_card(7))
    assert stage.first_deployable(HOST) == {**before, "updated_at": None}
    moved = {**shown["attach_handle_info"], "device": "07"}
    assert show(stage, arq) == {**shown, "attach_handle_info": moved}
    assert len(list_devices(stage)) == 1


def test_two_devices_that_change_places_keep_what_is_theirs(stage: Stage) -> None:
    first, second = make_card(1, "nvidia:a"), make_card(2, "nvidia:b")
    report(stage, first, second)
    arq = bind(stage)
    assert show(stage, arq)["attach_handle_info"]["device"] == "01"
    report(stage, make_card(1, "nvidia:b"), make_card(2, "nvidia:a"))
    assert show(stage, arq)["attach_handle_info"]["device"] == "02"
    assert [device.identity for device in list_devices(stage)] == ["nvidia:a", "nvidia:b"]


@pytest.mark.parametrize(
    "other", [make_card(1, "nvidia:b"), make_card(1, None, "26b5")], ids=["serial", "model"]
)
def test_another_device_at_the_address_of_a_held_one_is_new_and_the_holder_is_told(
    stage: Stage, other: Device, caplog: pytest.LogCaptureFixture
) -> None:
    report(stage, make_card(1))
    arq = bind(stage)
    with caplog.at_level(logging.WARNING):
        report(stage, other)
    told = get_request(stage, arq)
    assert "0000:00:01.0 is no longer on host host-1" in str(told.trouble)
    assert told.trouble_since is not None
    assert f"{arq}: {told.trouble}" in caplog.text
    assert [device.state for device in list_devices(stage)] == ["missing", "present"]
    with stage.database.reading() as session:
        names = [part.name for part in deployables.list_deployables(session)]
    assert names[1].startswith(f"{names[0]}_")
    report(stage, make_card(1))  # the old one is back
    assert get_request(stage, arq).trouble is None


def test_another_device_at_the_address_of_a_free_one_takes_its_place(stage: Stage) -> None:
    report(stage, make_card(1))
    before = stage.first_deployable(HOST)
    report(stage, make_card(1, "nvidia:b"))
    after = stage.first_deployable(HOST)
    assert (after["name"], after["rp_uuid"]) == (before["name"], before["rp_uuid"])
    assert after["uuid"] != before["uuid"]


def test_a_serial_that_cannot_be_read_now_is_not_forgotten(stage: Stage) -> None:
    report(stage, make_card(1))
    report(stage, make_card(1, None))
    report(stage, make_card(3))
    assert [device.identity for device in list_devices(stage)] == ["nvidia:a"]


def test_a_device_in_trouble_is_withdrawn_and_returns(
    stage: Stage, caplog: pytest.LogCaptureFixture
) -> None:
    report(stage, make_card(1))
    arq = bind(stage)
    report(stage, replace(make_card(1), trouble=ECC))
    (device,) = list_devices(stage)
    assert device.trouble == ECC
    since = device.trouble_since
    report(stage, replace(make_card(1), trouble=Trouble("ecc", "18 double-bit errors")))
    (device,) = list_devices(stage)
    assert device.trouble == Trouble("ecc", "18 double-bit errors")
    assert device.trouble_since == since
    assert "18 double-bit errors (ecc)" in str(get_request(stage, arq).trouble)
    group: Group = {"resources:PGPU": "1"}
    stage.conductor.unbind([arq], Mandate())
    refused = stage.bind(stage.create_arqs(), HOST)
    assert refused.status == 409
    assert "18 double-bit errors" in refused.fault
    with stage.database.reading() as session:
        assert devices.list_selected(session, [group]) == []
        assert [(c.devices, c.free) for c in classes.list_classes(session)] == [(0, 0)]
    report(stage, make_card(1))
    assert stage.bind(stage.create_arqs(), HOST).status == 202
    assert get_request(stage, arq).trouble is None


def test_a_device_that_is_left_out_is_withdrawn_and_not_forgotten(stage: Stage) -> None:
    card = make_card(1)
    report(stage, card)
    arq = bind(stage)
    uuid = list_devices(stage)[0].uuid
    asleep = LeftOut("0000:00:01.0", card.slot_key, Trouble("d3cold", "it does not wake up"))
    unknown = LeftOut("0000:00:09.0", "{}", Trouble("blank", "no bitstream"))
    report(stage, left_out=(asleep, unknown))
    (device,) = list_devices(stage)
    assert (device.uuid, device.state, device.trouble) == (uuid, "present", asleep.trouble)
    assert "it does not wake up" in str(get_request(stage, arq).trouble)
    with stage.database.reading() as session:
        assert get_host(session, HOST).left_out == (asleep, unknown)
    report(stage, card)
    assert get_request(stage, arq).trouble is None
    with stage.database.reading() as session:
        assert get_host(session, HOST).left_out == ()
    assert list_devices(stage)[0].trouble is None


def make_sliced(*parts: tuple[str, int]) -> Device:
    """A card of seven slices that offers so many places of each profile."""
    card = make_card(1)
    whole = card.deployables[0]
    return replace(
        card,
        capacities={f"slice_{n}": 1 for n in range(7)},
        deployables=tuple(
            Deployable(
                name=f"{whole.name}_{profile}",
                resource_class="PGPU",
                part=profile,
                handles=tuple(
                    AttachHandle(
                        "MDEV",
                        {"uuid": f"{profile}-{start}"},
                        place=f"{profile}@{start}",
                        consumes={f"slice_{n}": 1 for n in range(start, start + size)},
                    )
                    for start in range(0, 8 - size, size)
                ),
                num_accelerators=7 // size,
                driver_name="fake",
                part_facts=replace(
                    card.facts, product="nvidia-h100-sxm-80", partition=profile, memory_bytes=size
                ),
            )
            for profile, size in parts
        ),
    )


def test_a_part_is_a_class_of_its_own_and_counts_what_can_still_be_held(stage: Stage) -> None:
    report(stage, make_sliced(("1g.10gb", 1), ("3g.40gb", 3)))
    with stage.database.reading() as session:
        found = {entry.name: entry for entry in classes.list_classes(session)}
        parts = deployables.list_deployables(session)
    small, large = (name for name in sorted(found) if found[name].devices)
    assert (found[small].devices, found[small].free) == (7, 7)
    assert (found[large].devices, found[large].free) == (2, 2)
    for part in parts:
        traits = [value for key, value in part.attributes if "DEVICE_CLASS" in value]
        assert len(traits) == 1
        assert part.part is not None
        assert part.part.replace(".", "_").upper() in traits[0]
    bind(stage)
    with stage.database.reading() as session:
        found = {entry.name: entry for entry in classes.list_classes(session)}
    assert (found[small].free, found[large].free) == (6, 2)  # the last slice serves no large one
    assert all(not found[name].devices for name in found if name not in (small, large))


def test_parts_that_are_no_longer_offered_go_at_once_but_for_those_that_are_held(
    stage: Stage,
) -> None:
    report(stage, make_sliced(("1g.10gb", 1), ("3g.40gb", 3)))
    arq = bind(stage)
    report(stage, make_card(1))
    with stage.database.reading() as session:
        parts = [part.part for part in deployables.list_deployables(session)]
        states = list(session.scalars(select(AttachHandleRow.state).order_by(AttachHandleRow.id)))
    assert parts == ["1g.10gb", ""]
    assert states == ["held", "free"]
    assert "(1g.10gb@6) of device" in str(get_request(stage, arq).trouble)
