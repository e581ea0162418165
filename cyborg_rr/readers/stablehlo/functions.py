"""From the functions of a StableHLO module to blocks: calls written out, tuples taken apart."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from cyborg_rr.domain.graph.graph import Block, StoredTensor, TensorType
from cyborg_rr.readers.dialects.mlir.calls import find_callee
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
    Function,
    Operation,
)
from cyborg_rr.readers.stablehlo.aliases import find_aliases
from cyborg_rr.readers.stablehlo.arguments import EntryArgument
from cyborg_rr.readers.stablehlo.nodes import NodeWriter
from cyborg_rr.readers.stablehlo.targets import CAST

_CONTROL = {"while": "while", "if": "if", "case": "case", "map": "map"}
_INLINED_REGIONS = frozenset({"sdy.manual_computation", "sdy.named_computation"})
_QUIET_DIALECTS = frozenset({"sdy.mesh", "ml_program.global"})


class Lowering(NodeWriter):
    """Writes the entry function out as one block with everything it calls."""

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
        text = self.single_block(entry)
        entry.body = None
        outputs = self.lower_block(text, frame, self.root, 0, is_last=True)
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

    def lower_operation(
        self, operation: Operation, frame: Frame, building: Building, depth: int
    ) -> None:
        dialect, _, name = operation.name.rpartition(".")
        if name == "constant" and dialect in ("stablehlo", "mhlo", "chlo", "arith"):
            self.define_constant(operation, frame, building)
        elif (callee := find_callee(operation)) is not None:
            self.inline(operation, callee, frame, building, depth)
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

    def _inline_region(
        self, operation: Operation, frame: Frame, building: Building, depth: int
    ) -> None:
        """A region that each device runs on its own part: entered through a change of shape."""
        operands = self.find_operands(operation, frame)
        region = operation.regions[0] if operation.regions else []
        block = self.only_block(list(region), operation.name, operation.position)
        arguments = self.region_arguments(operation, block)
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
        outputs = self.lower_block(block, frame, building, depth + 1)
        stated = flatten_types(result_types(operation))
        if len(stated) != len(outputs):
            raise self.make_error(f"{operation.name!r} has not the results that its region yields",
                              operation.position)  # fmt: skip
        wholes = self.shardings.find_each(operation, "out_shardings", stated, inside=False)
        self.bind_results(
            operation, frame, self.reshard(operation, outputs, stated, wholes, frame, building)
        )

    def _control(
        self, operation: Operation, name: str, frame: Frame, building: Building, depth: int
    ) -> None:
        inputs = self.find_operands(operation, frame)
        carried = inputs if name == "while" else ()
        blocks = []
        for region in operation.regions:
            block = self.only_block(list(region), f"region of {name!r}", operation.position)
            blocks.append(self.lower_region(operation, block, carried, frame, depth))
        if name == "while" and len(blocks) != 2:
            raise self.make_error("a while should have two regions", operation.position)
        self.write_control(operation, _CONTROL[name], inputs, tuple(blocks), frame, building)
