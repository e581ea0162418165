"""vGPUs by mediated devices: types that the kernel can make, and the devices that it has made.

``mdev_supported_types`` of a GPU, or of each of its virtual functions, has a folder for each type:
``name``, ``description`` (``..., framebuffer=2048M, ..., max_instance=8``), ``available_instances``
and ``devices``. A UUID written to ``create`` makes one, 1 written to its ``remove`` ends it.
Source: Linux Documentation/ABI/testing/sysfs-bus-vfio-mdev; the description: NVIDIA (recalled).

Which types can be beside which is the driver's word: it takes a type that does not fit what is
there to 0 available instances (GPUs in equal-size mode have vGPUs of one framebuffer size only, in
mixed-size mode any that fit). So a type is offered as often as the driver makes more of it now, and
those that are there; all draw on one framebuffer, which a whole-GPU type takes up, and no type goes
beyond its ``max_instance``. While a GPU has none yet, a claim may still be granted to each of two
sizes; the kernel refuses the second.
"""

from __future__ import annotations

import re
import uuid
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from cyborg_rr.domain.hardware.addresses import PciAddress
from cyborg_rr.domain.hardware.capacities import ALL_FUNCTIONS, FUNCTIONS
from cyborg_rr.domain.hardware.devices import MDEV, AttachHandle, DeviceFacts
from cyborg_rr.domain.hardware.found import FoundPart
from cyborg_rr.drivers.gpu.nvidia.vgpu.names import (
    describe_type,
    find_memory_bytes,
    parse_type_name,
)
from cyborg_rr.drivers.pci.reading.function import PciFunction
from cyborg_rr.drivers.sysfs import Directory, Sysfs, Unreadable

TYPES = "mdev_supported_types"
FRAMEBUFFER = "framebuffer_mib"
MIB = 1 << 20

MAX_INSTANCES = 64
"""More of one type no GPU makes."""

NAMESPACE = uuid.UUID("c0f3c7f0-7d5a-5a58-9a3e-6c1f5d1b8a11")
"""Of the UUIDs of mediated devices, which are derived so that they are the same after a reboot."""

TYPE_FOLDER = re.compile(r"[A-Za-z0-9_]{1,32}-[0-9]{1,9}", re.ASCII)
"""What the folder of a type is called: the kernel driver's name and a number."""

_FRAMEBUFFER = re.compile(r"framebuffer=(\d{1,9})M\b", re.ASCII)
_MAX_INSTANCE = re.compile(r"max_instance=(\d{1,4})\b", re.ASCII)


@dataclass(frozen=True, slots=True)
class MdevType:
    """A type on one parent: how many more the kernel makes of it now, and those that are there."""

    parent: PciAddress
    folder: str
    name: str
    framebuffer_mib: int
    max_instance: int
    available: int
    devices: frozenset[str]


def list_types(sysfs: Sysfs, function: PciFunction) -> Iterator[MdevType]:
    """The types of one GPU or virtual function; none where the kernel knows no mediated devices."""
    if not function.files.has(TYPES):
        return
    root = f"{function.path}/{TYPES}"
    for folder in sysfs.names(root):
        if not TYPE_FOLDER.fullmatch(folder):
            continue
        with sysfs.open(f"{root}/{folder}") as directory:
            if directory is not None:
                devices = frozenset(sysfs.names(f"{root}/{folder}/devices"))
                yield _read_type(directory, function.address, folder, devices)


def _read_type(
    directory: Directory, parent: PciAddress, folder: str, devices: frozenset[str]
) -> MdevType:
    name = parse_type_name(directory.find_text("name") or "")
    if not name:
        raise Unreadable(f"{folder}: the vGPU type has no name")
    description = directory.find_text("description") or ""
    framebuffer = _FRAMEBUFFER.search(description)
    by_name = (find_memory_bytes(name) or 0) // MIB
    limit = _MAX_INSTANCE.search(description)
    available = directory.find_number("available_instances")
    if available is None or available < 0:
        raise Unreadable(f"{folder}: available_instances is missing")
    return MdevType(
        parent=parent,
        folder=folder,
        name=name,
        framebuffer_mib=int(framebuffer[1]) if framebuffer else by_name,
        max_instance=min(int(limit[1]) if limit else MAX_INSTANCES, MAX_INSTANCES),
        available=min(available, MAX_INSTANCES),
        devices=devices,
    )


def count_capacities(
    types: Sequence[MdevType], indexes: Mapping[PciAddress, int]
) -> dict[str, int]:
    """The totals of a GPU that makes these types; a virtual function makes one vGPU of any."""
    totals = {FUNCTIONS: ALL_FUNCTIONS}
    framebuffer = max((kind.framebuffer_mib * kind.max_instance for kind in types), default=0)
    if framebuffer:
        totals[FRAMEBUFFER] = framebuffer
    for kind in types:
        totals[f"vgpu_{kind.name}"] = kind.max_instance
        if kind.parent in indexes:
            totals[_function_capacity(kind.parent)] = 1
    return totals


def _function_capacity(parent: PciAddress) -> str:
    return f"function_{parent.device:02x}.{parent.function:x}"


def list_parts(
    address: PciAddress,
    gpu: str,
    device: DeviceFacts,
    types: Sequence[MdevType],
    indexes: Mapping[PciAddress, int],
) -> tuple[FoundPart, ...]:
    """One part for each type of which one can still be made or is there.

    ``gpu`` names the GPU among those of all hosts.
    ``indexes`` number the virtual functions of the GPU; empty for a GPU that makes vGPUs itself.
    """
    by_name: defaultdict[str, list[MdevType]] = defaultdict(list)
    for kind in types:
        by_name[kind.name].append(kind)
    parts = (
        FoundPart(
            address.render(),
            tuple(
                handle
                for kind in alike
                for handle in _list_handles(kind, gpu, indexes.get(kind.parent))
            ),
            name=f"vgpu-{name}",
            facts=describe_type(device, name, alike[0].framebuffer_mib * MIB or None),
        )
        for name, alike in sorted(by_name.items())
    )
    return tuple(part for part in parts if part.handles)


def _list_handles(kind: MdevType, gpu: str, index: int | None) -> Iterator[AttachHandle]:
    """Places of the type: those of devices of ours that are there, then the lowest free ones."""
    left = kind.available
    for number in range(kind.max_instance if index is None else 1):
        place = str(number) if index is None else f"vf{index}"
        own = derive_uuid(gpu, kind.folder, place)
        if own not in kind.devices:
            if left == 0:
                continue
            left -= 1
        yield _make_handle(kind, own, place, index)


def _make_handle(kind: MdevType, own: str, place: str, index: int | None) -> AttachHandle:
    consumes = {FUNCTIONS: 1, f"vgpu_{kind.name}": 1}
    if kind.framebuffer_mib:
        consumes[FRAMEBUFFER] = kind.framebuffer_mib
    if index is not None:
        consumes[_function_capacity(kind.parent)] = 1
    return AttachHandle(
        MDEV,
        {**kind.parent.render_handle_info(), "asked_type": kind.folder, "uuid": own},
        place=place,
        consumes=consumes,
    )


def derive_uuid(gpu: str, folder: str, place: str) -> str:
    """The UUID of the mediated device of a type at a place of a device: the same for ever."""
    return str(uuid.uuid5(NAMESPACE, f"{gpu}/{folder}/{place}"))
