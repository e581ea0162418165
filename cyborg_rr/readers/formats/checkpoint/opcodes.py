"""A walk over a pickle's opcodes that builds nothing of the classes in it.

Opcodes and their arguments: the standard library's pickletools; what they do to the stack: PEP 307,
3154, 574. Time and memory are in proportion to the opcodes: each makes at most one value, which
refers to others and copies none.
"""

from __future__ import annotations

import pickletools
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from io import BytesIO
from typing import IO, Final, cast

from cyborg_rr.domain.errors import UnreadableModel
from cyborg_rr.readers.formats.checkpoint.tensors import call, find_storage
from cyborg_rr.readers.formats.checkpoint.values import Container, Name, Value
from cyborg_rr.readers.reading.source import Buffer

MAX_OPCODES: Final = 5_000_000
"""A tensor takes about forty."""

MAX_LINE_BYTES: Final = 4096
MAX_IMPORTS: Final = 10_000
MAX_KEY_LENGTH: Final = 1024
_NONE_OF_OURS: Final = Name("", "an extension of copyreg")


class Window:
    """The bytes of a file from some place on, as pickletools reads them."""

    def __init__(self, data: Buffer, at: int = 0) -> None:
        """Begin at that place."""
        self._data, self._at = data, at

    def read(self, count: int) -> bytes:
        """So many bytes, or as many as there are."""
        content = bytes(self._data[self._at : self._at + max(count, 0)])
        self._at += len(content)
        return content

    def readline(self) -> bytes:
        """Up to the end of a line, or too little of it to be one."""
        stop = self._data.find(b"\n", self._at, self._at + MAX_LINE_BYTES)
        return self.read(stop + 1 - self._at if stop >= 0 else 0)

    def tell(self) -> int:
        """The place in the file."""
        return self._at


@dataclass(frozen=True, slots=True)
class Pickle:
    """The value that a pickle describes, what it would import, and where it ends."""

    value: Value
    imports: tuple[Name, ...]
    stop: int


def walk_pickle(stream: Window | BytesIO, what: str) -> Pickle:
    """Follow one pickle; ``UnreadableModel`` names the byte at which it goes wrong."""
    machine, place = _Machine(), stream.tell()
    opcodes = pickletools.genops(cast(IO[bytes], stream))
    try:
        for count, (opcode, argument, position) in enumerate(opcodes):
            place = position or place
            if count >= MAX_OPCODES:
                raise UnreadableModel(f"{what} has more than {MAX_OPCODES} opcodes")
            if opcode.name == "STOP":
                return Pickle(machine.pop(), tuple(machine.imports), stream.tell())
            _STEPS[opcode.name](machine, argument)
    except UnreadableModel as error:
        raise UnreadableModel(f"{error} (byte {place} of {what})") from None
    except (ValueError, OverflowError) as error:
        raise UnreadableModel(f"{what} is cut off or broken after byte {place}") from error
    except (IndexError, KeyError, TypeError) as error:
        raise UnreadableModel(f"{what} takes what is not there at byte {place}") from error
    raise UnreadableModel(f"{what} has no end")


class _Machine:
    """Stack, marks and memo, as a pickle wants them."""

    def __init__(self) -> None:
        self.stack: list[Value] = []
        self.marks: list[list[Value]] = []
        self.memo: dict[int, Value] = {}
        self.imports: dict[Name, None] = {}

    def push(self, value: Value) -> None:
        self.stack.append(value)

    def pop(self) -> Value:
        return self.stack.pop()

    def pop_mark(self) -> list[Value]:
        """Everything since the last mark."""
        items = self.stack
        self.stack = self.marks.pop()
        return items

    def drop(self) -> None:
        """Forget the value on top, or the mark where there is none since."""
        if self.stack:
            self.stack.pop()
        else:
            self.stack = self.marks.pop()

    def drop_mark(self) -> None:
        self.pop_mark()

    def target(self) -> Container:
        """The container on top of the stack; a stand-in where it is none."""
        top = self.stack[-1]
        return top if isinstance(top, Container) else Container()

    def store(self, place: int) -> None:
        if place < 0:
            raise IndexError(place)
        self.memo[place] = self.stack[-1]

    def load(self, place: int) -> None:
        self.push(self.memo[place])

    def name(self, module: Value, name: Value) -> None:
        if not isinstance(module, str) or not isinstance(name, str):
            raise UnreadableModel("a name to import is no text")
        if len(module) + len(name) > MAX_LINE_BYTES or len(self.imports) >= MAX_IMPORTS:
            raise UnreadableModel("there is too much to import")
        found = Name(module, name)
        self.imports.setdefault(found)
        self.push(found)

    def persist(self) -> None:
        self.push(find_storage(self.pop()))


def _set_items(machine: _Machine, items: list[Value]) -> None:
    target = machine.target()
    if len(items) % 2:
        raise IndexError("a key without a value")
    for key, value in zip(items[::2], items[1::2], strict=True):
        if isinstance(key, str) and len(key) > MAX_KEY_LENGTH:
            raise UnreadableModel(f"a key has more than {MAX_KEY_LENGTH} characters")
        if isinstance(key, str) or (isinstance(key, int) and abs(key) < 1 << 63):
            target.entries[key] = value
        else:
            target.parts.append(value)


def _add(machine: _Machine, items: list[Value]) -> None:
    machine.target().parts.extend(items)


