"""Control flow of scf and tosa as canonical operations that hold blocks."""

from __future__ import annotations

from abc import abstractmethod
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Final

from cyborg_rr.domain.graph.graph import AttributeValue, Block, TensorType
from cyborg_rr.readers.dialects.mlir.lowering import ModuleLowering
from cyborg_rr.readers.dialects.mlir.values import (
    OPEN,
    Building,
    Frame,
    Names,
    flatten_types,
    result_types,
)
from cyborg_rr.readers.formats.mlir.structure import Module, Operation
from cyborg_rr.readers.formats.mlir.types import MlirType
from cyborg_rr.readers.kit.steps import Step, make_nodes

_ANY: Final[MlirType] = OPEN[0]
_COUNTED: Final = 3
"""Operands of a counted loop before those that it carries: first, last, step."""


class ControlLowering(ModuleLowering):
    """Lowers branches and loops. Regions read what is around them by its name."""

    def __init__(self, module: Module) -> None:
        super().__init__(module)
        self.unknown: Counter[str] = Counter()

    @abstractmethod
    def reach(self, names: Names, building: Building) -> Names:
        """The values as they are read: destinations as what they were filled with."""

    def define_all(
        self,
        operation: Operation,
        types: Sequence[TensorType],
        frame: Frame,
        building: Building,
    ) -> Names:
        """New names for the results; what has no stated type is open."""
        if len(operation.results) == len(types) == 1:
            return self.define(operation.results[0], types, frame, building.types)
        outputs: list[str] = []
        for place, result in enumerate(operation.results):
            known = types[place] if place < len(types) else OPEN[0]
            outputs += self.define(result, (known,), frame, building.types)
        return tuple(outputs)

    def branch(self, operation: Operation, frame: Frame, building: Building, depth: int) -> None:
        """scf.if, tosa.cond_if: two blocks that read what is around them."""
        inputs = self.reach(self.find_operands(operation, frame), building)
        if len(operation.regions) != 2 or not inputs or not operation.results:
            self.write_opaque(operation, inputs, frame, building)
            return
        blocks = [
            self._lower_branch(operation, place, inputs[1:], frame, depth) for place in (0, 1)
        ]
        self._write_step("if", operation, inputs[:1], tuple(blocks), frame, building, {})

    def _lower_branch(
        self, operation: Operation, place: int, inputs: Names, frame: Frame, depth: int
    ) -> Block:
        block = self.only_block(list(operation.regions[place]), "branch", operation.position)
        names = [name for name, _ in block.arguments] or [name for name, _ in operation.bindings]
        frame.values.update({name: (each,) for name, each in zip(names, inputs, strict=False)})
        into = Building()
        outputs = self.reach(self.lower_block(block, frame, into, depth + 1), into)
        return into.finish(outputs)

    def repeat(self, operation: Operation, frame: Frame, building: Building, depth: int) -> None:
        """scf.for: a counter, and values that are carried along."""
        inputs = self.reach(self.find_operands(operation, frame), building)
        region = operation.regions[0] if len(operation.regions) == 1 else []
        if (
            len(inputs) < _COUNTED
            or len(region) != 1
            or len(operation.results) != len(inputs) - _COUNTED
        ):
            self.write_opaque(operation, inputs, frame, building)
            return
        limits, carried = inputs[:_COUNTED], inputs[_COUNTED:]
        block, into = region[0], Building()
        counted = [pair for group in operation.groups for pair in group][:1]
        pairs = block.arguments or [
            *counted, *((name, _ANY) for name, _ in operation.bindings)
        ]  # fmt: skip
        if len(pairs) != len(carried) + 1:
            self.write_opaque(operation, inputs, frame, building)
            return
        goes = f"goes_on:{self.number_copy()}"
        known = [TensorType("i64", ()), *(self.types.get(name, OPEN[0]) for name in carried)]
        self.define(pairs[0][0], known[:1], frame, into.inputs)
        self.types[goes] = into.inputs[goes] = TensorType("i1", ())
        for (name, _), type_ in zip(pairs[1:], known[1:], strict=True):
            self.define(name, (type_,), frame, into.inputs)
        outputs = self.reach(self.lower_block(block, frame, into, depth + 1), into)
        body = into.finish((goes, *outputs))
        attributes = self._count_trips(limits)
        self._write_step("loop", operation, ("", "", *carried), (body,), frame, building,
                         attributes)  # fmt: skip

    def _count_trips(self, limits: Names) -> dict[str, AttributeValue]:
        """How often a loop runs whose limits are stored."""
        stored = [self.constants.get(name) for name in limits]
        numbers = [
            each.values[0]
            for each in stored
            if each is not None and each.values and isinstance(each.values[0], int)
        ]
        if len(numbers) != _COUNTED or numbers[2] <= 0:
            return {}
        first, last, step = numbers
        return {"trip_count": int(max(0, -(-(last - first) // step)))}

    def run_while(self, operation: Operation, frame: Frame, building: Building, depth: int) -> None:
        """scf.while, tosa.while_loop: the first region decides, the second goes on."""
        inputs = self.reach(self.find_operands(operation, frame), building)
        regions = operation.regions
        ends = regions[0][0].operations if len(regions) == 2 and len(regions[0]) == 1 else []
        last = ends[-1] if ends else None
        bound = regions[0][0].arguments or operation.bindings if ends else ()
        passed = last is not None and last.operands[1:] == [name for name, _ in bound]
        if last is None or len(regions[1]) != 1 or not (
            passed or (last.name == "tosa.yield" and len(last.operands) == 1)
        ):  # fmt: skip
            self.write_opaque(operation, inputs, frame, building)
            return
        known = [self.types.get(name, OPEN[0]) for name in inputs]
        blocks: list[Block] = []
        for region in regions:
            into = Building()
            pairs = region[0].arguments or operation.bindings
            if len(pairs) != len(inputs):
                raise self.make_error("a while has not as many region arguments as operands",
                                      operation.position)  # fmt: skip
            for (name, _), type_ in zip(pairs, known, strict=True):
                self.define(name, (type_,), frame, into.inputs)
            outputs = self.reach(self.lower_block(region[0], frame, into, depth + 1), into)
            blocks.append(into.finish(outputs if blocks else outputs[:1]))
        self._write_step("while", operation, inputs, tuple(blocks), frame, building, {})

    def _write_step(
        self,
        canonical: str,
        operation: Operation,
        inputs: Names,
        blocks: tuple[Block, ...],
        frame: Frame,
        building: Building,
        attributes: Mapping[str, AttributeValue],
    ) -> None:
        types = flatten_types(result_types(operation))
        outputs = self.define_all(operation, types, frame, building)
        label = outputs[0] if outputs else ""
        step = Step(canonical, inputs, outputs, attributes)
        building.nodes.extend(make_nodes([step], operation.name, label, blocks))

    def write_opaque(
        self, operation: Operation, inputs: Names, frame: Frame, building: Building
    ) -> None:
        """Control flow that no canonical operation stands for."""
        self.unknown[operation.name] += 1
        self._write_step("unknown", operation, inputs, (), frame, building, {})
