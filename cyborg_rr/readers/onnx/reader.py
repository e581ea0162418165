"""The ONNX reader: what its files are recognised by; protobuf bytes have no magic number."""

from __future__ import annotations

from cyborg_rr.domain.errors import UnreadableModel
from cyborg_rr.domain.graph.graph import Graph
from cyborg_rr.readers.formats.protobuf_wire import LENGTH, VARINT, Message
from cyborg_rr.readers.onnx.marks import MAX_IR_VERSION, find_encoding
from cyborg_rr.readers.reading.source import Source

MAX_FILE_BYTES = 1 << 31
"""Protobuf goes no further."""

_MODEL_FIELDS = {
    1: VARINT, 2: LENGTH, 3: LENGTH, 4: LENGTH, 5: VARINT, 6: LENGTH, 7: LENGTH, 8: LENGTH,
    14: LENGTH, 20: LENGTH, 25: LENGTH, 26: LENGTH,
}  # fmt: skip

_GRAPH_FIELDS = frozenset({1, 2, 5, 10, 11, 12, 13, 14, 15, 16})

_NODE_FIELDS = frozenset(range(1, 11))


class OnnxReader:
    """Reads ONNX models of any version since IR version 1, without the ``onnx`` package."""

    family = "onnx"

    def recognises(self, source: Source) -> bool:
        """Whether the fields at the start are those of a ModelProto: there is no magic number."""
        try:
            return find_encoding(source) is not None or _looks_like_model(
                source.head, len(source.data)
            )
        except UnreadableModel:
            return False

    def read(self, source: Source) -> Graph:
        """Read a whole file; see ``Reader.read``.

        What reads is loaded here: files of other families are only held against this one's marks.
        """
        from cyborg_rr.readers.onnx.assembling import read_source

        return read_source(source, self.family)


def _looks_like_model(head: bytes, size_bytes: int) -> bool:
    """Whether every field that the head shows is one of ModelProto, and its graph one of ONNX."""
    seen: set[int] = set()
    cut = False
    window = Message(head, 0, max(size_bytes, MAX_FILE_BYTES))  # the file may be cut off
    try:
        for number, wire, value, stop in window:
            if _MODEL_FIELDS.get(number) != wire:
                return False
            seen.add(number)
            if number == 1 and not 1 <= value <= MAX_IR_VERSION:
                return False
            if number in (2, 3) and (stop - value > 4096 or not _is_text(head[value:stop])):
                return False
            if number == 7 and not _looks_like_graph(head, value, stop):
                return False
            if stop >= len(head):
                cut = True
                break
    except IndexError:  # the window reaches beyond the head, into bytes that are not here
        cut = True
    return 1 in seen and (7 in seen or (cut and bool(seen & {6, 8, 25})))


def _looks_like_graph(head: bytes, start: int, stop: int) -> bool:
    """Whether the first fields of a message are those of GraphProto and its nodes."""
    message = Message(head, start, stop)
    try:
        for count, (number, wire, value, end) in enumerate(message):
            if number not in _GRAPH_FIELDS or wire != LENGTH:
                return False
            if number == 1 and not _looks_like_node(head, value, end):
                return False
            if count > 64 or end >= len(head):
                return True
    except IndexError:
        return True
    return True


def _looks_like_node(head: bytes, start: int, stop: int) -> bool:
    """Whether the fields of a message are those of NodeProto."""
    try:
        return all(
            number in _NODE_FIELDS and wire == LENGTH
            for number, wire, _, _ in Message(head, start, stop)
        )
    except IndexError:
        return True


def _is_text(content: bytes) -> bool:
    try:
        return content.decode("utf-8").isprintable()
    except UnicodeDecodeError:
        return False
