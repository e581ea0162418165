"""Writes functions as blocks: branches that meet again are an ``if``, loops stay unknown."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from cyborg_rr.domain.graph.graph import Block, Node, TensorType
from cyborg_rr.domain.graph.naming import quote
from cyborg_rr.readers.dlvm.flow import EXIT, study
from cyborg_rr.readers.dlvm.instructing import Instructing
from cyborg_rr.readers.dlvm.module import (
    VOID,
    Function,
    Instruction,
    Jump,
    Record,
    Type,
)
from cyborg_rr.readers.dlvm.scope import Scope, Value
from cyborg_rr.readers.kit.steps import Step, make_nodes

_STEPS: Final = {"conditional": "if", "branchEnum": "case"}


def write_function(scope: Scope, function: Function, *, is_entry: bool = False) -> Block:
    """A function as a block, with all that it calls."""
    scope.enter(function.start)
    scope.open[function.name] = None
    written = Writing(scope, function, is_entry=is_entry).write()
    scope.open.popitem()
    scope.depth -= 1
    scope.written[function.name] = written
    return written


class Writing(Instructing):
    """One function on its way to a block."""

    def __init__(self, scope: Scope, function: Function, *, is_entry: bool) -> None:
        flow = study(function)
        super().__init__(scope, flow.first_uses, scope.stored if is_entry else {})
        self._function = function
        self._flow = flow

    def write(self) -> Block:
        """Its blocks from the first one on."""
        first, wanted = self._function.blocks[0], self._function.type.arguments
        if tuple(type_.leaves for _, type_ in first.arguments) != tuple(t.leaves for t in wanted):
            raise self.scope.refuse(first.start, "the first block does not take what is stated")
        inputs: dict[str, TensorType] = {}
        arguments = []
        for name, type_ in first.arguments:
            names = self.name_leaves(name, type_)
            inputs.update({each: self.scope.types[each] for each in names})
            arguments.append(Value(type_, names))
        results = self._follow(first.label, arguments, EXIT)
        outputs = tuple(name for value in results for name in value.names)
        return Block(inputs, outputs, tuple(self.nodes), self.stored, self.scope.types)

    def _follow(self, label: str, arguments: Sequence[Value], stop: str) -> Sequence[Value]:
        """Write all from a block on to another; what that one, or the caller, is given."""
        while label != stop:
            if label in self._flow.loops:
                label, arguments = self._skip_loop(label, arguments, stop)
                continue
            block = self._flow.blocks[label]
            self._bind(label, arguments)
            self.scope.note_written(len(block.instructions))
            for instruction in block.instructions[:-1]:
                if instruction.opcode == "apply":
                    self._apply(instruction)
                else:
                    self.write_instruction(instruction)
            label, arguments = self._leave(block.instructions[-1], label)
        return arguments

    def _bind(self, label: str, arguments: Sequence[Value]) -> None:
        """Give the arguments of a block their values."""
        block = self._flow.blocks[label]
        if len(arguments) != len(block.arguments):
            count = len(block.arguments)
            cause = f"block {quote(label)} takes {count} values and is given {len(arguments)}"
            raise self.scope.refuse(block.start, cause)
        for (name, type_), value in zip(block.arguments, arguments, strict=True):
            self.check(value, type_, block.start, name)
            self.bind(name, value)

    def _leave(self, last: Instruction, label: str) -> tuple[str, Sequence[Value]]:
        """What a block does at its end: where it goes, and with what."""
        if last.opcode == "return":
            return EXIT, self._return(last)
        if last.opcode == "trap":
            return EXIT, [self.make_unknown(last, (), self._function.type.result)]
        if last.opcode == "branch":
            return last.jumps[0].label, self._evaluate(last.jumps[0], ())
        return self._choose(last, self._flow.joins[label])

    def _return(self, last: Instruction) -> Sequence[Value]:
        result = self._function.type.result
        values = [self.read(use) for use in last.uses]
        if not values:
            values = [Value(VOID, ())]
        self.check(values[0], result, last.start, "what is returned")
        return values

    def _evaluate(self, jump: Jump, payload: Sequence[Value]) -> Sequence[Value]:
        if jump.arguments is None:
            return payload
        return [self.read(use) for use in jump.arguments]

    def _choose(self, last: Instruction, join: str) -> tuple[str, Sequence[Value]]:
        """A choice of branches, up to where they meet again."""
        chosen = tuple(name for use in last.uses for name in self.read(use).names)
        if not chosen:
            raise self.scope.refuse(last.start, "nothing chooses between the branches")
        blocks = tuple(self._branch(last, jump, join) for jump in last.jumps)
        results = self._list_types(join)
        values = [Value(type_, self.name_leaves(name, type_)) for name, type_ in results]
        outputs = tuple(name for value in values for name in value.names)
        step = Step(_STEPS[last.opcode], chosen[:1], outputs, {})
        self.nodes.extend(make_nodes([step], last.opcode, last.opcode, blocks))
        return join, values

    def _list_types(self, label: str) -> Sequence[tuple[str, Type]]:
        if label == EXIT:
            return (("result", self._function.type.result),)
        return self._flow.blocks[label].arguments

    def _branch(self, last: Instruction, jump: Jump, join: str) -> Block:
        """One branch as a block that reads what is around it."""
        outer, self.nodes = self.nodes, []
        bound, self.bound = self.bound, []
        self.memory.clear()
        self.scope.enter(last.start)
        payload: Sequence[Value] = ()
        if jump.arguments is None:
            inputs = self.read(last.uses[0]).names
            payload = [
                self.make_unknown(last, inputs, type_) for _, type_ in self._list_types(jump.label)
            ]
        results = self._follow(jump.label, self._evaluate(jump, payload), join)
        wanted = self._list_types(join)
        if len(results) != len(wanted):
            raise self.scope.refuse(last.start, f"the branches do not fit block {quote(join)}")
        for value, (name, type_) in zip(results, wanted, strict=True):
            self.check(value, type_, last.start, name)
        outputs = tuple(self._pass_on(name) for value in results for name in value.names)
        written = Block({}, outputs, tuple(self.nodes), {}, self.scope.types)
        for name in self.bound:
            self.values.pop(name, None)
        self.nodes, self.bound = outer, bound
        self.memory.clear()
        self.scope.depth -= 1
        return written

    def _pass_on(self, name: str) -> str:
        """A result of a branch, which may be a value from outside."""
        passed = self.scope.declare(name, self.scope.types[name])
        self.nodes.append(Node("identity", "branch", (name,), (passed,), {}, (), passed))
        return passed

    def _skip_loop(
        self, label: str, arguments: Sequence[Value], stop: str
    ) -> tuple[str, Sequence[Value]]:
        """A loop as something unknown, with what is read of it behind it."""
        number, block = self._flow.loops[label], self._flow.blocks[label]
        self.scope.warnings[
            f"function {quote(self._function.name)} has a loop, whose work is not known"
        ] = None
        loop = Instruction("loop", None, block.start)
        inputs = tuple(name for value in arguments for name in value.names)
        for name, type_ in self._flow.leaving[number].items():
            self.bind(name, self.make_unknown(loop, inputs, type_))
        exits = self._flow.exits[number]
        following = exits[0] if len(exits) == 1 else stop
        types = self._list_types(following)
        values = [self.make_unknown(loop, inputs, type_) for _, type_ in types]
        if not self._flow.leaving[number] and not any(value.names for value in values):
            self.make_unknown(loop, inputs, Record((), (), 0))
        return following, values

    # ---- calls

    def _apply(self, instruction: Instruction) -> None:
        """A call: the function is typed once, however often it is called."""
        scope = self.scope
        arguments = [self.read(use) for use in instruction.uses]
        inputs = tuple(name for value in arguments for name in value.names)
        function, result = self._find_callee(instruction), instruction.type or VOID
        self.memory.clear()
        if function is None:
            self.keep(instruction, self.make_unknown(instruction, inputs, result))
            return
        block = scope.written.get(function.name) or write_function(scope, function)
        self._check_call(instruction, function, arguments)
        self.check(Value(result, ()), function.type.result, instruction.start, "the result")
        names = self.name_leaves(instruction.result or function.name, result)
        step = Step("call", inputs, names, {})
        self.nodes.extend(make_nodes([step], "apply", function.name[1:], (block,)))
        self.keep(instruction, Value(result, names))

    def _check_call(
        self, instruction: Instruction, function: Function, arguments: Sequence[Value]
    ) -> None:
        wanted, start = function.type.arguments, instruction.start
        if len(wanted) != len(arguments):
            cause = f"{quote(function.name)} takes {len(wanted)} values, not {len(arguments)}"
            raise self.scope.refuse(start, cause)
        for value, type_ in zip(arguments, wanted, strict=True):
            self.check(value, type_, start, function.name)

    def _find_callee(self, instruction: Instruction) -> Function | None:
        """The function that is called; None where it cannot be followed."""
        name, scope = instruction.word, self.scope
        if name[0] == "%":
            scope.warnings["functions that are values are called, and not followed"] = None
            return None
        function = scope.module.functions.get(name)
        if function is None:
            raise scope.refuse(instruction.start, f"no function is called {quote(name)}")
        if function.declared:
            scope.warnings[f"function {quote(name)} is only declared ({function.declared})"] = None
        elif name in scope.open:
            scope.warnings[f"function {quote(name)} calls itself, which is not followed"] = None
        else:
            return function
        return None
