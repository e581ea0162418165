"""From functions of a module of any dialect to blocks: calls written out, regions lowered."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from cyborg_rr.domain.graph.graph import Block, TensorType
from cyborg_rr.readers.dialects.mlir.constants import Global, StoredScope
from cyborg_rr.readers.dialects.mlir.values import (
    OPEN,
    Building,
    Frame,
    Names,
    flatten_type,
    flatten_types,
    result_types,
)
from cyborg_rr.readers.formats.mlir.structure import BlockText, Function, Module, Operation
from cyborg_rr.readers.formats.mlir.types import MlirType
from cyborg_rr.readers.kit.steps import Step, make_nodes

MAX_DEPTH: Final = 128
"""Regions and calls together; each takes three frames of the interpreter."""

_RETURNS: Final = frozenset({"return", "func.return"})
_ENDS: Final = (".return", ".yield", ".Return", ".Yield", ".condition")


@dataclass(frozen=True, slots=True)
class _Called:
    """A function as a block; it is handed ``globals`` after its arguments."""

    block: Block
    globals: Mapping[str, Global]


class ModuleLowering(StoredScope, ABC):
    """Lowers blocks of operations; a family says by ``lower_operation`` what each becomes.

    What was written by ``write_function`` before is called where it is, and not written again.
    """

    def __init__(self, module: Module) -> None:
        super().__init__(module)
        self._copies = 0
        self._called: dict[str, _Called] = {}

    @abstractmethod
    def lower_operation(
        self, operation: Operation, frame: Frame, building: Building, depth: int
    ) -> None:
        """Write one operation that is no terminator."""

    def number_copy(self) -> int:
        """A number that keeps the names of one inlined call or shard apart from all others."""
        self._copies += 1
        return self._copies

    def write_function(self, function: Function) -> None:
        """Write a function as a block of its own, callees before callers."""
        building = Building()
        frame = Frame(f"{function.name[:64]}.{self.number_copy()}/", {})
        for argument in function.arguments:
            self.define(argument.name, flatten_type(argument.type), frame, building.inputs)
        with self.keep_apart(building) as needed:
            outputs = self.lower_block(self.single_block(function), frame, building, 0)
        building.inputs.update({name: type_ for name, (type_, _) in needed.items()})
        self._called[function.name] = _Called(building.finish(outputs), needed)

    def single_block(self, function: Function) -> BlockText:
        """The block of a function; one without, or with branches, is refused."""
        if function.body is None:
            raise self.make_error(
                f"the function {function.name[:60]!r} has no body", function.position
            )
        return self.only_block(function.body, f"function {function.name[:60]!r}", function.position)

    def only_block(self, region: list[BlockText], what: str, position: int) -> BlockText:
        """The block of a region; branches between blocks are refused."""
        if len(region) != 1:
            raise self.make_error(
                f"the {what} has branches between blocks, which are not read", position
            )
        return region[0]

    def lower_block(
        self,
        block: BlockText,
        frame: Frame,
        building: Building,
        depth: int,
        *,
        is_last: bool = False,
    ) -> Names:
        """Write the operations of a block; what its terminator names is returned.

        Where that is the last time, each operation is let go once it is written.
        """
        if depth > MAX_DEPTH:
            position = block.operations[0].position if block.operations else 0
            raise self.make_error(
                f"regions and calls are nested more than {MAX_DEPTH} deep", position
            )
        for operation in take_out(block) if is_last else block.operations:
            name = operation.name
            if name in _RETURNS or name.endswith(_ENDS):
                return self.find_operands(operation, frame)
            self.lower_operation(operation, frame, building, depth)
        return ()

    def inline(
        self, operation: Operation, callee: str, frame: Frame, building: Building, depth: int
    ) -> None:
        """Write a called function out in its place, or call it where it is a block already."""
        function = self.module.functions.get(callee)
        if function is None:
            raise self.make_error(
                f"the function {callee[:60]!r} is not defined", operation.position
            )
        if callee in self._called:
            self._call(operation, self._called[callee], frame, building)
            return
        operands = self.find_operands(operation, frame)
        inner = Frame(f"{callee[:64]}.{self.number_copy()}/", {})
        begin = 0
        for argument in function.arguments:
            count = len(flatten_type(argument.type))
            inner.values[argument.name] = operands[begin : begin + count]
            begin += count
        if begin != len(operands):
            raise self.make_error(f"the call of {callee[:60]!r} has not the operands that it takes",
                              operation.position)  # fmt: skip
        outputs = self.lower_block(self.single_block(function), inner, building, depth + 1)
        self.bind_results(operation, frame, outputs)

    def _call(
        self, operation: Operation, called: _Called, frame: Frame, building: Building
    ) -> None:
        """A node that calls a function which is a block already."""
        operands = self.find_operands(operation, frame)
        if len(operands) + len(called.globals) != len(called.block.inputs):
            raise self.make_error("a call has not the operands that its function takes",
                                  operation.position)  # fmt: skip
        if len(flatten_types(result_types(operation))) != len(called.block.outputs):
            raise self.make_error("a call has not the results that its function yields",
                                  operation.position)  # fmt: skip
        for name, known in called.globals.items():
            self.reach_global(name, known)
        inputs = (*operands, *called.globals)
        self.write_control(operation, "call", inputs, (called.block,), frame, building)

    def region_arguments(
        self, operation: Operation, block: BlockText
    ) -> Sequence[tuple[str, MlirType]]:
        """The arguments of a region, which its operation may name in brackets."""
        if block.arguments:
            return block.arguments
        groups = [group for group in operation.groups if group]
        return groups[-1] if groups else ()

    def write_control(
        self,
        operation: Operation,
        canonical: str,
        inputs: Names,
        blocks: tuple[Block, ...],
        frame: Frame,
        building: Building,
    ) -> None:
        """An operation that holds blocks."""
        outputs = self.define_results(operation, frame, building)
        label = outputs[0] if outputs else ""
        step = Step(canonical, inputs, outputs, {})
        building.nodes.extend(make_nodes([step], operation.name, label, blocks))

    def define_results(self, operation: Operation, frame: Frame, building: Building) -> Names:
        """New names for the results of an operation, by their stated types."""
        types = result_types(operation)
        if len(operation.results) == len(types) == 1 and isinstance(types[0], TensorType):
            return self.define(operation.results[0], (types[0],), frame, building.types)
        outputs: list[str] = []
        for place, result in enumerate(operation.results):
            flat = flatten_type(types[place]) if place < len(types) else OPEN
            outputs.extend(self.define(result, flat, frame, building.types))
            if len(flat) > 1:
                self.count_names(len(flat), operation.position)
        return tuple(outputs)

    def lower_region(
        self, operation: Operation, block: BlockText, carried: Names, frame: Frame, depth: int
    ) -> Block:
        """A region as a block of its own; its arguments are ``carried`` where there are any."""
        inner = Building()
        pairs = block.arguments
        if not pairs and operation.bindings:
            types = result_types(operation)
            if len(types) != len(operation.bindings):
                raise self.make_error("a while has not as many types as values", operation.position)
            pairs = [
                (pair[0], type_) for pair, type_ in zip(operation.bindings, types, strict=True)
            ]
        for value, type_ in pairs:
            self.define(value, flatten_type(type_), frame, inner.inputs)
        if carried and len(inner.inputs) != len(carried):
            raise self.make_error("a while has not as many region arguments as operands",
                              operation.position)  # fmt: skip
        outputs = self.lower_block(block, frame, inner, depth + 1)
        return inner.finish(outputs)


def take_out(block: BlockText) -> Iterator[Operation]:
    """The operations in order, each forgotten by the block as it comes."""
    operations, block.operations = block.operations, []
    operations.reverse()
    while operations:
        yield operations.pop()
