"""Turns the graph of an exported program into a block of canonical operations.

Nodes stand in an order that runs: one that reads what comes later is refused, so that no circle
gets in. Graphs that are only wrapped (no gradients, automatic types) are read in their place.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

from cyborg_rr.domain.errors import UnreadableModel
from cyborg_rr.domain.graph.graph import Block, Node, TensorType
from cyborg_rr.domain.graph.naming import name_operation, quote
from cyborg_rr.readers.dialects.aten.arguments import Arguments
from cyborg_rr.readers.dialects.aten.native import NativeTorchNode, Rule
from cyborg_rr.readers.dialects.aten.operations import ATEN, NUMBERS, RULES
from cyborg_rr.readers.dialects.aten.scope import Scope
from cyborg_rr.readers.formats.json_values import get_field, get_list, get_text
from cyborg_rr.readers.kit.rules import unknown
from cyborg_rr.readers.kit.steps import Step, make_nodes
from cyborg_rr.readers.torchexport.arguments import list_outputs
from cyborg_rr.readers.torchexport.loops import draw_loop, is_loop
from cyborg_rr.readers.torchexport.stated import StatedNode, label_node, list_nodes, list_types
from cyborg_rr.readers.torchexport.values import Label, get_choice

_NO_TYPE: Final = TensorType(None, None)

MAX_DEPTH: Final = 32
"""Graphs within graphs."""

_WRAPPERS: Final = frozenset(
    {
        "wrap_with_set_grad_enabled", "wrap_with_autocast", "strict_mode", "hints_wrapper",
        "invoke_subgraph", "wrap", "wrap_activation_checkpoint", "tag_activation_checkpoint",
    }
)  # fmt: skip
"""Higher-order operations that run the graph which they are given, once."""


@dataclass(slots=True)
class Names:
    """How the values of one graph are called in the block that it becomes."""

    prefix: str = ""
    known: dict[str, str] = field(default_factory=dict)

    def __call__(self, name: str) -> str:
        """The name in the block; an absent one stays empty."""
        return self.known.get(name) or (self.prefix + name if name else "")


@dataclass(frozen=True, slots=True)
class Place:
    """A graph that is read: the types that it states, its names, and where its values go."""

    types: Mapping[str, TensorType]
    names: Names
    scope: Scope
    depth: int = 0


class Translation:
    """One program on its way to a block."""

    def __init__(self) -> None:
        self.names = Names()
        self.scope = Scope()
        self.tokens: set[str] = set()
        self._wrapped = 0

    def nodes(self, stated: Iterable[StatedNode], place: Place) -> Iterator[Node]:
        """The nodes of a graph, in order; what they yield is defined in the scope."""
        if place.depth > MAX_DEPTH:
            raise UnreadableModel(f"graphs are nested more than {MAX_DEPTH} deep")
        for index, (target, arguments, raw) in enumerate(stated):
            what = label_node(index, target)
            self._rename(arguments, place, what)
            domain, operation = _split_target(target)
            if operation == "with_effects" and raw:
                raw = self._order_effects(arguments, raw, place)
                if not any(raw):
                    continue
            if operation in _WRAPPERS and len(arguments.graphs) == 1:
                inner = self._inline(arguments, place, raw, what)
                if inner is not None:
                    yield from inner
                    continue
            outputs = tuple([place.names(name) for name in raw])
            results = dict(zip(outputs, map(place.types.get, raw), strict=True))
            yield from self._translate((domain, operation), arguments, outputs, results, place)
            for name in filter(None, outputs):
                place.scope.define(name, results[name])

    def _order_effects(
        self, arguments: Arguments, raw: tuple[str, ...], place: Place
    ) -> tuple[str, ...]:
        """What an operation yields that has effects, beside the token that orders them."""
        for key, names in arguments.tensors.items():
            arguments.tensors[key] = tuple(name for name in names if name not in self.tokens)
        token = place.names(raw[0])
        place.scope.define(token, None)
        self.tokens.add(token)
        return raw[1:]

    def _rename(self, arguments: Arguments, place: Place, what: Label) -> None:
        """The arguments by their names in the block; all of them have to be there."""
        if place.names.prefix or place.names.known:
            arguments.rename(place.names)
        for name in arguments.operands():
            if name not in place.scope.defined and not place.scope.defines(name):
                raise UnreadableModel(f"{what} reads {quote(name)} before it is defined")
            place.scope.read.add(name)

    def _translate(
        self,
        operation: tuple[str, str],
        arguments: Arguments,
        outputs: tuple[str, ...],
        results: Mapping[str, TensorType | None],
        place: Place,
    ) -> list[Node]:
        """The canonical nodes that a node becomes."""
        scope, native_name = place.scope, name_operation(*operation)
        label = next(filter(None, outputs), native_name)
        if operation == ("higher_order", "cond") and len(arguments.graphs) == 2:
            blocks = self._branches(arguments, place)
            if blocks is not None:
                step = Step("if", arguments.operands()[:1], outputs, {})
                return make_nodes([step], native_name, label, blocks)
        if is_loop(operation, arguments):
            drawn = draw_loop(
                operation[1],
                arguments,
                outputs,
                native_name,
                label,
                lambda called, graph, count, others: self._repeated(
                    called, graph, count, others, place
                ),
            )
            if drawn is not None:
                return drawn
        node = NativeTorchNode(
            operation[1],
            label,
            arguments.list_tensors(),
            outputs,
            arguments.plain,
            lambda name: results[name] if name in results else scope.find_type(name),
            scope.find_stored,
            arguments,
            scope.constant,
        )
        steps = _find_rule(*operation)(node)
        for step in steps:
            for name in step.outputs:
                if name and name not in results:
                    scope.define(name, step.stated.get(name))
        return make_nodes(steps, native_name, label, native=node.call)

    def _inline(
        self, arguments: Arguments, place: Place, outputs: tuple[str, ...], what: Label
    ) -> list[Node] | None:
        """The nodes of a wrapped graph, whose results take the names of the wrapper's."""
        name, graph = arguments.graphs[0]
        names = self._enter(name, graph, arguments.operands())
        if names is None:
            return None
        inner = Place(list_types(graph), names, place.scope, place.depth + 1)
        nodes = list(self.nodes(list_nodes(graph), inner))
        results = _list_results(graph)
        if len(results) != len(outputs):
            raise UnreadableModel(f"{what} and its graph have different numbers of results")
        for output, result in zip(outputs, results, strict=True):
            if not output:
                continue
            self._check_result(names(result), place.scope)
            if output in place.names.known or place.scope.defines(place.names(output)):
                raise UnreadableModel(f"value {quote(output)} is defined a second time")
            place.names.known[output] = names(result)
        return nodes

    def _branches(self, arguments: Arguments, place: Place) -> tuple[Block, ...] | None:
        """The blocks of a condition; their operands are the outer values themselves."""
        blocks = []
        for name, graph in arguments.graphs:
            names = self._enter(name, graph, arguments.operands()[1:])
            if names is None:
                return None
            scope = Scope(place.scope)
            inner = Place(list_types(graph), names, scope, place.depth + 1)
            nodes = tuple(self.nodes(list_nodes(graph), inner))
            outputs = tuple(names(result) for result in _list_results(graph))
            for output in outputs:
                self._check_result(output, scope)
            place.scope.read |= scope.read
            blocks.append(Block({}, outputs, nodes, scope.stored, scope.types))
        return tuple(blocks)

    def _repeated(
        self,
        name: str,
        graph: Mapping[str, object],
        count: int,
        others: tuple[str, ...],
        place: Place,
    ) -> Block | None:
        """The block of a loop: so many inputs of its own, and what it reads from around."""
        inner_names = _list_inputs(graph)
        if len(inner_names) != count + len(others):
            return None
        self._wrapped += 1
        prefix = f"{name}.{self._wrapped}/"
        names = Names(prefix, dict(zip(inner_names[count:], others, strict=True)))
        types, scope = list_types(graph), Scope(place.scope)
        inputs = {prefix + each: types.get(each, _NO_TYPE) for each in inner_names[:count]}
        if len(inputs) != count:
            raise UnreadableModel(f"two inputs of {quote(name)} have one name")
        for each, known in inputs.items():
            scope.define(each, known)
        nodes = tuple(self.nodes(list_nodes(graph), Place(types, names, scope, place.depth + 1)))
        outputs = tuple(names(result) for result in _list_results(graph))
        for output in outputs:
            self._check_result(output, scope)
        place.scope.read |= scope.read
        stated = {each: known for each, known in scope.types.items() if each not in inputs}
        return Block(inputs, outputs, nodes, scope.stored, stated)

    def _enter(self, name: str, graph: object, operands: tuple[str, ...]) -> Names | None:
        """Names within a graph; None where its inputs are not those that it is given."""
        inputs = _list_inputs(graph)
        if len(inputs) != len(operands):
            return None
        self._wrapped += 1
        return Names(f"{name}.{self._wrapped}/", dict(zip(inputs, operands, strict=True)))

    @staticmethod
    def _check_result(name: str, scope: Scope) -> None:
        if not scope.defines(name):
            raise UnreadableModel(f"the result {quote(name)} is never defined")


