"""FlexAttention, whose scores and probabilities graphs of the file may change."""

from __future__ import annotations

from cyborg_rr.domain.graph.graph import TensorType
from cyborg_rr.domain.graph.shapes import find_static
from cyborg_rr.readers.dialects.onnx.translation.native import NativeOnnxNode
from cyborg_rr.readers.dialects.onnx.translation.rules import element_type_attribute
from cyborg_rr.readers.kit.rules import unknown
from cyborg_rr.readers.kit.steps import Step

MODIFIERS = ("score_mod", "prob_mod")


def attention(node: NativeOnnxNode) -> list[Step]:
    """Without graphs an attention like others; with them its steps one by one.

    A step ``call`` stands for each graph, in the order of ``MODIFIERS``. Queries that share keys
    stand one behind the other while they are multiplied.
    """
    graphs = node.record.graphs
    scale = node.number("scale", default=0.0) or None
    if not graphs:
        return [node.step("attention", scale=scale)]
    query, key, value = (find_static(node.shape(place)) for place in range(3))
    if (
        query is None
        or key is None
        or value is None
        or not all(len(shape) == 4 for shape in (query, key, value))
    ):
        return unknown(node)
    batch, heads, length, width = query
    shared, seen, element_type = key[1], key[2], node.element_type(0)
    if shared < 1 or heads % shared:
        raise node.refuse(f"{heads} heads do not share those of {shared} keys")
    rows = (batch, shared, heads // shared * length)
    chain = _Chain(node, node.input(0))
    if heads != shared:
        chain.add("reshape", shape=(*rows, width))
    chain.add("matmul", node.input(1), trans_b=True)
    chain.add("multiply", node.scope.constant(scale or width**-0.5, element_type or "f32"))
    if heads != shared:
        chain.add("reshape", shape=(batch, heads, length, seen))
    if "score_mod" in graphs:
        chain.add("call")
    wider = element_type_attribute(node, "softmax_precision")
    if wider and wider != element_type:
        chain.add("convert", element_type=wider)
    chain.add("softmax", axis=3)
    if wider and wider != element_type and element_type:
        chain.add("convert", element_type=element_type)
    if "prob_mod" in graphs:
        chain.add("call")
    if heads != shared:
        chain.add("reshape", shape=(*rows, seen))
    chain.add("matmul", node.input(2))
    if heads != shared:
        chain.add("reshape", shape=(batch, heads, length, value[3]))
    return chain.close(TensorType(element_type, (batch, heads, length, value[3])))


class _Chain:
    """Steps, each on what the one before yields."""

    def __init__(self, node: NativeOnnxNode, source: str) -> None:
        self._node = node
        self._source = source
        self._steps: list[Step] = []

    def add(
        self, operation: str, *others: str, **attributes: int | float | str | tuple[int, ...]
    ) -> None:
        """One step more."""
        result = self._node.fresh(f"step{len(self._steps)}")
        step = self._node.step(operation, (self._source, *others), (result,), None, **attributes)
        self._steps.append(step)
        self._source = result

    def close(self, known: TensorType) -> list[Step]:
        """The steps, the last of which yields the node's result."""
        last = self._steps.pop()
        name = self._node.output(0)
        stated = {name: known}
        return [*self._steps, Step(last.operation, last.inputs, (name,), last.attributes, stated)]
