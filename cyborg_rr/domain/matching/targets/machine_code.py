"""Code for processors: machine code, and what a driver compiles when it is loaded."""

from __future__ import annotations

from typing import Final

from cyborg_rr.domain.graph.graph import Target
from cyborg_rr.domain.matching.refusal import Refusal
from cyborg_rr.domain.representation.architectures import (
    compiles_ptx_for,
    normalise_architecture,
    runs_code_for,
)
from cyborg_rr.domain.representation.representation import ResourceRepresentation

_BACKENDS: Final = ("cuda:", "rocm:", "hip:")


def refuse_architecture(target: Target, representation: ResourceRepresentation) -> Refusal | None:
    """Machine code for one architecture, as a compiler names it: ``sm_90a``, ``gfx942:xnack-``.

    A backend may stand in front (``cuda:sm_90``).
    """
    wanted = target.value
    if wanted.startswith(_BACKENDS):
        wanted = wanted.split(":", 1)[1]
    own = representation.architecture
    if own is None:
        return _doubt(target.value, representation)
    if not runs_code_for(own, wanted):
        return Refusal(
            "target",
            f"the file is for {target.value}, {representation.device_class} is {own}",
            "does not fit",
            _advise(own),
        )
    modes = wanted.partition(":")[2]
    if modes and modes != own.partition(":")[2]:
        return Refusal(
            "target",
            f"the file is for {wanted}: whether {representation.device_class} runs in that mode"
            f" ({modes}) is not known",
            "unknown",
            f"compile for {normalise_architecture(wanted)} without the mode",
        )
    return None


def refuse_ptx(target: Target, representation: ResourceRepresentation) -> Refusal | None:
    """PTX for one target (``sm_80``), which NVIDIA's driver compiles when it is loaded."""
    own = representation.architecture
    if own is None:
        if any(each.startswith("cuda") for each in representation.targets):
            return _doubt(f"PTX for {target.value}", representation)
        own = representation.name
    elif compiles_ptx_for(own, target.value):
        return None
    return Refusal(
        "target",
        f"the file is PTX for {target.value}, {representation.device_class} is {own}",
        "does not fit",
        _advise(own),
    )


def refuse_spirv(target: Target, representation: ResourceRepresentation) -> Refusal | None:
    """SPIR-V: its version and the capabilities that it declares, ``1.3 Shader Float16``.

    Which ones a device has its driver says (vulkaninfo, clinfo), and the catalogue does not.
    """
    version, _, capabilities = target.value.partition(" ")
    if representation.kind != "GPU":
        return Refusal(
            "target",
            f"the file is SPIR-V {version}, which drivers of GPUs take (Vulkan, OpenCL), and"
            f" {representation.device_class} is none",
            "does not fit",
            f"compile the model for {representation.device_class}",
        )
    return Refusal(
        "target",
        f"the file is SPIR-V {version} with {capabilities}: whether the driver of"
        f" {representation.device_class} has these is not known",
        "unknown",
        "compare them with what vulkaninfo or clinfo lists on the device",
    )


def _doubt(what: str, representation: ResourceRepresentation) -> Refusal:
    text = f"the file is for {what}; the architecture of {representation.device_class} is not known"
    return Refusal("target", text, "unknown")


def _advise(own: str) -> str:
    """How code for the device's own architecture is asked of a compiler."""
    if own.startswith("sm_"):
        return f"rebuild with -arch={own}"
    if own.startswith("gfx"):
        return f"rebuild with --offload-arch={own}"
    return f"compile the model for {own}"
