"""HloInstructionProto: one instruction of a computation."""

from __future__ import annotations

from cyborg_rr.domain.graph.graph import TensorType
from cyborg_rr.readers.formats.protobuf_wire import LENGTH, VARINT, Message, signed
from cyborg_rr.readers.hlo.backend_config import read_backend_config
from cyborg_rr.readers.hlo.module import HloType, Instruction, Key, Module
from cyborg_rr.readers.hlo.proto.attributes import AttributeReader
from cyborg_rr.readers.hlo.proto.shardings import write_sharding
from cyborg_rr.readers.hlo.proto.types import TypeReader, read_literal

MAX_CONFIG = 1 << 20
"""Bytes of a backend's configuration that are looked into."""

_UNTYPED = TensorType(None, None)


class InstructionReader:
    """Reads the instructions of one module."""

    def __init__(self, module: Module) -> None:
        self.types = TypeReader()
        self._module = module

    def read(self, message: Message) -> Instruction:
        """The instruction in a message."""
        name = opcode = label = sharding = ""
        type_: HloType = _UNTYPED
        key: int = -1
        operands: list[Key] = []
        called: list[Key] = []
        literal: tuple[int, int] | None = None
        config = b""
        attributes = AttributeReader()
        for field, wire, value, stop in message:
            if field == 1 and wire == LENGTH:
                name = message.name(value, stop)
            elif field == 2 and wire == LENGTH:
                opcode = message.name(value, stop)
            elif field == 3 and wire == LENGTH:
                type_ = self.types.read(message, value, stop)
            elif field == 35 and wire == VARINT:
                key = signed(value)
            elif field == 36:
                operands.extend(message.integers(wire, value, stop))
            elif field == 38:
                called.extend(message.integers(wire, value, stop))
            elif field == 7 and wire == LENGTH:
                if opcode == "parameter":
                    label = _find_label(message.message(value, stop))
            elif field == 40 and wire == LENGTH:
                if opcode == "parameter":
                    sharding = write_sharding(message.message(value, stop))
            elif field == 8 and wire == LENGTH:
                literal = value, stop
            elif field == 43 and wire == LENGTH:
                if opcode in ("while", "custom-call"):
                    config = message.raw(value, min(stop, value + MAX_CONFIG))
            else:
                attributes.take(message, field, wire, value, stop)
        forms = attributes.finish()
        if sharding:
            forms["sharding"] = sharding
        if config:
            forms.update(read_backend_config(config))
        found = None if literal is None else read_literal(message.message(*literal), type_)
        if found is None and opcode == "constant":
            found = read_literal(Message(b""), type_)
        place = message.offset(message.start)
        return Instruction(
            key, name, opcode, type_, tuple(operands), forms, tuple(called), place, found, label
        )


def _find_label(metadata: Message) -> str:
    """OpMetadata: what the program that was compiled calls a value."""
    for field, wire, value, stop in metadata:
        if field == 2 and wire == LENGTH:
            return metadata.text(value, stop, 4096)
    return ""
