"""From graphs and functions to blocks: a function becomes one block, however often it is called."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Final

from cyborg_rr.domain.errors import UnreadableModel
from cyborg_rr.domain.graph.graph import Block, Dimension, TensorType
from cyborg_rr.domain.graph.naming import quote
from cyborg_rr.readers.kit.calls import wrap_call
from cyborg_rr.readers.kit.steps import Step, make_nodes
from cyborg_rr.readers.reading.limits import MAX_NODES
from cyborg_rr.readers.tensorflow.messages import FunctionDef, GraphDef, NodeDef, place_of
from cyborg_rr.readers.tensorflow.references import (
    MAX_RESULTS,
    MERGES,
    Reference,
    Values,
    parse_reference,
)
from cyborg_rr.readers.tensorflow.schema import RESOURCE
from cyborg_rr.readers.tensorflow.scope import Scope
from cyborg_rr.readers.tensorflow.stating import (
    list_stated,
    read_placeholder,
    write_both_ways,
    write_constant,
    write_variable,
)
from cyborg_rr.readers.tensorflow.translation.native import NativeTensorflowNode
from cyborg_rr.readers.tensorflow.translation.operations import ALIASES, RULES, VARIABLES
from cyborg_rr.readers.tensorflow.values import FunctionName, TypeWord, checked

MAX_CALL_DEPTH: Final = 30
"""Calls within one another; a branch takes two floors of the graph's 64."""

_MOST_FORMS: Final = 8
"""Functions are written anew for variables of other types; beyond this, without their types."""

_CALLS: Final = frozenset({"PartitionedCall", "StatefulPartitionedCall"})
_IFS: Final = frozenset({"If", "StatelessIf"})
_WHILES: Final = frozenset({"While", "StatelessWhile"})
_CASES: Final = frozenset({"Case", "StatelessCase"})
_SWITCHES: Final = frozenset({"Switch", "RefSwitch"})
_PLACEHOLDERS: Final = frozenset({"Placeholder", "PlaceholderV2"})
_HANDLE: Final = TensorType("token", ())

_Given = tuple[tuple[TensorType | None, Dimension | None], ...]
"""Types and channels of the arguments of a call, where they are known."""

_Form = tuple[str, _Given]


