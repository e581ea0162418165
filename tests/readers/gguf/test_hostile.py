"""GGUF files made to hurt: the only error is ``UnreadableModel``, and it comes soon."""

from __future__ import annotations

import re
import struct
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cyborg_rr.domain.errors import UnreadableModel
from cyborg_rr.domain.graph.graph import Graph
from cyborg_rr.readers.gguf.cursor import MAX_PASSED
from cyborg_rr.readers.gguf.metadata import MAX_KEPT_BYTES, MAX_KEPT_NUMBERS
from cyborg_rr.readers.gguf.reader import GgufReader
from cyborg_rr.readers.reading.source import Source
from tests.data.gguf import make
from tests.patience import ends_soon
from tests.readers.gguf.writing import LIST, STRING, Tensor, Writer
from tests.readers.hostile import endure, refuse

HUGE = (2**31, 2**60, 2**63, 2**64 - 1)


def read(content: bytes) -> Graph:
    """Read a file, soon."""
    return ends_soon(lambda: GgufReader().read(Source("hostile", content)))


DAMAGED = re.compile(r"the file is cut off, .* or damaged|the file is damaged")


def refusal(content: bytes) -> str:
    """The error that reading gives, soon."""
    return refuse(GgufReader(), Source("hostile", content))


def listed(kind: int, count: int, content: bytes = b"") -> tuple[str, Any]:
    """A list whose count is not what it holds."""
    return ("raw", (LIST, struct.pack("<IQ", kind, count) + content))


@pytest.mark.parametrize("count", HUGE)
def test_counts_beyond_the_file_are_refused(count: int) -> None:
    for change in ({"tensor_count": count}, {"key_count": count}):
        cause = refusal(Writer(make.describe("llama"), make.llama().tensors, **change).file())
        assert DAMAGED.search(cause)


@pytest.mark.parametrize("count", HUGE)
@pytest.mark.parametrize("kind", range(13))
def test_lists_longer_than_the_file_are_refused(kind: int, count: int) -> None:
    cause = refusal(Writer({"a": listed(kind, count, bytes(100))}).file() + bytes(1000))
    assert DAMAGED.search(cause)


@pytest.mark.parametrize("length", HUGE)
def test_strings_longer_than_the_file_are_refused(length: int) -> None:
    text = struct.pack("<Q", length)
    for content in (
        Writer({"a": ("raw", (STRING, text))}).file(),
        Writer({"a": listed(STRING, 2, text)}).file() + bytes(100),
        Writer(key_count=1).header() + text + bytes(100),
        Writer(tensor_count=1).header() + text + bytes(100),
    ):
        assert DAMAGED.search(refusal(content))


def test_lists_within_lists_are_passed_over_up_to_a_depth() -> None:
    def nest(depth: int) -> tuple[str, Any]:
        return (
            "raw",
            (LIST, struct.pack("<IQ", LIST, 1) * depth + struct.pack("<IQ", 0, 2) + b"xy"),
        )

    read(Writer({"a": nest(2), "b": 1}).file())
    assert "nested too deeply" in refusal(Writer({"a": nest(100_000)}).file())


def test_many_empty_lists_within_a_list_are_passed_over_soon() -> None:
    inner = struct.pack("<IQ", 0, 0)
    read(Writer({"a": listed(LIST, 100_000, inner * 100_000)}).file())
    assert "strings" in refusal(Writer({"a": listed(LIST, 300_000, inner * 300_000)}).file())


def test_a_list_of_more_strings_than_any_vocabulary_is_refused() -> None:
    content = Writer({"a": listed(STRING, MAX_PASSED + 1)}).header() + bytes(8 * MAX_PASSED + 8)
    assert "strings" in refusal(content)


def test_what_stands_twice_is_refused() -> None:
    key = Writer({"a": 1}).header()[24:]
    assert "'a' stands in it twice" in refusal(Writer(key_count=2).header() + key + key)
    tensors = [make.tensor("t", [8]), make.tensor("t", [8])]
    assert "'t' stands in it twice" in refusal(Writer({}, tensors).file())


