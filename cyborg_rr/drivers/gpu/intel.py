"""Intel data centre and Arc GPUs, under the kernel driver xe or i915.

A GPU is offered whole, or by its virtual functions once they are enabled. Only products of the
catalogue are taken: the display that is part of a processor has the same vendor and class.

Sources: Linux Documentation/ABI/testing/sysfs-driver-intel-xe-sriov: the tree ``sriov_admin`` with
``vf<N>/profile/vram_quota``, N counting from 1; xe's ``tile<N>/physical_vram_size_bytes`` as the
tests of the driver read it (igt-gpu-tools, lib/igt_sysfs); Intel's own i915 (backports):
``drm/card<N>/lmem_total_bytes`` and ``prelim_iov`` or ``iov`` with ``vf<N>/gt<N>/lmem_quota``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from cyborg_rr.domain.hardware.addresses import PciAddress
from cyborg_rr.domain.hardware.capacities import VIRTUAL_FUNCTION
from cyborg_rr.domain.hardware.fields import DeviceFields
from cyborg_rr.domain.hardware.found import FoundDevice, FoundPart
from cyborg_rr.drivers.driver import DriverContext, Look
from cyborg_rr.drivers.pci.family import PciFamilyDriver
from cyborg_rr.drivers.pci.products import find_known
from cyborg_rr.drivers.pci.reading.function import PciFunction, PciIdentity
from cyborg_rr.drivers.pci.remembering import recall, remember
from cyborg_rr.drivers.pci.sriov import (
    find_capacities,
    get_virtual,
    make_virtual_handles,
    make_whole_handle,
)
from cyborg_rr.drivers.sysfs import Sysfs, Unreadable

VENDOR_ID = "8086"
KERNEL_DRIVERS = frozenset({"xe", "i915"})
MAX_MEMORY_BYTES = 1 << 44

_TILE = re.compile(r"tile[0-9]{1,2}", re.ASCII)
_GT = re.compile(r"gt[0-9]{0,2}", re.ASCII)
_CARD = re.compile(r"card[0-9]{1,5}", re.ASCII)


@dataclass(frozen=True, slots=True)
class GpuMemory:
    """Bytes of a GPU and of the virtual function that has least; None where nobody says."""

    whole: int | None = None
    virtual: int | None = None


class IntelGpuDriver(PciFamilyDriver):
    """Reports each GPU with one handle, or one for each of its virtual functions."""

    def __init__(self, context: DriverContext) -> None:
        super().__init__("intel_gpu", context, is_gpu, VENDOR_ID)

    def _find_devices(self, look: Look) -> Iterator[FoundDevice]:
        functions = {function.address: function for function in self._list_functions(look)}
        for function in functions.values():
            if function.physical_function is None:
                device = self._read_or_leave_out(
                    look, function, self._read_gpu, look, function, functions
                )
                if device is not None:
                    yield device

    def _read_gpu(
        self, look: Look, function: PciFunction, functions: Mapping[PciAddress, PciFunction]
    ) -> FoundDevice:
        virtual = get_virtual(function, functions)
        return make_device(function, virtual, self._find_memory(look, function))

    def _find_memory(self, look: Look, function: PciFunction) -> GpuMemory:
        """What the kernel driver says now, else what it said before."""
        if function.driver not in KERNEL_DRIVERS:
            return recall(look.memory, function, GpuMemory) or GpuMemory()
        memory = GpuMemory(
            _find_whole(self._sysfs, function.path),
            _find_least(self._sysfs, function.path, len(function.virtual_functions)),
        )
        remember(look.memory, function, memory)
        return memory


def make_device(
    function: PciFunction, virtual: Sequence[PciFunction], memory: GpuMemory
) -> FoundDevice:
    """One GPU with what of it can be handed out."""
    identity, address = function.identity, function.address.render()
    name = find_known(VENDOR_ID, "GPU").names[identity.device_id]
    facts = replace(function.describe("GPU"), product_name=name, memory_bytes=memory.whole)
    part = FoundPart(address, (make_whole_handle(function),))
    if virtual:
        part = FoundPart(
            address,
            make_virtual_handles(virtual),
            name=VIRTUAL_FUNCTION,
            facts=replace(facts, memory_bytes=memory.virtual, partition=VIRTUAL_FUNCTION),
        )
    return FoundDevice(
        control_path=function.address.render_handle_info(),
        facts=facts,
        fields=DeviceFields(
            vendor=identity.vendor_id,
            model=f"Intel {name}",
            std_board_info={"product_id": identity.device_id, "class": identity.pci_class},
            numa_node=function.numa_node,
        ),
        parts=(part,),
        vendor_name="Intel",
        capacities=find_capacities(function),
    )


def is_gpu(identity: PciIdentity) -> bool:
    """Whether a function is a known GPU; its virtual functions have the same id."""
    return identity.vendor_id == VENDOR_ID and find_known(VENDOR_ID, "GPU").has(identity.device_id)


def _find_whole(sysfs: Sysfs, path: str) -> int | None:
    """The memory of all tiles, or what i915 says of the whole."""
    names = sysfs.names(path)
    tiles = [
        _find_bytes(sysfs, f"{path}/{name}", "physical_vram_size_bytes")
        for name in names
        if _TILE.fullmatch(name)
    ]
    if tiles:
        return _add(tiles)
    cards = [name for name in sysfs.names(f"{path}/drm") if _CARD.fullmatch(name)]
    return _add([_find_bytes(sysfs, f"{path}/drm/{card}", "lmem_total_bytes") for card in cards])


def _find_least(sysfs: Sysfs, path: str, virtual: int) -> int | None:
    """What the virtual function with the least memory has; None when one of them does not say."""
    quotas = [_find_quota(sysfs, path, number) for number in range(1, virtual + 1)]
    known = [quota for quota in quotas if quota is not None]
    return min(known) if known and len(known) == len(quotas) else None


def _find_quota(sysfs: Sysfs, path: str, number: int) -> int | None:
    quota = _find_bytes(sysfs, f"{path}/sriov_admin/vf{number}/profile", "vram_quota")
    if quota is not None:
        return quota
    for card in sysfs.names(f"{path}/drm"):
        if _CARD.fullmatch(card):
            for room in ("prelim_iov", "iov"):
                place = f"{path}/drm/{card}/{room}/vf{number}"
                gts = [name for name in sysfs.names(place) if _GT.fullmatch(name)]
                quota = _add([_find_bytes(sysfs, f"{place}/{gt}", "lmem_quota") for gt in gts])
                if quota is not None:
                    return quota
    return None


def _add(sizes: Sequence[int | None]) -> int | None:
    """The sum; None when there is nothing, or one of them is not known."""
    known = [size for size in sizes if size is not None]
    return sum(known) if known and len(known) == len(sizes) else None


def _find_bytes(sysfs: Sysfs, path: str, name: str) -> int | None:
    """A size in decimal or hexadecimal; None where there is no file, or it says nought."""
    with sysfs.open(path) as directory:
        text = directory.find_text(name) if directory else None
    if text is None:
        return None
    if not re.fullmatch(r"0x[0-9a-fA-F]{1,16}|[0-9]{1,18}", text, re.ASCII):
        raise Unreadable(f"{name}: {text[:40]!a} is not a size")
    size = int(text, 16 if text.startswith("0x") else 10)
    return size if 0 < size <= MAX_MEMORY_BYTES else None
