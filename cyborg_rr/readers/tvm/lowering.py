"""Writes a program out as one block: tuples taken apart, functions written where they are called.

A function that calls itself is written once; where it does so again stands an unknown operation.
"""

from __future__ import annotations

from collections.abc import Callable as Calling
from collections.abc import Mapping
from typing import Final

from cyborg_rr.domain.errors import UnreadableModel
from cyborg_rr.domain.graph.graph import Block, StoredLocation, StoredTensor, TensorType
from cyborg_rr.domain.graph.naming import quote
from cyborg_rr.readers.kit.steps import Step, make_nodes
from cyborg_rr.readers.tvm.frames import (
    Building,
    Callable,
    Frame,
    Value,
    flatten,
    flatten_type,
    rebuild,
    spread,
)
from cyborg_rr.readers.tvm.operating import CountResults, FindRule, Operating
from cyborg_rr.readers.tvm.program import (
    KERNEL_MARK,
    Alias,
    Apply,
    Body,
    Branch,
    Bundle,
    Closure,
    Element,
    Function,
    Invoke,
    Keep,
    Program,
)
from cyborg_rr.readers.tvm.written.types import OtherType, ValueType, as_result

MAX_DEPTH: Final = 64
"""Calls and conditions within one another; each takes some frames of the interpreter."""

_OBJECT: Final = TensorType("token", ())
"""What stands for an argument that is no tensor: a cache, a function."""


