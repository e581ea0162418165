"""Nova takes a mediated device by the uuid of its attach handle: both are one."""

from __future__ import annotations

import uuid
from dataclasses import replace

from cyborg_rr.domain.hardware.devices import AttachHandle, Device, Snapshot
from tests.api.stage import NEWEST, Stage
from tests.builders import make_device

HOST, OTHER = "compute-1", "compute-2"
MADE = ["5f0b8a3c-1e0c-5b0e-9f62-0f1a2b3c4d5e", "5f0b8a3c-1e0c-5b0e-9f62-0f1a2b3c4d5f"]


def make_vgpus(host: str, *uuids: str, folder: str = "nvidia-231") -> Snapshot:
    """A host with a GPU that makes so many mediated devices."""
    return Snapshot(host, (put_vgpus(make_device(host, 0), uuids, folder),))


def put_vgpus(device: Device, uuids: tuple[str, ...], folder: str) -> Device:
    (part,) = device.deployables
    handles = tuple(
        AttachHandle("MDEV", {"asked_type": folder, "uuid": each}, place=str(number))
        for number, each in enumerate(uuids)
    )
    return replace(device, deployables=(replace(part, handles=handles, num_accelerators=2),))


def list_handles(stage: Stage, host: str) -> list[dict[str, str]]:
    answer = stage.call("GET", f"/v2/attach_handles?hostname={host}", version=NEWEST)
    rows: list[dict[str, str]] = answer.json["attach_handles"]
    return rows


def test_the_handle_of_a_mediated_device_has_its_uuid(stage: Stage) -> None:
    stage.conductor.add_host(make_vgpus(HOST, *MADE))
    assert [row["uuid"] for row in list_handles(stage, HOST)] == MADE
    (arq,) = stage.create_arqs()
    assert stage.bind([arq], HOST).status == 202
    shown = stage.call("GET", f"/v2/accelerator_requests/{arq}").json
    assert shown["attach_handle_type"] == "MDEV"
    assert shown["attach_handle_uuid"] == shown["attach_handle_info"]["uuid"]
    assert shown["attach_handle_uuid"] in MADE


def test_it_follows_its_device_where_that_is_made_under_another_uuid(stage: Stage) -> None:
    stage.conductor.add_host(make_vgpus(HOST, *MADE))
    later = str(uuid.uuid5(uuid.NAMESPACE_DNS, "later"))
    stage.conductor.add_host(make_vgpus(HOST, MADE[0], later))
    assert [row["uuid"] for row in list_handles(stage, HOST)] == [MADE[0], later]
    stage.conductor.add_host(make_vgpus(HOST, MADE[0], later, folder="nvidia-232"))
    assert [row["uuid"] for row in list_handles(stage, HOST)] == [MADE[0], later]


def test_no_host_takes_the_uuid_of_anothers_handle(stage: Stage) -> None:
    stage.conductor.add_host(make_vgpus(HOST, *MADE))
    stage.conductor.add_host(make_vgpus(OTHER, MADE[0], MADE[0].upper(), "../../etc"))
    stolen = list_handles(stage, OTHER)
    assert len(stolen) == 3
    assert not {row["uuid"] for row in stolen} & set(MADE)
    assert [row["uuid"] for row in list_handles(stage, HOST)] == MADE
