"""Safetensors: the JSON header in front of the weights, and the index of a checkpoint in shards.

Layout and bounds as the format states them (README of the safetensors project, "Format"; its
``tensor.rs`` for the element types and for what is refused): 8 bytes of length, little endian, so
many bytes of JSON, then the data, which the tensors fill without holes and without overlap.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Any, Final, NamedTuple

from cyborg_rr.domain.errors import UnreadableModel
from cyborg_rr.domain.graph.graph import TensorType
from cyborg_rr.readers.formats.json_values import load_json
from cyborg_rr.readers.reading.limits import MAX_RANK
from cyborg_rr.readers.reading.printing import printable
from cyborg_rr.readers.reading.source import Buffer

MAX_HEADER_BYTES: Final = 100_000_000
"""The format's own bound."""

MAX_INDEX_BYTES: Final = 64 * 1024**2
"""That of 100 000 tensors has 10 MB."""

MAX_TENSORS: Final = 200_000
"""In one file; DeepSeek-V3 has 91 000, in 163 files. A million take a gigabyte to hold."""

MAX_NAME_LENGTH: Final = 1024
MAX_SIZE: Final = 2**62
_LENGTH_BYTES: Final = 8
_SHOWN: Final = 120

ELEMENT_TYPES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "BOOL": "i1", "F4": "f4E2M1FN", "F6_E2M3": "f6E2M3FN", "F6_E3M2": "f6E3M2FN",
        "U8": "u8", "I8": "i8", "F8_E5M2": "f8E5M2", "F8_E4M3": "f8E4M3FN",
        "F8_E8M0": "f8E8M0FNU", "F8_E4M3FNUZ": "f8E4M3FNUZ", "F8_E5M2FNUZ": "f8E5M2FNUZ",
        "I16": "i16", "U16": "u16", "F16": "f16", "BF16": "bf16", "I32": "i32", "U32": "u32",
        "F32": "f32", "C64": "c64", "F64": "f64", "I64": "i64", "U64": "u64",
    }
)  # fmt: skip
"""The format's words for element types."""


class Header(NamedTuple):
    """What a file says of its tensors, by name, and of itself."""

    tensors: Mapping[str, TensorType]
    metadata: Mapping[str, str]


class Index(NamedTuple):
    """Which shard holds which tensor, as ``model.safetensors.index.json`` says."""

    shard_of: Mapping[str, str]
    total_size: int | None = None

    @property
    def shards(self) -> tuple[str, ...]:
        """Names of the shards, in order."""
        return tuple(sorted(set(self.shard_of.values())))


def looks_like_safetensors(head: bytes) -> bool:
    """Whether a file begins with a length and a JSON object."""
    length = int.from_bytes(head[:_LENGTH_BYTES], "little")
    return 2 <= length <= MAX_HEADER_BYTES and head[8:10] in (b'{"', b"{}", b"{ ", b"{\n")


def parse_header(data: Buffer) -> Header:
    """Read the header of a whole file; ``UnreadableModel`` names what is wrong and where."""
    if len(data) < _LENGTH_BYTES:
        raise UnreadableModel("the file ends within the length of its header")
    length = int.from_bytes(data[:_LENGTH_BYTES], "little")
    if length > MAX_HEADER_BYTES or length > len(data) - _LENGTH_BYTES:
        raise UnreadableModel(
            f"a header of {length} bytes does not fit a file of {len(data)}"
            if length > len(data) - _LENGTH_BYTES
            else f"the header has {length} bytes, more than {MAX_HEADER_BYTES}"
        )
    content = data[_LENGTH_BYTES : _LENGTH_BYTES + length]
    if content.count(b'"data_offsets"') > MAX_TENSORS:
        raise UnreadableModel(f"the header states more than {MAX_TENSORS} tensors")
    entries = parse_object(content, "the header")
    metadata = entries.pop("__metadata__", {})
    tensors: dict[str, TensorType] = {}
    spans: list[tuple[int, int, str]] = []
    for name, entry in entries.items():
        tensors[name], start, stop = _parse_entry(name, entry)
        spans.append((start, stop, name))
    _check_spans(spans, len(data) - _LENGTH_BYTES - length)
    texts = metadata.items() if isinstance(metadata, dict) else ()
    return Header(tensors, {k: v for k, v in texts if isinstance(v, str)})


