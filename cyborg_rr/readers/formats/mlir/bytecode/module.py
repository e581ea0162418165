"""A whole file of MLIR bytecode: its module, functions and resources, as text gives them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from cyborg_rr.readers.formats.mlir.bytecode import sections as section
from cyborg_rr.readers.formats.mlir.bytecode.builtin import BUILTIN
from cyborg_rr.readers.formats.mlir.bytecode.cursor import Cursor, refuse
from cyborg_rr.readers.formats.mlir.bytecode.entries import Entries
from cyborg_rr.readers.formats.mlir.bytecode.operations import OperationReader
from cyborg_rr.readers.formats.mlir.bytecode.sharding import SDY
from cyborg_rr.readers.formats.mlir.bytecode.stablehlo import CHLO, QUANT, STABLEHLO
from cyborg_rr.readers.formats.mlir.bytecode.tables import (
    Dialect,
    Dialects,
    PropertyBlobs,
    Resources,
)
from cyborg_rr.readers.formats.mlir.bytecode.versioned import parse_producer
from cyborg_rr.readers.formats.mlir.bytecode.vhlo import VHLO
from cyborg_rr.readers.formats.mlir.structure import (
    Argument,
    BlockText,
    Function,
    Module,
    Operation,
)
from cyborg_rr.readers.formats.mlir.types import FunctionType
from cyborg_rr.readers.formats.mlir.values import Value
from cyborg_rr.readers.reading.source import Buffer

_RULES: Final = {
    "builtin": BUILTIN, "chlo": CHLO, "mhlo": STABLEHLO, "quant": QUANT, "sdy": SDY,
    "stablehlo": STABLEHLO, "vhlo": VHLO,
}  # fmt: skip
_VISIBLE: Final = (None, "", "public")


@dataclass(frozen=True, slots=True)
class BytecodeFile:
    """A module with what its file says of itself: its producer, and dialects with versions.

    ``artifact`` is the version of a portable artifact; None for bytecode as it is.
    """

    module: Module
    producer: str
    artifact: str | None
    dialects: tuple[Dialect, ...]


def parse_bytecode(data: Buffer, begin: int = 0, end: int | None = None) -> BytecodeFile:
    """Read the module between two places of a file. Raises ``UnreadableModel`` with the byte."""
    version, producer, sections = section.split_sections(
        data, begin, len(data) if end is None else end
    )
    artifact = parse_producer(producer)
    strings = section.Strings(sections[section.STRING])
    dialects = Dialects(sections[section.DIALECT], version, strings)
    resources = Resources(sections, strings, dialects.dialects)
    entries = Entries(
        sections[section.ENTRIES], sections[section.ENTRY_SIZES], dialects.dialects, strings,
        resources, _RULES,
    )  # fmt: skip
    blobs = PropertyBlobs(sections.get(section.PROPERTIES))
    reader = OperationReader(version, dialects.operations, entries, blobs)
    content = sections[section.IR]
    module = _Assembly(reader, entries, content).assemble(reader.read(content))
    return BytecodeFile(
        module,
        producer,
        None if artifact is None else ".".join(map(str, artifact)),
        tuple(dialects.dialects),
    )


class _Assembly:
    """Collects functions and other operations in a ``Module``."""

    def __init__(self, reader: OperationReader, entries: Entries, content: Cursor) -> None:
        self._reader = reader
        self._entries = entries
        self._content = content
        present = frozenset(entries.resources.present)
        self.module = Module("", {}, {}, [], {}, present, lambda place: f"byte {place}")

    def assemble(self, operations: list[Operation]) -> Module:
        """The module of the operations that stand outside of any other."""
        pending = list(reversed(operations))
        while pending:
            operation = pending.pop()
            if operation.name == "builtin.module":
                self._note_module(operation)
                blocks = [block for region in operation.regions for block in region]
                pending.extend(
                    each for block in reversed(blocks) for each in reversed(block.operations)
                )
            elif operation.name == "func.func":
                self._function(operation)
            else:
                self.module.operations.append(operation)
        return self.module

    def _note_module(self, operation: Operation) -> None:
        name = operation.attributes.get("sym_name")
        self.module.name = self.module.name or (name if isinstance(name, str) else "")
        self.module.attributes.update(operation.attributes)

    def _function(self, operation: Operation) -> None:
        attributes, position = operation.attributes, operation.position
        name, type_ = attributes.get("sym_name"), attributes.get("function_type")
        if not isinstance(name, str) or not isinstance(type_, FunctionType):
            refuse("a function has no name or no type", position)
        if name in self.module.functions:
            refuse(f"the function {name[:60]!r} is defined twice", position)
        region = operation.regions[0] if operation.regions else [BlockText([], [])]
        has_body = bool(region[0].operations or region[0].arguments)
        if has_body and len(region[0].arguments) != len(type_.inputs):
            cause = f"the function {name[:60]!r} has not as many arguments as its type says"
            refuse(cause, position)
        self._entries.spend(len(type_.inputs) + len(type_.results), self._content)
        self.module.functions[name] = Function(
            name,
            attributes.get("sym_visibility") in _VISIBLE,
            self._arguments(operation, type_, region[0]),
            list(type_.results),
            region if has_body else None,
            position,
            _list_dictionaries(attributes.get("res_attrs")),
        )

    def _arguments(
        self, operation: Operation, type_: FunctionType, block: BlockText
    ) -> list[Argument]:
        stated = operation.attributes.get("arg_attrs")
        listed: list[Value] = stated if isinstance(stated, list) else []
        locations = self._reader.locations.get(operation.position, [])
        arguments = []
        for place, input_ in enumerate(type_.inputs):
            entry = listed[place] if place < len(listed) else None
            number = locations[place] if place < len(locations) else None
            arguments.append(
                Argument(
                    block.arguments[place][0] if block.arguments else "",
                    input_,
                    entry if isinstance(entry, dict) else {},
                    None
                    if number is None
                    else self._entries.find_location_name(number, self._content),
                )
            )
        return arguments


def _list_dictionaries(value: Value | None) -> list[dict[str, Value]]:
    listed = value if isinstance(value, list) else []
    return [entry if isinstance(entry, dict) else {} for entry in listed]
