"""Who is to blame for what cannot be: the bindings where there are any, the file otherwise."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from cyborg_rr.domain.errors import InvalidInput, UnreadableModel
from cyborg_rr.domain.graph.graph import Graph, Node, Shape, TensorType
from cyborg_rr.domain.graph.inference.bindings import Bindings, BoundInputs
from cyborg_rr.domain.graph.inference.folding_budget import MALFORMED
from cyborg_rr.domain.graph.naming import describe, list_names, quote
from cyborg_rr.domain.graph.shapes import ANY, Contradiction, check_type

_Given = TypeVar("_Given")
_Result = TypeVar("_Result")


class Blame:
    """Turns what a rule finds wrong into an error that says where and because of whom."""

    def __init__(self, graph: Graph, bindings: Bindings, bound: BoundInputs) -> None:
        self._graph = graph
        self._bindings = bindings
        self._bound = bound
        self._sound: set[Shape | None] = {None}

    def check(self, tensor: TensorType, name: str) -> TensorType:
        """The type of a value, unless no value can be of it."""
        if tensor.shape in self._sound:
            return tensor
        try:
            check_type(tensor)
        except Contradiction as contradiction:
            raise self._make(f"value {quote(name)}: {contradiction}") from contradiction
        self._sound.add(tensor.shape)
        return tensor

    def guard(self, node: Node, rule: Callable[[_Given], _Result], given: _Given) -> _Result:
        """Run a rule; whatever it finds wrong becomes an error that names the node."""
        try:
            return rule(given)
        except Contradiction as contradiction:
            raise self.refuse(node, str(contradiction)) from contradiction
        except MALFORMED as error:
            detail = f"its attributes or operands are malformed ({error})"
            raise self.refuse(node, detail) from error

    def refuse(self, node: Node, why: str) -> InvalidInput:
        """The error to raise for a node."""
        return self._make(f"{describe(node)}: {why}")

    def _make(self, message: str) -> InvalidInput:
        if self._bound.replaced:
            if self._bindings.batch is not None and not self._bindings.inputs:
                name = next(iter(self._bound.replaced))
                fixed = (self._graph.body.inputs[name].shape or (ANY,))[0]
                return InvalidInput(f"the file fixes the batch at {fixed}: {message}")
            names = list_names(sorted(self._bound.replaced))
            return InvalidInput(f"the file fixes the shape of input {names}: {message}")
        if self._bound.changed:
            return InvalidInput(f"the bound shapes do not fit the model: {message}")
        return UnreadableModel(message)
