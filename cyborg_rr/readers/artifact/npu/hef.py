"""Executables of Hailo (HEF): a header, then a protobuf message whose first field names the chip.

Layout: hef__header_t of hailort (libhailort/src/hef/hef_internal.hpp, big-endian) and
ProtoHEFHeader of libhailort/hef.proto.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping
from typing import Final

from cyborg_rr.domain.errors import UnreadableModel
from cyborg_rr.domain.graph.graph import Target, join_targets
from cyborg_rr.readers.artifact.found import BUILT_ON, Found
from cyborg_rr.readers.formats.protobuf_wire import LENGTH, VARINT, Message
from cyborg_rr.readers.reading.source import Buffer

CHIPS: Final[Mapping[int, tuple[str, ...]]] = {
    0: ("hailo8",),
    2: ("hailo8r",),
    3: ("hailo8l", "hailo8"),
    4: ("hailo15m",),
    5: ("hailo10h",),
    103: ("hailo15h",),
}
"""Chips that run what was compiled for one; Hailo-8 takes what is for Hailo-8L (hailort,
core_op configuration)."""

_COMMON: Final = struct.Struct(">4s2I")
_HEADER_BYTES: Final = {0: 32, 1: 28, 2: 44, 3: 56}
"""By version: the common part and what differs."""

_MAX_VERSION_BYTES: Final = 64


def read(data: Buffer) -> Found:
    """The chip and the compiler's version."""
    head = bytes(data[: _COMMON.size])
    if len(head) < _COMMON.size:
        raise UnreadableModel("the header of the HEF is cut off")
    _, version, size = _COMMON.unpack(head)
    start = _HEADER_BYTES.get(version)
    if start is None:
        raise UnreadableModel(f"version {version} of HEF is not read, only 0 to 3")
    if start + size > len(data):
        raise UnreadableModel(f"the HEF states a message of {size} bytes and is cut off")
    chip, compiler = _read_header(Message(data, start, start + size))
    names = CHIPS.get(chip)
    targets = join_targets(Target("arch", name) for name in names or ())
    return Found(
        kind="hef",
        what="an executable of Hailo (HEF)",
        targets=(Target("backend", "hailo"), *(targets or (Target(BUILT_ON, "chip"),))),
        version=str(version),
        producer="hailo-dfc",
        producer_version=compiler or None,
        lacks=() if names else (f"the chip {chip} that it was compiled for is not known here",),
    )


def _read_header(message: Message) -> tuple[int, str]:
    """Number of the chip, 0 where it is left out, and the version of the compiler."""
    for number, wire, begin, end in message:
        if (number, wire) != (1, LENGTH):
            continue
        chip, compiler = 0, ""
        header = message.message(begin, end)
        for inner, kind, value, stop in header:
            if (inner, kind) == (1, VARINT):
                chip = value
            elif (inner, kind) == (3, LENGTH):
                compiler = header.text(value, stop, _MAX_VERSION_BYTES)
        return chip, compiler
    raise UnreadableModel("the message of the HEF has no header")
