"""Headers of an archive of numpy, one array in each member, as MXNet 2.0 writes parameters.

``numpy.lib.format``: eight bytes of magic and version, the length of a header of 2 bytes, of 4 from
version 2 on, and the header: a mapping as Python prints it, which is taken apart and not evaluated.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from cyborg_rr.domain.errors import UnreadableModel
from cyborg_rr.domain.graph.graph import TensorType
from cyborg_rr.domain.graph.naming import quote
from cyborg_rr.domain.graph.shapes import Contradiction, check_type
from cyborg_rr.readers.formats.zip import Archive
from cyborg_rr.readers.reading.source import Buffer

MAX_HEADER_BYTES: Final = 4096
"""numpy pads headers to 64 bytes and writes longer ones for records only."""

_SUFFIX: Final = ".npy"
_BEGINNING: Final = b"PK\x03\x04"
_HEADER: Final = re.compile(
    rb"\x93NUMPY[\x01-\x03].(?:..|....)\{\s*'descr':\s*'[<|>=]?([a-z?][0-9]{0,2})',\s*"
    rb"'fortran_order':\s*(?:True|False),\s*'shape':\s*\(([0-9, L]*)\)",
    re.DOTALL,
)
_ELEMENT_TYPES: Final[Mapping[bytes, str]] = {
    b"f4": "f32", b"f8": "f64", b"f2": "f16", b"u1": "u8", b"i4": "i32", b"i1": "i8",
    b"i8": "i64", b"b1": "i1", b"i2": "i16", b"u2": "u16", b"u4": "u32", b"u8": "u64",
}  # fmt: skip
"""Codes of ``numpy.dtype.str``."""


def read_archive(data: Buffer) -> Mapping[str, TensorType]:
    """The types of all arrays by name; none where it is no archive."""
    if bytes(data[: len(_BEGINNING)]) != _BEGINNING:
        return {}
    archive = Archive(data)
    names = [name for name in archive.members if name.endswith(_SUFFIX)]
    return {
        name.removesuffix(_SUFFIX): _read_header(name, archive.peek(name, MAX_HEADER_BYTES))
        for name in names
    }


def _read_header(name: str, content: bytes) -> TensorType:
    found = _HEADER.match(content)
    if found is None or found[1] not in _ELEMENT_TYPES:
        raise UnreadableModel(f"array {quote(name)} has no header of numpy that is known")
    sizes = [size.strip(b" L") for size in found[2].split(b",")]
    if any(len(size) > 20 or (size and not size.isdigit()) for size in sizes):
        raise UnreadableModel(f"array {quote(name)} has a size that cannot be")
    shape = tuple(int(size) for size in sizes if size)
    try:
        return check_type(TensorType(_ELEMENT_TYPES[found[1]], shape))
    except Contradiction as contradiction:
        raise UnreadableModel(f"array {quote(name)}: {contradiction}") from contradiction
