"""vGPU types by their names, and what one of a type takes of its GPU."""

from __future__ import annotations

import re
from dataclasses import replace

from cyborg_rr.domain.hardware.devices import DeviceFacts

GIB = 1 << 30
HALF_GIB = GIB // 2

_NAME = re.compile(
    r"(?P<board>[A-Za-z0-9]+(?:-[A-Za-z]\w*)*?)(?:-(?P<slices>\d))?"
    r"-(?P<gib>\d{1,3})(?P<series>[ABCQ])(?P<variant>\w*)",
    re.ASCII,
)


def parse_type_name(name: str) -> str:
    """The type without its maker: ``NVIDIA L40S-12Q`` and ``GRID L40S-12Q`` are ``L40S-12Q``.

    The name of a GPU may have several words (``NVIDIA RTX6000-Ada-8Q``); a type is the last one.
    """
    words = name.split()
    return words[-1] if words else ""


def find_memory_bytes(type_name: str) -> int | None:
    """The framebuffer of a type: the number before the letter of its series is GiB, 0 is half one.

    A type of a MIG instance has its compute slices before that: ``A100-1-5C``. Source: NVIDIA
    Virtual GPU Software User Guide, virtual GPU types (recalled).
    """
    match = _NAME.fullmatch(type_name)
    if match is None:
        return None
    return int(match["gib"]) * GIB or HALF_GIB


def describe_type(device: DeviceFacts, type_name: str, memory_bytes: int | None) -> DeviceFacts:
    """A vGPU as a part of its GPU: its own memory, its type as the partition."""
    return replace(device, memory_bytes=memory_bytes, partition=type_name)
