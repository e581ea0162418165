"""The tensors that the header of a GGUF file states: types, shapes, and where their data lies."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from cyborg_rr.domain.errors import UnreadableModel
from cyborg_rr.domain.graph.graph import TensorType
from cyborg_rr.domain.graph.naming import quote
from cyborg_rr.domain.graph.shapes import Contradiction, check_type
from cyborg_rr.domain.words import ELEMENT_TYPES
from cyborg_rr.readers.gguf.cursor import Cursor
from cyborg_rr.readers.reading.limits import MAX_RANK

MAX_TENSORS = 200_000
"""Tensors of one file; the largest models have a few thousand."""

MAX_NAME_BYTES = 4096
"""ggml stops at 64, its forks at 128."""

# Numbers of ggml_type in ggml/include/ggml.h.
_TYPES = {
    0: "f32", 1: "f16", 2: "q4_0", 3: "q4_1", 6: "q5_0", 7: "q5_1", 8: "q8_0", 9: "q8_1",
    10: "q2_K", 11: "q3_K", 12: "q4_K", 13: "q5_K", 14: "q6_K", 15: "q8_K", 16: "iq2_xxs",
    17: "iq2_xs", 18: "iq3_xxs", 19: "iq1_s", 20: "iq4_nl", 21: "iq3_s", 22: "iq2_s",
    23: "iq4_xs", 24: "i8", 25: "i16", 26: "i32", 27: "i64", 28: "f64", 29: "iq1_m", 30: "bf16",
    34: "tq1_0", 35: "tq2_0", 39: "mxfp4", 40: "nvfp4", 41: "q1_0", 42: "q2_0",
}  # fmt: skip

_DROPPED = {
    4: "q4_2", 5: "q4_3", 31: "q4_0_4_4", 32: "q4_0_4_8", 33: "q4_0_8_8",
    36: "iq4_nl_4_4", 37: "iq4_nl_4_8", 38: "iq4_nl_8_8",
}  # fmt: skip
"""Types that ggml gave up: llama.cpp refuses files that have them."""

_SMALLEST_TENSOR = 8 + 4 + 4 + 8


@dataclass(frozen=True, slots=True)
class StatedTensor:
    """A tensor; ``offset`` counts from where the data of the file begins."""

    name: str
    type: TensorType
    offset: int
    size_bytes: int

    @property
    def stop(self) -> int:
        """The offset of the first byte after it."""
        return self.offset + self.size_bytes


def read_tensors(cursor: Cursor, count: int) -> tuple[StatedTensor, ...]:
    """The tensors at the cursor, in the order of the file."""
    if count > MAX_TENSORS:
        raise UnreadableModel(
            f"the header states {count} tensors, of which at most {MAX_TENSORS} are read: the file "
            "is damaged"
        )
    cursor.expect(count, _SMALLEST_TENSOR)
    found: dict[str, StatedTensor] = {}
    for _ in range(count):
        tensor = _read_tensor(cursor)
        if tensor.name in found:
            raise UnreadableModel(f"the tensor {quote(tensor.name)} stands in it twice")
        found[tensor.name] = tensor
    return tuple(found.values())


def _read_tensor(cursor: Cursor) -> StatedTensor:
    name = cursor.text(MAX_NAME_BYTES).decode("utf-8", "replace")
    rank = cursor.count("I")
    if rank > MAX_RANK:
        raise UnreadableModel(f"the tensor {quote(name)} has a rank over {MAX_RANK}")
    # The first size of GGUF is the one of neighbours in memory, which is the last one here.
    shape = tuple(int(size) for size in reversed(cursor.numbers("Q", rank)))
    element_type = _find_type(cursor.count("I"), name)
    tensor = _check(TensorType(element_type, shape), name)
    return StatedTensor(name, tensor, cursor.count(), tensor.byte_size or 0)


def _find_type(code: int, name: str) -> str:
    known = _TYPES.get(code)
    if known is not None:
        return known
    if code in _DROPPED:
        raise UnreadableModel(
            f"the tensor {quote(name)} is of type {_DROPPED[code]}, which ggml has given up: "
            "convert the model anew with a current llama.cpp"
        )
    raise UnreadableModel(
        f"the tensor {quote(name)} is of type {code}, which ggml has not: a fork's own types are "
        "not read"
    )


def _check(tensor: TensorType, name: str) -> TensorType:
    try:
        check_type(tensor)
    except Contradiction as error:
        raise UnreadableModel(f"the tensor {quote(name)}: {error}") from error
    block = ELEMENT_TYPES[tensor.element_type or ""].block
    row = tensor.shape[-1] if tensor.shape else 1
    if block is not None and isinstance(row, int) and row % block[0]:
        raise UnreadableModel(
            f"the tensor {quote(name)} has rows of {row} elements, which are no whole blocks of "
            f"{block[0]} as {tensor.element_type} has"
        )
    return tensor


def check_places(tensors: Sequence[StatedTensor], alignment: int, data_bytes: int) -> None:
    """Refuse tensors that overlap, lie askew, or leave gaps up to beyond the end of the file.

    ggml wants each to begin where the one before ends, after padding; gaps within the file do no
    harm, while one beyond its end could claim any size.
    """
    stop, before = 0, ""
    for tensor in sorted(tensors, key=lambda tensor: (tensor.offset, tensor.stop)):
        if tensor.offset % alignment:
            raise UnreadableModel(f"the data of {quote(tensor.name)} is not aligned")
        if tensor.offset < stop:
            raise UnreadableModel(
                f"the data of {quote(tensor.name)} overlaps that of {quote(before)}"
            )
        if tensor.stop > data_bytes and tensor.offset - stop >= alignment:
            raise UnreadableModel(
                f"the data of {quote(tensor.name)} lies outside the file, after a gap"
            )
        stop, before = tensor.stop, tensor.name
