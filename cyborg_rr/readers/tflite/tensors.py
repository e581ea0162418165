"""Names and types of the values of a model, and those of them that the file stores."""

from __future__ import annotations

import re
import struct
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Final

from cyborg_rr.domain.errors import UnreadableModel
from cyborg_rr.domain.graph.graph import (
    SMALL_CONSTANT_ELEMENTS,
    Dimension,
    Scalar,
    StoredTensor,
    TensorType,
)
from cyborg_rr.domain.graph.naming import list_names, quote
from cyborg_rr.domain.graph.shapes import ANY, Contradiction, check_type, find_whole
from cyborg_rr.domain.words import find_element_type
from cyborg_rr.readers.reading.source import Buffer
from cyborg_rr.readers.tflite.model import Span, TfliteTensor
from cyborg_rr.readers.tflite.schema import ELEMENT_TYPES

_KEPT_FLOATS: Final = 16
"""Floating-point values are weights but for the few that are scales and limits."""

_CODES: Final[Mapping[str, str]] = {
    "i1": "?", "i8": "b", "u8": "B", "i16": "h", "u16": "H", "i32": "i", "u32": "I", "i64": "q",
    "u64": "Q", "f32": "f", "f64": "d",
}  # fmt: skip
"""How values are stored, in the letters of ``struct``."""

_SIGNS: Final = re.compile(r"[^A-Za-z0-9_.]")


def type_of(tensor: TfliteTensor, symbols_for: str | None = None) -> TensorType:
    """The type that a tensor states; open sizes get symbols where ``symbols_for`` names an input.

    A shape without sizes is that of a scalar only where the file says so, or of an input.
    """
    sizes = tensor.signature or tensor.shape
    if not sizes and not tensor.has_rank and tensor.data is None and symbols_for is None:
        return TensorType(ELEMENT_TYPES.get(tensor.element_type), None)
    shape = tuple(_size(size, place, symbols_for) for place, size in enumerate(sizes))
    return _check(tensor, shape)


def _size(size: int, place: int, symbols_for: str | None) -> Dimension:
    if size >= 0:
        return size
    return ANY if symbols_for is None else f"unk__{_SIGNS.sub('_', symbols_for)}_{place}"


def _check(tensor: TfliteTensor, shape: tuple[Dimension, ...]) -> TensorType:
    try:
        return _make_type(ELEMENT_TYPES.get(tensor.element_type), shape)
    except Contradiction as contradiction:
        raise UnreadableModel(f"tensor {quote(tensor.name)}: {contradiction}") from contradiction


@lru_cache(maxsize=4096)
def _make_type(element_type: str | None, shape: tuple[Dimension, ...]) -> TensorType:
    """One object for equal types, checked once: a model has few of them."""
    return check_type(TensorType(element_type, shape))


@dataclass(slots=True)
class Storage:
    """What a model stores, under names that are its own in the whole model.

    Tensors of one buffer and type are one; of one buffer and several types they count apart.
    """

    data: Buffer
    stored: dict[str, StoredTensor] = field(default_factory=dict)
    _used: set[str] = field(default_factory=set)
    _count: int = 0
    _names: dict[tuple[int, TensorType], str] = field(default_factory=dict)
    _buffers: set[int] = field(default_factory=set)
    _shared: list[str] = field(default_factory=list)
    _sparse: list[str] = field(default_factory=list)
    _groups: dict[str, None] = field(default_factory=dict)

    def claim(self, name: str) -> str:
        """The name, or one like it where it is taken."""
        claimed = name
        while not claimed or claimed in self._used:
            self._count += 1
            claimed = f"{name or 'tensor'}:{self._count}"
        self._used.add(claimed)
        return claimed

    def store(self, tensor: TfliteTensor, span: Span, is_weight: bool) -> str:
        """The name of the stored tensor; ``is_weight`` says that it stands where weights stand."""
        known = _check(tensor, tuple(max(size, 0) for size in tensor.shape))
        element = find_element_type(known.element_type)
        if element is None:
            raise UnreadableModel(
                f"tensor {quote(tensor.name)} has element type {tensor.element_type}, "
                "which is not known"
            )
        name = self._names.get((tensor.buffer, known))
        learnt = is_weight or element.may_be_weights
        if name is not None:
            if learnt and self.stored[name].kind == "constant":
                self.stored[name] = replace(self.stored[name], kind="parameter")
            return name
        self._check_size(tensor, known, span)
        name = self._names[tensor.buffer, known] = self.claim(tensor.name)
        if tensor.buffer in self._buffers:
            self._shared.append(name)
        self._buffers.add(tensor.buffer)
        self.stored[name] = StoredTensor(
            known,
            "parameter" if learnt else "constant",
            "inline" if span.group is None else "external",
            None if tensor.is_sparse or span.group is not None else self._values(known, span),
        )
        return name

    def hold(self, tensor: TfliteTensor, known: TensorType, is_set: bool = False) -> str:
        """The name of a tensor without data: empty, or a state that is kept between runs.

        One that ``is_set`` before the model runs holds weights, which other files have.
        """
        name = self.claim(tensor.name)
        element = find_element_type(known.element_type)
        learnt = is_set and element is not None and element.may_be_weights
        self.stored[name] = StoredTensor(known, "parameter" if learnt else "constant", "absent")
        return name

    def holds(self, buffer: int) -> bool:
        """Whether a tensor of a buffer is stored."""
        return buffer in self._buffers

    def find_whole(self, tensor: TfliteTensor) -> tuple[int, ...] | None:
        """The few whole numbers that the file stores for a tensor."""
        span = tensor.data
        if span is None or span.group is not None or tensor.is_sparse:
            return None
        known = type_of(tensor)
        if known.elements is None or span.size != known.byte_size:
            return None
        return find_whole(self._values(known, span))

    def _check_size(self, tensor: TfliteTensor, known: TensorType, span: Span) -> None:
        """A tensor has the bytes of its type, as the runtime demands."""
        if span.group is not None:
            self._groups.setdefault(span.group)
        elif tensor.is_sparse:
            self._sparse.append(tensor.name)
        elif known.element_type not in ("str", "token") and span.size != known.byte_size:
            raise UnreadableModel(
                f"tensor {quote(tensor.name)} has {span.size} bytes of data, but "
                f"{known.element_type} {list(known.shape or ())} takes {known.byte_size}"
            )

    def _values(self, known: TensorType, span: Span) -> tuple[Scalar, ...] | None:
        code = _CODES.get(known.element_type or "")
        elements = known.elements or 0
        if code is None or elements > (_KEPT_FLOATS if code in "fd" else SMALL_CONSTANT_ELEMENTS):
            return None
        content = bytes(self.data[span.start : span.start + span.size])
        return struct.unpack(f"<{elements}{code}", content)

    def warnings(self) -> list[str]:
        """What a user should know, one sentence each."""
        told: list[str] = []
        if self._groups:
            files = list_names(list(self._groups), 3)
            told.append(f"weights stand in other files, which were not looked at: {files}")
        if self._sparse:
            told.append(
                f"sparse tensors are counted as if they were stored densely: "
                f"{list_names(self._sparse, 3)}"
            )
        if self._shared:
            told.append(
                f"tensors share buffers with others of another type and are counted apart: "
                f"{list_names(self._shared, 3)}"
            )
        return told
