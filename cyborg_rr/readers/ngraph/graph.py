"""Writes functions as blocks of canonical operations, with the type of every value."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final

from cyborg_rr.domain.errors import UnreadableModel
from cyborg_rr.domain.graph.graph import Block, Node, Scalar, StoredTensor, TensorType
from cyborg_rr.domain.graph.naming import quote
from cyborg_rr.domain.words import find_element_type
from cyborg_rr.readers.kit.steps import Step, make_nodes
from cyborg_rr.readers.kit.tracking import track
from cyborg_rr.readers.kit.unique import UniqueNames
from cyborg_rr.readers.ngraph.document import Function, Operation, Reference
from cyborg_rr.readers.ngraph.functions import reduce_by, window_by
from cyborg_rr.readers.ngraph.translation.native import NativeOperation
from cyborg_rr.readers.ngraph.translation.operations import find_rule
from cyborg_rr.readers.ngraph.types import read_type, read_values

MAX_DEPTH: Final = 32
"""Functions that call functions."""

_SIGNS: Final = re.compile(r"[^A-Za-z0-9_.]")
_FUNCTIONS: Final = ("function", "reduction_function", "scatter_function")
_ALIASES: Final = frozenset({"Result", "GetOutputElement"})


@dataclass(slots=True)
class Translation:
    """The functions of a file on their way to blocks."""

    functions: Mapping[str, Function]
    types: dict[str, TensorType] = field(default_factory=dict)
    values: dict[str, tuple[Scalar, ...]] = field(default_factory=dict)
    written: dict[str, Block] = field(default_factory=dict)
    names: UniqueNames = field(default_factory=UniqueNames)
    open: list[str] = field(default_factory=list)

    def write(self, function: Function, *, is_entry: bool = False) -> Block:
        """A function as a block; one that is called is written once."""
        if function.name in self.open:
            raise UnreadableModel(f"function {quote(function.name)} calls itself")
        if len(self.open) >= MAX_DEPTH:
            raise UnreadableModel(f"functions call each other more than {MAX_DEPTH} deep")
        self.open.append(function.name)
        written = _Writing(self, is_entry).write(function)
        self.open.pop()
        self.written[function.name] = written
        return written

    def call(self, name: object, place: str) -> tuple[Function, Block]:
        """The function of a name, which stands before its caller, and its block."""
        found = self.functions.get(name) if isinstance(name, str) else None
        if found is None:
            raise UnreadableModel(f"{place} calls a function that is not there")
        block = self.written.get(found.name) or self.write(found)
        return found, block


class _Writing:
    """One function on its way to a block."""

    def __init__(self, translation: Translation, is_entry: bool) -> None:
        self._whole = translation
        self._is_entry = is_entry
        self._names: dict[tuple[str, int], str] = {}
        self._inputs: dict[str, TensorType] = {}
        self._stored: dict[str, StoredTensor] = {}
        self._nodes: list[Node] = []

    def write(self, function: Function) -> Block:
        """Its operations in order."""
        parameters: dict[str, str] = {}
        for operation in function.operations:
            if (operation.name, 0) in self._names:
                raise UnreadableModel(f"{operation.describe()} stands twice")
            if operation.kind == "Parameter":
                parameters[operation.name] = self._take(operation)
            elif operation.kind == "Constant":
                self._store(operation)
            elif operation.kind in _ALIASES:
                self._alias(operation)
            else:
                self._translate(operation)
        missing = next((name for name in function.parameters if name not in parameters), None)
        if missing is not None:
            raise UnreadableModel(
                f"function {quote(function.name)}: parameter {quote(missing)} is not there"
            )
        ordered = dict.fromkeys((*(parameters[n] for n in function.parameters), *self._inputs))
        inputs = {name: self._inputs[name] for name in ordered if name in self._inputs}
        outputs = tuple(self._read(each, lambda: "a result") for each in function.results)
        return Block(inputs, outputs, tuple(self._nodes), self._stored, self._whole.types)

    def _read(self, reference: Reference, describe: Callable[[], str]) -> str:
        name = self._names.get((reference.name, reference.index))
        if name is None:
            raise UnreadableModel(
                f"{describe()} reads output {reference.index} of {quote(reference.name)}, "
                "which does not stand before it"
            )
        return name

    def _take(self, operation: Operation) -> str:
        """A parameter: an input, or a weight where it is marked as one that may be cached."""
        whole, name = self._whole, self._whole.names.claim(operation.label)
        symbol = _SIGNS.sub("_", operation.label)
        known = read_type(operation.attributes, symbol, operation.describe())
        self._names[operation.name, 0] = name
        whole.types[name] = known
        if self._is_entry and operation.attributes.get("cacheable") is True:
            self._stored[name] = StoredTensor(known, "parameter", "absent")
        else:
            self._inputs[name] = known
        return name

    def _store(self, operation: Operation) -> None:
        known = read_type(operation.attributes, "", operation.describe())
        if not known.is_static:
            raise UnreadableModel(f"{operation.describe()}: its type is not known")
        stated = operation.attributes.get("value")
        values = read_values(stated, known)
        is_one = isinstance(stated, list) and len(stated) == 1 and (known.elements or 0) > 1
        element = find_element_type(known.element_type)
        learnt = element is not None and element.may_be_weights
        whole, name = self._whole, self._whole.names.claim(operation.label)
        self._names[operation.name, 0] = name
        whole.types[name] = known
        self._stored[name] = StoredTensor(
            known, "parameter" if learnt else "constant", "inline", values,
            splat=is_one and values is not None,
        )  # fmt: skip
        if values is not None and not is_one:
            whole.values[name] = values

    def _alias(self, operation: Operation) -> None:
        """Result and GetOutputElement are other names of what they read."""
        if not operation.inputs:
            raise UnreadableModel(f"{operation.describe()} reads nothing")
        reference = operation.inputs[0]
        if operation.kind == "GetOutputElement":
            index = operation.attributes.get("n", 0)
            if type(index) is not int or not 0 <= index < 4096:
                raise UnreadableModel(f"{operation.describe()} names no output")
            if reference.index == 0:
                reference = Reference(reference.name, index)
        self._names[operation.name, 0] = self._read(reference, operation.describe)

    # ---- operations

    def _translate(self, operation: Operation) -> None:
        whole, describe = self._whole, operation.describe
        inputs = tuple([self._read(each, describe) for each in operation.inputs])
        outputs = self._name_outputs(operation)
        if operation.kind == "FunctionCall":
            self._call(operation, inputs, outputs)
            return
        node = NativeOperation(
            operation.kind, operation.label, inputs, outputs, operation.attributes,
            whole.types.get, self._stored.get, describe, operation.version, self._number,
        )  # fmt: skip
        steps = self._spell(operation, node)
        nodes = make_nodes(steps, operation.kind, operation.label)
        for step, each in zip(steps, nodes, strict=True):
            track(each, step.stated, whole.types, whole.values.get, describe)
        self._nodes.extend(nodes)

    def _spell(self, operation: Operation, node: NativeOperation) -> list[Step]:
        """The steps of an operation; those that take a function read what it does."""
        if operation.kind in ("Reduce", "ReduceWindow", "SelectAndScatter"):
            chosen = node.attribute(*_FUNCTIONS)
            function, _ = self._whole.call(chosen, operation.describe())
            make = reduce_by if operation.kind == "Reduce" else window_by
            return make(node, function)
        return find_rule(operation.kind, operation.version)(node)

    def _name_outputs(self, operation: Operation) -> tuple[str, ...]:
        count = max(operation.outputs, 1)
        if count > 4096:
            raise UnreadableModel(f"{operation.describe()} has {count} outputs")
        names = []
        for index in range(count):
            plain = operation.label if count == 1 else f"{operation.label}.{index}"
            name = self._whole.names.claim(plain)
            self._names[operation.name, index] = name
            names.append(name)
        return tuple(names)

    def _call(
        self, operation: Operation, inputs: tuple[str, ...], outputs: tuple[str, ...]
    ) -> None:
        """A function that is called, typed once however often."""
        _, block = self._whole.call(operation.attributes.get("function"), operation.describe())
        if len(block.inputs) != len(inputs) or len(block.outputs) != len(outputs):
            raise UnreadableModel(f"{operation.describe()} and its function do not fit together")
        types = self._whole.types
        for name, inner in zip(outputs, block.outputs, strict=True):
            types[name] = types.get(inner, TensorType(None, None))
        step = Step("call", inputs, outputs, {})
        self._nodes.extend(make_nodes([step], operation.kind, operation.label, (block,)))

    def _number(self, values: tuple[Scalar, ...], element_type: str) -> str:
        """The name of numbers that follow from attributes; one alone has no dimension."""
        whole, name = self._whole, self._whole.names.claim("constant")
        shape = () if len(values) == 1 and element_type != "i64" else (len(values),)
        known = TensorType(element_type, shape)
        whole.types[name], whole.values[name] = known, values
        self._stored[name] = StoredTensor(known, "constant", "inline", values)
        return name
