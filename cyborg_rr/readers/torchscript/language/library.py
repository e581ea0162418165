"""Classes and functions of an archive by their full names, taken apart when they are called."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Final

from cyborg_rr.domain.errors import UnreadableModel
from cyborg_rr.domain.graph.naming import quote
from cyborg_rr.readers.torchscript.language.parser import parse_function
from cyborg_rr.readers.torchscript.language.syntax import Function

MAX_SOURCE_BYTES: Final = 64 << 20
"""Of all files together; the largest that we met have under a megabyte."""

_CLASS: Final = re.compile(r"class ([A-Za-z_][A-Za-z0-9_]*)\(([^)\n]*)\):")
_DEF: Final = re.compile(r"( {0,2})def ([A-Za-z_][A-Za-z0-9_]*)\(")
_FIELD: Final = re.compile(r"  ([A-Za-z_][A-Za-z0-9_]*) : ([^=\n]+)")
_LISTED: Final = re.compile(r"  __(parameters|buffers)__ = \[([^\]\n]*)\]")
_QUOTED: Final = re.compile(r'"([^"\\\n]*)"')
_SELF: Final = re.compile(r"(?<=\(self: )[A-Za-z0-9_.]+")
_ANNOTATED: Final = re.compile(r'  __annotations__\["([^"\n]*)"\] = ([^\n]+)')


@dataclass(slots=True)
class Written:
    """A function as text, with where it begins."""

    text: str
    line: int
    file: str


@dataclass(slots=True)
class Class:
    """A class: the types of its attributes, which are parameters and buffers, and its methods."""

    name: str
    kind: str = ""
    fields: dict[str, str] = field(default_factory=dict)
    parameters: tuple[str, ...] = ()
    buffers: tuple[str, ...] = ()
    methods: dict[str, Written] = field(default_factory=dict)


class Library:
    """Everything that the source files of an archive define."""

    def __init__(self, files: tuple[str, ...], read: Callable[[str], bytes], prefix: str) -> None:
        """Files by their names, which are those of Python modules below ``prefix``."""
        self.classes: dict[str, Class] = {}
        self._functions: dict[str, Written] = {}
        self._parsed: dict[str, Function] = {}
        total = 0
        for file in files:
            content = read(file)
            total += len(content)
            if total > MAX_SOURCE_BYTES:
                raise UnreadableModel(f"its code has more than {MAX_SOURCE_BYTES} bytes")
            module = file.removeprefix(prefix).removesuffix(".py").replace("/", ".")
            self._add(module, content.decode("utf-8", "replace"), f"code of {quote(module)}")

    def find_class(self, name: str) -> Class | None:
        """A class by its full name."""
        return self.classes.get(name)

    def find_method(self, name: str, method: str) -> Function | None:
        """A method of a class by the full name of the class."""
        found = self.classes.get(name)
        written = found.methods.get(method) if found is not None else None
        return None if written is None else self._parse(written)

    def find_function(self, name: str) -> Function | None:
        """A function by its full name."""
        written = self._functions.get(name)
        return None if written is None else self._parse(written)

    def _parse(self, written: Written) -> Function:
        """A function taken apart; classes that differ by name alone share what they say."""
        key = _SELF.sub("", written.text, count=1)
        found = self._parsed.get(key)
        if found is None:
            found = parse_function(written.text, written.line, written.file)
            self._parsed[key] = found
        return found

    def _add(self, module: str, text: str, what: str) -> None:
        """The definitions of a file, by the lines that begin them."""
        owner: Class | None = None
        for line, block in _list_blocks(text):
            head = block.split("\n", 1)[0]
            match = _CLASS.match(head)
            if match is not None:
                owner = Class(f"{module}.{match[1]}", match[2])
                self.classes[owner.name] = owner
                continue
            match = _DEF.match(head)
            if match is not None and match[1] and owner is not None:
                owner.methods[match[2]] = Written(block, line, what)
            elif match is not None:
                owner = None
                self._functions[f"{module}.{match[2]}"] = Written(block, line, what)
            elif owner is not None:
                _describe(owner, head)


def _list_blocks(text: str) -> Iterator[tuple[int, str]]:
    """Lines of classes, and functions whole, each with the number of its first line."""
    lines = text.split("\n")
    start = 0
    for place in range(1, len(lines) + 1):
        inside = "   " if lines[start].startswith(("class", " ")) else " "
        if place < len(lines) and (not lines[place].strip() or lines[place].startswith(inside)):
            continue
        yield start + 1, "\n".join(lines[start:place]) + "\n"
        start = place


def _describe(owner: Class, line: str) -> None:
    """What a line that stands in a class says of its attributes."""
    match = _LISTED.match(line)
    if match is not None:
        names = tuple(_QUOTED.findall(match[2]))
        if match[1] == "parameters":
            owner.parameters = names
        else:
            owner.buffers = names
        return
    match = _ANNOTATED.match(line) or _FIELD.match(line)
    if match is not None:
        owner.fields[match[1]] = match[2].strip()