class BlockWriter:
    """Writes the main graph of a file and the functions that it calls."""

    def __init__(self, graph: GraphDef) -> None:
        self.unknown: Counter[str] = Counter()
        self.has_old_loops = False
        self.has_both_sides = False
        self._graph = graph
        self._functions: dict[str, FunctionDef] = {}
        self._blocks: dict[_Form, Block] = {}
        self._forms: Counter[str] = Counter()
        self._weight_places: dict[int, frozenset[int]] = {}
        self._passed_places: dict[int, frozenset[int]] = {}
        self._active: list[str] = []
        self._looped: set[int] = set()
        self._written = 0

    def write_main(self, keys: Values, roots: Sequence[Reference], names: dict[str, str]) -> Block:
        """The graph itself, as far as the roots need it; ``names`` renames placeholders."""
        scope = Scope(keys)
        wanted = [keys.key(root) for root in roots]
        for node in keys.order([name for name, _ in wanted]):
            self._write_node(node, scope, names.get(node.name, ""))
        outputs = []
        for key in wanted:
            if key not in scope.values:
                raise UnreadableModel(f"the model yields {quote(key[0])}, which is not there")
            value = scope.values[key]
            if value is not None:
                outputs.append(value)
        return scope.finish(tuple(dict.fromkeys(outputs)))

    # ---- functions

    def _find_function(self, name: str) -> FunctionDef | None:
        if name not in self._functions:
            found = self._graph.find_function(name)
            if found is None:
                return None
            self._functions[name] = found
        return self._functions[name]

    def _get_block(
        self, node: NodeDef, function: FunctionDef, inputs: Sequence[str], scope: Scope
    ) -> Block:
        """The block of a function that is called with these inputs."""
        if len(inputs) != len(function.inputs):
            raise UnreadableModel(
                f"{place_of(node)} gives {len(inputs)} values to {quote(function.name)}, which "
                f"takes {len(function.inputs)}"
            )
        given = tuple((scope.find_fixed(name), scope.channels.get(name)) for name in inputs)
        form = (function.name, given)
        if form not in self._blocks:
            if self._forms[function.name] >= _MOST_FORMS:
                form = (function.name, ((None, None),) * len(given))
            if form not in self._blocks:
                self._forms[function.name] += 1
                self._blocks[form] = self._write_function(node, function, form[1])
        return self._blocks[form]

    def _mark_weights(
        self, block: Block, inputs: Sequence[str], scope: Scope, in_loop: bool = False
    ) -> None:
        """Arguments that stand for weights in a function are weights where it is called.

        In a loop, those are that each trip hands on.
        """
        places = self._weight_places[id(block)]
        if in_loop:
            places = places & self._passed_places[id(block)]
        for place in places:
            scope.mark(inputs[place])

    def _write_function(self, caller: NodeDef, function: FunctionDef, given: _Given) -> Block:
        if function.name in self._active:
            raise UnreadableModel(f"function {quote(function.name)} calls itself")
        if len(self._active) >= MAX_CALL_DEPTH:
            raise UnreadableModel(
                f"functions call one another more than {MAX_CALL_DEPTH} deep at {place_of(caller)}"
            )
        if any(each.many for each in (*function.inputs, *function.outputs)):
            raise UnreadableModel(
                f"function {quote(function.name)} takes or yields a list of tensors, which is not "
                "read: save the model anew with TensorFlow 2"
            )
        self._active.append(function.name)
        scope = Scope(Values(function.nodes))
        for argument, (known, channels) in zip(function.inputs, given, strict=True):
            element = argument.type.element_type if argument.type else None
            if _is_resource(argument.type):
                stated = known or _HANDLE
            elif element == "token":  # a list, whose shape is that of its handle
                stated = TensorType(None, None)
            else:
                stated = checked(TensorType(element, argument.shape), quote(argument.name))
            name = scope.define((argument.name, 0))
            scope.inputs[name] = stated
            if known is not None:
                scope.hints[name] = known
            if channels is not None:
                scope.channels[name] = channels
        returned = [self._get_returned(function, each.name) for each in function.outputs]
        wanted = [scope.keys.key(each) for each in returned]
        for node in scope.keys.order([name for name, _ in wanted]):
            self._write_node(node, scope)
        outputs = []
        for key in wanted:
            value = scope.values.get(key)
            if value is None:
                raise UnreadableModel(
                    f"function {quote(function.name)} yields {quote(key[0])}, which is not there"
                )
            outputs.append(value)
        self._active.pop()
        block = scope.finish(tuple(outputs))
        names = list(block.inputs)
        self._weight_places[id(block)] = frozenset(
            place for place, name in enumerate(names) if name in scope.weight_inputs
        )
        self._passed_places[id(block)] = frozenset(
            place
            for place, (name, result) in enumerate(zip(names, outputs, strict=False))
            if scope.origins.get(result, result) == name
        )
        return block

    def _get_returned(self, function: FunctionDef, name: str) -> Reference:
        found = parse_reference(function.returned.get(name, "^"))
        if found is None:
            raise UnreadableModel(f"function {quote(function.name)} has no result {quote(name)}")
        return found

    # ---- nodes

    def _write_node(self, node: NodeDef, scope: Scope, wanted: str = "") -> None:
        self._written += 1
        if self._written > MAX_NODES:
            raise UnreadableModel(f"the model has more than {MAX_NODES} nodes")
        operation = node.operation
        if operation in MERGES and self._merge(node, scope):
            return
        inputs = self._find_inputs(node, scope)
        if inputs is None:
            for place in scope.keys.used.get(node.name, ()):
                scope.values[node.name, place] = None
        elif operation == "Const":
            write_constant(node, scope)
        elif operation in _PLACEHOLDERS or (operation == "PlaceholderWithDefault" and wanted):
            name = scope.define((node.name, 0), wanted)
            scope.inputs[name] = read_placeholder(node, name)
        elif operation in VARIABLES:
            write_variable(node, scope)
        elif operation in ALIASES and inputs:
            scope.values[node.name, 0] = inputs[0]
        elif operation in _SWITCHES and self._switch(node, inputs, scope):
            return
        elif not self._write_control(node, inputs, scope):
            self._translate(node, inputs, scope)
        if scope.guards and inputs:
            scope.guard(node.name, inputs)

    def _find_inputs(self, node: NodeDef, scope: Scope) -> tuple[str, ...] | None:
        """The values that a node reads; None where one of them never comes to be."""
        found = []
        for key in scope.keys.reads(node):
            if key not in scope.values:
                raise UnreadableModel(f"{place_of(node)} reads {quote(key[0])}, which is not there")
            value = scope.values[key]
            if value is None:
                return None
            found.append(value)
        return tuple(found)

    def _switch(self, node: NodeDef, inputs: Sequence[str], scope: Scope) -> bool:
        """A switch that is known to go one way."""
        chosen = scope.find_stored(inputs[1]) if len(inputs) == 2 else None
        if chosen is None or chosen.values is None or len(chosen.values) != 1:
            return self._switch_open(node, inputs, scope)
        taken = int(bool(chosen.values[0]))
        scope.values[node.name, taken] = inputs[0]
        scope.values[node.name, 1 - taken] = None
        return True

    def _switch_open(self, node: NodeDef, inputs: Sequence[str], scope: Scope) -> bool:
        """A switch that may go either way: both sides have what goes in."""
        condition = scope.keys.nodes.get(scope.keys.reads(node)[1][0]) if len(inputs) == 2 else None
        if condition is None or condition.operation == "LoopCond":
            self.has_old_loops = True
            return False
        write_both_ways(node, inputs, scope)
        return True

    def _merge_both(self, node: NodeDef, known: Sequence[str], scope: Scope) -> bool:
        """A merge of both sides of a condition: one of them, and all that was before both."""
        condition = next((scope.guards[name] for name in known if name in scope.guards), None)
        if len(known) != 2 or condition is None:
            return False
        self.has_both_sides = True
        blocks = tuple(Block({}, (name,), ()) for name in known)
        self._add(node, "if", (condition,), blocks, 1, scope)
        return True

    def _merge(self, node: NodeDef, scope: Scope) -> bool:
        """A merge of which only one side can come: that side."""
        keys = scope.keys.reads(node)
        known = [name for key in keys if (name := scope.values.get(key)) is not None]
        returns = any(key not in scope.values for key in keys)
        only_first = scope.keys.used.get(node.name, {}).keys() <= {0}
        if len(known) == 1 and not returns and only_first:
            scope.values[node.name, 0] = known[0]
        elif returns or not only_first or not self._merge_both(node, known, scope):
            self.has_old_loops = True
            self._write_unknown(node, tuple(known), scope)
        return True

    # ---- control flow

    def _write_control(self, node: NodeDef, inputs: tuple[str, ...], scope: Scope) -> bool:
        """A node that runs functions; False for any other, and where one is not there."""
        operation = node.operation
        if operation in _CALLS:
            functions = self._named(node, "f")
        elif operation in _IFS:
            functions = self._named(node, "then_branch", "else_branch")
        elif operation in _WHILES:
            functions = self._named(node, "cond", "body")
        elif operation in _CASES:
            listed = node.attributes.get("branches")
            names = listed if isinstance(listed, tuple) else ()
            functions = [
                self._find_function(each.name) if isinstance(each, FunctionName) else None
                for each in names
            ]
        elif operation in self._graph.functions:
            functions = [self._find_function(operation)]
        else:
            return False
        found = [function for function in functions if function is not None]
        if not found or len(found) != len(functions):
            return False
        if operation in _WHILES:
            self._write_loop(node, found, inputs, scope)
        elif operation in _IFS or operation in _CASES:
            self._write_branches(node, found, inputs, scope)
        else:
            block = self._get_block(node, found[0], inputs, scope)
            self._mark_weights(block, inputs, scope)
            self._add(node, "call", inputs, (block,), len(block.outputs), scope)
        return True

    def _named(self, node: NodeDef, *attributes: str) -> list[FunctionDef | None]:
        values = [node.attributes.get(name) for name in attributes]
        return [
            self._find_function(value.name) if isinstance(value, FunctionName) else None
            for value in values
        ]

    def _write_loop(
        self, node: NodeDef, functions: list[FunctionDef], inputs: tuple[str, ...], scope: Scope
    ) -> None:
        blocks = []
        for function, yields in zip(functions, (1, len(inputs)), strict=True):
            block = self._get_block(node, function, inputs, scope)
            if len(block.outputs) != yields:
                raise UnreadableModel(
                    f"{place_of(node)} carries {len(inputs)} values, unlike its functions"
                )
            if yields == len(inputs):
                self._mark_weights(block, inputs, scope, in_loop=True)
            if id(block) in self._looped:  # loops type theirs each time, so it is called
                block = wrap_call(block, "While/call", (), closed=True, label=node.name)
            self._looped.add(id(block))
            blocks.append(block)
        self._add(node, "while", inputs, tuple(blocks), len(inputs), scope)

    def _write_branches(
        self, node: NodeDef, functions: list[FunctionDef], inputs: tuple[str, ...], scope: Scope
    ) -> None:
        if not inputs:
            raise UnreadableModel(f"{place_of(node)} has no condition")
        blocks: list[Block] = []
        for place, function in enumerate(functions):
            block = self._get_block(node, function, inputs[1:], scope)
            self._mark_weights(block, inputs[1:], scope)
            if blocks and len(block.outputs) != len(blocks[0].outputs):
                raise UnreadableModel(f"branches of {place_of(node)} yield different numbers")
            label = f"{node.name}@{place}"
            name = f"{node.operation}/call"
            blocks.append(wrap_call(block, name, inputs[1:], closed=False, label=label))
        word = "case" if node.operation in _CASES else "if"
        self._add(node, word, inputs[:1], tuple(blocks), len(blocks[0].outputs), scope)

    def _add(
        self,
        node: NodeDef,
        operation: str,
        inputs: tuple[str, ...],
        blocks: tuple[Block, ...],
        count: int,
        scope: Scope,
    ) -> None:
        outputs = tuple(scope.define((node.name, place)) for place in range(count))
        step = Step(operation, inputs, outputs, {})
        scope.nodes.extend(make_nodes([step], node.operation, node.name, blocks))

    # ---- everything else

    def _translate(self, node: NodeDef, inputs: tuple[str, ...], scope: Scope) -> None:
        rule = RULES.get(node.operation)
        if rule is None:
            self._write_unknown(node, inputs, scope)
            return
        used = scope.keys.used.get(node.name) or {0: None}
        most = max(used)
        if most >= MAX_RESULTS:
            raise UnreadableModel(f"result {most} of {place_of(node)} is read")
        outputs = tuple(
            scope.define((node.name, place)) if place in used else "" for place in range(most + 1)
        )
        native = NativeTensorflowNode(
            node.operation, node.name, inputs, outputs, node.attributes,
            scope.find_type, scope.find_stored, scope,
        )  # fmt: skip
        steps = rule(native)
        if steps and steps[-1].operation == "unknown":
            self.unknown[node.operation] += 1
            scope.types.update(list_stated(node, {place: outputs[place] for place in used}))
        for step in steps:
            for name, known in step.stated.items():
                scope.types.setdefault(name, known)
        scope.nodes.extend(make_nodes(steps, node.operation, node.name))

    def _write_unknown(self, node: NodeDef, inputs: tuple[str, ...], scope: Scope) -> None:
        """An operation that no rule translates, with what the file states of its results."""
        self.unknown[node.operation] += 1
        used = scope.keys.used.get(node.name) or {0: None}
        outputs = {place: scope.define((node.name, place)) for place in sorted(used)}
        scope.types.update(list_stated(node, outputs))
        step = Step("unknown", inputs, tuple(outputs.values()), {})
        scope.nodes.extend(make_nodes([step], node.operation, node.name))


def _is_resource(word: TypeWord | None) -> bool:
    return word is not None and word.number == RESOURCE
