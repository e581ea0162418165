"""Completing the types of a graph: shape rules, small values, bindings of the inputs.

One pass in the order of the nodes. What the file states is believed as long as nothing that it
depends on was bound; after a binding the rules decide, and the file fills what they leave open.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from functools import partial
from typing import Final

from cyborg_rr.domain.errors import UnreadableModel
from cyborg_rr.domain.graph.bounds import Bounded
from cyborg_rr.domain.graph.graph import Block, Graph, Node, TensorType
from cyborg_rr.domain.graph.inference.bindings import (
    NO_BINDINGS,
    Bindings,
    BoundInputs,
    bind_inputs,
    list_input_symbols,
    list_symbols_of,
)
from cyborg_rr.domain.graph.inference.blaming import Blame
from cyborg_rr.domain.graph.inference.control_flow import infer_control_flow
from cyborg_rr.domain.graph.inference.folding_budget import FoldingBudget, may_follow
from cyborg_rr.domain.graph.inference.found import FoundSizes, list_bounds, settle
from cyborg_rr.domain.graph.inference.merging import Merging
from cyborg_rr.domain.graph.inference.symbols import limit, substitute
from cyborg_rr.domain.graph.inference.typed import TypedBlock, TypedGraph
from cyborg_rr.domain.graph.naming import describe, quote
from cyborg_rr.domain.graph.operations.declaring.operation import Operation
from cyborg_rr.domain.graph.operations.declaring.typed_node import TypedNode, Value
from cyborg_rr.domain.graph.operations.registry import find_operation
from cyborg_rr.domain.graph.operations.running.structure import CONTROL_FLOW
from cyborg_rr.domain.graph.shapes import ANY, UNKNOWN, render_shape

MAX_NODES: Final = 5_000_000
MAX_TYPED_ANEW: Final = 20_000
"""Nodes of blocks that are typed more than once; beyond them, in proportion to the graph."""

MAX_REPEATS: Final = 32
"""How often each node of a graph may be typed then, blocks typed more than once taken together."""

MAX_DEPTH: Final = 64
MAX_TYPINGS: Final = 64
"""How often a called function is typed anew for what is known of its operands beside types."""


def _are_static(types: Iterable[TensorType]) -> bool:
    """Whether nothing is left open in any of them."""
    for tensor in types:  # noqa: SIM110  # asked of every node, so it has to be fast
        if not tensor.is_static:
            return False
    return True


def _has_bounded(types: Iterable[TensorType]) -> bool:
    """Whether a size in any of them depends on data."""
    for tensor in types:  # noqa: SIM110  # as above
        if tensor.is_bounded:
            return True
    return False


def infer(graph: Graph, bindings: Bindings = NO_BINDINGS) -> TypedGraph:
    """Find the type of every value.

    Raises ``UnreadableModel`` for a graph that contradicts itself and ``InvalidInput`` for
    bindings that the graph does not allow; what stays open is listed in ``unresolved``.
    """
    return _Inference(graph, bindings).run()


class _Inference:
    """The state of one inference."""

    def __init__(self, graph: Graph, bindings: Bindings) -> None:
        self._graph = graph
        self._bindings = bindings
        self._bound: BoundInputs = bind_inputs(graph, bindings)
        self._sizes = self._bound.sizes
        self._blame = Blame(graph, bindings, self._bound)
        self._input_symbols = frozenset(list_input_symbols(graph))
        self._calls: dict[object, TypedBlock] = {}
        self._typings: Counter[int] = Counter()
        self._depth = 0
        self._visited = 0
        self._distinct = 0
        self._seen: set[int] = set()
        self._merging = Merging()
        self._folding = FoldingBudget()
        self._bounds = dict(graph.bounds)
        self._found = FoundSizes(frozenset(list_symbols_of(graph)), bindings.symbols)
        self._unresolved: list[str] = []
        self._first_node: str | None = None

    def run(self) -> TypedGraph:
        body = self._graph.body
        names = [name for name in body.inputs if name not in body.stored]
        taints = [self._input_taint(name) for name in names]
        types = [self._resolve(self._bound.types[name]) for name in names]
        typed = self.infer_block(body, None, types, taints)
        self._found.check_used()
        self._note_bounded_inputs(typed, names)
        settled = settle(typed)
        open_names = [n for n in (*names, *body.stored) if not typed.types[n].is_static]
        unresolved = tuple(dict.fromkeys((*open_names, *self._unresolved, *settled.absurd)))
        return TypedGraph(
            self._graph,
            typed,
            self._sizes,
            unresolved,
            self._find_cause(typed, open_names, settled.absurd) if unresolved else None,
            self._warnings(),
            self._found.sources,
            settled.has_bounded,
        )

    def _resolve(self, tensor: TensorType) -> TensorType:
        """The type with what is known of its symbols: sizes and largest values."""
        if not self._sizes and not self._bounds:
            return tensor
        return limit(substitute(tensor, self._sizes), self._sizes, self._bounds)

    def _note_bounded_inputs(self, typed: TypedBlock, names: Sequence[str]) -> None:
        for name in names:
            for size in typed.types[name].shape or ():
                if isinstance(size, Bounded):
                    what = "a dimension" if size == ANY else f"the dimension {quote(size)}"
                    self._found.add_source(
                        f"input {quote(name)}", f"leaves {what} open, at most {size.most}"
                    )

    def _input_taint(self, name: str) -> int:
        return 2 if name in self._bound.replaced else int(name in self._bound.changed)

    def _warnings(self) -> tuple[str, ...]:
        count = self._merging.disagreements
        if not count:
            return ()
        return (
            f"{count} sizes stated in the file disagree with its operations on the inputs as they "
            "are; the operations were believed",
        )

    def _find_cause(
        self, typed: TypedBlock, open_names: Sequence[str], absurd: Sequence[str]
    ) -> str | None:
        for name in open_names:
            found = typed.types[name]
            what = "stored tensor" if name in typed.block.stored else "input"
            if found.shape is None:
                return f"the shape of {what} {quote(name)} is not stated"
            symbol = next((d for d in found.shape if type(d) is str), None)
            if symbol is None:
                return f"the element type of {what} {quote(name)} is not stated"
            named = (
                "an unnamed dimension" if symbol in ("", ANY) else f"the dimension {quote(symbol)}"
            )
            return f"{what} {quote(name)} ({render_shape(found.shape)}) leaves {named} open"
        if self._first_node is None and absurd:
            return f"the size of {quote(absurd[0])} depends on data and may be beyond any machine"
        return self._first_node

    # ---- blocks

    def infer_block(
        self,
        block: Block,
        outer: TypedBlock | None,
        types: Sequence[TensorType],
        taints: Sequence[int],
        values: Sequence[Value | None] = (),
        parameters: Sequence[bool] = (),
    ) -> TypedBlock:
        """Type a block whose inputs have these types, dependences and known values."""
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise UnreadableModel(f"blocks are nested more than {MAX_DEPTH} deep")
        try:
            scope = TypedBlock(block, outer)
            self._define_inputs(scope, types, taints, values, parameters)
            for name, stored in block.stored.items():
                scope.types[name] = self._blame.check(self._resolve(stored.type), name)
                if stored.kind == "parameter":
                    scope.parameters.add(name)
            self._count(block)
            for index, (operation, node) in enumerate(
                zip(scope.operations, block.nodes, strict=True)
            ):
                self._infer_node(scope, index, operation, node)
            for name in block.outputs:
                if scope.find_owner(name) is None:
                    raise UnreadableModel(f"the output {quote(name)} is not defined by any node")
            return scope
        finally:
            self._depth -= 1

    def _count(self, block: Block) -> None:
        """Refuse what takes more work than its size allows."""
        self._visited += len(block.nodes)
        if id(block) not in self._seen:
            self._seen.add(id(block))
            self._distinct += len(block.nodes)
        if self._distinct > MAX_NODES:
            raise UnreadableModel(f"the graph has more than {MAX_NODES} nodes")
        if self._visited > MAX_TYPED_ANEW + MAX_REPEATS * self._distinct:
            raise UnreadableModel(
                "functions are called, or loops entered, with so many different types that it is "
                "out of proportion to the file"
            )

    def _define_inputs(
        self,
        scope: TypedBlock,
        types: Sequence[TensorType],
        taints: Sequence[int],
        values: Sequence[Value | None],
        parameters: Sequence[bool],
    ) -> None:
        names = [name for name in scope.block.inputs if name not in scope.block.stored]
        for place, name in enumerate(names):
            stated = self._resolve(scope.block.inputs[name])
            given = types[place] if place < len(types) else UNKNOWN
            taint = taints[place] if place < len(taints) else 0
            scope.types[name] = self._blame.check(self._merging.merge(stated, given, taint), name)
            if taint:
                scope.taint[name] = taint
            value = values[place] if place < len(values) else None
            if value is not None:
                scope.values[name] = value
            if place < len(parameters) and parameters[place]:
                scope.parameters.add(name)

    def infer_call(
        self,
        block: Block,
        types: Sequence[TensorType],
        taints: Sequence[int],
        values: Sequence[Value | None],
        parameters: Sequence[bool],
    ) -> TypedBlock:
        """Type a called function; equal calls are typed once.

        One that is called in many ways is told no more than the types from then on: calls of calls
        could otherwise ask for it in twice as many ways at every floor.
        """
        if self._typings[id(block)] >= MAX_TYPINGS:
            values, parameters = (), ()
        bounds = tuple(list_bounds(each) for each in types if each.is_bounded)
        key = (id(block), tuple(types), bounds, tuple(taints), tuple(values), tuple(parameters))
        known = self._calls.get(key)
        if known is None:
            self._typings[id(block)] += 1
            known = self.infer_block(block, None, types, taints, values, parameters)
            self._calls[key] = known
        return known

    # ---- nodes

    def _infer_node(self, scope: TypedBlock, index: int, operation: Operation, node: Node) -> None:
        operands: list[TensorType | None] = []
        taint = 0
        for name in node.inputs:
            if not name:
                operands.append(None)
                continue
            owner = scope if name in scope.types else scope.find_owner(name)
            if owner is None:
                raise UnreadableModel(f"{describe(node)} reads {quote(name)}, which is not defined")
            operands.append(owner.types[name])
            if owner.taint:
                taint = max(taint, owner.taint.get(name, 0))
        stated_types = scope.block.types
        stated = [stated_types.get(name, UNKNOWN) for name in node.outputs]
        if self._sizes or self._bounds:
            stated = [self._resolve(tensor) for tensor in stated]
        results: Sequence[TensorType] = stated
        typed: TypedNode | None = None
        if node.blocks and operation.name in CONTROL_FLOW:
            results = self._blame.guard(node, partial(infer_control_flow, self, scope, index), node)
        elif taint or not _are_static(stated):
            typed = TypedNode(operation.declared, node, operands, scope.value_of)
            if operation.complete is not None:
                self._complete(scope, operation, typed)
            results = self._blame.guard(node, operation.shape, typed)
        if results is not stated and _has_bounded(results):
            results = self._found.name(list(results))
        self._define_results(scope, node, stated, results, taint)
        if operation.fold is not None and may_follow(scope, operation, node):
            typed = typed or TypedNode(operation.declared, node, operands, scope.value_of)
            self._folding.fold(scope, operation, typed)

    def _define_results(
        self,
        scope: TypedBlock,
        node: Node,
        stated: Sequence[TensorType],
        results: Sequence[TensorType],
        taint: int,
    ) -> None:
        for place, name in enumerate(node.outputs):
            if not name:
                continue
            if name in scope.types:
                raise UnreadableModel(f"{describe(node)} defines {quote(name)} a second time")
            if results is stated and not taint:
                scope.types[name] = self._blame.check(stated[place], name)
                continue
            inferred = results[place] if place < len(results) else UNKNOWN
            merged = inferred
            if taint or inferred is not stated[place]:
                merged = self._merging.merge(stated[place], inferred, taint)
            if taint == 2 and not merged.is_static and stated[place].is_static:
                raise self._blame.refuse(
                    node, f"the file fixes {quote(name)} and no rule reckons it anew"
                )
            if merged is not stated[place] and scope.block is self._graph.body:
                self._learn(scope.block.types.get(name), merged)
            scope.types[name] = self._blame.check(merged, name)
            if taint:
                scope.taint[name] = taint
            if merged.is_static:
                continue
            if not merged.is_bounded:
                self._note_open(scope, node, name)
                continue
            self._note_source(scope, node, merged)
            if not merged.at_most.is_static:
                self._note_open(scope, node, name)

    def _note_source(self, scope: TypedBlock, node: Node, result: TensorType) -> None:
        """Note a node whose result has a size that depends on data where its operands have none."""
        if any(name and scope.type_of(name).is_bounded for name in node.inputs):
            return
        most = max(size.most for size in result.shape or () if isinstance(size, Bounded))
        self._found.add_source(describe(node), f"yields at most {most}")

    def note_trips(self, node: Node, most: int) -> None:
        """Note a loop that data may end before its count does."""
        self._found.add_source(describe(node), f"runs at most {most} times")

    def _note_open(self, scope: TypedBlock, node: Node, name: str) -> None:
        if self._first_node is None and all(
            not operand or scope.type_of(operand).at_most.is_static for operand in node.inputs
        ):
            why = "nothing says what it yields"
            if find_operation(node.operation).is_known:
                why = f"the size of {quote(name)} depends on data or is not stated"
            self._first_node = f"{describe(node)}: {why}"
        self._unresolved.append(name)

    def _learn(self, stated: TensorType | None, merged: TensorType) -> None:
        """A symbol of an intermediate value has the size that the rules found for it.

        Of the entry only: in a body or a function it has another one in each trip or call.
        """
        if stated is None or stated.shape is None or merged.shape is None:
            return
        if len(stated.shape) != len(merged.shape):
            return
        for symbol, size in zip(stated.shape, merged.shape, strict=True):
            if not isinstance(symbol, str) or symbol in ("", ANY) or symbol in self._input_symbols:
                continue
            if isinstance(size, int):
                self._sizes.setdefault(symbol, size)
            elif isinstance(size, Bounded):
                self._bounds.setdefault(symbol, size.most)

    def _complete(self, scope: TypedBlock, operation: Operation, typed: TypedNode) -> None:
        """Give weights without a type the one that the operation needs."""
        open_places = [
            place
            for place, operand in enumerate(typed.operands)
            if operand is not None and operand.shape is None
        ]
        if not open_places or operation.complete is None:
            return
        complete = operation.complete
        found = self._blame.guard(typed.node, complete, typed)
        operands = list(typed.operands)
        for place in open_places:
            name = typed.node.inputs[place]
            owner = scope.find_owner(name)
            if place not in found or owner is None:
                continue
            if name in owner.block.stored or name in owner.block.inputs:
                element_type = owner.types[name].element_type or found[place].element_type
                shape = found[place].shape
                owner.types[name] = self._blame.check(TensorType(element_type, shape), name)
                operands[place] = owner.types[name]
        typed.operands = operands
