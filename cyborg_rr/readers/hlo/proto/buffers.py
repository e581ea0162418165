"""BufferAssignmentProto: how much memory XLA planned beside arguments, results and constants."""

from __future__ import annotations

from cyborg_rr.readers.formats.protobuf_wire import LENGTH, Message
from cyborg_rr.readers.hlo.proto.attributes import read_numbers

_SIZE = 2
_ELSEWHERE = (3, 5, 7, 12)
"""BufferAllocationProto: thread-local, of a parameter, live out, of a constant: what
``BufferAllocation::IsPreallocatedTempBuffer`` leaves out."""


def read_temporary_bytes(message: Message) -> int | None:
    """The bytes of all allocations that hold temporaries, as XLA's memory analysis sums them.

    None where nothing is allocated.
    """
    total, count = 0, 0
    for field, wire, value, stop in message:
        if field == 3 and wire == LENGTH:
            count += 1
            numbers = read_numbers(message.message(value, stop))
            if not any(numbers.get(flag) for flag in _ELSEWHERE):
                total += max(numbers.get(_SIZE, 0), 0)
    return total if count else None
