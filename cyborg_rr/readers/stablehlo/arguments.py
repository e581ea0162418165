"""The arguments of the entry function: their names, which of them are weights, open dimensions."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from cyborg_rr.domain.graph.bounds import Bounded
from cyborg_rr.domain.graph.graph import Dimension, TensorType
from cyborg_rr.readers.dialects.mlir.calls import CALLS, find_callee
from cyborg_rr.readers.dialects.mlir.values import flatten_type, several
from cyborg_rr.readers.formats.mlir.structure import Argument, Function, Module, Operation
from cyborg_rr.readers.formats.mlir.types import MlirType
from cyborg_rr.readers.formats.mlir.values import Value
from cyborg_rr.readers.kit.weights import WeightNames
from cyborg_rr.readers.stablehlo.targets import list_assertions

_SPECIFICATION = re.compile(
    r"\.shape = \(([^()]{0,512}+(?:\([^()]{0,64}+\)[^()]{0,512}+){0,16}+)\)"
)
_MAX_MESSAGE = 65536


@dataclass(frozen=True, slots=True)
class EntryArgument:
    """``value`` is the name in the text; ``name`` the one that users see; ``weight`` says why."""

    value: str
    name: str
    type: MlirType
    weight: str | None

    @property
    def tensors(self) -> tuple[str, ...]:
        """The names of the tensors in it."""
        return several(self.name, len(flatten_type(self.type)))


def list_entry_arguments(module: Module, entry: Function) -> list[EntryArgument]:
    """The entry's arguments; names come from locations, attributes or the function called first."""
    inner = _names_behind_calls(module, entry)
    stated = [
        _find_name(module, argument) or inner.get(argument.name) for argument in entry.arguments
    ]
    marks = WeightNames.collect(stated)
    taken: set[str] = set()
    arguments = []
    symbols = _list_symbolic_shapes(entry)
    for place, (argument, found) in enumerate(zip(entry.arguments, stated, strict=True)):
        name = found or argument.name or f"arg{place}"
        if name in taken or name.startswith("%"):
            name = argument.name or f"arg{place}"
        taken.add(name)
        type_ = _name_dimensions(argument.type, name, symbols)
        weight = _find_weight_reason(found, argument.attributes, marks)
        arguments.append(EntryArgument(argument.name or f"arg{place}", name, type_, weight))
    return arguments


def _find_name(module: Module, argument: Argument) -> str | None:
    location = argument.location
    if location is not None and location.startswith("#"):
        location = module.locations.get(location)
    if location and location != "unknown":
        return location
    for key in ("jax.arg_info", "tf_saved_model.index_path"):
        stated = argument.attributes.get(key)
        if isinstance(stated, str) and stated:
            return stated
    return None


def _names_behind_calls(module: Module, entry: Function) -> dict[str, str]:
    """Exporters wrap the function and name only the inner one's arguments."""
    names: dict[str, str] = {}
    operations = entry.body[0].operations if entry.body else []
    for operation in operations:
        callee = module.functions.get(find_callee(operation) or "")
        if operation.name not in CALLS or callee is None:
            continue
        for operand, argument in zip(operation.operands, callee.arguments, strict=False):
            name = _find_name(module, argument)
            if name:
                names.setdefault(operand, name)
        break
    return names


def _find_weight_reason(
    name: str | None, attributes: Mapping[str, Value], marks: WeightNames
) -> str | None:
    """Why the file's own words make an argument a weight, None if they do not."""
    if "tf_saved_model.bound_input" in attributes:
        return "tf_saved_model.bound_input"
    return marks.find_reason(name)


def _list_symbolic_shapes(entry: Function) -> list[list[str]]:
    """Shapes with named dimensions that the exporter's own check states, in argument order."""
    for operation in list_assertions(entry):
        message = _find_specification(operation)
        if message is not None:
            shapes = [
                [part.strip() for part in match[1].split(",") if part.strip()]
                for match in _SPECIFICATION.finditer(message)
            ]
            return [shape for shape in shapes if any(not part.isdigit() for part in shape)]
    return []


def _find_specification(operation: Operation) -> str | None:
    message = operation.attributes.get("error_message")
    if not isinstance(message, str) or len(message) > _MAX_MESSAGE:
        return None
    _, found, rest = message.partition("polymorphic shapes specifications:")
    specification: str = rest.partition("Obtained dimension")[0]
    return specification if found else None


def _name_dimensions(type_: MlirType, name: str, shapes: list[list[str]]) -> MlirType:
    """Give open dimensions of an input the exporter's symbols, or symbols of their own."""
    if not isinstance(type_, TensorType) or type_.shape is None or type_.is_static:
        return type_
    shape = type_.shape
    named = shapes[0] if shapes else []
    if (
        named
        and len(named) == len(shape)
        and all(
            isinstance(size, str) or str(size) == text
            for size, text in zip(shape, named, strict=True)
        )
    ):
        shapes.pop(0)
    else:
        named = [f"{name}_dim{axis}" for axis in range(len(shape))]
    renamed = [_rename(size, text) for size, text in zip(shape, named, strict=True)]
    return TensorType(type_.element_type, tuple(renamed))


def _rename(size: Dimension, name: str) -> Dimension:
    """The size, by this name where it is open."""
    if isinstance(size, Bounded):
        return Bounded(name, size.most)
    return name if isinstance(size, str) else size
