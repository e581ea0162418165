"""AMD GPUs, from what the kernel driver amdgpu says in sysfs; no library of the vendor is needed.

A GPU is offered whole; beside that by its compute partitions while it has some, or instead by its
virtual functions once they are enabled. What amdgpu said is kept while the GPU belongs to vfio-pci.

Not only products of the catalogue are taken: every processing accelerator of AMD's, and every
display controller that is no VGA one, is a GPU to compute with or a virtual function of one.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from cyborg_rr.domain.hardware.addresses import PciAddress
from cyborg_rr.domain.hardware.devices import AttachHandle, Trouble
from cyborg_rr.domain.hardware.found import FoundDevice
from cyborg_rr.drivers.driver import (
    CleanFailed,
    DriverContext,
    HandleUnusable,
    Look,
    NoCleanMethod,
)
from cyborg_rr.drivers.gpu.amd.amdgpu import (
    KERNEL_DRIVER,
    GpuFacts,
    count_uncorrectable,
    find_heat,
    read_facts,
)
from cyborg_rr.drivers.gpu.amd.device import list_peers, make_device
from cyborg_rr.drivers.gpu.amd.partitions import HANDLE_TYPE, find_name
from cyborg_rr.drivers.gpu.amd.topology import Node, Nodes, list_users, name_users, read_nodes
from cyborg_rr.drivers.pci.family import PciFamilyDriver
from cyborg_rr.drivers.pci.products import find_known
from cyborg_rr.drivers.pci.reading.function import PciFunction, PciIdentity
from cyborg_rr.drivers.pci.remembering import recall, remember
from cyborg_rr.drivers.pci.sriov import get_virtual
from cyborg_rr.drivers.sysfs import Unreadable

VENDOR_ID = "1002"
COMPUTE_CLASSES = ("0380", "1200")
"""Display controller of another kind than VGA, and processing accelerator."""


class AmdGpuDriver(PciFamilyDriver):
    """Reports each GPU whole, and by the parts that it has."""

    has_own_identity = True

    def __init__(self, context: DriverContext) -> None:
        super().__init__("amd_gpu", context, is_gpu, VENDOR_ID)
        self._errors: dict[PciAddress, int] = {}

    def prepare(self, handle: AttachHandle) -> None:
        """As for any function; of a partition also that the GPU still has it."""
        if handle.type != HANDLE_TYPE:
            super().prepare(handle)
            return
        function = self._get_function(AttachHandle("PCI", handle.info))
        try:
            self._check_partition(handle, function)
        except Unreadable as error:
            raise HandleUnusable(f"{function.address.render()}: {error}") from None

    def _check_partition(self, handle: AttachHandle, function: PciFunction) -> None:
        """Its number and device file say nothing of how much it is: that is in its place."""
        nodes = read_nodes(self._sysfs).get(function.address, ())
        own = [
            node
            for node in nodes
            if (str(node.partition), node.render_node)
            == (handle.info.get("partition"), handle.info.get("render_node"))
        ]
        offered, is_known, _ = handle.place.rpartition("@")
        name = find_name(read_facts(self._sysfs, function.path), nodes)
        if not own or (is_known and name != offered):
            raise HandleUnusable(f"handle {handle.key}: the GPU has no such partition any more")
        users = [] if function.address in self._exact else list_users(self._sysfs, own)
        if users:
            raise HandleUnusable(f"handle {handle.key}: used by {name_users(users)} of the host")

    def _find_own_use(self, function: PciFunction) -> str | None:
        """Processes that have memory of it, as amdgpu tells."""
        if function.driver != KERNEL_DRIVER:
            return None
        users = list_users(self._sysfs, read_nodes(self._sysfs).get(function.address, ()))
        return f"used by {name_users(users)} of the host" if users else None

    def _find_parts_use(self, function: PciFunction) -> str | None:
        nodes = read_nodes(self._sysfs).get(function.address, ())
        is_divided = function.driver == KERNEL_DRIVER and len(nodes) > 1
        return "it is given out in partitions" if is_divided else None

    def clean(self, handle: AttachHandle) -> str:
        """A GPU or virtual function is reset; nothing cleans a partition without the others."""
        if handle.type == HANDLE_TYPE:
            raise NoCleanMethod(f"handle {handle.key}: only the whole GPU can be reset")
        return super().clean(handle)

    def _clean_function(self, function: PciFunction) -> str:
        if function.driver == KERNEL_DRIVER:
            try:
                self._check_free(function)
            except Unreadable as error:
                raise CleanFailed("gpu_silent", f"{function.address.render()}: {error}") from None
        return super()._clean_function(function)

    def _check_free(self, function: PciFunction) -> None:
        """``CleanFailed`` when the host uses the GPU, or its reset may reach others.

        Source: documentation of AMD SMI, "GPU reset behavior on XGMI systems": nobody may assume
        that the reset of one GPU of a hive leaves the others alone.
        """
        name, all_nodes = function.address.render(), read_nodes(self._sysfs)
        own = all_nodes.get(function.address, ())
        users = list_users(self._sysfs, own)
        if users:
            raise CleanFailed("gpu_in_use", f"{name} is used by {name_users(users)} of the host")
        peers = list(list_peers(own, all_nodes))
        if peers and not self._reset_suffices:
            raise CleanFailed(
                "linked_gpus",
                f"a reset of {name} may reach {', '.join(peers[:4])}, joined to it by xGMI",
            )

    def _find_devices(self, look: Look) -> Iterator[FoundDevice]:
        functions = {function.address: function for function in self._list_functions(look)}
        driven = any(function.driver == KERNEL_DRIVER for function in functions.values())
        nodes = read_nodes(self._sysfs) if driven else {}
        for function in functions.values():
            if function.physical_function is None:
                device = self._read_or_leave_out(
                    look, function, self._read_gpu, look, function, functions, nodes
                )
                if device is not None:
                    yield device

    def _read_gpu(
        self,
        look: Look,
        function: PciFunction,
        functions: Mapping[PciAddress, PciFunction],
        nodes: Nodes,
    ) -> FoundDevice:
        virtual = get_virtual(function, functions)
        gpu = self._find_facts(look, function, nodes.get(function.address, ()))
        trouble = self._find_trouble(function)
        used = None if virtual else self._find_own_use(function)
        device = make_device(function, virtual, gpu, nodes)
        return replace(device, trouble=trouble, used_by_host=used)

    def _find_facts(self, look: Look, function: PciFunction, own: Sequence[Node]) -> GpuFacts:
        """What amdgpu says now, else what it said before."""
        if function.driver != KERNEL_DRIVER:
            return recall(look.memory, function, GpuFacts) or GpuFacts()
        gpu = read_facts(self._sysfs, function.path)
        if own:
            gpu = replace(gpu, architecture=own[0].architecture)
        remember(look.memory, function, gpu)
        return gpu

    def _find_trouble(self, function: PciFunction) -> Trouble | None:
        """What is wrong now; of errors only that there are more than at the last look."""
        if function.driver != KERNEL_DRIVER:
            self._errors.pop(function.address, None)
            return None
        errors = count_uncorrectable(self._sysfs, function.path)
        before = self._errors.get(function.address, errors)
        if errors is not None:
            self._errors[function.address] = errors
        if errors is not None and before is not None and errors > before:
            more = errors - before
            return Trouble("ecc_uncorrectable", f"{more} memory errors that could not be corrected")
        return find_heat(self._sysfs, function.path)


def is_gpu(identity: PciIdentity) -> bool:
    """Whether a function is a GPU to compute with, or a virtual function of one."""
    return identity.vendor_id == VENDOR_ID and (
        find_known(VENDOR_ID, "GPU").has(identity.device_id)
        or identity.pci_class[:4] in COMPUTE_CLASSES
    )