def test_long_values_are_passed_over() -> None:
    metadata = {
        "a": "x" * (MAX_KEPT_BYTES + 1),
        "b": ("list of u8", [1] * (MAX_KEPT_NUMBERS + 1)),
        "general.name": "kept",
    }
    graph = GgufReader().read(Source("m", Writer(metadata, [make.tensor("t", [8])]).file()))
    assert graph.name == "kept"


@pytest.mark.parametrize(
    ("tensors", "cause"),
    [
        ([Tensor("t", [2**63, 2], 0, 0)], "2\\*\\*63"),
        ([Tensor("t", [2**64 - 1], 0, 0)], "2\\*\\*63"),
        ([Tensor("t", [2**32] * 64, 0, 0)], "2\\*\\*63"),
        ([Tensor("t", [1] * 65, 0, 4)], "rank"),
        ([Tensor("a", [64], 0, 256), Tensor("b", [8], 0, 32, 224)], "'b' overlaps that of 'a'"),
        ([Tensor("a", [64], 0, 256, 0), Tensor("b", [64], 0, 256, 0)], "overlaps"),
        ([Tensor("a", [8], 0, 32, 4)], "not aligned"),
    ],
)
def test_tensors_that_cannot_be_are_refused(tensors: list[Tensor], cause: str) -> None:
    with pytest.raises(UnreadableModel, match=cause):
        read(Writer({}, tensors).file())


@pytest.mark.parametrize("offset", [2**20, 2**62, 2**64 - 32])
def test_data_far_outside_the_file_is_refused(offset: int) -> None:
    content = Writer({}, [Tensor("a", [8], 0, 32), Tensor("b", [8], 0, 32, offset)]).header()
    assert "outside the file" in refusal(content)


@given(st.binary(max_size=400))
def test_any_bytes_after_the_magic_number_are_read_or_refused(content: bytes) -> None:
    for head in (b"GGUF", b"GGUF\x03\0\0\0", b"GGUF\x03\0\0\0" + struct.pack("<QQ", 1, 1)):
        endure(GgufReader(), Source("hostile", head + content))


@given(st.data())
def test_any_changed_byte_of_a_header_is_read_or_refused(data: st.DataObject) -> None:
    changed = bytearray(make.parts()["small-00002-of-00003.gguf"].header())
    for _ in range(data.draw(st.integers(1, 4))):
        changed[data.draw(st.integers(0, len(changed) - 1))] = data.draw(st.integers(0, 255))
    endure(GgufReader(), Source("hostile", bytes(changed)))


def test_layers_and_experts_that_are_only_claimed_are_not_drawn() -> None:
    claimed = 2**24
    metadata = make.describe(
        "llama", block_count=1000, embedding_length=32, attention__head_count=512,
        attention__head_count_kv=1, expert_count=claimed, expert_used_count=2,
    )  # fmt: skip
    tensors = [make.tensor("token_embd.weight", [512, 8], "q4_0")]
    for layer in range(1000):
        prefix = f"blk.{layer}"
        tensors += [
            make.tensor(f"{prefix}.attn_output.weight", [512, 512], "q4_0"),
            make.tensor(f"{prefix}.ffn_gate_inp.weight", [512, 8], "q4_0"),
            make.tensor(f"{prefix}.ffn_down.0.weight", [512, 512], "q4_0"),
            make.tensor(f"{prefix}.ffn_down.{claimed - 1}.weight", [512, 512], "q4_0"),
        ]
    read(Writer(metadata, tensors).header())


def test_the_most_heads_of_the_most_layers_are_drawn_soon() -> None:
    metadata = make.describe("deepseek2", block_count=1000, attention__head_count=512)
    tensors = [make.tensor("token_embd.weight", [8, 8]), make.tensor("output_norm.weight", [8])]
    for layer in range(1000):
        prefix = f"blk.{layer}"
        tensors += [
            make.tensor(f"{prefix}.attn_norm.weight", [8]),
            make.tensor(f"{prefix}.attn_q.weight", [8, 512 * 2]),
            make.tensor(f"{prefix}.attn_kv_a_mqa.weight", [8, 2]),
            make.tensor(f"{prefix}.attn_kv_a_norm.weight", [1]),
            make.tensor(f"{prefix}.attn_kv_b.weight", [1, 512 * 2]),
            make.tensor(f"{prefix}.attn_output.weight", [512, 8]),
        ]
    read(Writer(metadata, tensors).header())
