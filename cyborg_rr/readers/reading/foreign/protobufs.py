"""Protobuf models that no reader takes, by the numbers and types of their fields.

Sources of the numbers: caffe.proto of BVLC/caffe, caffe2.proto of pytorch, Model.proto of
apple/coremltools, framework.proto of PaddlePaddle, mind_ir.proto of mindspore.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Final

from cyborg_rr.readers.reading.foreign.fields import LENGTH, VARINT, Field, find_fields
from cyborg_rr.readers.reading.source import Buffer

_TYPE: Final = re.compile(rb"[A-Z][A-Za-z0-9_]{1,63}")
_NET_FIELDS: Final = frozenset({1, 2, 3, 4, 5, 6, 7, 8, 100})
_DESCRIPTION_FIELDS: Final = frozenset({1, 10, 11, 12, 13, 14, 20, 21, 50, 100})
_MAX_COREML_VERSION: Final = 30
"""The ninth came in 2024, and one a year does."""

_MINUS_ONE: Final = 2**64 - 1
_TEXT_BYTES: Final = 64

Fields = Sequence[Field]


def is_caffe(data: Buffer, fields: Fields) -> bool:
    """A NetParameter: layers with name and type in field 100, before 2015 with a number in 2."""
    layers = [field for field in fields if field.number == 100]
    old = [field for field in fields if field.number == 2]
    if not _NET_FIELDS.issuperset(field.number for field in fields):
        return False
    if layers:
        return _all(
            data, layers, lambda inner: _has_text(data, inner, 1) and _names(data, inner, 2)
        )
    return _all(
        data, old, lambda inner: _has_text(data, inner, 4) and _find(inner, 5, VARINT) is not None
    )


def is_caffe2(data: Buffer, fields: Fields) -> bool:
    """A NetDef: operators in field 2, each with its type in 4 and names in 1 or 2."""
    operators = [field for field in fields if field.number == 2]
    if any(field.number not in range(1, 9) for field in fields):
        return False
    return _all(
        data,
        operators,
        lambda inner: (
            all(field.number <= 10 for field in inner)
            and _names(data, inner, 4)
            and (_has_text(data, inner, 1) or _has_text(data, inner, 2))
        ),
    )


def is_coreml(data: Buffer, fields: Fields) -> bool:
    """A small version, a description, then the one model that numbers from 200 on are for."""
    version, description = _find(fields, 1, VARINT), _find(fields, 2, LENGTH)
    if version is None or description is None or not 0 < version.value <= _MAX_COREML_VERSION:
        return False
    inner = find_fields(data, description.value, description.stop)
    return (
        inner is not None
        and _DESCRIPTION_FIELDS.issuperset(field.number for field in inner)
        and any(field.wire == LENGTH and 200 <= field.number <= 3000 for field in fields)
    )


def is_paddle(data: Buffer, fields: Fields) -> bool:
    """A ProgramDesc: the first block has the number 0 and the parent -1."""
    if not fields or fields[0][:2] != (1, LENGTH):
        return False
    inner = find_fields(data, fields[0].value, fields[0].stop) or ()
    parent = _find(inner, 2, VARINT)
    first = _find(inner, 1, VARINT)
    return (
        first is not None
        and first.value == 0
        and parent is not None
        and (parent.value == _MINUS_ONE and len(inner) > 2)
    )


def is_mindir(data: Buffer, fields: Fields) -> bool:
    """As ONNX, but the version is a text and the producer is MindSpore."""
    producer = _find(fields, 2, LENGTH)
    return (
        _has_text(data, fields, 1)
        and producer is not None
        and bytes(data[producer.value : producer.stop][:_TEXT_BYTES]) == b"MindSpore"
    )


def _find(fields: Fields, number: int, wire: int) -> Field | None:
    return next((field for field in fields if field[:2] == (number, wire)), None)


def _content(data: Buffer, fields: Fields, number: int) -> bytes:
    field = _find(fields, number, LENGTH)
    return b"" if field is None else data[field.value : min(field.stop, field.value + _TEXT_BYTES)]


def _has_text(data: Buffer, fields: Fields, number: int) -> bool:
    content = _content(data, fields, number)
    return bool(content) and content.isascii() and content.decode().isprintable()


def _names(data: Buffer, fields: Fields, number: int) -> bool:
    return _TYPE.fullmatch(_content(data, fields, number)) is not None


def _all(data: Buffer, messages: Fields, test: Callable[[Fields], bool]) -> bool:
    """Whether there are messages and each passes."""
    for message in messages:
        inner = find_fields(data, message.value, message.stop)
        if message.wire != LENGTH or not inner or not test(inner):
            return False
    return bool(messages)
