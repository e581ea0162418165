"""From computations to blocks: each computation becomes one block, however often it is called."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from cyborg_rr.domain.graph.graph import (
    Block,
    NativeCall,
    StoredKind,
    StoredLocation,
    StoredTensor,
    TensorType,
)
from cyborg_rr.domain.words import find_element_type
from cyborg_rr.readers.hlo.calls import ENTERED, find_function, get_callee
from cyborg_rr.readers.hlo.entry import Parameter, find_aliases, sort_parameters
from cyborg_rr.readers.hlo.module import (
    Computation,
    Instruction,
    Key,
    Literal,
    Module,
    TupleType,
    list_leaves,
)
from cyborg_rr.readers.hlo.translation.native import NativeHloNode
from cyborg_rr.readers.hlo.translation.operations import translate
from cyborg_rr.readers.hlo.values import MAX_TUPLE_NAMES, Building, Names
from cyborg_rr.readers.kit.calls import wrap_call
from cyborg_rr.readers.kit.steps import Step, make_nodes

MAX_PLAIN_CONSTANT: Final = 16
"""A floating-point or quantised constant of more elements, not all equal, is a weight."""

_CONTROL = {"call": "call", "fusion": "call", "map": "map", "while": "while"}
_NO_LITERAL = Literal(None, splat=False)


class BlockWriter:
    """Writes the computations of a module, callees first.

    ``arguments`` are the tensors in each parameter of the entry, once that is written.
    """

    def __init__(self, module: Module) -> None:
        self.unknown: Counter[str] = Counter()
        self._module = module
        self._blocks: dict[Key, Block] = {}
        self._looped: set[Key] = set()
        self._tuple_names = 0
        self.arguments: list[Names] = []

    def write(self, computation: Computation) -> None:
        """Write a computation that others call."""
        building = Building()
        for instruction in sort_parameters(self._module, computation):
            for name in building.define(instruction.key, instruction.name, instruction.type):
                building.inputs[name] = building.types[name]
        self._blocks[computation.key] = building.finish(self._write_body(computation, building))

    def write_entry(self, computation: Computation, parameters: Sequence[Parameter]) -> Block:
        """The entry's block; parameters that are weights become stored tensors."""
        building = Building()
        for each in parameters:
            names = building.define(each.instruction.key, each.name, each.instruction.type)
            self.arguments.append(names)
            for name in names:
                type_ = building.types[name]
                if each.weight is None:
                    building.inputs[name] = type_
                else:
                    building.stored[name] = StoredTensor(type_, "parameter", "absent")
        block = building.finish(self._write_body(computation, building))
        root = computation.root
        if root is None or not self._module.aliases:
            return block
        aliases = find_aliases(
            self._module, parameters, building.values, building.values[root.key], building.types
        )
        return replace(block, aliased_outputs=aliases)

    def _write_body(self, computation: Computation, building: Building) -> Names:
        """Write the instructions; what the result stands for is returned."""
        for instruction in computation.instructions:
            if instruction.opcode != "parameter":
                if instruction.key in building.values:
                    cause = f"{instruction.name[:60]!r} is defined a second time"
                    raise self._module.fail(cause, instruction.position)
                self._write_instruction(instruction, building)
        root = computation.root
        if root is None:
            cause = f"{computation.name[:60]!r} has no result"
            raise self._module.fail(cause, computation.position)
        return building.values[root.key].names

    def _write_instruction(self, instruction: Instruction, building: Building) -> None:
        opcode = instruction.opcode
        if opcode == "constant":
            self._write_constant(instruction, building)
        elif opcode == "get-tuple-element":
            self._bind_element(instruction, building)
        elif opcode == "tuple":
            self._bind(instruction, self._find_operands(instruction, building), building)
        elif opcode in ENTERED and instruction.called:
            self._write_control(instruction, building)
        else:
            self._write_operation(instruction, building)

    # ---- values

    def _find_operands(self, instruction: Instruction, building: Building) -> Names:
        operands = instruction.operands
        if len(operands) == 1:
            return self._find_value(operands[0], instruction, building)
        names: list[str] = []
        for key in operands:
            names.extend(self._find_value(key, instruction, building))
        return tuple(names)

    def _find_value(self, key: Key, instruction: Instruction, building: Building) -> Names:
        found = building.values.get(key)
        if found is None:
            cause = f"{instruction.name[:60]!r} reads {str(key)[:60]!r}, which is not defined yet"
            raise self._module.fail(cause, instruction.position)
        if found.ends is not None:
            self._count_names(len(found.names), instruction)
        return found.names

    def _count_names(self, count: int, instruction: Instruction) -> None:
        """Refuse a file whose tuples are named so often that the graph would not fit."""
        self._tuple_names += count
        if self._tuple_names > MAX_TUPLE_NAMES:
            cause = f"values stand for more than {MAX_TUPLE_NAMES} tuple elements"
            raise self._module.fail(cause, instruction.position)

    def _define(self, instruction: Instruction, building: Building) -> Names:
        if isinstance(instruction.type, TupleType):
            self._count_names(len(instruction.type.leaves), instruction)
        return building.define(instruction.key, instruction.name, instruction.type)

    def _bind(self, instruction: Instruction, names: Names, building: Building) -> None:
        """The result is other values under a new name."""
        if len(list_leaves(instruction.type)) != len(names):
            cause = f"{instruction.name[:60]!r} has not the type of what it stands for"
            raise self._module.fail(cause, instruction.position)
        building.bind(instruction.key, names, instruction.type)

    def _bind_element(self, instruction: Instruction, building: Building) -> None:
        index = instruction.attributes.get("index", 0)
        value = None
        if len(instruction.operands) == 1:
            value = building.values.get(instruction.operands[0])
        names = None
        if value is not None and isinstance(index, int):
            names = value.find_element(index)
        if names is None:
            cause = f"{instruction.name[:60]!r} takes what is not in a tuple"
            raise self._module.fail(cause, instruction.position)
        self._bind(instruction, names, building)

    def _write_constant(self, instruction: Instruction, building: Building) -> None:
        literal = instruction.literal or _NO_LITERAL
        for name in self._define(instruction, building):
            building.stored[name] = _store(building.types[name], literal)

    # ---- nodes

    def _write_operation(self, instruction: Instruction, building: Building) -> None:
        inputs = self._find_operands(instruction, building)
        outputs = self._define(instruction, building)
        function = find_function(self._module, instruction) if instruction.called else None
        node = NativeHloNode(
            instruction.opcode,
            instruction.name,
            inputs,
            outputs,
            instruction.attributes,
            building.types.get,
            building.stored.get,
            list_leaves(instruction.type),
            function,
            self._module.replicas * self._module.partitions,
            instruction.position,
            self._module.fail,
        )
        steps = translate(node)
        if steps[-1].operation == "unknown":
            self.unknown[instruction.opcode] += 1
        # forms of a module spell attributes in ways of their own
        call = NativeCall(inputs, outputs, steps[-1].attributes)
        building.nodes.extend(make_nodes(steps, instruction.opcode, instruction.name, native=call))

    def _write_control(self, instruction: Instruction, building: Building) -> None:
        """An instruction that runs computations."""
        if instruction.opcode == "conditional":
            self._write_conditional(instruction, building)
            return
        inputs = self._find_operands(instruction, building)
        if instruction.opcode == "async-start":
            self._write_start(instruction, inputs, building)
            return
        blocks = [self._get_block(instruction, key) for key in instruction.called]
        attributes: dict[str, int] = {}
        if instruction.opcode == "fusion":
            attributes["fused"] = True
        if instruction.opcode == "while":
            if len(blocks) != 2:
                raise self._module.fail(
                    "a while should have two computations", instruction.position
                )
            body, condition = blocks
            for block in (body, condition):
                self._check_operands(instruction, block, inputs)
            blocks = [self._loop(instruction, condition, 1), self._loop(instruction, body, 0)]
            trips = instruction.attributes.get("trip_count")
            if isinstance(trips, int):
                attributes["trip_count"] = trips
        elif instruction.opcode != "map":
            self._check_operands(instruction, blocks[0], inputs)
            self._check_results(instruction, blocks[0], len(list_leaves(instruction.type)))
        outputs = self._define(instruction, building)
        step = Step(_CONTROL[instruction.opcode], inputs, outputs, attributes)
        made = make_nodes([step], instruction.opcode, instruction.name, tuple(blocks))
        building.nodes.extend(made)

    def _get_block(self, instruction: Instruction, key: Key) -> Block:
        return self._blocks[get_callee(self._module, instruction, key).key]

    def _loop(self, instruction: Instruction, block: Block, place: int) -> Block:
        """A block of a loop; loops type theirs each time, so one of several loops is called."""
        key = instruction.called[place]
        if key not in self._looped:
            self._looped.add(key)
            return block
        return wrap_call(block, "while/call", (), closed=True, label=instruction.name)

    def _check_operands(self, instruction: Instruction, block: Block, operands: Names) -> None:
        if len(block.inputs) != len(operands):
            cause = f"{instruction.name[:60]!r} has not the operands that its computation takes"
            raise self._module.fail(cause, instruction.position)

    def _check_results(self, instruction: Instruction, block: Block, count: int) -> None:
        if len(block.outputs) != count:
            cause = f"{instruction.name[:60]!r} has not the results that its computation yields"
            raise self._module.fail(cause, instruction.position)

    def _write_conditional(self, instruction: Instruction, building: Building) -> None:
        """A predicate or an index, then one operand for each branch."""
        chosen, *operands = [
            self._find_value(key, instruction, building) for key in instruction.operands
        ] or [()]
        if len(chosen) != 1 or len(operands) != len(instruction.called):
            cause = f"{instruction.name[:60]!r} has not an operand for each branch"
            raise self._module.fail(cause, instruction.position)
        branches = []
        count = len(list_leaves(instruction.type))
        for place, (key, names) in enumerate(zip(instruction.called, operands, strict=True)):
            block = self._get_block(instruction, key)
            self._check_operands(instruction, block, names)
            self._check_results(instruction, block, count)
            label = f"{instruction.name}@{place}"
            branches.append(wrap_call(block, "conditional/call", names, closed=False, label=label))
        outputs = self._define(instruction, building)
        is_predicate = building.types[chosen[0]].element_type == "i1"
        step = Step("if" if is_predicate else "case", chosen, outputs, {})
        made = make_nodes([step], "conditional", instruction.name, tuple(branches))
        building.nodes.extend(made)

    def _write_start(self, instruction: Instruction, inputs: Names, building: Building) -> None:
        """A call that is waited for later: its value holds the operands, the results and a context.

        The context is nothing that is read, so a result stands for it.
        """
        block = self._get_block(instruction, instruction.called[0])
        self._check_operands(instruction, block, inputs)
        leaves = list_leaves(instruction.type)
        count = len(block.outputs)
        results = leaves[len(inputs) : len(inputs) + count]
        if len(results) != count or not count:
            self._check_results(instruction, block, -1)
        made = building.define(instruction.key, instruction.name, _tuple_of(results))
        rest = len(leaves) - len(inputs) - count
        self._bind(instruction, (*inputs, *made, *made[:1] * rest), building)
        step = Step("call", inputs, made, {})
        building.nodes.extend(make_nodes([step], instruction.opcode, instruction.name, (block,)))


def _tuple_of(leaves: tuple[TensorType, ...]) -> TupleType:
    return TupleType(leaves, tuple(range(1, len(leaves) + 1)))


def _store(type_: TensorType, literal: Literal) -> StoredTensor:
    elements = type_.elements
    known = find_element_type(type_.element_type)
    large = elements is None or elements > MAX_PLAIN_CONSTANT
    learned = known is not None and known.may_be_weights
    kind: StoredKind = "parameter" if large and learned and not literal.splat else "constant"
    location: StoredLocation = "absent" if literal.elided else "inline"
    return StoredTensor(type_, kind, location, literal.values, literal.splat, literal.splat)