class Lowering(Operating):
    """One program on its way to a block; ``render_name`` gives the native name of an operation."""

    def __init__(
        self,
        program: Program,
        find_rule: FindRule,
        count_results: CountResults,
        allowed: int,
        render_name: Calling[[str], str] = str,
    ) -> None:
        super().__init__(program, find_rule, count_results, render_name)
        self._allowed = allowed
        self._written = 0
        self._active: list[Function] = []
        self._called: dict[str, tuple[Block, Value]] = {}
        self.recursive: dict[str, None] = {}
        self.objects: dict[str, None] = {}

    # ---- functions as a whole

    def write_function(self, function: Function) -> None:
        """A function as a block of its own, callees first; one of functions is not."""
        if any(isinstance(type_, OtherType) or type_ is None for _, type_ in function.parameters):
            return
        building, frame = Building(), Frame()
        for name, type_ in function.parameters:
            frame.values[name] = self._define(name, type_, building.inputs)
        self._active.append(function)
        self.home = building
        value = self._write(function.body, frame, building, 0)
        self.settle(flatten(value))
        self.home = self.root
        self._active.pop()
        self._called[function.name] = building.finish(flatten(value)), value

    def write_entry(
        self, function: Function, weights: Mapping[str, ValueType], location: StoredLocation
    ) -> tuple[Block, tuple[tuple[str, ...], ...]]:
        """The entry as a block, and the tensors of each argument; ``weights`` are stored."""
        frame, arguments = Frame(), []
        for name, type_ in function.parameters:
            inputs: dict[str, TensorType] = {}
            stated = weights.get(name, type_)
            value = frame.values[name] = self._define(name, stated, inputs)
            arguments.append(flatten(value))
            if name in weights and not isinstance(stated, OtherType):
                for each, known in inputs.items():
                    self.root.stored[each] = StoredTensor(known, "parameter", location)
            else:
                self.root.inputs.update(inputs)
        self._active.append(function)
        value = self._write(function.body, frame, self.root, 0)
        outputs = flatten(value)
        self.settle(outputs)
        return self.root.finish(outputs), tuple(arguments)

    def _define(self, name: str, type_: ValueType, into: dict[str, TensorType]) -> Value:
        """A parameter: one name for each of its tensors."""
        types = flatten_type(type_)
        if isinstance(type_, OtherType):
            self.objects[name] = None
            types = [_OBJECT]
        names = [self.claim(name if len(types) == 1 else f"{name}.{i}") for i in range(len(types))]
        for each, known in zip(names, types, strict=True):
            into[each] = self.types[each] = known or TensorType(None, None)
        return spread(type_, iter(names))

    # ---- bodies

    def _write(self, body: Body, frame: Frame, building: Building, depth: int) -> Value:
        """The nodes of a body; what it yields."""
        if depth > MAX_DEPTH:
            raise UnreadableModel(f"calls and conditions are nested more than {MAX_DEPTH} deep")
        self._written += len(body.statements)
        if self._written > self._allowed:
            raise UnreadableModel(
                f"calls of functions written out make more than {self._allowed} operations"
            )
        for statement in body.statements:
            match statement:
                case Apply():
                    value = self.write_operation(statement, frame, building)
                case Keep():
                    value = self.keep(statement)
                case Alias():
                    value = self.get_value(statement.source, frame)
                case Bundle():
                    value = tuple(self.get_value(item, frame) for item in statement.items)
                case Element():
                    value = self._element(statement, frame, building)
                case Invoke():
                    value = self._invoke(statement, frame, building, depth)
                case Branch():
                    value = self._branch(statement, frame, building, depth)
                case Closure():
                    value = Callable(statement.function, frame)
            frame.values[statement.result] = value
        return self.get_value(body.result, frame)

    def _element(self, statement: Element, frame: Frame, building: Building) -> Value:
        source = frame.get(statement.source.name)
        if isinstance(source, tuple):
            if statement.index >= len(source):
                raise UnreadableModel(
                    f"item {statement.index} of a tuple of {len(source)} is read in "
                    f"{quote(statement.source.name)}"
                )
            return source[statement.index]
        names = flatten(source)
        self.settle(names)
        value, types = self.name_results(statement.result, as_result(statement.type), 1, building)
        step = Step("get_tuple_element", names, flatten(value), {"index": statement.index}, types)
        building.nodes.extend(make_nodes([step], "TupleGetItem", flatten(value)[0]))
        return value

    # ---- calls and conditions

    def _invoke(self, statement: Invoke, frame: Frame, building: Building, depth: int) -> Value:
        values = [self.get_value(operand, frame) for operand in statement.operands]
        inputs = tuple(name for value in values for name in flatten(value))
        self.count_names(len(inputs))
        if statement.is_global and statement.callee in self._called:
            self.settle(inputs)
        if statement.is_global and statement.callee in self.program.hidden:
            written = self.write_kernel(KERNEL_MARK + statement.callee, inputs, building)
            name = f"@{statement.callee}"[:80]
            return written or self.write_opaque(statement, name, inputs, building)
        callee: Value
        if statement.is_global:
            if statement.callee in self._called:
                return self._call(statement, inputs, building)
            callee = Callable(self.get_function(statement.callee), Frame())
        else:
            callee = frame.get(statement.callee)
        if not isinstance(callee, Callable):
            return self.write_opaque(statement, "call", inputs, building)
        function = callee.function
        if function in self._active:
            self.recursive[statement.callee[:80]] = None
            return self.write_opaque(statement, "recursion", inputs, building)
        if len(function.parameters) != len(values):
            raise UnreadableModel(
                f"the function {quote(statement.callee)} takes {len(function.parameters)} values "
                f"and is given {len(values)}"
            )
        names = [name for name, _ in function.parameters]
        inner = Frame(callee.frame, dict(zip(names, values, strict=True)))
        self._active.append(function)
        value = self._write(function.body, inner, building, depth + 1)
        self._active.pop()
        return value

    def _call(self, statement: Invoke, inputs: tuple[str, ...], building: Building) -> Value:
        block, made = self._called[statement.callee]
        if len(inputs) != len(block.inputs):
            raise UnreadableModel(
                f"the function {quote(statement.callee)} takes {len(block.inputs)} tensors and is "
                f"given {len(inputs)}"
            )
        names = [self.claim(f"%{statement.result}.{place}") for place in range(len(block.outputs))]
        native_name = f"@{statement.callee}"[:80]
        label = names[0] if names else native_name
        step = Step("call", inputs, tuple(names), {})
        building.nodes.extend(make_nodes([step], native_name, label, (block,)))
        for name, inner in zip(names, block.outputs, strict=True):
            known = self.types.get(inner)
            if known is not None and known.is_static:
                self.types[name] = known
        return rebuild(made, iter(names))

    def _branch(self, statement: Branch, frame: Frame, building: Building, depth: int) -> Value:
        """A condition; both sides see what is around them."""
        condition = flatten(self.get_value(statement.condition, frame))
        self.settle(condition)
        blocks, values = [], []
        for side in (statement.yes, statement.no):
            inner = Building()
            value = self._write(side, Frame(frame), inner, depth + 1)
            self.settle(flatten(value))
            blocks.append(inner.finish(flatten(value)))
            values.append(value)
        if len(blocks[0].outputs) != len(blocks[1].outputs):
            raise UnreadableModel("the sides of a condition yield different numbers of values")
        outputs = tuple(self.name_all(statement.result, len(blocks[0].outputs)))
        step = Step("if", condition[:1], outputs, {})
        label = outputs[0] if outputs else "if"
        building.nodes.extend(make_nodes([step], "if", label, tuple(blocks)))
        return rebuild(values[0], iter(outputs))
