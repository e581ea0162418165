"""One instruction of HLO text: ``[ROOT] %name = type opcode(operands), attribute=value, ...``."""

from __future__ import annotations

import re
from typing import Final

from cyborg_rr.readers.hlo.module import Instruction, Key, Module
from cyborg_rr.readers.hlo.text.attributes import (
    KEPT,
    convert,
    find_label,
    list_called,
    read_numbers,
)
from cyborg_rr.readers.hlo.text.brackets import find_close
from cyborg_rr.readers.hlo.text.literals import read_literal
from cyborg_rr.readers.hlo.text.types import SPACE, TypeReader
from cyborg_rr.readers.reading.printing import printable
from cyborg_rr.readers.reading.source import Buffer

MAX_NAME: Final = 4096
MAX_OPERANDS_TEXT: Final = 1 << 21
"""Bytes of a list of operands."""

MAX_NOTE: Final = 1 << 20
"""Bytes of what a backend notes; some note whole programs, which are not looked into."""

_NOTES = frozenset({b"metadata", b"backend_config"})
_START = re.compile(rb"(ROOT[ \t]++)?+%?+([^\s=(),{}\"%]++)[ \t]*+=[ \t]*+")
_OPCODE = re.compile(SPACE + rb"([a-z][a-z0-9_\-]*+)\(")
_PLAIN = re.compile(rb"([^()\n\"]*+)\)")
_MARKED = re.compile(rb"%([^\s,()%{}\[\]]++)")
_COMMENT = re.compile(rb"/\*(?:[^*]|\*(?!/))*+(?:\*/)?+")
_NESTED = re.compile(rb"\[[^\[\]]*+\]|\{[^{}]*+\}")
_TUPLE = re.compile(rb"\([^()]*+\)")
_ATTRIBUTE = re.compile(
    rb"[ \t]*+,[ \t]*+([A-Za-z_][A-Za-z0-9_\-]*+)[ \t]*+=[ \t]*+"
    rb"(?:(\"(?:[^\"\\\n]|\\.)*+\"|\{(?:[^{}\"\n]|\"(?:[^\"\\\n]|\\.)*+\")*+\}"
    rb"|mesh\[[^\[\]\n]*+\](?:, device_ids=\((?:[^()\n]|\([^()\n]*+\))*+\))?+"
    rb"(?:[ \t]*+\{[^{}\n]*+\})?+"
    rb"|\[[^\[\]\n]*+\](?:<=\[[^\[\]\n]*+\])?+(?:T\([^()\n]*+\))?+|[^\s,{}\"\[(]++)|(?=[{(]))"
)


class InstructionReader:
    """Reads the instructions of one module."""

    def __init__(self, data: Buffer, module: Module) -> None:
        self.types = TypeReader()
        self._data = data
        self._module = module

    def read_at(self, position: int) -> tuple[Instruction, bool, int]:
        """The instruction at a position, whether it is the result, and the position behind it."""
        data, start = self._data, position
        match = _START.match(data, position)
        if match is None:
            raise self._module.fail("neither an instruction nor the end of a computation", start)
        is_root, written = bool(match[1]), match[2]
        if len(written) > MAX_NAME:
            raise self._module.fail(f"a name is longer than {MAX_NAME} bytes", start)
        name = printable(written)
        typed = self.types.read_at(data, match.end())
        if typed is None:
            raise self._module.fail(f"{name[:60]!r} has no type", start)
        type_, position = typed
        match = _OPCODE.match(data, position)
        if match is None:
            raise self._module.fail(f"{name[:60]!r} has no operation", start)
        opcode = match[1].decode()
        literal = None
        forms: dict[str, int | str | tuple[int, ...]] = {}
        operands: tuple[Key, ...] = ()
        inside = match.end()
        position = self._find_operands_end(inside, start)
        if opcode == "constant":
            literal = read_literal(data, inside, position - 1, type_)
        elif opcode == "parameter":
            numbers = read_numbers(self._copy(inside, position - 1, start))
            forms["number"] = numbers[0] if numbers else -1
        elif position > inside + 1:
            operands = _list_operands(self._copy(inside, position - 1, start))
        texts, position = self._read_attributes(position, start)
        label = ""
        if opcode == "parameter" and b"metadata" in texts:
            label = find_label(texts[b"metadata"])
        called = list_called(texts) if texts else ()
        if texts:
            forms.update(convert(texts))
        made = Instruction(
            name, name, opcode, type_, operands, forms, called, start, literal, label
        )
        return made, is_root, position

    def _copy(self, start: int, stop: int, place: int) -> bytes:
        if stop - start > MAX_OPERANDS_TEXT:
            cause = f"an instruction has more than {MAX_OPERANDS_TEXT} bytes of operands"
            raise self._module.fail(cause, place)
        return bytes(self._data[start:stop])

    def _find_operands_end(self, inside: int, start: int) -> int:
        """The position after the bracket that closes the operands."""
        plain = _PLAIN.match(self._data, inside)
        if plain is not None:
            return plain.end()
        end = find_close(self._data, inside - 1)
        if end is None:
            raise self._module.fail("the operands of an instruction have no end", start)
        return end

    def _read_attributes(self, position: int, start: int) -> tuple[dict[bytes, bytes], int]:
        """Texts of the attributes worth keeping, and the position behind all of them."""
        texts: dict[bytes, bytes] = {}
        data = self._data
        while (match := _ATTRIBUTE.match(data, position)) is not None:
            position = match.end()
            name = match[1]
            if match[2] is None:
                end = find_close(data, position)
                if end is None:
                    raise self._module.fail("an attribute of an instruction has no end", start)
                if name in KEPT or (name in _NOTES and end - position < MAX_NOTE):
                    texts.setdefault(name, self._copy(position, end, start))
                position = end
            elif name in KEPT or (name in _NOTES and len(match[2]) < MAX_NOTE):
                texts.setdefault(name, match[2])
        return texts, position


def _list_operands(text: bytes) -> tuple[Key, ...]:
    """The names in a list of operands, with types before them (older files) or without."""
    if b"%" in text:
        return tuple(printable(name) for name in _MARKED.findall(text))
    if b"/*" in text:
        text = _COMMENT.sub(b"", text)
    if b"[" in text or b"(" in text:
        text = _NESTED.sub(b"", text)
        while b"(" in text:
            shorter = _TUPLE.sub(b"", text)
            if len(shorter) == len(text):
                break
            text = shorter
    words = (part.split() for part in text.split(b","))
    return tuple(printable(word[-1]) for word in words if word)
