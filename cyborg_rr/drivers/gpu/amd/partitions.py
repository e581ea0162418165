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

from cyborg_rr.domain.hardware.capacities import ALL_FUNCTIONS, VIRTUAL_FUNCTION
from cyborg_rr.domain.hardware.devices import AttachHandle, DeviceFacts
from cyborg_rr.domain.hardware.found import FoundPart
from cyborg_rr.drivers.gpu.amd.amdgpu import GpuFacts
from cyborg_rr.drivers.gpu.amd.topology import Node
from cyborg_rr.drivers.pci import sriov
from cyborg_rr.drivers.pci.reading.function import PciFunction

HANDLE_TYPE = "XCP"

SLICES = 24
"""The least number that 1, 2, 3, 4, 6 and 8 parts divide: partitions of whatever mode take the
slices that they cover whole, so that those of two modes overlap where they do."""

_SHARES = 1 << 26
"""How finely virtual functions, of which there may be any number, share a slice. Those of two
counts up to 24 overlap by at least 1/506 of a slice, which is more than ``ALL_FUNCTIONS`` of it."""

_SLICE = _SHARES + ALL_FUNCTIONS
"""The total of a slice: its shares, and one for each virtual function that there can be."""


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
        replace(handle, consumes={**handle.consumes, **_share(_number_of(handle), count)})
        for handle in sriov.make_virtual_handles(virtual)
    )


def _number_of(handle: AttachHandle) -> int:
    return int(handle.place.removeprefix(VIRTUAL_FUNCTION))


def _cover(index: int, count: int) -> dict[str, int]:
    """What one of so many partitions takes: all of each of its slices."""
    share = SLICES // count
    return {_name_slice(slice_): _SLICE for slice_ in range(index * share, (index + 1) * share)}


def _share(index: int, count: int) -> dict[str, int]:
    """What one of so many virtual functions takes: its share, and a little of each slice.

    The little rules out every partition of the GPU: while it has virtual functions nobody says
    which part of it they are. The share rules out those that another count left behind.
    """
    begin, end = (number * SLICES * _SHARES // count for number in (index, index + 1))
    return {
        _name_slice(slice_): 1
        + max(0, min(end, (slice_ + 1) * _SHARES) - max(begin, slice_ * _SHARES))
        for slice_ in range(SLICES)
    }


def _name_slice(number: int) -> str:
    return f"compute_slice_{number}"


def find_partitions(
    function: PciFunction, gpu: GpuFacts, nodes: Sequence[Node], facts: DeviceFacts
) -> FoundPart | None:
    """The partitions that the GPU has now; None where it is one, or nobody can open them."""
    name = find_name(gpu, nodes)
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


def find_name(gpu: GpuFacts, nodes: Sequence[Node]) -> str | None:
    """What the partitions are called, by the mode of their GPU: such as ``cpx-nps1``.

    None while the topology does not show the same partitions.
    """
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