def parse_index(data: Buffer) -> Index:
    """Read the index of a checkpoint; shards are named by what they are called in its folder."""
    if len(data) > MAX_INDEX_BYTES:
        raise UnreadableModel(f"the index of shards has more than {MAX_INDEX_BYTES} bytes")
    found = parse_object(data[:], "the index of shards")
    shard_of = found.get("weight_map")
    if not isinstance(shard_of, dict) or not shard_of:
        raise UnreadableModel("the index of shards has no weight_map")
    for name, shard in shard_of.items():
        if not isinstance(shard, str) or "/" in shard or "\\" in shard or shard in ("", ".", ".."):
            raise UnreadableModel(f"the shard of tensor {show(name)} is not the name of a file")
    stated = found.get("metadata")
    total = stated.get("total_size") if isinstance(stated, dict) else None
    return Index(shard_of, total if type(total) is int else None)


def parse_object(content: bytes, what: str) -> dict[str, Any]:
    """A JSON object without repeated keys and of bounded depth and numbers."""
    try:
        found = load_json(content)
    except (ValueError, RecursionError) as error:
        raise UnreadableModel(f"{what} is not a JSON object: {show(str(error))}") from None
    if not isinstance(found, dict):
        raise UnreadableModel(f"{what} is not a JSON object")
    return found


def show(name: str) -> str:
    """A name of the file as it may stand in a message."""
    return repr(printable(name.encode(errors="replace"))[:_SHOWN])


def _parse_entry(name: str, entry: object) -> tuple[TensorType, int, int]:
    """Type and place of one tensor."""
    if not name or len(name) > MAX_NAME_LENGTH or not isinstance(entry, dict):
        raise UnreadableModel(f"tensor {show(name)}: not a tensor's entry")
    word, shape, place = (entry.get(key) for key in ("dtype", "shape", "data_offsets"))
    element_type = ELEMENT_TYPES.get(word) if isinstance(word, str) else None
    if element_type is None:
        raise UnreadableModel(f"tensor {show(name)}: unknown element type {show(str(word))}")
    sizes, offsets = _find_counts(shape), _find_counts(place)
    if sizes is None or len(sizes) > MAX_RANK or math.prod(sizes) > MAX_SIZE:
        raise UnreadableModel(f"tensor {show(name)}: its shape is not one")
    if offsets is None or len(offsets) != 2:
        raise UnreadableModel(f"tensor {show(name)}: its offsets are not two numbers")
    tensor = TensorType(element_type, sizes)
    start, stop = offsets
    if stop - start != tensor.byte_size:
        raise UnreadableModel(
            f"tensor {show(name)}: {stop - start} bytes at offset {start}, but its shape takes "
            f"{tensor.byte_size}"
        )
    return tensor, start, stop


def _find_counts(numbers: object) -> tuple[int, ...] | None:
    """Whole numbers that are not negative; None for anything else."""
    if not isinstance(numbers, list):
        return None
    if not all(type(number) is int and 0 <= number <= MAX_SIZE for number in numbers):
        return None
    return tuple(numbers)


def _check_spans(spans: Iterable[tuple[int, int, str]], size_bytes: int) -> None:
    """The tensors fill the data from its first byte to its last."""
    at = 0
    for start, stop, name in sorted(spans):
        if start != at:
            fault = "a hole before" if start > at else "an overlap at"
            raise UnreadableModel(f"{fault} tensor {show(name)}, offset {start} of the data")
        at = stop
    if at != size_bytes:
        what = "is cut off" if at > size_bytes else "has bytes behind its tensors"
        raise UnreadableModel(f"the data {what}: {size_bytes} bytes, the tensors take {at}")
