"""Offline models of Ascend (OM): header, table of partitions and attributes of the model.

Layout: ModelFileHeader and ModelPartitionTable of GE (inc/framework/common/types.h; sizes and
places of 32 bits in older releases, 64 in later ones), ModelDef of ge_ir.proto. The compiler keeps
soc_version among the attributes, as ``atc --mode=6`` shows.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping
from typing import Final

from cyborg_rr.domain.errors import UnreadableModel
from cyborg_rr.domain.graph.graph import Target
from cyborg_rr.readers.artifact.found import BUILT_ON, Found
from cyborg_rr.readers.formats.protobuf_wire import LENGTH, Message
from cyborg_rr.readers.reading.printing import printable
from cyborg_rr.readers.reading.source import Buffer

MAX_PARTITIONS: Final = 1024
_HEADER: Final = struct.Struct("<4s2I64sI4B32sI32s2I20sB")
_HEADER_BYTES: Final = 256
_TABLES: Final = (struct.Struct("<I4xQQ"), struct.Struct("<3I"))
_MODEL: Final = 0
_ATTRIBUTES, _KEY, _VALUE, _TEXT = 11, 1, 2, 2
_MAX_VALUE_BYTES: Final = 256
_KEPT: Final = frozenset({"soc_version", "atc_version", "framework_type"})


def read(data: Buffer) -> Found:
    """The processor that the model was compiled for, where it is not encrypted."""
    head = bytes(data[:_HEADER_BYTES])
    if len(head) < _HEADER_BYTES:
        raise UnreadableModel("the header of the offline model is cut off")
    fields = _HEADER.unpack_from(head)
    version, encrypted, name, platform = fields[2], fields[5], _text(fields[9]), _text(fields[14])
    stated: Mapping[str, str] = {} if encrypted else _read_attributes(data)
    soc = stated.get("soc_version")
    lacks = []
    if soc is None:
        why = "it is encrypted" if encrypted else "its attributes have no soc_version"
        lacks.append(f"the processor that it was compiled for is not known: {why}")
    target = Target("arch", soc) if soc else Target(BUILT_ON, "processor")
    return Found(
        kind="om",
        what="an offline model of Ascend",
        targets=(Target("backend", "ascend"), target),
        version=f"{version >> 28}.{version & 0xFFFFFFF}",
        producer="atc",
        producer_version=stated.get("atc_version"),
        name=name,
        lacks=tuple(lacks),
        notes=(f"it states the platform {platform}",) if platform else (),
    )


def _read_attributes(data: Buffer) -> Mapping[str, str]:
    start, stop = _find_model(data)
    found: dict[str, str] = {}
    message = Message(data, start, stop)
    for number, wire, begin, end in message:
        if (number, wire) == (_ATTRIBUTES, LENGTH):
            key, value = _read_attribute(message.message(begin, end))
            if key in _KEPT and value:
                found[key] = value
    return found


def _read_attribute(entry: Message) -> tuple[str, str]:
    key = value = ""
    for number, wire, begin, end in entry:
        if wire != LENGTH:
            continue
        if number == _KEY:
            key = entry.text(begin, end, _MAX_VALUE_BYTES)
        elif number == _VALUE:
            inner = entry.message(begin, end)
            texts = (each for each in inner if each[:2] == (_TEXT, LENGTH))
            value = next((inner.text(a, b, _MAX_VALUE_BYTES) for _, _, a, b in texts), "")
    return key, value


def _find_model(data: Buffer) -> tuple[int, int]:
    """Where the model's definition stands.

    The form of the table is that in which partitions lie in the file one behind the other.
    """
    count = int.from_bytes(bytes(data[_HEADER_BYTES : _HEADER_BYTES + 4]), "little")
    if not 0 < count <= MAX_PARTITIONS:
        raise UnreadableModel(f"the offline model has {count} partitions")
    for form in _TABLES:
        place = _HEADER_BYTES + (8 if form.size > 12 else 4)
        table = bytes(data[place : place + count * form.size])
        if len(table) < count * form.size:
            continue
        base, parts = place + len(table), list(form.iter_unpack(table))
        if _is_sound(parts, len(data) - base):
            start, size = next(((a, b) for kind, a, b in parts if kind == _MODEL), (0, 0))
            return base + start, base + start + size
    raise UnreadableModel("the partitions of the offline model do not lie in the file")


def _is_sound(parts: list[tuple[int, ...]], room: int) -> bool:
    end = 0
    for kind, start, size in parts:
        if kind > 255 or start < end or start + size > room:
            return False
        end = start + size
    return parts[0][1] == 0


def _text(field: bytes) -> str:
    return printable(field.partition(b"\0")[0])
