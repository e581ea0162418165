"""vGPUs by NVIDIA's own VFIO driver: virtual functions, each with the type that is set for it.

On Ubuntu 24.04 and other kernels without mediated devices the driver keeps, in the folder
``nvidia`` of each virtual function, ``current_vgpu_type`` (0: none is set) and
``creatable_vgpu_types``, a table of numbers and names. A type is set by the operator, before the
function is used; it is lost at a reboot.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from cyborg_rr.domain.hardware.addresses import PciAddress
from cyborg_rr.domain.hardware.capacities import VIRTUAL_FUNCTION
from cyborg_rr.domain.hardware.devices import AttachHandle, DeviceFacts
from cyborg_rr.domain.hardware.found import FoundPart
from cyborg_rr.drivers.gpu.nvidia.vgpu.names import (
    describe_type,
    find_memory_bytes,
    parse_type_name,
)
from cyborg_rr.drivers.pci.reading.function import PciFunction
from cyborg_rr.drivers.pci.sriov import make_virtual_handles
from cyborg_rr.drivers.sysfs import Unreadable, render_safe

FOLDER = "nvidia"

_TYPE = re.compile(r"\s*(\d{1,9})\s*:\s*(\S.{0,100})", re.ASCII)


@dataclass(frozen=True, slots=True)
class TypedFunction:
    """A virtual function with the type that is set: its number and its name."""

    function: PciFunction
    type_id: int
    type_name: str


def find_typed_function(function: PciFunction) -> TypedFunction | None:
    """The virtual function with its type; None when none is set, ``Unreadable`` when it has none.

    Without the driver's folder it is no vGPU at all, but a slice that nothing describes.
    """
    with function.files.open_folder(FOLDER) as folder:
        type_id = folder.find_number("current_vgpu_type") if folder is not None else None
        if folder is None or type_id is None:
            raise Unreadable("it is a virtual function without a vGPU type")
        if type_id == 0:
            return None
        names = parse_types(folder.find_bytes("creatable_vgpu_types") or b"")
    if type_id not in names:
        raise Unreadable(f"its vGPU type {type_id} has no name")
    return TypedFunction(function, type_id, names[type_id])


def find_other_type(handle: AttachHandle, function: PciFunction) -> str | None:
    """Why a virtual function is not the vGPU that a handle is of; None when it is.

    A handle of which nobody knows the place is of any type.
    """
    try:
        typed = find_typed_function(function)
    except Unreadable:
        typed = None
    if typed is None:
        return "has no vGPU type any more"
    offered, is_known, _ = handle.place.rpartition("@")
    if is_known and typed.type_name != offered:
        return f"was offered as {offered} and has the vGPU type {typed.type_name} now"
    return None


def parse_types(table: bytes) -> dict[int, str]:
    """The types of a table by number; lines of another form (its header) are not read."""
    lines = table.decode("utf-8", "replace").splitlines()
    matches = (_TYPE.fullmatch(line) for line in lines)
    return {int(match[1]): parse_type_name(render_safe(match[2])) for match in matches if match}


def list_parts(
    address: PciAddress, device: DeviceFacts, functions: Sequence[TypedFunction]
) -> tuple[FoundPart, ...]:
    """One part for each type that is set, with its virtual functions as handles.

    The place of each names its type too, which may be another one when it is prepared.
    """
    by_type: defaultdict[str, list[TypedFunction]] = defaultdict(list)
    for typed in functions:
        by_type[typed.type_name].append(typed)
    return tuple(
        FoundPart(
            address.render(),
            make_virtual_handles((typed.function for typed in alike), f"{name}@{VIRTUAL_FUNCTION}"),
            name=f"vgpu-{name}",
            attributes={"vgpu_type": str(alike[0].type_id)},
            facts=describe_type(device, name, find_memory_bytes(name)),
        )
        for name, alike in sorted(by_type.items())
    )
