"""HLO text as a whole: ``HloModule name, attributes``, tables of places, computations."""

from __future__ import annotations

import re

from cyborg_rr.domain.errors import UnreadableModel
from cyborg_rr.readers.hlo.marks import START
from cyborg_rr.readers.hlo.module import Alias, Computation, Instruction, Module, check_size
from cyborg_rr.readers.hlo.text.attributes import read_numbers
from cyborg_rr.readers.hlo.text.brackets import find_close
from cyborg_rr.readers.hlo.text.instructions import MAX_NAME, InstructionReader
from cyborg_rr.readers.reading.printing import printable
from cyborg_rr.readers.reading.source import Buffer

_SPACE = re.compile(rb"(?:\s++|//[^\n]*+|/\*(?:[^*]|\*(?!/))*+\*/)*+")
_TABLE = re.compile(
    rb"(?:FileNames|FunctionNames|FileLocations|StackFrames)[ \t\r]*+\n"
    rb"(?:[ \t]*+[0-9]++[ \t][^\n]*+\n)*+"
)
_OPENING = re.compile(rb"(ENTRY[ \t]++)?+%?+([^\s=(),{}\"%]++)[ \t]*+(?=[({])")
_RESULT = re.compile(rb"[ \t\r\n]*+->[ \t\r\n]*+")
_BRACE = re.compile(rb"[ \t\r\n]*+\{")
_CLOSING = re.compile(rb"\}(?:[ \t]*+,[ \t]*+[a-z_]++=(?:\"[^\"\n]*+\"|[^\s,\"]++))*+")
_COUNT = re.compile(rb"\b(num_partitions|replica_count)=([0-9]{1,19}+)\b")
_SCHEDULED = re.compile(rb",\s*+is_scheduled=true\b")
_ALIAS = re.compile(rb"\{([0-9, ]*+)\}:\s*+\(\s*+([0-9]{1,9}+)\s*+(?:,\s*+\{([0-9, ]*+)\})?+")
_MAX_HEADER = 1 << 26
_MAX_COUNT = 2**31
_CHUNK = 1 << 20


def parse_text(data: Buffer) -> Module:
    """The module in a text."""
    match = START.match(data)
    if match is None:
        raise UnreadableModel("the text does not begin with HloModule")
    module = Module(printable(match[1][:MAX_NAME]), "text", _Lines(data).place)
    end = data.find(b"\n", match.end())
    position = len(data) if end < 0 else end
    _read_header(bytes(data[match.end() : min(position, match.end() + _MAX_HEADER)]), module)
    _TextReader(data, module).read(position)
    return module


class _Lines:
    """Says on which line a position is."""

    def __init__(self, data: Buffer) -> None:
        self._data = data

    def place(self, position: int) -> str:
        """Line and column, counted from 1."""
        line, begin = 1, 0
        for start in range(0, position, _CHUNK):
            chunk = bytes(self._data[start : min(start + _CHUNK, position)])
            last = chunk.rfind(b"\n")
            if last >= 0:
                line, begin = line + chunk.count(b"\n"), start + last + 1
        return f"line {line}, column {position - begin + 1}"


def _read_header(header: bytes, module: Module) -> None:
    for name, text in _COUNT.findall(header):
        count = int(text)
        if not 0 < count < _MAX_COUNT:
            raise UnreadableModel(f"the module attribute {name.decode()} is no positive number")
        if name == b"replica_count":
            module.replicas = count
        else:
            module.partitions = count
    module.is_partitioned = _SCHEDULED.search(header) is not None
    start = header.find(b"input_output_alias={")
    if start < 0:
        return
    opening = start + len(b"input_output_alias=")
    end = find_close(header, opening)
    for match in _ALIAS.finditer(header, opening, end or len(header)):
        module.aliases.append(
            Alias(read_numbers(match[1]), int(match[2]), read_numbers(match[3] or b""))
        )


class _TextReader:
    """Walks the text once."""

    def __init__(self, data: Buffer, module: Module) -> None:
        self._data = data
        self._module = module
        self._instructions = InstructionReader(data, module)
        self._count = 0

    def read(self, position: int) -> None:
        """Read everything behind the header."""
        data = self._data
        while (position := self._skip(position)) < len(data):
            table = _TABLE.match(data, position)
            position = table.end() if table is not None else self._read_computation(position)

    def _skip(self, position: int) -> int:
        match = _SPACE.match(self._data, position)
        return position if match is None else match.end()

    def _read_computation(self, position: int) -> int:
        """A computation; the position behind it."""
        match = _OPENING.match(self._data, position)
        if match is None or len(match[2]) > MAX_NAME:
            raise self._module.fail("no computation begins", position)
        name = printable(match[2])
        computation = Computation(name, name, position)
        if match[1]:
            if self._module.entry is not None:
                raise self._module.fail("a second computation is called ENTRY", position)
            self._module.entry = name
        position = self._read_body(self._skip_signature(match.end()), computation)
        self._module.add(computation)
        return position

    def _skip_signature(self, position: int) -> int:
        """Over ``(parameters) -> result``, which instructions say again, and ``{``."""
        start = position
        if self._data[position : position + 1] == b"(":
            end = find_close(self._data, position)
            arrow = None if end is None else _RESULT.match(self._data, end)
            typed = None
            if arrow is not None:
                typed = self._instructions.types.read_at(self._data, arrow.end())
            if typed is None:
                raise self._module.fail("the signature of a computation is not read", start)
            position = typed[1]
        brace = _BRACE.match(self._data, position)
        if brace is None:
            raise self._module.fail("a computation has no body", start)
        return brace.end()

    def _read_body(self, position: int, computation: Computation) -> int:
        instructions: list[Instruction] = computation.instructions
        data = self._data
        while True:
            position = self._skip(position)
            if position >= len(data):
                raise self._module.fail(
                    f"the file is cut off: {computation.name[:60]!r} has no end", position
                )
            closing = _CLOSING.match(data, position)
            if closing is not None:
                break
            made, is_root, position = self._instructions.read_at(position)
            instructions.append(made)
            if is_root:
                computation.root = made
        self._count += len(instructions)
        check_size(self._count)
        if computation.root is None and instructions:
            computation.root = instructions[-1]
        return closing.end()
