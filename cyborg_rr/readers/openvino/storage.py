"""Names of the values of a network, and what its weights file holds: seen, hardly ever read.

Only few and small constants are read, where the ``.bin`` lies beside: sizes, axes, limits. Two
constants at one place of the file and of one type are one.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from cyborg_rr.domain.errors import UnreadableModel
from cyborg_rr.domain.graph.graph import (
    SMALL_CONSTANT_ELEMENTS,
    Scalar,
    StoredKind,
    StoredTensor,
    TensorType,
)
from cyborg_rr.domain.graph.shapes import Contradiction, check_type
from cyborg_rr.domain.words import find_element_type
from cyborg_rr.readers.kit.unique import UniqueNames
from cyborg_rr.readers.openvino.document import Blob, Layer
from cyborg_rr.readers.openvino.values import BITS
from cyborg_rr.readers.reading.source import Buffer

_KEPT_FLOATS: Final = 16
"""Floating-point values are weights but for the few that are scales and limits."""

_CODES: Final[Mapping[str, str]] = {
    "i1": "?", "i8": "b", "u8": "B", "i16": "h", "u16": "H", "i32": "i", "u32": "I", "i64": "q",
    "u64": "Q", "f16": "e", "f32": "f", "f64": "d",
}  # fmt: skip
"""How values are stored, in the letters of ``struct``."""


@dataclass(slots=True)
class Storage:
    """What a network stores, under names that are its own; ``data`` is None without a ``.bin``."""

    data: Buffer | None
    stored: dict[str, StoredTensor] = field(default_factory=dict)
    unread: int = 0
    names: UniqueNames = field(default_factory=UniqueNames)
    _places: dict[tuple[int, int, TensorType], str] = field(default_factory=dict)

    def store(self, name: str, blob: Blob, known: TensorType, word: str, layer: Layer) -> str:
        """The name of what stands at a place of the weights file."""
        key = (blob.offset, blob.size, known)
        found = self._places.get(key)
        if found is not None:
            return found
        self._check(blob, known, word, layer)
        element = find_element_type(known.element_type)
        learnt = word in BITS if element is None else element.may_be_weights
        claimed = self._places[key] = self.names.claim(name)
        values = self._read(blob, known)
        kind: StoredKind = "parameter" if learnt else "constant"
        self.stored[claimed] = StoredTensor(known, kind, "external", values)
        if values is None and kind == "constant":
            self.unread += 1
        return claimed

    def constant(self, values: tuple[Scalar, ...], element_type: str) -> str:
        """The name of numbers that follow from a layer's attributes."""
        known = TensorType(element_type, (len(values),))
        name = self.names.claim("constant")
        self.stored[name] = StoredTensor(known, "constant", "inline", values)
        return name

    def _check(self, blob: Blob, known: TensorType, word: str, layer: Layer) -> None:
        """A constant has the bytes of its type, and they are in the file, as OpenVINO demands."""
        try:
            check_type(known)
        except Contradiction as contradiction:
            raise UnreadableModel(f"{layer.place}: {contradiction}") from contradiction
        size = known.byte_size
        if size is None and word in BITS and known.elements is not None:
            size = (known.elements * BITS[word] + 7) // 8
        if size is not None and known.element_type != "str" and blob.size < size:
            raise UnreadableModel(
                f"{layer.place}: {blob.size} bytes of weights are stated, but its type takes {size}"
            )
        if self.data is not None and blob.offset + blob.size > len(self.data):
            raise UnreadableModel(
                f"{layer.place}: its weights end behind the end of the .bin, which is "
                "another model's or was cut off"
            )

    def _read(self, blob: Blob, known: TensorType) -> tuple[Scalar, ...] | None:
        code, elements = _CODES.get(known.element_type or ""), known.elements
        if code is None or elements is None or self.data is None:
            return None
        if elements > (_KEPT_FLOATS if code in "efd" else SMALL_CONSTANT_ELEMENTS):
            return None
        size = known.byte_size or 0
        content = bytes(self.data[blob.offset : blob.offset + size])
        return struct.unpack(f"<{elements}{code}", content)
