"""Nodes that run graphs of their own: loops, conditions, and what a backend fused.

``src/operator/control_flow.cc``: inputs of an inner graph are its variables in their order, and
lists of places say which operand each of them is. Whatever is no loop is written out in its place.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, Protocol

from cyborg_rr.domain.graph.graph import AttributeValue, Block, Node, TensorType
from cyborg_rr.domain.graph.shapes import UNKNOWN
from cyborg_rr.readers.formats.nnvm.document import Document, DocumentNode
from cyborg_rr.readers.kit.steps import make_nodes
from cyborg_rr.readers.mxnet.translation.native import NativeMxnetNode, with_ranges


@dataclass(slots=True)
class Written:
    """Nodes of one graph, and the names of what comes out of it."""

    nodes: list[Node] = field(default_factory=list)
    outputs: list[str] = field(default_factory=list)


class Writing(Protocol):
    """The translation that inner graphs are part of."""

    def write(self, document: Document, given: Mapping[int, str]) -> Written:
        """A graph whose variables have these names."""
        ...


_GRAPHS: Final = {"_foreach": 1, "_while_loop": 2, "_cond": 3}


def write_subgraphs(
    translation: Writing, node: NativeMxnetNode, stated: DocumentNode
) -> list[Node]:
    """The node of a loop or a condition, or the nodes of a graph in its place."""
    graphs = stated.subgraphs
    wanted = _GRAPHS.get(node.operation, 1)
    if len(graphs) != wanted:
        raise node.refuse(f"it holds {len(graphs)} graphs and needs {wanted}")
    writer = _Writer(translation, node, graphs)
    match node.operation:
        case "_foreach":
            return writer.write_each()
        case "_while_loop":
            return writer.write_while()
        case "_cond":
            return writer.write_condition()
        case _:
            return writer.write_fused()


def list_variables(graph: Document) -> list[int]:
    """The inputs of an inner graph."""
    return [place for place, node in enumerate(graph.nodes) if node.is_variable]


class _Writer:
    """One node with inner graphs."""

    def __init__(
        self, translation: Writing, node: NativeMxnetNode, graphs: tuple[Document, ...]
    ) -> None:
        self._translation = translation
        self._node = node
        self._graphs = graphs
        self._variables = [list_variables(graph) for graph in graphs]

    # ---- what is fused

    def write_fused(self) -> list[Node]:
        """The inner nodes; operands beyond the variables are ranges of quantised numbers."""
        variables = self._variables[0]
        if len(variables) > len(self._node.inputs):
            raise self._node.refuse(f"its graph takes {len(variables)} values")
        given = dict(zip(variables, self._node.inputs, strict=False))
        written = self._translation.write(self._graphs[0], given)
        outputs = self._node.outputs
        ends = [
            self._node.step("identity", (inner,), (outer,))
            for inner, outer in zip(written.outputs, outputs, strict=False)
        ]
        if len(written.outputs) == 1:
            ends = with_ranges(self._node, ends)
        return [*written.nodes, *make_nodes(ends, self._node.operation, self._node.label)]

    # ---- conditions

    def write_condition(self) -> list[Node]:
        """The predicate in its place, then a node with both branches."""
        names = [
            self._place(place, f"{word}_input_locs")
            for place, word in enumerate(("cond", "then", "else"))
        ]
        predicate = self._translation.write(self._graphs[0], names[0])
        self._check_outputs(predicate, 1)
        blocks = []
        for place in (1, 2):
            written = self._translation.write(self._graphs[place], names[place])
            self._check_outputs(written, len(self._node.outputs))
            blocks.append(Block({}, tuple(written.outputs), tuple(written.nodes)))
        node = self._make("if", (predicate.outputs[0],), self._node.outputs, {}, tuple(blocks))
        return [*predicate.nodes, node]

    # ---- loops

    def write_each(self) -> list[Node]:
        """_foreach: over the first dimension of the data, with states and what stays the same."""
        node, variables = self._node, self._variables[0]
        data, states, rest = (
            self._locations(f"{word}_locs", len(variables))
            for word in ("in_data", "in_state", "remain")
        )
        taken = [*data, *states, *rest]
        if sorted(taken) != list(range(len(variables))) or len(taken) != len(node.inputs):
            raise node.refuse("its places do not fit its operands")
        if not data:
            raise node.refuse("it goes over no data")
        operands = dict(zip(taken, node.inputs, strict=True))
        given = {variables[loc]: operands[loc] for loc in rest}
        carried = {loc: node.new("state") for loc in states}
        slices = {loc: node.new("part") for loc in data}
        for loc, name in (*carried.items(), *slices.items()):
            given[variables[loc]] = name
        written = self._translation.write(self._graphs[0], given)
        produced = node.integer("num_out_data", default=0)
        self._check_loop(written, produced, len(states))
        outer = [self._output(place) for place in range(len(written.outputs))]
        inputs = dict.fromkeys((*carried.values(), *slices.values()), UNKNOWN)
        block = Block(inputs, _turn(written.outputs, produced), tuple(written.nodes))
        names = (*(operands[loc] for loc in states), *(operands[loc] for loc in data))
        attributes: dict[str, AttributeValue] = {"num_scan_inputs": len(data)}
        return [self._make("scan", names, _turn(outer, produced), attributes, (block,))]

    def write_while(self) -> list[Node]:
        """_while_loop: no more often than is stated; what it yields is stacked."""
        node = self._node
        tested = self._place(0, "cond_input_locs")
        places = self._locations("func_input_locs", len(node.inputs))
        loops = self._locations("func_var_locs", len(places))
        variables = self._variables[1]
        if len(places) != len(variables):
            raise node.refuse("its places do not fit its graph")
        carried = {loc: node.new("state") for loc in loops}
        given = {
            variables[loc]: carried.get(loc) or node.inputs[place]
            for loc, place in enumerate(places)
        }
        body = self._translation.write(self._graphs[1], given)
        produced = node.integer("num_out_data", default=0)
        self._check_loop(body, produced, len(loops))
        after = {
            node.inputs[places[loc]]: name
            for loc, name in zip(loops, body.outputs[produced:], strict=True)
        }
        tested = {place: after.get(name, name) for place, name in tested.items()}
        condition = self._translation.write(self._graphs[0], tested)
        self._check_outputs(condition, 1)
        truth = TensorType("i1", ())
        inputs = {
            node.new("trip"): TensorType("i64", ()),
            node.new("condition"): truth,
            **dict.fromkeys(carried.values(), UNKNOWN),
        }
        block = Block(
            inputs,
            (condition.outputs[0], *_turn(body.outputs, produced)),
            (*body.nodes, *condition.nodes),
        )
        most = node.demand_integer("max_iterations")
        operands = (
            node.constant(most),
            node.constant(values=True, element_type="i1"),
            *(node.inputs[places[loc]] for loc in loops),
        )
        outer = [self._output(place) for place in range(len(body.outputs))]
        return [
            self._make("loop", operands, _turn(outer, produced), {"trip_count": most}, (block,))
        ]

    # ---- what they share

    def _make(
        self,
        operation: str,
        inputs: tuple[str, ...],
        outputs: tuple[str, ...],
        attributes: Mapping[str, AttributeValue],
        blocks: tuple[Block, ...],
    ) -> Node:
        native, label = self._node.operation, self._node.label
        return Node(operation, native, inputs, outputs, attributes, blocks, label)

    def _output(self, place: int) -> str:
        """The name of a result; a new one where nothing reads it."""
        return self._node.output(place) or self._node.new("result")

    def _locations(self, name: str, count: int) -> tuple[int, ...]:
        found = self._node.integers(name) or ()
        if any(not 0 <= place < count for place in found) or len(set(found)) != len(found):
            raise self._node.refuse(f"attribute '{name}' names places that are not there")
        return found

    def _place(self, graph: int, name: str) -> dict[int, str]:
        """Names of the variables of an inner graph, by the operands that they are."""
        places, variables = self._node.integers(name) or (), self._variables[graph]
        if len(places) != len(variables):
            raise self._node.refuse(f"attribute '{name}' does not fit its graph")
        if any(not 0 <= place < len(self._node.inputs) for place in places):
            raise self._node.refuse(f"attribute '{name}' names places that are not there")
        return {
            variable: self._node.inputs[place]
            for variable, place in zip(variables, places, strict=True)
        }

    def _check_outputs(self, written: Written, least: int) -> None:
        if len(written.outputs) < least:
            raise self._node.refuse(f"a graph of it yields {len(written.outputs)} values")

    def _check_loop(self, written: Written, produced: int, carried: int) -> None:
        """What each trip yields, then what it carries on, and nothing else."""
        if produced < 0 or len(written.outputs) != produced + carried:
            raise self._node.refuse(
                f"its graph yields {len(written.outputs)} values, and {produced + carried} are said"
            )


def _turn(names: list[str], produced: int) -> tuple[str, ...]:
    """Carried values first, then what each trip yields."""
    return (*names[produced:], *names[:produced])
