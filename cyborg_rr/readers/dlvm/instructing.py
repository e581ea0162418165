"""Writes single instructions: tensors by rules, tuples and memory by keeping account of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from cyborg_rr.domain.graph.graph import Node, Scalar, StoredTensor, TensorType
from cyborg_rr.domain.graph.naming import quote
from cyborg_rr.domain.graph.shapes import render_shape
from cyborg_rr.readers.dlvm.module import (
    Instruction,
    Literal,
    Opaque,
    Pointer,
    Record,
    Reference,
    Tensor,
    Type,
    Use,
    list_leaves,
)
from cyborg_rr.readers.dlvm.scope import Scope, Value, check_same, find_numbers
from cyborg_rr.readers.dlvm.translation import RULES, Native
from cyborg_rr.readers.kit.steps import Step, make_nodes
from cyborg_rr.readers.kit.tracking import track

_QUIET: Final = frozenset({"retain", "release", "deallocate", "destroyStack"})
_COUNTS: Final = frozenset({"rank", "shape", "unitCount"})


class Instructing:
    """What the instructions of a function write, one after the other."""

    def __init__(
        self, scope: Scope, first_uses: Mapping[str, Type], stored: dict[str, StoredTensor]
    ) -> None:
        self.scope = scope
        self.stored = stored
        self.nodes: list[Node] = []
        self.values: dict[str, Value] = {}
        self.bound: list[str] = []
        self.memory: dict[object, Value] = {}
        self._first_uses = first_uses
        self._numbers: dict[tuple[str, TensorType], str] = {}

    # ---- values

    def bind(self, name: str, value: Value) -> None:
        """Give a name its value in this branch."""
        self.values[name] = value
        self.bound.append(name)

    def keep(self, instruction: Instruction, value: Value) -> None:
        """Give the result of an instruction its name."""
        if instruction.result is None:
            return
        if instruction.result in self.values:
            cause = f"{quote(instruction.result)} stands twice"
            raise self.scope.refuse(instruction.start, cause)
        self.bind(instruction.result, value)

    def name_leaves(self, label: str, type_: Type) -> tuple[str, ...]:
        """New values for the tensors in a type."""
        plain, leaves = label.lstrip("%@"), list(list_leaves(type_))
        return tuple(
            self.scope.declare(plain if len(leaves) == 1 else f"{plain}.{place}", known)
            for place, known in enumerate(leaves)
        )

    def check(self, value: Value, type_: Type, start: int, what: str) -> None:
        """Refuse a value that is used as one of another type."""
        if isinstance(value.type, Tensor) and isinstance(type_, Tensor):
            found = self.scope.types[value.names[0]] if value.names else value.type.known
            if check_same(found, type_.known):
                return
            cause = f"{quote(what)} is {_render(found)} and used as {_render(type_.known)}"
        elif value.type.leaves == type_.leaves:
            return
        else:
            cause = f"{quote(what)} is used as a value of another kind"
        raise self.scope.refuse(start, cause)

    def read(self, use: Use) -> Value:
        """The value of a use."""
        if isinstance(use, Literal):
            return self._write_literal(use)
        value = self.values.get(use.name)
        if value is None:
            value = self._find_global(use)
        if not isinstance(value.type, Tensor) or not isinstance(use.type, Tensor):
            self.check(value, use.type, use.start, use.name)
        elif not value.names or self.scope.types[value.names[0]] != use.type.known:
            self.check(value, use.type, use.start, use.name)
            if value.names and not self.scope.types[value.names[0]].is_static:
                self.scope.types[value.names[0]] = use.type.known
        return value

    def _find_global(self, use: Reference) -> Value:
        module = self.scope.module
        if use.name in module.variables:
            type_ = module.variables[use.name]
            if isinstance(use.type, Pointer):
                return Value(Pointer(type_), (), use.name)
            return self.memory.get(use.name) or self._find_variable(use.name)
        if use.name in module.functions:
            return Value(module.functions[use.name].type, ())
        raise self.scope.refuse(use.start, f"no value {quote(use.name)} stands before its use")

    def _find_variable(self, name: str) -> Value:
        type_ = self.scope.module.variables[name]
        return self.scope.find_variable(name, list_leaves(type_), type_)

    def _write_literal(self, use: Literal) -> Value:
        type_ = use.type
        if isinstance(type_, Tensor):
            return Value(type_, (self._write_tensor(use, type_.known),))
        if isinstance(type_, Record) and use.parts is not None:
            if len(use.parts) != len(type_.parts):
                cause = f"{len(use.parts)} values stand for {len(type_.parts)}"
                raise self.scope.refuse(use.start, cause)
            values = [self.read(part) for part in use.parts]
            for value, part in zip(values, type_.parts, strict=True):
                self.check(value, part, use.start, "a part")
            return Value(type_, tuple(name for value in values for name in value.names))
        names = tuple(self._number(use.value, known) for known in list_leaves(type_))
        return Value(type_, names)

    def _write_tensor(self, use: Literal, known: TensorType) -> str:
        if use.parts is None and known.shape is not None:
            return self._number(use.value, known)
        numbers = None if known.shape is None else find_numbers(use)
        if numbers is not None:
            return self.scope.store_numbers(self.stored, numbers, known, "a literal")
        parts = tuple(name for part in use.parts or () for name in self.read(part).names)
        literal = Instruction("literal", None, use.start)
        return self.make_unknown(literal, parts, Tensor(known)).names[0]

    def _number(self, number: Scalar | None, known: TensorType) -> str:
        """A constant of one number; equal ones are one."""
        key = (repr(number), known)
        if key not in self._numbers:
            self._numbers[key] = self.scope.store_number(self.stored, number, known)
        return self._numbers[key]

    # ---- instructions

    def write_instruction(self, instruction: Instruction) -> None:
        """Write one instruction that is no jump and no call."""
        special = _SPECIAL.get(instruction.opcode)
        if special is not None:
            special(self, instruction)
            return
        operands = [self.read(use) for use in instruction.uses]
        if instruction.opcode in ("extract", "insert") and self._take_apart(instruction, operands):
            return
        inputs: list[str] = []
        are_tensors = True
        for value in operands:
            inputs.extend(value.names)
            are_tensors = are_tensors and isinstance(value.type, Tensor)
        if not are_tensors or self._translate(instruction, tuple(inputs)) is None:
            self._leave_unknown(instruction, operands)

    def _translate(self, instruction: Instruction, inputs: tuple[str, ...]) -> list[Step] | None:
        scope = self.scope
        rule = RULES.get(instruction.opcode)
        types = tuple([scope.types[name] for name in inputs])
        if rule is None or None in [known.shape for known in types]:
            return None
        label = (instruction.result or instruction.opcode).lstrip("%")
        output = scope.names.claim(label)
        steps = rule(
            Native(
                instruction, inputs, types, output,
                lambda number, kind: self._number(number, TensorType(kind, ())),
                lambda name: scope.names.claim(f"{label}.{name}"),
            )
        )  # fmt: skip
        if steps is None:
            return None
        nodes = make_nodes(steps, _name(instruction), label)
        for step, node in zip(steps, nodes, strict=True):
            track(
                node,
                step.stated,
                scope.types,
                scope.values.get,
                lambda: (
                    f"{instruction.opcode} {quote(label)}, {scope.module.place(instruction.start)}"
                ),
            )
        self.nodes.extend(nodes)
        self.keep(instruction, Value(Tensor(scope.types[output]), (output,)))
        return steps

    def _leave_unknown(self, instruction: Instruction, operands: list[Value]) -> None:
        """Something that no rule covers; its result is what its first use states."""
        self.memory.clear()
        inputs = tuple(name for value in operands for name in value.names)
        stated = instruction.type if instruction.opcode in ("builtin", "pop", "bitCast") else None
        type_ = stated or self._first_uses.get(instruction.result or "")
        unknown = self.make_unknown(instruction, inputs, type_ or Opaque("nothing"))
        self.keep(instruction, unknown)

    def make_unknown(self, instruction: Instruction, inputs: tuple[str, ...], type_: Type) -> Value:
        """A value of a type that something unknown yields."""
        label = instruction.result or instruction.opcode
        names, native = self.name_leaves(label, type_), _name(instruction)
        self.scope.unknown[native] += 1
        step = Step("unknown", inputs, names, {})
        self.nodes.extend(make_nodes([step], native, label.lstrip("%")))
        return Value(type_, names)

    def _take_apart(self, instruction: Instruction, operands: list[Value]) -> bool:
        """Parts of tuples, structures and arrays are known by name; whether this is one."""
        whole = operands[-1]
        low, type_ = 0, whole.type
        for key in instruction.keys:
            if not isinstance(type_, Record):
                return False
            place = type_.fields.index(key) if key in type_.fields else key
            if type(place) is not int:
                return False
            if not 0 <= place < len(type_.parts):
                raise self.scope.refuse(instruction.start, f"there is no part {place}")
            low += sum(part.leaves for part in type_.parts[:place])
            type_ = type_.parts[place]
        if not instruction.keys or not isinstance(whole.type, Record):
            return False
        high = low + type_.leaves
        if instruction.opcode == "extract":
            self.keep(instruction, Value(type_, whole.names[low:high]))
            return True
        self.check(operands[0], type_, instruction.start, "what is put in")
        names = (*whole.names[:low], *operands[0].names, *whole.names[high:])
        self.keep(instruction, Value(whole.type, names))
        return True

    # ---- memory and sizes

    def _keep_literal(self, instruction: Instruction) -> None:
        self.keep(instruction, self.read(instruction.uses[0]))

    def _pass_over(self, instruction: Instruction) -> None:
        """What only says how long memory lives."""
        for use in instruction.uses:
            self.read(use)

    def _allocate(self, instruction: Instruction) -> None:
        self._pass_over(instruction)
        opaque = instruction.opcode in ("allocateBox", "createStack") or instruction.type is None
        type_ = Opaque("box") if opaque or instruction.type is None else Pointer(instruction.type)
        self.keep(instruction, Value(type_, (), object()))

    def _project(self, instruction: Instruction) -> None:
        box = self.read(instruction.uses[0])
        stated = self._first_uses.get(instruction.result or "")
        self.keep(instruction, Value(stated or Opaque("pointer"), (), box.place))

    def _load(self, instruction: Instruction) -> None:
        pointer = self.read(instruction.uses[0])
        held = None if pointer.place is None else self.memory.get(pointer.place)
        if held is None and isinstance(pointer.place, str):
            held = self._find_variable(pointer.place)
        if held is None:
            is_pointer = isinstance(pointer.type, Pointer)
            type_ = pointer.type.target if is_pointer else Opaque("nothing")  # type: ignore[union-attr]  # asked just above
            held = self.make_unknown(instruction, (), type_)
        self.keep(instruction, held)

    def _store(self, instruction: Instruction) -> None:
        value, pointer = (self.read(use) for use in instruction.uses)
        if pointer.place is None:
            self.memory.clear()
            return
        if isinstance(pointer.type, Pointer):
            self.check(value, pointer.type.target, instruction.start, "what is stored")
        self.memory[pointer.place] = value

    def _count(self, instruction: Instruction) -> None:
        """Sizes, which every type states."""
        value = self.read(instruction.uses[0])
        known = self.scope.types[value.names[0]] if len(value.names) == 1 else None
        if known is None or known.shape is None or not known.is_static:
            self._leave_unknown(instruction, [value])
            return
        if instruction.opcode == "shape":
            sizes: list[Scalar] = [size for size in known.shape if isinstance(size, int)]
            type_ = TensorType("i64", (len(sizes),))
            name = self.scope.store_numbers(self.stored, sizes, type_, "a shape")
        else:
            number = len(known.shape) if instruction.opcode == "rank" else known.elements
            type_ = TensorType("i64", ())
            name = self._number(number, type_)
        self.keep(instruction, Value(Tensor(type_), (name,)))


_SPECIAL: Final[Mapping[str, Callable[[Instructing, Instruction], None]]] = {
    "literal": Instructing._keep_literal,
    "allocateStack": Instructing._allocate,
    "allocateHeap": Instructing._allocate,
    "allocateBox": Instructing._allocate,
    "createStack": Instructing._allocate,
    "projectBox": Instructing._project,
    "load": Instructing._load,
    "store": Instructing._store,
    **dict.fromkeys(_QUIET, Instructing._pass_over),
    **dict.fromkeys(_COUNTS, Instructing._count),
}
"""What becomes of instructions that no rule translates."""


def _name(instruction: Instruction) -> str:
    """The native name: builtins are called by their own."""
    if instruction.opcode == "builtin":
        return f"builtin.{instruction.word}"
    return instruction.opcode


def _render(known: TensorType) -> str:
    return f"{'unknown' if known.shape is None else render_shape(known.shape)}:{known.element_type}"
