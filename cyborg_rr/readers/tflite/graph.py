"""Writes the subgraphs of a model as blocks of canonical operations.

Operations stand in the order in which they run: one that reads what comes later is refused. The
branches of a condition and the parts of a loop are blocks; a subgraph that is called is written
out in its place. Whatever is stored belongs to the whole model, so that it counts once.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from cyborg_rr.domain.errors import UnreadableModel
from cyborg_rr.domain.graph.graph import Block, Node, TensorType
from cyborg_rr.domain.graph.naming import name_operation, quote
from cyborg_rr.readers.kit.rules import unknown
from cyborg_rr.readers.kit.scope import Scope
from cyborg_rr.readers.kit.steps import Step, make_nodes
from cyborg_rr.readers.tflite.lists import tell_updates
from cyborg_rr.readers.tflite.model import Subgraph, TfliteModel, TfliteOperator
from cyborg_rr.readers.tflite.tensors import Storage, type_of
from cyborg_rr.readers.tflite.translation.native import NativeTfliteNode
from cyborg_rr.readers.tflite.translation.operations import RULES
from cyborg_rr.readers.tflite.translation.untranslated import BRANCHES, CALLS, LOOPS, REDUCERS
from cyborg_rr.readers.tflite.variables import VARIABLE, find_variables, list_handles

MAX_DEPTH: Final = 32
"""Subgraphs within subgraphs."""

MAX_WRITTEN: Final = 200_000
"""Tensors and operations of subgraphs that are written out, each as often as it is."""

_BIASES: Final[Mapping[str, tuple[int, ...]]] = {
    "CONV_2D": (2,), "DEPTHWISE_CONV_2D": (2,), "FULLY_CONNECTED": (2,), "CONV_3D": (2,),
    "TRANSPOSE_CONV": (3,), "CONV_3D_TRANSPOSE": (3,), "SVDF": (3,), "LSTM": tuple(range(1, 18)),
    "UNIDIRECTIONAL_SEQUENCE_LSTM": tuple(range(1, 18)),
}  # fmt: skip
"""Where whole numbers are weights: the biases of quantised layers."""


@dataclass(frozen=True, slots=True)
class _Place:
    """A subgraph that is written: the names of its tensors in the block, and those around it."""

    subgraph: Subgraph
    names: list[str]
    scope: Scope
    path: tuple[int, ...]


class Translation:
    """One model on its way to a block."""

    def __init__(self, model: TfliteModel, storage: Storage) -> None:
        self._model = model
        self._storage = storage
        self._entered = 0
        self._written = 0
        self._root = Scope()
        self._subgraphs: dict[int, Subgraph] = {}
        self._variables = find_variables(model.subgraphs)
        self._held: dict[str, str] = {}
        self.read: set[int] = set()
        self.operations: dict[tuple[str, str], None] = {}

    def write_main(self) -> Block:
        """The whole model: its first subgraph."""
        place = self._enter(0, self._root, (), None)
        inputs = self._define_inputs(place, of_model=True)
        nodes = self._write(place)
        outputs = self._list_outputs(place)
        return Block(inputs, outputs, tuple(nodes), self._storage.stored, self._root.types)

    # ---- entering a subgraph

    def _enter(
        self, index: int, scope: Scope, path: tuple[int, ...], given: tuple[str, ...] | None
    ) -> _Place:
        """Names for the tensors of a subgraph; its inputs are ``given``, or values of its own."""
        if not 0 <= index < len(self._model.subgraphs):
            raise UnreadableModel(f"subgraph {index} of {len(self._model.subgraphs)} is called")
        subgraph = self._told(index)
        if index in path:
            raise UnreadableModel(f"subgraph {quote(subgraph.name)} calls itself")
        if len(path) >= MAX_DEPTH:
            raise UnreadableModel(f"subgraphs are nested more than {MAX_DEPTH} deep")
        if path:
            self._written += 1 + len(subgraph.tensors) + len(subgraph.operators)
        if self._written > MAX_WRITTEN:
            raise UnreadableModel(f"calls written out make over {MAX_WRITTEN} tensors and nodes")
        if given is not None and len(given) != len(subgraph.inputs):
            raise UnreadableModel(
                f"subgraph {quote(subgraph.name)} takes {len(subgraph.inputs)} values and is given "
                f"{len(given)}"
            )
        self.read.add(index)
        prefix = f"{subgraph.name}.{self._entered}/" if path else ""
        self._entered += 1
        names = self._name_tensors(subgraph, prefix)
        if given is not None:
            for place, name in zip(subgraph.inputs, given, strict=True):
                names[place] = name
        return _Place(subgraph, names, scope, (*path, index))

    def _told(self, index: int) -> Subgraph:
        """A subgraph, read once for updates of lists however often it is entered."""
        told = self._subgraphs.get(index)
        if told is None:
            subgraph = self._model.subgraphs[index]

            def find_values(place: int) -> tuple[int, ...] | None:
                if place < 0:
                    return None
                return self._storage.find_whole(subgraph.tensors[place])

            told = self._subgraphs[index] = tell_updates(subgraph, find_values)
        return told

    def _name_tensors(self, subgraph: Subgraph, prefix: str) -> list[str]:
        biases = {
            operator.inputs[index]
            for operator in subgraph.operators
            for index in _BIASES.get("" if operator.domain else operator.operation, ())
            if index < len(operator.inputs)
        }
        inputs = frozenset(subgraph.inputs)
        names = []
        for place, tensor in enumerate(subgraph.tensors):
            if tensor.data is not None:
                name = self._storage.store(tensor, tensor.data, place in biases)
                self._root.types[name] = self._storage.stored[name].type
            elif tensor.is_variable and place not in inputs:
                name = self._hold(subgraph, place)
            else:
                name = self._storage.claim(prefix + tensor.name)
            names.append(name)
        return names

    def _hold(self, subgraph: Subgraph, place: int) -> str:
        tensor = subgraph.tensors[place]
        name = self._storage.hold(tensor, type_of(tensor))
        self._root.types[name] = self._storage.stored[name].type
        return name

    def _define_inputs(self, place: _Place, of_model: bool = False) -> dict[str, TensorType]:
        inputs: dict[str, TensorType] = {}
        for index in place.subgraph.inputs:
            name = place.names[index]
            if name in self._storage.stored:
                continue
            inputs[name] = type_of(place.subgraph.tensors[index], name if of_model else None)
            self._define(name, inputs[name], place)
        return inputs

    def _define(self, name: str, known: TensorType, place: _Place) -> None:
        if place.scope.find_type(name) is not None:
            raise UnreadableModel(f"tensor {quote(name)} is defined a second time")
        place.scope.types[name] = known

    def _list_outputs(self, place: _Place) -> tuple[str, ...]:
        return tuple(self._get(index, place, "the outputs") for index in place.subgraph.outputs)

    def _get(self, index: int, place: _Place, what: str) -> str:
        """The name of a tensor that is there; one without elements always is."""
        name = place.names[index]
        if place.scope.find_type(name) is None:
            if type_of(place.subgraph.tensors[index]).elements != 0:
                raise UnreadableModel(f"{what} read {quote(name)} before it is defined")
            name = place.names[index] = self._hold(place.subgraph, index)
        return name

    # ---- operations

    def _write(self, place: _Place) -> list[Node]:
        """The nodes of a subgraph; what they yield is defined in its scope."""
        nodes: list[Node] = []
        handles = list_handles(place.subgraph)
        for index, operator in enumerate(place.subgraph.operators):
            self.operations.setdefault((operator.domain, operator.operation))
            if _makes_handle(operator, handles):
                self._bind_handle(operator.outputs[0], handles, place)
                continue
            what = f"operator {index} ({quote(operator.operation)}) of {quote(place.subgraph.name)}"
            inputs = tuple(
                self._get(each, place, what) if each >= 0 else "" for each in operator.inputs
            )
            used = self._variables.find_used(place.path[-1], operator)
            if used is not None and used in self._variables.values:
                inputs = (self._hold_variable(used), *inputs[1:])
            if not operator.domain and operator.operation in CALLS:
                nodes.extend(self._call(operator, inputs, place, what))
                continue
            outputs = tuple(place.names[each] if each >= 0 else "" for each in operator.outputs)
            results = {
                name: type_of(place.subgraph.tensors[each])
                for name, each in zip(outputs, operator.outputs, strict=True)
                if name
            }
            nodes.extend(self._translate(operator, inputs, outputs, results, place, what))
            for name in filter(None, outputs):
                self._define(name, results[name], place)
        return nodes

    def _bind_handle(self, tensor: int, handles: Mapping[int, str], place: _Place) -> None:
        """Let a handle stand for its variable, which is held once; an unused one is nothing."""
        name = handles[tensor]
        if name in self._variables.values:
            place.names[tensor] = self._hold_variable(name)

    def _hold_variable(self, name: str) -> str:
        """What is stored for a variable whose type is known."""
        if name not in self._held:
            tensor, is_set = self._variables.values[name], name not in self._variables.assigned
            held = self._held[name] = self._storage.hold(tensor, type_of(tensor), is_set)
            self._root.types[held] = self._storage.stored[held].type
        return self._held[name]

    def _translate(
        self,
        operator: TfliteOperator,
        inputs: tuple[str, ...],
        outputs: tuple[str, ...],
        results: Mapping[str, TensorType],
        place: _Place,
        what: str,
    ) -> list[Node]:
        """The canonical nodes that an operation becomes."""
        native_name = name_operation(operator.domain, operator.operation)
        label = next(filter(None, outputs), native_name)
        if native_name in BRANCHES:
            blocks = self._branches(operator, inputs[1:], place)
            step = Step(BRANCHES[native_name], inputs[:1], outputs, {})
            return make_nodes([step], native_name, label, blocks)
        if native_name in LOOPS:
            blocks = self._loop(operator, len(inputs), place, what)
            return make_nodes([Step("while", inputs, outputs, {})], native_name, label, blocks)
        node = NativeTfliteNode(
            operator.operation,
            label,
            inputs,
            outputs,
            self._with_reducer(operator.options),
            lambda name: results[name] if name in results else place.scope.find_type(name),
            self._storage.stored.get,
            what,
        )
        rule = unknown if operator.domain else RULES.get(native_name, unknown)
        steps = rule(node)
        for step in steps:
            for name in step.outputs:
                if name and name not in results:
                    known = step.stated.get(name, TensorType(None, None))
                    self._define(name, known, place)
        return make_nodes(steps, native_name, label, native=node.call)

    def _call(
        self, operator: TfliteOperator, inputs: tuple[str, ...], place: _Place, what: str
    ) -> list[Node]:
        """The nodes of a called subgraph, whose results take the place of the call's."""
        inner = self._enter(_subgraph(operator, "subgraph"), place.scope, place.path, inputs)
        nodes = self._write(inner)
        results = self._list_outputs(inner)
        if len(results) != len(operator.outputs):
            raise UnreadableModel(f"{what} and its subgraph have different numbers of results")
        for index, name in zip(operator.outputs, results, strict=True):
            if index >= 0:
                if place.scope.find_type(place.names[index]) is not None:
                    raise UnreadableModel(f"{what} writes what is there already")
                place.names[index] = name
        return nodes

    def _branches(
        self, operator: TfliteOperator, given: tuple[str, ...], place: _Place
    ) -> tuple[Block, ...]:
        """The sides of a condition or a choice; their operands are the outer values themselves."""
        blocks = []
        for side in _list_sides(operator):
            scope = Scope(place.scope)
            inner = self._enter(side, scope, place.path, given)
            nodes = tuple(self._write(inner))
            blocks.append(Block({}, self._list_outputs(inner), nodes, {}, scope.types))
        return tuple(blocks)

    def _loop(
        self, operator: TfliteOperator, count: int, place: _Place, what: str
    ) -> tuple[Block, ...]:
        """Condition and body of a loop, with values of their own for what is carried."""
        blocks = []
        for part, yields in (("condition", 1), ("body", count)):
            scope = Scope(place.scope)
            inner = self._enter(_subgraph(operator, part), scope, place.path, None)
            inputs = self._define_inputs(inner)
            nodes = tuple(self._write(inner))
            outputs = self._list_outputs(inner)
            if len(inputs) != count or len(outputs) != yields:
                raise UnreadableModel(f"{what} carries {count} values, unlike its {part}")
            blocks.append(Block(inputs, outputs, nodes, {}, scope.types))
        return tuple(blocks)

    def _with_reducer(self, options: Mapping[str, object]) -> Mapping[str, object]:
        """The options with what the subgraph of a reduction does, where that is one operation."""
        index = options.get("reducer")
        if not isinstance(index, int):
            return options
        if not 0 <= index < len(self._model.subgraphs):
            raise UnreadableModel(f"subgraph {index} of {len(self._model.subgraphs)} reduces")
        self.read.add(index)
        operators = self._model.subgraphs[index].operators
        name = operators[0].operation if len(operators) == 1 else ""
        return {**options, "function": REDUCERS.get(name, "")}

    def list_unread(self) -> Iterable[tuple[int, Subgraph]]:
        """Subgraphs that the main one does not come to."""
        for index, subgraph in enumerate(self._model.subgraphs):
            if index not in self.read:
                yield index, subgraph


def _makes_handle(operator: TfliteOperator, handles: Mapping[int, str]) -> bool:
    made = not operator.domain and operator.operation == VARIABLE
    return made and bool(operator.outputs) and operator.outputs[0] in handles


def _list_sides(operator: TfliteOperator) -> tuple[int, ...]:
    """The subgraphs of which one runs."""
    stated = operator.options.get("branches")
    if isinstance(stated, tuple):
        return stated
    return _subgraph(operator, "then"), _subgraph(operator, "else")


def _subgraph(operator: TfliteOperator, name: str) -> int:
    index = operator.options.get(name)
    return index if isinstance(index, int) else -1
