"""Which messages a module is wrapped in, seen from wire structure alone.

HloModuleProto has its name in field 1, HloProto the module, HloSnapshot the HloProto.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from cyborg_rr.domain.errors import UnreadableModel
from cyborg_rr.readers.formats.protobuf_wire import FIXED32, LENGTH, VARINT, Message

_MODULE_FIELDS = {
    1: LENGTH, 2: LENGTH, 3: LENGTH, 4: LENGTH, 5: VARINT, 6: VARINT, 7: LENGTH, 8: LENGTH,
    9: LENGTH, 10: LENGTH, 11: VARINT, 12: LENGTH, 13: LENGTH, 14: LENGTH, 15: LENGTH, 16: VARINT,
    17: LENGTH, 18: LENGTH, 19: LENGTH,
}  # fmt: skip
_WRAPPER_FIELDS = frozenset({1, 2, 3, 4})
_COMPUTATION_FIELDS = {
    1: LENGTH, 2: LENGTH, 4: LENGTH, 5: VARINT, 6: VARINT, 7: VARINT, 8: LENGTH,
}  # fmt: skip
_NAME = re.compile(rb"[^\x00-\x1f\x7f]{1,4096}")
_OPCODE = re.compile(rb"[a-z][a-z0-9\-]{1,63}")
_MAX_LAYERS = 3
_MAX_FILE_BYTES = 1 << 31
"""Protobuf goes no further."""


class Found(NamedTuple):
    """A module, and the buffer assignment beside it."""

    module: Message
    buffers: Message | None


def find_module(message: Message) -> Found:
    """The module within a whole file; ``UnreadableModel`` where there is none."""
    buffers: Message | None = None
    for _ in range(_MAX_LAYERS):
        first: tuple[int, int] | None = None
        others: Message | None = None
        for field, wire, value, stop in message:
            if wire == LENGTH and field == 1 and first is None:
                first = value, stop
            elif wire == LENGTH and field == 3 and others is None:
                others = message.message(value, stop)
        if first is None:
            break
        if _NAME.fullmatch(message.raw(first[0], min(first[1], first[0] + 4097))):
            return Found(message, buffers)
        buffers = others  # of HloProto; the layer around it has nothing in that field
        message = message.message(*first)
    raise UnreadableModel("no HLO module in this file: its first field is neither name nor module")


def looks_like_hlo(head: bytes, size_bytes: int) -> bool:
    """Whether the beginning of a file is that of a module, or of a message around one."""
    try:
        return _looks_like_layers(head, size_bytes)
    except UnreadableModel:
        return False


def _looks_like_layers(head: bytes, size_bytes: int) -> bool:
    window = Message(head, 0, max(size_bytes, _MAX_FILE_BYTES))  # the file may be cut off
    for _ in range(_MAX_LAYERS):
        try:
            field, wire, value, stop = next(iter(window))
        except (IndexError, StopIteration):
            return False
        if field != 1 or wire != LENGTH or value >= len(head):
            return False
        if _NAME.fullmatch(head, value, stop):
            return stop <= len(head) and _looks_like_module(head, window)
        if window.start == 0 and not _looks_like_wrapper(head, window):
            return False
        window = Message(head, value, stop)
    return False


def _looks_like_wrapper(head: bytes, window: Message) -> bool:
    """Whether a message has one field 1, and others only as HloProto and HloSnapshot have."""
    count = 0
    try:
        for field, wire, _, _ in window:
            count += field == 1
            if field not in _WRAPPER_FIELDS or wire != LENGTH or count > 1:
                return False
    except IndexError:
        pass
    return True


def _looks_like_module(head: bytes, window: Message) -> bool:
    """Whether the fields are those of HloModuleProto, and its computations hold instructions."""
    computations = 0
    try:
        for field, wire, value, stop in window:
            if _MODULE_FIELDS.get(field, wire) != wire or wire == FIXED32:
                return False
            if field == 2 and not _NAME.fullmatch(head, value, min(stop, len(head))):
                return False
            if field == 3:
                if not _looks_like_computation(head, value, stop):
                    return False
                computations += 1
    except IndexError:
        pass
    return computations > 0


def _looks_like_computation(head: bytes, start: int, stop: int) -> bool:
    named = False
    try:
        for field, wire, value, end in Message(head, start, stop):
            if _COMPUTATION_FIELDS.get(field, wire) != wire:
                return False
            if field == 1:
                named = _NAME.fullmatch(head, value, min(end, len(head))) is not None
            if field == 2:
                return named and _looks_like_instruction(head, value, end)
    except IndexError:
        return named
    return False


def _looks_like_instruction(head: bytes, start: int, stop: int) -> bool:
    """Whether a message begins with a name, an opcode and a type."""
    wanted = {1: _NAME, 2: _OPCODE}
    try:
        for field, wire, value, end in Message(head, start, stop):
            if field == 3:
                return wire == LENGTH and not wanted
            pattern = wanted.pop(field, None)
            if pattern is None or wire != LENGTH:
                return False
            if end <= len(head) and pattern.fullmatch(head, value, end) is None:
                return False
    except IndexError:
        return not wanted
    return False
