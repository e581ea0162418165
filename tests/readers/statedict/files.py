"""Small checkpoints, written out opcode by opcode: what torch.save would write, or would not."""

from __future__ import annotations

import io
import struct
import zipfile
from collections.abc import Mapping, Sequence

from cyborg_rr.domain.graph.graph import Graph
from cyborg_rr.readers.reading.source import Source
from cyborg_rr.readers.statedict.reader import StateDictReader


def text(value: str) -> bytes:
    """BINUNICODE."""
    content = value.encode()
    return b"X" + struct.pack("<I", len(content)) + content


def number(value: int) -> bytes:
    """LONG4, of any size."""
    content = value.to_bytes(value.bit_length() // 8 + 1, "little", signed=True)
    return b"\x8b" + struct.pack("<i", len(content)) + content


def name(module: str, called: str) -> bytes:
    """GLOBAL."""
    return f"c{module}\n{called}\n".encode()


def group(*items: bytes) -> bytes:
    """A tuple."""
    return b"(" + b"".join(items) + b"t"


def mapping(items: Mapping[str, bytes]) -> bytes:
    """A dict."""
    return b"}(" + b"".join(text(key) + value for key, value in items.items()) + b"u"


def storage(key: str, count: int, kind: str = "FloatStorage") -> bytes:
    """A storage by its persistent id."""
    parts = (text("storage"), name("torch", kind), text(key), text("cpu"), number(count))
    return group(*parts) + b"Q"


def tensor(
    held: bytes, sizes: Sequence[int], strides: Sequence[int] | None = None, offset: int = 0
) -> bytes:
    """A view of a storage; strides are those of rows one after another."""
    if strides is None:
        strides = [1] * len(sizes)
        for axis in range(len(sizes) - 1, 0, -1):
            strides[axis - 1] = strides[axis] * sizes[axis]
    shape, steps = (group(*map(number, numbers)) for numbers in (sizes, strides))
    given = group(held, number(offset), shape, steps, b"\x89", b"N")
    return name("torch._utils", "_rebuild_tensor_v2") + given + b"R"


def save(value: bytes, storages: Mapping[str, int] | None = None, **members: bytes) -> bytes:
    """An archive around a value; storages by their bytes."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("m/data.pkl", b"\x80\x02" + value + b".")
        for key, size in (storages or {}).items():
            archive.writestr(f"m/data/{key}", bytes(size))
        for member, content in members.items():
            archive.writestr(f"m/{member}", content)
    return buffer.getvalue()


def read(data: bytes) -> Graph:
    """What the reader makes of a file."""
    return StateDictReader().read(Source("model", data))


ONE = tensor(storage("0", 6), (2, 3))
"""A tensor of 24 bytes in storage 0."""
