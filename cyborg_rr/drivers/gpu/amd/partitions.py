"""Compute partitions (XCP) of a GPU: what each takes, and what of the GPU it is.

A GPU in another mode than SPX shows itself to programs on the host as several, each with a device
file of its own, and is still one PCI function. So the whole of it can be given to a virtual machine
or its partitions to containers, never both.

A partition's memory is an equal share, also where the memory is not divided (NPS1): that is what
the kernel driver lets its processes have (amdgpu_amdkfd_xcp_memory_size).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from cyborg_rr.domain.hardware.capacities import VIRTUAL_FUNCTION
from cyborg_rr.domain.hardware.devices import AttachHandle, DeviceFacts
from cyborg_rr.domain.hardware.found import FoundPart
from cyborg_rr.drivers.gpu.amd.amdgpu import GpuFacts
from cyborg_rr.drivers.gpu.amd.topology import Node
from cyborg_rr.drivers.pci import sriov
from cyborg_rr.drivers.pci.reading.function import PciFunction

HANDLE_TYPE = "XCP"

SLICES = 24
"""The least number that 1, 2, 3, 4, 6 and 8 parts divide: partitions and virtual functions of
whatever mode take the slices that they cover, so that those of two modes overlap where they do."""


def find_capacities(function: PciFunction) -> dict[str, int]:
    """What a GPU can give to holders."""
    return {**sriov.find_capacities(function), **_cover(0, 1)}


def offer_whole(function: PciFunction) -> AttachHandle:
    """The handle of the GPU with all that it is."""
    return replace(sriov.make_whole_handle(function), consumes=find_capacities(function))


def offer_virtual(
    function: PciFunction, virtual: Sequence[PciFunction]
) -> tuple[AttachHandle, ...]:
    """The handles of its virtual functions, each with its share."""
    count = len(function.virtual_functions)
    return tuple(
        replace(handle, consumes={**handle.consumes, **_cover(_number_of(handle), count)})
        for handle in sriov.make_virtual_handles(virtual)
    )


def _number_of(handle: AttachHandle) -> int:
    return int(handle.place.removeprefix(VIRTUAL_FUNCTION))


def _cover(index: int, count: int) -> dict[str, int]:
    """The slices of one of so many parts; none where they are not equal shares."""
    share = SLICES // count if SLICES % count == 0 else 0
    return {f"compute_slice_{slice_}": 1 for slice_ in range(index * share, (index + 1) * share)}


def find_partitions(
    function: PciFunction, gpu: GpuFacts, nodes: Sequence[Node], facts: DeviceFacts
) -> FoundPart | None:
    """The partitions that the GPU has now; None where it is one, or nobody can open them."""
    name = _find_name(gpu, nodes)
    if name is None:
        return None
    memory = nodes[0].memory_bytes
    if memory is None and facts.memory_bytes is not None:
        memory = facts.memory_bytes // len(nodes)
    return FoundPart(
        function.address.render(),
        tuple(_offer_partition(function, node, len(nodes), name) for node in nodes),
        name=name,
        facts=replace(facts, partition=name, partition_modes=(), memory_bytes=memory),
    )


def _find_name(gpu: GpuFacts, nodes: Sequence[Node]) -> str | None:
    """The mode as a name, such as ``cpx-nps1``, while the topology shows the same partitions."""
    complete = [node.partition for node in nodes] == list(range(len(nodes)))
    openable = all(node.render_minor is not None for node in nodes)
    if gpu.compute_mode in (None, "SPX") or len(nodes) < 2 or SLICES % len(nodes):
        return None
    if not complete or not openable:
        return None
    return "-".join(mode for mode in (gpu.compute_mode, gpu.memory_mode) if mode).lower()


def _offer_partition(function: PciFunction, node: Node, count: int, name: str) -> AttachHandle:
    return AttachHandle(
        HANDLE_TYPE,
        function.address.render_handle_info()
        | {"partition": str(node.partition), "render_node": str(node.render_node)},
        place=f"{name}@{node.partition}",
        consumes=_cover(node.partition, count),
    )
