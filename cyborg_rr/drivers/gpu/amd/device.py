"""An AMD GPU as a device: its facts, and the parts of it that can be handed out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from cyborg_rr.domain.hardware.capacities import VIRTUAL_FUNCTION
from cyborg_rr.domain.hardware.devices import DeviceFacts
from cyborg_rr.domain.hardware.fields import DeviceFields
from cyborg_rr.domain.hardware.found import FoundDevice, FoundPart
from cyborg_rr.drivers.gpu.amd.amdgpu import GpuFacts
from cyborg_rr.drivers.gpu.amd.partitions import (
    find_capacities,
    find_partitions,
    offer_virtual,
    offer_whole,
)
from cyborg_rr.drivers.gpu.amd.topology import Node, Nodes
from cyborg_rr.drivers.pci.products import find_known
from cyborg_rr.drivers.pci.reading.function import PciFunction

LINK = "xGMI"


def make_device(
    function: PciFunction,
    virtual: Sequence[PciFunction],
    gpu: GpuFacts,
    nodes: Nodes,
) -> FoundDevice:
    """One GPU from what its functions, its driver and the topology of the host say."""
    identity = function.identity
    known = find_known(identity.vendor_id, "GPU").names
    own = nodes.get(function.address, ())
    facts = _describe(function, gpu)
    return FoundDevice(
        control_path=function.address.render_handle_info(),
        facts=facts,
        fields=DeviceFields(
            vendor=identity.vendor_id,
            model=gpu.name or f"AMD {known.get(identity.device_id, identity.device_id)}",
            std_board_info={"product_id": identity.device_id, "class": identity.pci_class},
            vendor_board_info={"unique_id": gpu.identity} if gpu.identity else {},
            numa_node=function.numa_node,
            peers=dict.fromkeys(list_peers(own, nodes), LINK),
            versions={"amdgpu": gpu.driver_version} if gpu.driver_version else {},
        ),
        parts=(
            (_make_virtual_part(function, virtual),)
            if virtual
            else tuple(_list_parts(function, gpu, own, facts))
        ),
        vendor_name="AMD",
        identity=gpu.identity,
        capacities=find_capacities(function),
    )


def _describe(function: PciFunction, gpu: GpuFacts) -> DeviceFacts:
    return replace(
        function.describe("GPU"),
        product_name=gpu.name,
        memory_bytes=gpu.memory_bytes,
        architecture=gpu.architecture,
        driver_version=gpu.driver_version,
        firmware_version=gpu.firmware_version,
        partition_modes=gpu.compute_modes,
    )


def _make_virtual_part(function: PciFunction, virtual: Sequence[PciFunction]) -> FoundPart:
    """Its virtual functions: nobody says which share of the GPU they have."""
    return FoundPart(
        function.address.render(),
        offer_virtual(function, virtual),
        name=VIRTUAL_FUNCTION,
        facts=replace(virtual[0].describe("GPU"), partition=VIRTUAL_FUNCTION),
    )


def _list_parts(
    function: PciFunction,
    gpu: GpuFacts,
    own: Sequence[Node],
    facts: DeviceFacts,
) -> Iterator[FoundPart]:
    said = {"compute_partition": gpu.compute_mode, "memory_partition": gpu.memory_mode}
    yield FoundPart(
        function.address.render(),
        (offer_whole(function),),
        attributes={name: text for name, text in said.items() if text is not None},
    )
    partitions = find_partitions(function, gpu, own, facts)
    if partitions is not None:
        yield partitions


def list_peers(own: Sequence[Node], nodes: Nodes) -> Iterator[str]:
    """The other GPUs that this one reaches over xGMI."""
    reached = frozenset[int]().union(*(node.peers for node in own))
    for address, others in sorted(nodes.items()):
        if others != own and any(other.number in reached for other in others):
            yield address.render()
