"""What is loaded into FPGAs: the shell or region that a bitstream is built upon, and functions.

``ResourceRepresentation.platforms`` are the names of shells (VBNV of XRT) and the ids of
interfaces that the device's driver reports; the catalogue knows none, since a card can be given
another.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Final

from cyborg_rr.domain.graph.graph import Target
from cyborg_rr.domain.matching.refusal import Refusal
from cyborg_rr.domain.representation.representation import ResourceRepresentation

_BOARD: Final = re.compile(r"(?:xilinx|amd)[_:](?:[a-z-]*-)?([a-z]+[0-9]+[a-z0-9]*)[_:]")
"""The board in the name of a shell: ``xilinx_u250_gen3x16_xdma_shell_4_1``."""


def refuse_platform(target: Target, representation: ResourceRepresentation) -> Refusal | None:
    """The shell that an xclbin was linked for, by its VBNV (XRT, xclbin.h: m_platformVBNV)."""
    name, wanted = representation.device_class, target.value
    if not _is_fpga_of(representation, "xilinx"):
        return _refuse_kind(representation, f"the platform {wanted}", "AMD's FPGAs")
    board = _BOARD.match(wanted.lower())
    words = re.split(r"[^a-z0-9]+", representation.name.lower())
    if board is not None and board[1] not in words:
        text = f"the file is for {wanted}, {name} is {representation.name}"
        return Refusal("target", text, "does not fit", f"link the kernels for {name}")
    refusal = _refuse_unless_reported(wanted, f"the platform {wanted}", representation)
    if refusal is None or refusal.outcome == "unknown":
        return refusal
    return replace(refusal, outcome="unknown")  # a shell may be called otherwise than its platform


def refuse_interface(target: Target, representation: ResourceRepresentation) -> Refusal | None:
    """The interface of the shell that an xclbin was linked for, by its uuid."""
    if not _is_fpga_of(representation, "xilinx"):
        return _refuse_kind(representation, f"the interface {target.value}", "AMD's FPGAs")
    return _refuse_unless_reported(target.value, f"the interface {target.value}", representation)


def refuse_region(target: Target, representation: ResourceRepresentation) -> Refusal | None:
    """The region that a .gbs of OPAE was compiled for, by the interface uuid of its metadata."""
    if not _is_fpga_of(representation, "intel"):
        return _refuse_kind(representation, f"the region {target.value}", "FPGAs of OPAE")
    return _refuse_unless_reported(target.value, f"the region {target.value}", representation)


def refuse_bitstream(target: Target, representation: ResourceRepresentation) -> Refusal | None:
    """The function that the file itself is: loaded already, or to be loaded from it."""
    if representation.kind != "FPGA":
        return _refuse_kind(representation, "a bitstream", "FPGAs")
    if _plain(target.value) in {_plain(function) for function in representation.functions}:
        return None
    return Refusal(
        "target",
        f"{representation.device_class} does not run {target.value} yet",
        "fits if",
        change=f"load {target.value} from the file",
    )


def refuse_function(target: Target, representation: ResourceRepresentation) -> Refusal | None:
    """A function that must be loaded, by its AFU id, the uuid of its xclbin or its name."""
    loaded = {function.lower() for function in representation.functions}
    if target.value.lower() in loaded:
        return None
    has = ", ".join(sorted(loaded)) or "nothing"
    return Refusal(
        "target",
        f"the file needs the {target.kind} {target.value}; {representation.device_class} has {has}"
        " loaded",
        "does not fit",
        f"load {target.value}",
    )


def _refuse_unless_reported(
    wanted: str, what: str, representation: ResourceRepresentation
) -> Refusal | None:
    own = representation.platforms
    name = representation.device_class
    if _plain(wanted) in {_plain(each) for each in own}:
        return None
    if not own:
        text = f"the file is for {what}; which one {name} has is not known"
        return Refusal("target", text, "unknown", f"give {name} {what}")
    text = f"the file is for {what}, {name} has {', '.join(own)}"
    return Refusal("target", text, "does not fit", f"give {name} {what}, or compile for its own")


def _is_fpga_of(representation: ResourceRepresentation, vendor: str) -> bool:
    return representation.kind == "FPGA" and vendor in representation.vendor.lower()


def _refuse_kind(representation: ResourceRepresentation, what: str, whose: str) -> Refusal:
    text = f"the file is for {what} of {whose}, and {representation.device_class} is none"
    return Refusal("target", text, "does not fit")


def _plain(name: str) -> str:
    """A name or uuid without what tells no two apart: hyphens, case, and sysfs' way of colons."""
    return re.sub(r"[-_:]", "", name.lower())
