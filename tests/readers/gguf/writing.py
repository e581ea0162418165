"""Writes GGUF files as ggml/docs/gguf.md describes them, and others that only look like them."""

from __future__ import annotations

import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

STRING, LIST = 8, 9
CODES = {
    "u8": (0, "B"), "i8": (1, "b"), "u16": (2, "H"), "i16": (3, "h"), "u32": (4, "I"),
    "i32": (5, "i"), "f32": (6, "f"), "bool": (7, "?"), "u64": (10, "Q"), "i64": (11, "q"),
    "f64": (12, "d"),
}  # fmt: skip
"""Kinds of numbers: what stands for them in the file, and in ``struct``."""

Typed = tuple[str, Any]
"""A value that is no u32 or text: its kind, ``list of`` it, or ``raw`` with number and bytes."""


@dataclass(frozen=True)
class Tensor:
    """A tensor as the file states it: ``sizes`` begin with that of neighbours in memory."""

    name: str
    sizes: Sequence[int]
    code: int
    size_bytes: int
    offset: int | None = None


@dataclass
class Writer:
    """One file; what is not given is as llama.cpp writes it."""

    metadata: Mapping[str, Any] = field(default_factory=dict)
    tensors: Sequence[Tensor] = ()
    version: int = 3
    order: str = "<"
    alignment: int = 32
    tensor_count: int | None = None
    key_count: int | None = None

    def header(self) -> bytes:
        """All that stands before the weights."""
        tensors, keys = self.tensor_count, self.key_count
        content = b"GGUF" + self.pack("I", self.version)
        content += self.pack("Q", len(self.tensors) if tensors is None else tensors)
        content += self.pack("Q", len(self.metadata) if keys is None else keys)
        for key, value in self.metadata.items():
            content += self.text(key) + self.value(value)
        place = 0
        for tensor in self.tensors:
            offset = place if tensor.offset is None else tensor.offset
            content += self.text(tensor.name) + self.pack("I", len(tensor.sizes))
            content += b"".join(self.pack("Q", size) for size in tensor.sizes)
            content += self.pack("I", tensor.code) + self.pack("Q", offset)
            place = self.align(offset + tensor.size_bytes)
        return content

    def file(self) -> bytes:
        """Header, padding, and weights that are all zero."""
        header = self.header()
        stop = place = 0
        for tensor in self.tensors:
            stop = (place if tensor.offset is None else tensor.offset) + tensor.size_bytes
            place = self.align(stop)
        return header + bytes(self.align(len(header)) - len(header)) + bytes(stop)

    def align(self, place: int) -> int:
        """The next place at which data may begin."""
        return -(-place // self.alignment) * self.alignment

    def pack(self, code: str, number: float) -> bytes:
        """A number in the file's byte order."""
        return struct.pack(self.order + code, number)

    def text(self, text: str) -> bytes:
        """A string with its length."""
        content = text.encode()
        return self.pack("Q", len(content)) + content

    def value(self, value: Any) -> bytes:
        """Kind and value of a metadata entry."""
        if isinstance(value, str):
            return self.pack("I", STRING) + self.text(value)
        if isinstance(value, int):
            return self.pack("I", 4) + self.pack("I", value)
        if isinstance(value, list):
            count = self.pack("Q", len(value))
            return self.pack("I", LIST) + self.pack("I", STRING) + count + self.texts(value)
        kind, content = value
        if kind == "raw":
            number, raw = content
            return self.pack("I", number) + bytes(raw)
        if kind.startswith("list of "):
            number, code = CODES[kind.removeprefix("list of ")]
            packed = b"".join(self.pack(code, entry) for entry in content)
            count = self.pack("Q", len(content))
            return self.pack("I", LIST) + self.pack("I", number) + count + packed
        number, code = CODES[kind]
        return self.pack("I", number) + self.pack(code, content)

    def texts(self, texts: Sequence[str]) -> bytes:
        """Strings one after another."""
        return b"".join(map(self.text, texts))