def _list_inputs(graph: object) -> list[str]:
    """Names of the tensors and numbers that an inner graph is given."""
    inputs: list[str] = []
    for value in get_list(get_field(graph, "inputs", "an inner graph"), "inputs"):
        kind, inner = get_choice(value, "an input of an inner graph")
        if kind == "as_tensor":
            inputs.append(get_text(get_field(inner, "name", "an input"), "an input"))
        elif kind.startswith("as_sym"):
            _, symbol = get_choice(inner, "an input of an inner graph")
            inputs.append(get_text(symbol, "an input of an inner graph"))
    return inputs


def _list_results(graph: object) -> tuple[str, ...]:
    """Names of the tensors and numbers that an inner graph yields."""
    return list_outputs(get_field(graph, "outputs", "an inner graph"), "an inner graph")


def _split_target(target: str) -> tuple[str, str]:
    """Domain and operation of a target: aten and add.Tensor, higher_order and cond."""
    if target.startswith("torch.ops."):
        domain, _, operation = target.removeprefix("torch.ops.").partition(".")
        return domain, operation.removesuffix(".default")
    domain, _, operation = target.rpartition(".")
    return domain.rpartition(".")[2].lstrip("_") or "python", operation


def _find_rule(domain: str, operation: str) -> Rule:
    name = operation.partition(".")[0]
    if domain == "aten":
        in_place = name.endswith("_") and not name.startswith("__")
        return ATEN.get(name) or ATEN.get(name[:-1] if in_place else name, unknown)
    if domain in RULES:
        return RULES[domain].get(name, unknown)
    return NUMBERS.get(name, unknown) if domain in ("operator", "torch") else unknown
