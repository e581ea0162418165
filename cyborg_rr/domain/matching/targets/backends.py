"""What a file was compiled for by family: a device's own, or an interface that many drivers offer.

The names are those of TVM and IREE. A family is one vendor's; an interface such as OpenCL is that
of many, so that no toolchain of a device needs to name it.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final, NamedTuple

from cyborg_rr.domain.graph.graph import Target
from cyborg_rr.domain.matching.refusal import Refusal
from cyborg_rr.domain.representation.representation import ResourceRepresentation


class Interface(NamedTuple):
    """What people call it, on which kind of device (and of which vendor) drivers offer it, and how
    that is looked up; an empty one stands for all of them.
    """

    name: str
    kind: str = "GPU"
    vendor: str = ""
    lookup: str = ""


INTERFACES: Final[Mapping[str, Interface]] = MappingProxyType(
    {
        "opencl": Interface("OpenCL", lookup="clinfo"),
        "vulkan": Interface("Vulkan", lookup="vulkaninfo"),
        "webgpu": Interface("WebGPU"),
        "metal": Interface("Metal"),
        "aocl": Interface("OpenCL for FPGAs", "FPGA", "intel", "aocl diagnose"),
        "sdaccel": Interface("SDAccel", "FPGA", "xilinx", "xbutil examine"),
        "ext_dev": Interface("an extension of TVM", ""),
    }
)
"""By what TVM calls them (DLDeviceType of dlpack.h, TVMDeviceExtType of c_runtime_api.h)."""


def refuse_backend(target: Target, representation: ResourceRepresentation) -> Refusal | None:
    """A family or interface, with or without what follows a colon (``cuda:sm_90``)."""
    family = target.value.split(":", 1)[0].lower()
    families = {own.split(":", 1)[0] for own in representation.targets}
    if family in families:
        return None
    interface = INTERFACES.get(family)
    if interface is not None:
        return _refuse_interface(interface, target, representation)
    name = representation.device_class
    if not families and "toolchains" in representation.unknown:
        text = f"the file is for {target.value}; what compiles for {name} is not known"
        return Refusal("target", text, "unknown")
    shown = ", ".join(sorted(families)) or "no backend"
    return Refusal("target", f"the file is for {target.value}, {name} has {shown}", "does not fit")


def _refuse_interface(
    interface: Interface, target: Target, representation: ResourceRepresentation
) -> Refusal:
    name, whose = representation.device_class, interface.vendor
    if interface.kind and representation.kind != interface.kind:
        text = f"the file is for {target.value}, which drivers of {interface.kind}s offer, and"
        return Refusal("target", f"{text} {name} is none", "does not fit")
    if whose not in representation.vendor.lower():
        text = f"the file is for {target.value}, which {name} of {representation.vendor} is not"
        return Refusal("target", text, "does not fit")
    return Refusal(
        "target",
        f"the file is for {interface.name}: whether the driver of {name} offers it is not known",
        "unknown",
        f"look it up on the device with {interface.lookup}" if interface.lookup else "",
    )
