"""Writes single operations: by rules, or as kernels that write into what was allocated for them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable as Calling
from collections.abc import Mapping
from typing import Final

from cyborg_rr.domain.errors import UnreadableModel
from cyborg_rr.domain.graph.graph import StoredTensor, TensorType
from cyborg_rr.domain.graph.naming import quote
from cyborg_rr.readers.kit.steps import Step, make_nodes
from cyborg_rr.readers.tvm.frames import (
    Building,
    Callable,
    Frame,
    Value,
    flatten,
)
from cyborg_rr.readers.tvm.program import (
    ECHOED,
    KERNEL_MARK,
    PACKED_MARK,
    Apply,
    Function,
    Invoke,
    Name,
    Operand,
    Program,
    Sizes,
    Written,
)
from cyborg_rr.readers.tvm.rooms import MANAGING, Rooms
from cyborg_rr.readers.tvm.translation.native import Argument, Rule
from cyborg_rr.readers.tvm.written.arrays import as_weight
from cyborg_rr.readers.tvm.written.types import TupleType, as_result

MAX_NAMES: Final = 2_000_000
"""Tensors that operands stand for: a short text may name a large tuple many times."""

FindRule = Calling[[str], Rule]
CountResults = Calling[[Apply, int], int]


class Operating(Rooms):
    """Writes operations; ``render_name`` gives the native name of one."""

    def __init__(
        self,
        program: Program,
        find_rule: FindRule,
        count_results: CountResults,
        render_name: Calling[[str], str],
    ) -> None:
        super().__init__()
        self.program = program
        self._find_rule = find_rule
        self._count_results = count_results
        self._render_name = render_name
        self._named = 0
        self.left_out: dict[str, None] = {}
        self.unknown: Counter[str] = Counter()

    def get_value(self, operand: Operand, frame: Frame) -> Value:
        """What an operand stands for."""
        if not isinstance(operand, Name):
            return operand
        if operand.name.startswith("@"):
            return Callable(self.get_function(operand.name[1:]), Frame())
        return frame.get(operand.name)

    def get_function(self, name: str) -> Function:
        """The function of a name that is read."""
        found = self.program.functions.get(name)
        if found is None:
            raise UnreadableModel(f"the function @{quote(name)[1:-1]} is not in the file")
        return found

    def write_operation(self, statement: Apply, frame: Frame, building: Building) -> Value:
        """An operation by its rule; what it yields."""
        arguments: list[Argument] = []
        inputs: list[str] = []
        for operand in statement.operands:
            value = self.get_value(operand, frame)
            if isinstance(value, Sizes | Written):
                arguments.append(value)
                continue
            names = flatten(value)
            arguments.append(names)
            inputs.extend(names)
        self.count_names(len(inputs))
        if self.absent and statement.operation.startswith(KERNEL_MARK):
            kernel = statement.operation.removeprefix(KERNEL_MARK)
            self.state_operands(self.program.kernels.get(kernel, ()), inputs)
        if self.rooms and statement.operation not in MANAGING:
            is_packed = statement.operation.startswith(PACKED_MARK)
            written = is_packed and self.write_kernel(statement.operation, tuple(inputs), building)
            if written:
                return written
            self.settle(name for name in inputs if name in self.rooms)
        lacking = [name for name in inputs if name in self.absent] if self.absent else []
        echoed = ECHOED.get(statement.operation)
        stated = as_result(statement.type)
        if echoed is not None and isinstance(stated, TupleType):
            self.state_echoed(inputs, echoed, stated.fields[1:])
            stated = stated.fields[0] if stated.fields else None
        results = 1 if echoed else self._count_results(statement, len(inputs))
        value, types = self.name_results(statement.result, stated, results, building)
        outputs = flatten(value)
        if statement.operation in MANAGING:
            self.rooms |= dict.fromkeys(outputs)
            return value
        label = outputs[0] if outputs else statement.operation
        if lacking and any(name in self.absent for name in lacking):
            if outputs and all(each in types and types[each].shape is not None for each in outputs):
                self._leave_out(statement, inputs, outputs, building, types)
                return value
            self.settle(lacking)
        node = self.make_native(
            statement.operation,
            label,
            tuple(inputs),
            outputs,
            statement.attributes,
            tuple(arguments),
        )
        native_name = self._render_name(statement.operation)
        self._add(self._find_rule(statement.operation)(node), native_name, label, building, types)
        if echoed is not None:
            return (value, *(inputs[place] for place in echoed if place < len(inputs)))
        return value

    def write_kernel(
        self, operation: str, inputs: tuple[str, ...], building: Building
    ) -> Value | None:
        """A kernel that writes into what was allocated for it; None for any other call."""
        operands, outputs = self.split_rooms(inputs)
        if not outputs:
            return None
        stated = self.program.kernels.get(operation.removeprefix(KERNEL_MARK), ())
        self.state_operands(stated, operands)
        self.settle(operands)
        node = self.make_native(operation, outputs[0], operands, outputs, {}, (operands,))
        steps = self._find_rule(operation)(node)
        self._add(steps, self._render_name(operation), outputs[0], building, {})
        return outputs[0] if len(outputs) == 1 else outputs

    def _leave_out(
        self,
        statement: Apply,
        inputs: list[str],
        outputs: tuple[str, ...],
        building: Building,
        types: Mapping[str, TensorType],
    ) -> None:
        """An operation on a constant that the file does not even state the size of.

        What comes out of it is known, and what it costs is not: it counts as unknown. Of such
        constants alone comes one again, of a known size, which compilers reckon beforehand.
        """
        names = tuple(name for name in inputs if name not in self.absent)
        self.left_out |= dict.fromkeys(name for name in inputs if name in self.absent)
        if not names and all(types[each].is_static for each in outputs):
            for each in outputs:
                folded = StoredTensor(types[each], "constant", "absent")
                self.home.stored[each] = as_weight(folded)
            return
        step = Step("unknown", names, outputs, {}, types)
        self._add([step], self._render_name(statement.operation), outputs[0], building, types)

    def count_names(self, names: int) -> None:
        """Refuse a program whose operands stand for too much."""
        self._named += names
        if self._named > MAX_NAMES:
            raise UnreadableModel(f"operands stand for more than {MAX_NAMES} tensors")

    def _add(
        self,
        steps: list[Step],
        native_name: str,
        label: str,
        building: Building,
        results: Mapping[str, TensorType],
    ) -> None:
        for step in steps:
            for name, known in step.stated.items():
                if name and name not in results and known is not None:
                    building.types[name] = self.types[name] = known
        if steps[-1].operation == "unknown":
            self.unknown[native_name] += 1
        for block in steps[-1].blocks:
            lost = (node.native_name for node in block.nodes if node.operation == "unknown")
            self.unknown.update(f"{name} in {native_name}" for name in lost)
        building.nodes.extend(make_nodes(steps, native_name, label))

    def write_opaque(
        self, statement: Invoke, native_name: str, inputs: tuple[str, ...], building: Building
    ) -> Value:
        """An operation that nothing is known of but what it yields."""
        self.settle(inputs)
        value, types = self.name_results(statement.result, as_result(statement.type), 1, building)
        step = Step("unknown", inputs, flatten(value), {}, types)
        self._add([step], native_name, next(iter(flatten(value)), native_name), building, types)
        return value
