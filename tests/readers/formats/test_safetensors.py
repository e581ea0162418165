"""The header of safetensors: what it says, and all that it may not say."""

from __future__ import annotations

import json
from typing import Any

import pytest

from cyborg_rr.domain.errors import UnreadableModel
from cyborg_rr.domain.graph.graph import TensorType
from cyborg_rr.domain.words import ELEMENT_TYPES as KNOWN
from cyborg_rr.readers.formats.safetensors import (
    ELEMENT_TYPES,
    MAX_TENSORS,
    looks_like_safetensors,
    parse_header,
    parse_index,
)


def pack(header: Any, data: bytes = b"") -> bytes:
    """A file of that header."""
    content = header if isinstance(header, bytes) else json.dumps(header).encode()
    return len(content).to_bytes(8, "little") + content + data


def entry(word: str, shape: list[Any], start: Any, stop: Any) -> dict[str, Any]:
    return {"dtype": word, "shape": shape, "data_offsets": [start, stop]}


@pytest.mark.parametrize("word", ELEMENT_TYPES)
def test_each_element_type_takes_its_bytes(word: str) -> None:
    size = KNOWN[ELEMENT_TYPES[word]].bits
    header = parse_header(pack({"w": entry(word, [2, 4], 0, size)}, bytes(size)))
    assert header.tensors == {"w": TensorType(ELEMENT_TYPES[word], (2, 4))}


def test_scalars_empty_tensors_and_metadata_are_read() -> None:
    header = parse_header(
        pack(
            {
                "__metadata__": {"format": "pt"},
                "s": entry("F32", [], 0, 4),
                "e": entry("F32", [0, 3], 4, 4),
            },
            bytes(4),
        )
    )
    assert header.metadata == {"format": "pt"}
    assert header.tensors["e"].shape == (0, 3)


W = entry("F32", [1], 0, 4)


@pytest.mark.parametrize(
    ("data", "cause"),
    [
        (b"\0\0", "ends within the length"),
        (b"\xff" * 8, "does not fit"),
        ((200_000_000).to_bytes(8, "little") + bytes(9), "does not fit"),
        (pack(b"[]"), "not a JSON object"),
        (pack(b"{" * 100_000), "not a JSON object"),
        (pack(b'{"w": 1, "w": 2}'), "stands twice"),
        (pack({"w": 1}), "not a tensor's entry"),
        (pack({"w": {**W, "dtype": "F33"}}, bytes(4)), "unknown element type 'F33'"),
        (pack({"w": {**W, "dtype": ["F32"]}}, bytes(4)), "unknown element type"),
        (pack({"w": {**W, "shape": [-1]}}, bytes(4)), "its shape"),
        (pack({"w": {**W, "shape": [True]}}, bytes(4)), "its shape"),
        (pack({"w": {**W, "shape": [2**40, 2**40]}}, bytes(4)), "its shape"),
        (pack({"w": {**W, "shape": [1] * 65}}, bytes(4)), "its shape"),
        (pack({"w": {**W, "data_offsets": [0]}}, bytes(4)), "its offsets"),
        (pack({"w": {**W, "data_offsets": [4, 0]}}, bytes(4)), "-4 bytes at offset 4"),
        (pack({"w": {**W, "shape": [2]}}, bytes(4)), "4 bytes at offset 0, but its shape takes 8"),
        (pack({"w": W, "x": W}, bytes(4)), "an overlap at tensor 'x'"),
        (pack({"w": entry("F32", [1], 4, 8)}, bytes(8)), "a hole before tensor 'w'"),
        (pack({"w": W}, bytes(3)), "cut off"),
        (pack({"w": W}, bytes(5)), "bytes behind its tensors"),
        (pack(b'{"w": {"dtype": "F32", "shape": [' + b"9" * 5000 + b"]}}"), "20 digits"),
    ],
)
def test_what_the_format_forbids_is_refused_with_its_place(data: bytes, cause: str) -> None:
    with pytest.raises(UnreadableModel, match=cause):
        parse_header(data)


def test_more_tensors_than_models_have_are_refused_before_they_are_parsed() -> None:
    entries = b",".join([b'"w":{"data_offsets":[0,0]}'] * (MAX_TENSORS + 1))
    with pytest.raises(UnreadableModel, match=f"more than {MAX_TENSORS} tensors"):
        parse_header(pack(b"{" + entries + b"}"))


@pytest.mark.parametrize("data", [b"{}", b'{"weight_map": {}}', b'{"weight_map": 3}', b"[]"])
def test_an_index_without_shards_is_refused(data: bytes) -> None:
    with pytest.raises(UnreadableModel, match="index of shards"):
        parse_index(data)


def test_shards_are_named_once_and_in_order() -> None:
    index = parse_index(b'{"weight_map": {"a": "2", "b": "1", "c": "2"}}')
    assert index.shards == ("1", "2")


def test_a_file_is_known_by_its_beginning() -> None:
    assert looks_like_safetensors(pack({"w": W})[:20])
    assert not looks_like_safetensors(b'{"w": 1}          ')
    assert not looks_like_safetensors(b"")
