"""The function that a module is read from, and its arguments: names, weights, open dimensions."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from cyborg_rr.domain.errors import UnreadableModel
from cyborg_rr.domain.graph.bounds import Bounded
from cyborg_rr.domain.graph.graph import TensorType
from cyborg_rr.readers.dialects.mlir.calls import find_callee, list_operations
from cyborg_rr.readers.dialects.mlir.values import flatten_type
from cyborg_rr.readers.formats.mlir.structure import Argument, Function, Module
from cyborg_rr.readers.formats.mlir.values import Value
from cyborg_rr.readers.kit.weights import WeightNames

_ENTRIES: Final = ("main", "main_graph", "forward")
"""What JAX, torch-mlir and onnx-mlir call it."""

_NAMES: Final = ("onnx.name", "jax.arg_info", "ml_program.identifier", "tf_saved_model.index_path")
_SYMBOL: Final = re.compile(r"([0-9]{1,2}+):([A-Za-z_]\w{0,63})")
_MAX_SYMBOLS: Final = 4096
_MAX_SHOWN: Final = 40


@dataclass(frozen=True, slots=True)
class EntryArgument:
    """``value`` is the name in the text; ``name`` the one that users see; ``weight`` says why."""

    value: str
    name: str
    type: TensorType
    weight: str | None


def find_entry(module: Module) -> tuple[Function, str]:
    """The function to read, and what is to be said where others could be meant as well.

    Of several that nothing calls the one with a usual name, else the first.
    """
    defined = [function for function in module.functions.values() if function.body is not None]
    if not defined:
        raise UnreadableModel("the module has no function with a body")
    if len(defined) == 1:
        return defined[0], ""
    called = {
        find_callee(operation)
        for function in defined
        for operation in list_operations(function.body or [])
    }
    free = [each for each in defined if each.name not in called]
    public = [each for each in free if each.public] or free or defined
    chosen = next((each for name in _ENTRIES for each in public if each.name == name), public[0])
    if len(public) == 1:
        return chosen, ""
    note = (
        f"the module has {len(public)} functions that nothing calls;"
        f" {chosen.name[:_MAX_SHOWN]!r} alone was read"
    )
    return chosen, note


def list_arguments(module: Module, entry: Function) -> list[EntryArgument]:
    """The arguments of the entry with names that are each there once."""
    stated = [_find_name(module, argument) for argument in entry.arguments]
    marks = WeightNames.collect(stated)
    taken: set[str] = set()
    arguments = []
    for place, (argument, found) in enumerate(zip(entry.arguments, stated, strict=True)):
        value = argument.name or f"arg{place}"
        name = value if not found or found in taken or found.startswith("%") else found
        taken.add(name)
        symbols = _list_symbols(argument.attributes.get("onnx.dim_params"))
        type_ = _name_dimensions(flatten_type(argument.type)[0], name, symbols)
        arguments.append(EntryArgument(value, name, type_, marks.find_reason(found)))
    return arguments


def _find_name(module: Module, argument: Argument) -> str | None:
    stated = _find_stated(argument.attributes)
    location = argument.location
    if stated is None and location is not None:
        stated = module.locations.get(location) if location.startswith("#") else location
    return stated if stated and stated != "unknown" else None


def _find_stated(attributes: Mapping[str, Value]) -> str | None:
    found = (attributes.get(key) for key in _NAMES)
    names = (value[0] if isinstance(value, list) and value else value for value in found)
    return next((name for name in names if isinstance(name, str) and name), None)


def _list_symbols(stated: Value) -> dict[int, str]:
    """The symbols of dimensions by place, as onnx-mlir keeps them: ``0:batch,2:length``."""
    if not isinstance(stated, str):
        return {}
    return {int(match[1]): match[2] for match in _SYMBOL.finditer(stated[:_MAX_SYMBOLS])}


def _name_dimensions(type_: TensorType, name: str, symbols: Mapping[int, str]) -> TensorType:
    """Symbols for each open dimension of an input: the stated ones, or some of its own."""
    if type_.shape is None or type_.is_static:
        return type_
    shape = [
        size if isinstance(size, int)
        else Bounded(f"{name}_dim{axis}", size.most) if isinstance(size, Bounded)
        else symbols.get(axis, f"{name}_dim{axis}")
        for axis, size in enumerate(type_.shape)
    ]  # fmt: skip
    return TensorType(type_.element_type, tuple(shape))
