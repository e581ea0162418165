"""One operation of a module as its translation sees it, with attributes of both syntaxes."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from cyborg_rr.domain.errors import UnreadableModel
from cyborg_rr.domain.graph.graph import AttributeValue, TensorType
from cyborg_rr.domain.graph.operations.registry import find_operation
from cyborg_rr.domain.graph.shapes import find_static, find_whole
from cyborg_rr.readers.formats.mlir.constants import DenseConstant
from cyborg_rr.readers.formats.mlir.structure import Operation
from cyborg_rr.readers.formats.mlir.values import DialectAttribute, Product, Value
from cyborg_rr.readers.kit.node import NativeNode
from cyborg_rr.readers.kit.steps import Step

MAX_NUMBERS = 4096

_FIELD = re.compile(r"([a-z_]{1,64})\s*+=\s*+(\[[^\[\]]*+\]|-?+[0-9]++)")
_NUMBER = re.compile(r"-?+[0-9]{1,18}+")


@dataclass(slots=True)
class NativeModuleNode(NativeNode):
    """An operation with the names and types of its values; tuples are taken apart already.

    ``written`` is the operation in the text, whose ``result_types`` may be more than its results
    have names; ``devices`` is how many take part when an operation names no groups.
    """

    written: Operation
    result_types: Sequence[TensorType]
    place: Callable[[int], str]
    devices: int = 1

    def refuse(self, cause: str) -> UnreadableModel:
        """The error for an operation that cannot be."""
        where = self.place(self.written.position)
        return UnreadableModel(f"{self.written.name[:60]!r} {cause} at {where}")

    def integers(self, *names: str) -> tuple[int, ...] | None:
        """Whole numbers from a list, an array or a dense attribute, flattened."""
        return self.flatten(self.attribute(*names), names[0])

    def integer(self, *names: str, default: int) -> int:
        """A whole number, or the first of several."""
        found = self.integers(*names)
        return found[0] if found else default

    def flatten(self, value: object, what: str) -> tuple[int, ...] | None:
        """The whole numbers in a value at hand; None for no value."""
        if value is None:
            return None
        if isinstance(value, bool):
            return ()
        if isinstance(value, int):
            return (value,)
        if isinstance(value, DenseConstant):
            return self._flatten_dense(value, what)
        if isinstance(value, (list, tuple)):
            return self._flatten_list(value, what)
        raise self.refuse(f"has an attribute {what} that is not a list of whole numbers")

    def _flatten_dense(self, value: DenseConstant, what: str) -> tuple[int, ...]:
        count = value.type.elements
        if count == 0:
            return ()
        if count is None or count > MAX_NUMBERS or value.values is None:
            raise self.refuse(f"has too many numbers in {what}")
        numbers = find_whole(value.values)
        if numbers is None:
            raise self.refuse(f"has an attribute {what} that is not of whole numbers")
        return numbers * count if value.splat and len(numbers) == 1 else numbers

    def _flatten_list(self, values: Sequence[Value], what: str) -> tuple[int, ...]:
        numbers: list[int] = []
        if len(values) > MAX_NUMBERS:
            raise self.refuse(f"has too many numbers in {what}")
        for value in values:
            if isinstance(value, list):
                for inner in value:
                    if not isinstance(inner, int):
                        raise self.refuse(f"has an attribute {what} that is not of whole numbers")
                    numbers.append(int(inner))
            elif isinstance(value, int):
                numbers.append(int(value))
            else:
                raise self.refuse(f"has an attribute {what} that is not of whole numbers")
            if len(numbers) > MAX_NUMBERS:
                raise self.refuse(f"has too many numbers in {what}")
        return tuple(numbers)

    def fields(self, *names: str) -> dict[str, tuple[int, ...]]:
        """The numbers in a dialect attribute such as ``#stablehlo.gather<offset_dims = [0]>``."""
        value = self.attribute(*names)
        if not isinstance(value, DialectAttribute):
            return {}
        return {
            match[1]: tuple(int(number) for number in _NUMBER.findall(match[2]))
            for match in _FIELD.finditer(value.body)
        }

    def keyword(self, *names: str) -> str:
        """The last word of an enumerated attribute, or of a bare one."""
        value = self.attribute(*names)
        if isinstance(value, DialectAttribute):
            words = value.body.split()
            return words[-1] if words else ""
        return value if isinstance(value, str) else ""

    def product(self, name: str, count: int) -> tuple[tuple[int, ...], ...] | None:
        """The parts of ``name = [..] x [..]``."""
        value = self.attribute(name)
        if not isinstance(value, Product) or len(value.parts) != count:
            return None
        return tuple(self.flatten(part, name) or () for part in value.parts)

    def static_shape(self) -> dict[str, AttributeValue]:
        """The attribute ``shape`` of the result, when it is a shape of numbers."""
        shape = find_static(self.result_types[0].shape) if self.result_types else None
        return {} if shape is None else {"shape": shape}

    def result_element_type(self) -> dict[str, AttributeValue]:
        """The attribute ``element_type`` of the first result, when it is known."""
        known = self.result_types[0].element_type if self.result_types else None
        return {} if known is None else {"element_type": known}


Rule = Callable[[NativeModuleNode], list[Step]]
"""Translates one operation."""


def demand_operands(node: NativeModuleNode, steps: Sequence[Step]) -> None:
    """Refuse an operation that has fewer or more operands than what it becomes."""
    for step in steps:
        declared = find_operation(step.operation).operands
        if len(step.inputs) == len(declared) and "" not in step.inputs:
            continue
        is_open = any(each.variadic for each in declared)
        if len(step.inputs) > len(declared) and not is_open:
            raise node.refuse(f"has {len(step.inputs)} operands and may have {len(declared)}")
        for place, operand in enumerate(declared):
            is_there = place < len(step.inputs) and step.inputs[place] != ""
            if not (is_there or operand.optional or operand.variadic):
                raise node.refuse(f"lacks its operand {operand.name!r}")
