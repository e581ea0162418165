"""Constants and globals of a StableHLO module as stored tensors: which of them are weights."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from cyborg_rr.domain.graph.graph import (
    Scalar,
    StoredKind,
    StoredLocation,
    StoredTensor,
    TensorType,
)
from cyborg_rr.domain.words import find_element_type
from cyborg_rr.readers.dialects.mlir.scope import Scope
from cyborg_rr.readers.dialects.mlir.values import Building, Frame, flatten_types, result_types
from cyborg_rr.readers.formats.mlir.constants import DenseConstant
from cyborg_rr.readers.formats.mlir.structure import Module, Operation

_GLOBALS: Final = frozenset({"ml_program.global", "util.global"})

MAX_PLAIN_CONSTANT: Final = 16
"""A floating-point or quantised constant of more elements, not all equal, is a weight."""


def store_dense(value: DenseConstant, resources: frozenset[str]) -> StoredTensor:
    """The stored tensor; ``resources`` are the blobs that stand at the end of the file."""
    location: StoredLocation = value.location
    if value.resource is not None and value.resource not in resources:
        location = "absent"
    elements, element_type = value.type.elements, value.type.element_type
    large = elements is None or elements > MAX_PLAIN_CONSTANT
    known = find_element_type(element_type)
    learned = known is not None and known.may_be_weights
    kind: StoredKind = "parameter" if large and learned and not value.splat else "constant"
    # XLA and IREE turn a constant of one value into a broadcast.
    return StoredTensor(value.type, kind, location, value.values, value.splat, value.splat)


def _scalar_values(value: object) -> tuple[Scalar, ...] | None:
    """The element of a constant that is written as a bare number."""
    return (value,) if isinstance(value, (bool, int, float)) else None


Global = tuple[TensorType, StoredLocation]
"""A weight that the module keeps for all functions."""


class StoredScope(Scope):
    """A scope with what the module stores: ``constants`` are those whose values rules may ask for.

    ``root`` is the block of the entry, or of the function that is written, where weights stand.
    """

    def __init__(self, module: Module) -> None:
        super().__init__(module)
        self.root = Building()
        self.constants: dict[str, StoredTensor] = {}
        self._hoisted: dict[int, tuple[str, Operation | None]] = {}
        self._globals: dict[str, Global] | None = None

    def define_constant(self, operation: Operation, frame: Frame, building: Building) -> None:
        """A constant: a large one is stored once in the root, however often it is inlined."""
        value = operation.attributes.get("value")
        if len(operation.results) != 1:
            raise self.make_error("a constant should have one result", operation.position)
        if not isinstance(value, DenseConstant):
            type_ = next(iter(flatten_types(result_types(operation))), TensorType(None, None))
            value = DenseConstant(type_, _scalar_values(value))
        self.store_constant(operation, value, frame, building)

    def store_constant(
        self, operation: Operation, value: DenseConstant, frame: Frame, building: Building
    ) -> None:
        """Store what a constant's only result is."""
        result = operation.results[0]
        stored = store_dense(value, self.module.resources)
        if stored.type.elements is None or stored.type.elements > MAX_PLAIN_CONSTANT:
            name, _ = self._hoisted.get(id(operation), ("", None))
            if not name:
                name = self.define(result, (stored.type,), frame, {})[0]
                self._hoisted[id(operation)] = (name, operation)
                self.root.stored[name] = stored
            frame.values[result] = (name,)
        else:
            name = self.define(result, (stored.type,), frame, {})[0]
            building.stored[name] = stored
        if not stored.splat or (stored.type.elements or 0) <= MAX_PLAIN_CONSTANT:
            self.constants[name] = stored

    def load_global(self, operation: Operation, frame: Frame) -> None:
        """A weight that the module keeps under a name, loaded by the function."""
        symbol = operation.symbols[0] if operation.symbols else operation.attributes.get("global")
        types = flatten_types(result_types(operation))
        if not isinstance(symbol, str) or len(types) != 1 or len(operation.results) != 1:
            raise self.make_error("a global is loaded without a name or a type", operation.position)
        name = f"@{symbol}"
        self.reach_global(name, (types[0], self._locate_global(symbol, name)))
        frame.values[operation.results[0]] = (name,)

    def _locate_global(self, symbol: str, name: str) -> StoredLocation:
        if name in self.root.stored:
            return self.root.stored[name].location
        for each in self.module.operations:
            if each.name in _GLOBALS and symbol in each.symbols:
                value = each.attributes.get("value")
                if isinstance(value, DenseConstant):
                    return store_dense(value, self.module.resources).location
        return "absent"

    def reach_global(self, name: str, known: Global) -> None:
        """Store a global in the entry; a function that is called is handed it by its callers."""
        type_, location = known
        self.types[name] = type_
        if self._globals is None:
            self.root.stored.setdefault(name, StoredTensor(type_, "parameter", location))
        else:
            self._globals.setdefault(name, known)

    @contextmanager
    def keep_apart(self, building: Building) -> Iterator[dict[str, Global]]:
        """Write into another root meanwhile; what it reads of the module's globals is noted."""
        outer = self.root, self._hoisted, self._globals
        needed: dict[str, Global] = {}
        self.root, self._hoisted, self._globals = building, {}, needed
        try:
            yield needed
        finally:
            self.root, self._hoisted, self._globals = outer
