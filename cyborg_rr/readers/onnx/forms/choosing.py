"""Forms of ONNX models beside protobuf bytes: ONNX Runtime's own, and texts.

All of them give the records of ``schema``, so that nothing after this knows which it was.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Final, NamedTuple

from cyborg_rr.domain.errors import UnreadableModel
from cyborg_rr.readers.dialects.onnx.schema import OnnxModel
from cyborg_rr.readers.formats.protobuf_wire import Message
from cyborg_rr.readers.onnx.marks import Encoding, find_encoding
from cyborg_rr.readers.onnx.messages import parse_model
from cyborg_rr.readers.reading.source import Buffer, Source

MAX_TEXT_BYTES: Final = 256 << 20
"""A text is read whole; weights take about ten bytes a number in it."""


class Form(NamedTuple):
    """How a file is read, and what its encoding is called."""

    encoding: str
    parse: Callable[[Buffer], OnnxModel]


def find_form(source: Source) -> Form | None:
    """The form of a file that is not protobuf bytes; None for those and for anything else."""
    encoding = find_encoding(source)
    return None if encoding is None else Form(encoding, _PARSERS[encoding])


def _parse_protobuf_text(data: Buffer) -> OnnxModel:
    from cyborg_rr.readers.formats.protobuf_text import encode_text
    from cyborg_rr.readers.onnx.textual.names import MODEL

    return parse_model(Message(encode_text(_take(data), MODEL, "ModelProto")))


def _parse_text(data: Buffer) -> OnnxModel:
    from cyborg_rr.readers.onnx.textual.model import encode_model

    return parse_model(Message(encode_model(_take(data))))


def _parse_ort(data: Buffer) -> OnnxModel:
    from cyborg_rr.readers.onnx.forms.ort import parse_ort

    return parse_ort(data)


def _take(data: Buffer) -> bytes:
    if len(data) > MAX_TEXT_BYTES:
        raise UnreadableModel(f"a text of more than {MAX_TEXT_BYTES} bytes: save it as .onnx")
    return bytes(data[:])


_PARSERS: Final[Mapping[Encoding, Callable[[Buffer], OnnxModel]]] = MappingProxyType(
    {"ort": _parse_ort, "protobuf text": _parse_protobuf_text, "text": _parse_text}
)
