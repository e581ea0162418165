"""NVIDIA GPUs as whole devices: found in sysfs, described further by NVML where it answers.

Virtual functions are never offered, nor a GPU that has them enabled: it serves vGPUs then, and the
whole GPU and its parts must not both be handed out. A GPU that NVIDIA's driver holds but that does
not answer (fallen off the bus, Xid 79) is left out until it does.

Reads the option ``nvml`` (True or False, default True): whether to ask the library at all.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from cyborg_rr.domain.errors import InvalidInput
from cyborg_rr.domain.hardware.addresses import PciAddress
from cyborg_rr.domain.hardware.devices import Trouble
from cyborg_rr.domain.hardware.fields import DeviceFields
from cyborg_rr.domain.hardware.found import FoundDevice, FoundPart
from cyborg_rr.drivers.driver import DriverContext, Look
from cyborg_rr.drivers.gpu.nvidia.nvml import GpuFacts, Nvml, find_module, open_nvml
from cyborg_rr.drivers.pci.family import PciFamilyDriver
from cyborg_rr.drivers.pci.function import PciFunction, PciIdentity
from cyborg_rr.drivers.pci.sriov import find_capacities, make_whole_handle
from cyborg_rr.drivers.pci.state import SPLIT

VENDOR_ID = "10de"
CONTROLLERS: Mapping[str, str] = {
    "0300": "VGA compatible controller",
    "0302": "3D controller",
}
KERNEL_DRIVER = "nvidia"

_INSTALLED = object()


class NvidiaGpuDriver(PciFamilyDriver):
    """Reports each GPU that can be handed out whole, with one PCI handle."""

    has_own_identity = True

    def __init__(self, context: DriverContext, nvml_module: Any = _INSTALLED) -> None:
        super().__init__("nvidia_gpu", context, is_gpu, VENDOR_ID)
        wanted = context.options.get("nvml", True)
        if not isinstance(wanted, bool):
            raise InvalidInput(f"option nvml must be true or false, not {wanted!r}")
        module = find_module() if nvml_module is _INSTALLED else nvml_module
        self._nvml_module = module if wanted else None
        self._learnt: dict[PciAddress, tuple[PciIdentity, GpuFacts]] = {}

    def _find_devices(self, look: Look) -> Iterable[FoundDevice]:
        functions = [
            function for function in self._list_functions(look) if self._is_whole(look, function)
        ]
        if not any(function.driver == KERNEL_DRIVER for function in functions):
            return tuple(self._make_devices(look, functions, None))
        with open_nvml(self._nvml_module) as nvml:
            return tuple(self._make_devices(look, functions, nvml))

    def _is_whole(self, look: Look, function: PciFunction) -> bool:
        if function.physical_function is not None:
            return False
        if function.virtual_functions:
            cause = f"its {len(function.virtual_functions)} virtual functions are enabled"
            self._leave_out(look, function, Trouble(SPLIT, cause))
            return False
        return True

    def _make_devices(
        self, look: Look, functions: Sequence[PciFunction], nvml: Nvml | None
    ) -> Iterator[FoundDevice]:
        for function in functions:
            facts = self._read_or_leave_out(look, function, self._find_facts, function, nvml)
            if facts is not None:
                yield make_device(function, facts)

    def _find_facts(self, function: PciFunction, nvml: Nvml | None) -> GpuFacts:
        """What NVML says now, else what it said before.

        A GPU changes hands between NVIDIA's driver and vfio-pci while it is in use; its description
        must not change with that.
        """
        if nvml is not None and function.driver == KERNEL_DRIVER:
            facts = nvml.read_facts(function.address)
            self._learnt[function.address] = (function.identity, facts)
            return facts
        identity, facts = self._learnt.get(function.address, (function.identity, GpuFacts()))
        return facts if identity == function.identity else GpuFacts()


def make_device(function: PciFunction, gpu: GpuFacts) -> FoundDevice:
    """One whole GPU from what sysfs and the library tell of it."""
    identity = function.identity
    return FoundDevice(
        control_path=function.address.render_handle_info(),
        facts=replace(
            function.describe("GPU"),
            product_name=gpu.name,
            memory_bytes=gpu.memory_bytes,
            architecture=gpu.architecture,
            driver_version=gpu.driver_version,
            firmware_version=gpu.firmware_version,
        ),
        fields=DeviceFields(
            vendor=identity.vendor_id,
            model=gpu.name or f"NVIDIA {identity.device_id}",
            std_board_info={
                "product_id": identity.device_id,
                "controller": CONTROLLERS[identity.pci_class[:4]],
            },
            vendor_board_info={"uuid": gpu.uuid} if gpu.uuid else {},
            numa_node=function.numa_node,
        ),
        parts=(
            FoundPart(
                function.address.render(),
                (make_whole_handle(function),),
                attributes=_render_attributes(gpu),
            ),
        ),
        vendor_name="NVIDIA",
        capacities=find_capacities(function),
    )


def is_gpu(identity: PciIdentity) -> bool:
    """Whether a function is the display or 3D function of an NVIDIA GPU."""
    return identity.vendor_id == VENDOR_ID and identity.pci_class[:4] in CONTROLLERS


def _render_attributes(facts: GpuFacts) -> Mapping[str, str]:
    if facts.is_mig_enabled is None:
        return {}
    return {"mig_mode": "enabled" if facts.is_mig_enabled else "disabled"}
