"""From the functions of a StableHLO module to blocks: calls written out, tuples taken apart."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from cyborg_rr.domain.graph.graph import Block, StoredTensor, TensorType
from cyborg_rr.readers.dialects.mlir.calls import find_callee
from cyborg_rr.readers.dialects.mlir.constants import Global
from cyborg_rr.readers.dialects.mlir.values import (
    OPEN,
    Building,
    Frame,
    Names,
    flatten_type,
    flatten_types,
    result_types,
    several,
)
from cyborg_rr.readers.formats.mlir.structure import (
    Argument,
    BlockText,
    Function,
    Module,
    Operation,
)
from cyborg_rr.readers.formats.mlir.types import MlirType
from cyborg_rr.readers.stablehlo.aliases import find_aliases
from cyborg_rr.readers.stablehlo.arguments import EntryArgument
from cyborg_rr.readers.stablehlo.nodes import NodeWriter
from cyborg_rr.readers.stablehlo.targets import CAST

MAX_DEPTH: Final = 128
"""Regions and calls together; each takes three frames of the interpreter."""
_RETURNS = frozenset({"return", "func.return"})
_CONTROL = {"while": "while", "if": "if", "case": "case", "map": "map"}
_INLINED_REGIONS = frozenset({"sdy.manual_computation", "sdy.named_computation"})
_QUIET_DIALECTS = frozenset({"sdy.mesh", "ml_program.global"})


@dataclass(frozen=True, slots=True)
class _Called:
    """A function as a block; it is handed ``globals`` after its arguments."""

    block: Block
    globals: Mapping[str, Global]


class Lowering(NodeWriter):
    """Writes the entry function out as one block with everything it calls.

    What was written by ``write_function`` before is called where it is, and not written again.
    """

    def __init__(self, module: Module, devices: int) -> None:
        super().__init__(module, devices)
        self._called: dict[str, _Called] = {}

    def write_function(self, function: Function) -> None:
        """Write a function as a block of its own, callees before callers."""
        building = Building()
        frame = Frame(f"{function.name[:64]}.{self.number_copy()}/", {})
        for argument in function.arguments:
            self.define(argument.name, flatten_type(argument.type), frame, building.inputs)
        with self.keep_apart(building) as needed:
            outputs = self._lower_block(self._single_block(function), frame, building, 0)
        building.inputs.update({name: type_ for name, (type_, _) in needed.items()})
        self._called[function.name] = _Called(building.finish(outputs), needed)

    def lower(self, entry: Function, arguments: Sequence[EntryArgument]) -> Block:
        """The entry as a block; arguments that are weights become stored tensors."""
        frame = Frame("", {})
        for argument, written in zip(arguments, entry.arguments, strict=True):
            types = flatten_type(argument.type)
            names = several(argument.name, len(types))
            frame.values[argument.value] = names
            self.reserved.update(names)
            for name, type_ in zip(names, types, strict=True):
                self.types[name] = type_
                if argument.weight is None:
                    self.root.inputs[name] = type_
                else:
                    self.root.stored[name] = StoredTensor(type_, "parameter", "absent")
            if len(names) == 1:
                self._divide_argument(entry, written, names[0], types[0])
        text = self._single_block(entry)
        entry.body = None
        outputs = self._lower_block(text, frame, self.root, 0, is_last=True)
        block = self.root.finish(outputs)
        self._divide_outputs(entry, outputs)
        aliases = find_aliases(entry, arguments, [self.types.get(name) for name in outputs])
        return replace(block, aliased_outputs=aliases)

    def _divide_argument(
        self, entry: Function, written: Argument, name: str, type_: TensorType
    ) -> None:
        """Keep how an argument is divided, which its only use may say."""
        stated = self.shardings.find(written.attributes, type_)
        if stated is not None:
            self.shardings.note(name, type_, stated)
        elif self.shardings.devices > 1 or self._devices > 1:
            self.shardings.adopt(entry, written.name, name, type_)

    def _divide_outputs(self, entry: Function, outputs: Names) -> None:
        attributes = entry.result_attributes
        if len(attributes) != len(outputs):
            return
        for place, (name, each) in enumerate(zip(outputs, attributes, strict=True)):
            found = self.shardings.find(each, self.types.get(name, OPEN[0]))
            if found is not None:
                self.shardings.outputs[place] = found

    def _single_block(self, function: Function) -> BlockText:
        if function.body is None:
            raise self.make_error(
                f"the function {function.name[:60]!r} has no body", function.position
            )
        return self._only_block(
            function.body, f"function {function.name[:60]!r}", function.position
        )

    def _only_block(self, region: list[BlockText], what: str, position: int) -> BlockText:
        if len(region) != 1:
            raise self.make_error(
                f"the {what} has branches between blocks, which are not read", position
            )
        return region[0]

    def _lower_block(
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
        for operation in _take_out(block) if is_last else block.operations:
            name = operation.name
            if name in _RETURNS or name.endswith((".return", ".yield")):
                return self.find_operands(operation, frame)
            self._lower_operation(operation, frame, building, depth)
        return ()

    def _lower_operation(
        self, operation: Operation, frame: Frame, building: Building, depth: int
    ) -> None:
        dialect, _, name = operation.name.rpartition(".")
        if name == "constant" and dialect in ("stablehlo", "mhlo", "chlo", "arith"):
            self.define_constant(operation, frame, building)
        elif (callee := find_callee(operation)) is not None:
            self._inline(operation, callee, frame, building, depth)
        elif operation.name in _INLINED_REGIONS:
            self._inline_region(operation, frame, building, depth)
        elif operation.name == CAST or (name == "tuple" and dialect in ("stablehlo", "mhlo")):
            self.bind_results(operation, frame, self.find_operands(operation, frame))
        elif name == "get_tuple_element":
            self.bind_tuple_element(operation, frame)
        elif name in _CONTROL and dialect in ("stablehlo", "mhlo") and operation.regions:
            self._control(operation, name, frame, building, depth)
        elif operation.name == "ml_program.global_load":
            self.load_global(operation, frame)
        elif operation.name not in _QUIET_DIALECTS:
            self.write_operation(operation, name, frame, building)

    def _inline(
        self, operation: Operation, callee: str, frame: Frame, building: Building, depth: int
    ) -> None:
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
        outputs = self._lower_block(self._single_block(function), inner, building, depth + 1)
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

    def _inline_region(
        self, operation: Operation, frame: Frame, building: Building, depth: int
    ) -> None:
        """A region that each device runs on its own part: entered through a change of shape."""
        operands = self.find_operands(operation, frame)
        region = operation.regions[0] if operation.regions else []
        block = self._only_block(list(region), operation.name, operation.position)
        arguments = self._region_arguments(operation, block)
        types = flatten_types([type_ for _, type_ in arguments])
        if len(types) != len(operands):
            raise self.make_error(f"{operation.name!r} has not the operands that its region takes",
                              operation.position)  # fmt: skip
        parts = self.shardings.find_each(operation, "in_shardings", types, inside=True)
        names = self.reshard(operation, operands, types, parts, frame, building)
        begin = 0
        for value, type_ in arguments:
            count = len(flatten_type(type_))
            frame.values[value] = names[begin : begin + count]
            begin += count
        outputs = self._lower_block(block, frame, building, depth + 1)
        stated = flatten_types(result_types(operation))
        if len(stated) != len(outputs):
            raise self.make_error(f"{operation.name!r} has not the results that its region yields",
                              operation.position)  # fmt: skip
        wholes = self.shardings.find_each(operation, "out_shardings", stated, inside=False)
        self.bind_results(
            operation, frame, self.reshard(operation, outputs, stated, wholes, frame, building)
        )

    def _region_arguments(
        self, operation: Operation, block: BlockText
    ) -> Sequence[tuple[str, MlirType]]:
        if block.arguments:
            return block.arguments
        groups = [group for group in operation.groups if group]
        return groups[-1] if groups else ()

    def _control(
        self, operation: Operation, name: str, frame: Frame, building: Building, depth: int
    ) -> None:
        inputs = self.find_operands(operation, frame)
        carried = inputs if name == "while" else ()
        blocks = []
        for region in operation.regions:
            block = self._only_block(list(region), f"region of {name!r}", operation.position)
            blocks.append(self._lower_region(operation, block, carried, frame, depth))
        if name == "while" and len(blocks) != 2:
            raise self.make_error("a while should have two regions", operation.position)
        self.write_control(operation, _CONTROL[name], inputs, tuple(blocks), frame, building)

    def _lower_region(
        self, operation: Operation, block: BlockText, carried: Names, frame: Frame, depth: int
    ) -> Block:
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
        outputs = self._lower_block(block, frame, inner, depth + 1)
        return inner.finish(outputs)


def _take_out(block: BlockText) -> Iterator[Operation]:
    """The operations in order, each forgotten by the block as it comes."""
    operations, block.operations = block.operations, []
    operations.reverse()
    while operations:
        yield operations.pop()