def _make_tuple(count: int) -> Callable[[_Machine, object], None]:
    def step(machine: _Machine, _: object) -> None:
        if len(machine.stack) < count:
            raise IndexError(count)
        items = tuple(machine.stack[-count:])
        del machine.stack[-count:]
        machine.push(items)

    return step


def _make_dict(machine: _Machine, _: object) -> None:
    items = machine.pop_mark()
    machine.push(Container())
    _set_items(machine, items)


def _set_item(machine: _Machine, _: object) -> None:
    value, key = machine.pop(), machine.pop()
    _set_items(machine, [key, value])


def _append(machine: _Machine, _: object) -> None:
    item = machine.pop()
    _add(machine, [item])


def _build(machine: _Machine, _: object) -> None:
    state = machine.pop()
    machine.target().parts.append(state)


def _reduce(machine: _Machine, _: object) -> None:
    arguments, called = machine.pop(), machine.pop()
    machine.push(call(called, arguments))


def _reduce_named(machine: _Machine, _: object) -> None:
    named, arguments, called = machine.pop(), machine.pop(), machine.pop()
    made = Container(called if isinstance(called, Name) else None, {}, [arguments, named])
    machine.push(made)


def _instantiate(machine: _Machine, argument: object) -> None:
    items = machine.pop_mark()
    module, _, name = str(argument).partition(" ")
    machine.name(module, name)
    called = machine.pop()
    machine.push(call(called, tuple(items)))


def _make_object(machine: _Machine, _: object) -> None:
    called, *items = machine.pop_mark() or [None]
    machine.push(call(called, tuple(items)))


def _import(machine: _Machine, argument: object) -> None:
    module, _, name = str(argument).partition(" ")
    machine.name(module, name)


def _import_from_stack(machine: _Machine, _: object) -> None:
    name, module = machine.pop(), machine.pop()
    machine.name(module, name)


def _import_extension(machine: _Machine, _: object) -> None:
    machine.imports.setdefault(_NONE_OF_OURS)
    machine.push(None)


def _mark(machine: _Machine, _: object) -> None:
    machine.marks.append(machine.stack)
    machine.stack = []


def _place(argument: object) -> int:
    if not isinstance(argument, int):
        raise IndexError("no place in the memo")
    return argument


def _push_scalar(machine: _Machine, argument: object) -> None:
    machine.stack.append(argument if isinstance(argument, str | int) else None)


_Step = Callable[[_Machine, object], None]


def _each(names: str, step: _Step) -> dict[str, _Step]:
    return dict.fromkeys(names.split(), step)


_STEPS: Final[Mapping[str, _Step]] = {
    **_each("PROTO FRAME READONLY_BUFFER", lambda machine, _: None),
    **_each("INT LONG LONG1 LONG4 BININT BININT1 BININT2", _push_scalar),
    **_each("STRING BINSTRING SHORT_BINSTRING UNICODE", _push_scalar),
    **_each("BINUNICODE SHORT_BINUNICODE BINUNICODE8", _push_scalar),
    **_each("NONE FLOAT BINFLOAT", lambda machine, _: machine.push(None)),
    **_each("NEWTRUE", lambda machine, _: machine.push(True)),
    **_each("NEWFALSE", lambda machine, _: machine.push(False)),
    **_each("BINBYTES SHORT_BINBYTES BINBYTES8", lambda machine, _: machine.push(None)),
    **_each("BYTEARRAY8 NEXT_BUFFER PERSID", lambda machine, _: machine.push(None)),
    **_each("EMPTY_LIST EMPTY_DICT EMPTY_SET", lambda machine, _: machine.push(Container())),
    **_each("LIST FROZENSET", lambda m, _: m.push(Container(None, {}, m.pop_mark()))),
    **_each("EMPTY_TUPLE", lambda machine, _: machine.push(())),
    **_each("TUPLE", lambda machine, _: machine.push(tuple(machine.pop_mark()))),
    **_each("TUPLE1", _make_tuple(1)),
    **_each("TUPLE2", _make_tuple(2)),
    **_each("TUPLE3", _make_tuple(3)),
    **_each("DICT", _make_dict),
    **_each("SETITEM", _set_item),
    **_each("SETITEMS", lambda machine, _: _set_items(machine, machine.pop_mark())),
    **_each("APPEND", _append),
    **_each("APPENDS ADDITEMS", lambda machine, _: _add(machine, machine.pop_mark())),
    **_each("MARK", _mark),
    **_each("POP", lambda machine, _: machine.drop()),
    **_each("POP_MARK", lambda machine, _: machine.drop_mark()),
    **_each("DUP", lambda machine, _: machine.push(machine.stack[-1])),
    **_each("PUT BINPUT LONG_BINPUT", lambda machine, place: machine.store(_place(place))),
    **_each("MEMOIZE", lambda machine, _: machine.store(len(machine.memo))),
    **_each("GET BINGET LONG_BINGET", lambda machine, place: machine.load(_place(place))),
    **_each("GLOBAL", _import),
    **_each("STACK_GLOBAL", _import_from_stack),
    **_each("EXT1 EXT2 EXT4", _import_extension),
    **_each("INST", _instantiate),
    **_each("OBJ", _make_object),
    **_each("REDUCE NEWOBJ", _reduce),
    **_each("NEWOBJ_EX", _reduce_named),
    **_each("BUILD", _build),
    **_each("BINPERSID", lambda machine, _: machine.persist()),
}
