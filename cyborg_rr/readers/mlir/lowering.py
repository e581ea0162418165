"""From a module of operations on tensors (tosa, linalg, arith, tt and others) to a block."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from cyborg_rr.domain.graph.graph import (
    Block,
    Scalar,
    StoredTensor,
    TensorType,
)
from cyborg_rr.readers.dialects.mlir.calls import find_callee
from cyborg_rr.readers.dialects.mlir.native import demand_operands
from cyborg_rr.readers.dialects.mlir.values import (
    OPEN,
    Building,
    Frame,
    Names,
    flatten_types,
    result_tensors,
    result_types,
)
from cyborg_rr.readers.formats.mlir.constants import DenseConstant
from cyborg_rr.readers.formats.mlir.structure import Function, Module, Operation
from cyborg_rr.readers.kit.steps import Step, make_nodes
from cyborg_rr.readers.mlir.control import ControlLowering
from cyborg_rr.readers.mlir.entry import EntryArgument
from cyborg_rr.readers.mlir.translation.native import NativeMlirNode
from cyborg_rr.readers.mlir.translation.operations import translate
from cyborg_rr.readers.mlir.translation.triton import IDS, find_axis, find_loaded

_CONSTANTS: Final = frozenset(
    {"arith.constant", "complex.constant", "flow.tensor.constant", "index.constant",
     "linalg.constant", "tosa.const", "tosa.const_shape", "torch.vtensor.literal",
     "util.unfoldable_constant", "mhlo.constant", "stablehlo.constant"}
)  # fmt: skip
_LOADS: Final = frozenset(
    {"ml_program.global_load", "ml_program.global_load_const", "util.global.load"}
)
_PENDING: Final = frozenset({"tensor.empty", "linalg.fill", "linalg.init_tensor"})
"""What only makes room: nothing happens until another operation reads it."""

_QUIET: Final = ("check.", "cf.assert", "tt.print", "tt.assert", "tt.debug_barrier", "util.unreach",
          "ttng.fence", "ttg.barrier", "gpu.barrier")  # fmt: skip
"""Operations without results that a model has no use for."""

_STORES: Final = frozenset({"tt.store", "tt.descriptor_store", "tt.experimental_descriptor_store"})
_TRUTHS: Final = frozenset({"arith.cmpf", "arith.cmpi", "index.cmp"})
_BARE: Final = frozenset({"linalg.index", "linalg.yield", "linalg.pack", "linalg.unpack"})
_DESTINED: Final = ("iree_linalg_ext.", "tm_tensor.")


@dataclass(frozen=True, slots=True)
class _Room:
    """A destination that nothing was written to: the operation that made it, where it stood."""

    operation: Operation
    frame: Frame


class Lowering(ControlLowering):
    """Writes the entry function out as one block; what it calls is written out or called."""

    def __init__(self, module: Module) -> None:
        super().__init__(module)
        self.ids: dict[str, str] = {}
        self.stores: list[str] = []
        self._rooms: dict[str, _Room] = {}

    def lower(self, entry: Function, arguments: Sequence[EntryArgument]) -> Block:
        """The entry as a block; arguments that are weights become stored tensors."""
        frame = Frame("", {})
        for argument in arguments:
            frame.values[argument.value] = (argument.name,)
            self.reserved.add(argument.name)
            self.types[argument.name] = argument.type
            if argument.weight is None:
                self.root.inputs[argument.name] = argument.type
            else:
                self.root.stored[argument.name] = StoredTensor(argument.type, "parameter", "absent")
        text = self.single_block(entry)
        entry.body = None
        outputs = self.lower_block(text, frame, self.root, 0, is_last=True)
        outputs = self.reach(outputs, self.root)
        return self.root.finish((*outputs, *dict.fromkeys(self.stores)))

    def lower_operation(
        self, operation: Operation, frame: Frame, building: Building, depth: int
    ) -> None:
        """One operation by its kind."""
        name = operation.name
        if name in _PENDING and len(operation.results) == 1:
            self._make_room(operation, frame)
        elif name in _CONSTANTS:
            self._constant(operation, frame, building)
        elif (callee := find_callee(operation)) is not None:
            self.inline(operation, callee, frame, building, depth)
        elif name in _LOADS:
            self.load_global(operation, frame)
        elif name in IDS:
            self._identify(operation, frame)
        elif name in _STORES:
            self._store(operation, frame, building, depth)
        elif name in _CONTROL:
            _CONTROL[name](self, operation, frame, building, depth)
        elif operation.results or not name.startswith(_QUIET):
            self._write(operation, frame, building)

    # ---- constants and destinations

    def _constant(self, operation: Operation, frame: Frame, building: Building) -> None:
        """A constant in any of its spellings."""
        if len(operation.results) != 1:
            raise self.make_error("a constant should have one result", operation.position)
        attributes = operation.attributes
        value = attributes.get("value", attributes.get("values"))
        if not isinstance(value, DenseConstant):
            known = next(iter(flatten_types(result_types(operation))), OPEN[0])
            numbers = _list_numbers(operation, value)
            splat = len(numbers or ()) == 1 and known.shape != ()
            value = DenseConstant(known, numbers, splat)
        self.store_constant(operation, value, frame, building)

    def _make_room(self, operation: Operation, frame: Frame) -> None:
        """A destination: written where it is read, and not where it is written to."""
        name = f"{frame.prefix}{operation.results[0]}"
        known = next(iter(flatten_types(result_types(operation))), OPEN[0])
        self.types[name] = known
        self._rooms[name] = _Room(operation, frame)
        frame.values[operation.results[0]] = (name,)

    def reach(self, names: Names, building: Building) -> Names:
        """The same values, a destination that is read as what it was filled with."""
        if not self._rooms or self._rooms.keys().isdisjoint(names):
            return names
        return tuple([self._fill(name, building) if name in self._rooms else name
                      for name in names])  # fmt: skip

    def _fill(self, name: str, building: Building) -> str:
        """A node that fills a destination; one that nothing fills is a constant of zeros."""
        room, known = self._rooms[name], self.types[name]
        copy = f"{name}:{self.number_copy()}"
        frame = room.frame
        if room.operation.name == "linalg.fill":
            self._write(room.operation, frame, building, copy)
            return copy
        zero = 0.0 if (known.element_type or "f")[0] in "fb" else 0
        self.types[copy] = known
        building.stored[copy] = StoredTensor(known, "constant", "inline", (zero,), True, True)
        return copy

    def store_numbers(
        self, building: Building, values: tuple[Scalar, ...], known: TensorType
    ) -> str:
        """The name of numbers that a rule needs."""
        name = f"constant:{self.number_copy()}"
        stored = StoredTensor(known, "constant", "inline", values)
        building.stored[name] = self.constants[name] = stored
        self.types[name] = known
        return name

    # ---- operations

    def _write(
        self, operation: Operation, frame: Frame, building: Building, called: str = ""
    ) -> None:
        """An operation by its translation, its results under their names, or under ``called``."""
        operands = self.find_operands(operation, frame)
        types = self._find_types(operation, operands)
        inputs, inits = self._split(operation, operands, len(types))
        inputs = self.reach(inputs, building)
        if called:
            outputs: Names = (called,)
            self.types[called] = building.types[called] = types[0]
        else:
            outputs = self.define_all(operation, types, frame, building)
        label = outputs[0] if outputs else ""
        node = NativeMlirNode(
            operation.name.partition(".")[2], label, inputs, outputs, operation.attributes,
            self.types.get, self.constants.get, operation, types, self.module.place, 1,
            self._list_destinations(inits), lambda name: self._resolve(name, frame, building),
            lambda values, known: self.store_numbers(building, values, known),
        )  # fmt: skip
        steps = translate(node)
        if steps[-1].operation == "unknown":
            self.unknown[operation.name] += 1
        demand_operands(node, steps)
        for step in steps:
            if step.stated:
                building.types.update(step.stated)
        building.nodes.extend(make_nodes(steps, operation.name, label))

    def _find_types(self, operation: Operation, operands: Names) -> list[TensorType]:
        """The types of the results, by their own rules where only those of operands are stated."""
        stated = result_tensors(operation)
        if operation.has_arrow or len(operation.results) != 1:
            return stated
        name, first = operation.name, self.types.get(operands[0]) if operands else None
        if name.startswith("linalg.") and not stated and name != "linalg.index":
            return [self.types.get(operands[-1]) or OPEN[0]] if operands else stated
        if name in _TRUTHS and stated:
            return [TensorType("i1", stated[0].shape)]
        if name == "tensor.extract" and stated:
            return [TensorType(stated[0].element_type, ())]
        if name in ("tensor.dim", "tensor.rank", "linalg.index"):
            return [TensorType("i64", ())]
        if name == "tt.addptr" and first is not None:
            return [first]
        if name == "tt.load":
            return [find_loaded(operation) or (stated[0] if stated else OPEN[0])]
        return stated

    def _split(self, operation: Operation, operands: Names, results: int) -> tuple[Names, Names]:
        """Operands, and behind them the destinations of linalg, one for each result."""
        if operation.name.startswith("linalg.") and results and operation.name not in _BARE:
            segments = operation.attributes.get("operandSegmentSizes")
            count = len(operands) - results
            if isinstance(segments, list) and isinstance(segments[0], int):
                count = segments[0]
            if 0 <= count <= len(operands):
                return operands[:count], operands[count:]
        if operation.name.startswith(_DESTINED):
            segments = operation.attributes.get("operandSegmentSizes")
            stated = isinstance(segments, list) and isinstance(segments[0], int)
            if stated or "outs" in operation.words:
                count = max(len(operands) - results, 0)
                return operands[:count], operands[count:]
        return operands, ()

    def _list_destinations(self, inits: Names) -> Names:
        """Destinations by name, empty where what they hold does not matter."""
        rooms = self._rooms
        return tuple(["" if name in rooms else name for name in inits])

    def _resolve(self, name: str, frame: Frame, building: Building) -> str:
        found = frame.values.get(name, ())
        return self.reach(found, building)[0] if len(found) == 1 else ""

    # ---- Triton

    def _identify(self, operation: Operation, frame: Frame) -> None:
        """The number of the program along an axis: an input of its graph."""
        name = f"{IDS[operation.name]}_{find_axis(operation)}"
        if name not in self.root.inputs:
            self.root.inputs[name] = self.types[name] = TensorType("i32", ())
        if len(operation.results) == 1:
            frame.values[operation.results[0]] = (name,)

    def _store(self, operation: Operation, frame: Frame, building: Building, depth: int) -> None:
        """What is written to addresses leaves the program: an output of its graph."""
        operands = self.reach(self.find_operands(operation, frame), building)
        if building is self.root and len(operands) > 1:
            self.stores.append(operands[1])
        else:
            step = Step("unknown", operands, (), {})
            self.unknown[operation.name] += 1
            building.nodes.extend(make_nodes([step], operation.name, ""))


_CONTROL: Final[Mapping[str, Callable[[Lowering, Operation, Frame, Building, int], None]]] = {
    "scf.for": Lowering.repeat, "scf.if": Lowering.branch, "scf.while": Lowering.run_while,
    "tosa.cond_if": Lowering.branch, "tosa.while_loop": Lowering.run_while,
}  # fmt: skip


def _list_numbers(operation: Operation, value: object) -> tuple[Scalar, ...] | None:
    """The number of a constant that is written bare; None for what is none."""
    if isinstance(value, bool | int | float):
        return (value,)
    if operation.numbers:
        number = operation.numbers[0]
        return (number,) if isinstance(number, int | float) else None
    words = operation.words
    return (words[0] == "true",) if words and words[0] in ("true", "false") else None
