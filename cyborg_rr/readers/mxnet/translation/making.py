"""Rules for operations that make tensors of nothing but a shape."""

from __future__ import annotations

from cyborg_rr.readers.kit.cutting import LAST
from cyborg_rr.readers.kit.rules import unknown
from cyborg_rr.readers.kit.steps import Step
from cyborg_rr.readers.mxnet.translation.native import Chain, NativeMxnetNode, Rule

_MOST = 1 << 40


def filled(value: float) -> Rule:
    """_zeros, _ones, _full: a size below 1 is one that MXNet infers, else it counts as 1."""

    def rule(node: NativeMxnetNode) -> list[Step]:
        sizes, known = node.integers("shape") or (), node.element_type_of() or "f32"
        least = 0 if node.operation.startswith("_np") else 1
        givers = node.scope.givers.get(node.output(0), {})
        if any(size < least and axis not in givers for axis, size in enumerate(sizes)):
            node.scope.assumed[node.label] = None
        plain = tuple(size if size >= least else 1 for size in sizes)
        if not givers:
            shape = node.constant(plain)
            return [node.step("constant_of_shape", (shape,), element_type=known, value=value)]
        chain = Chain(node)
        parts = [
            _like(chain, *givers[axis]) if axis in givers else node.constant((size,))
            for axis, size in enumerate(plain)
        ]
        shape = chain.put("concatenate", *parts, axis=0) if len(parts) > 1 else parts[0]
        return chain.end("constant_of_shape", shape, element_type=known, value=value)

    return rule


def _like(chain: Chain, name: str, axis: int) -> str:
    """The size of one dimension of a tensor, as a list of it."""
    shape = chain.put("shape_of", name)
    return chain.put("slice", shape, starts=(axis,), ends=(axis + 1,), axes=(0,))


def filled_like(value: float) -> Rule:
    """zeros_like, ones_like."""

    def rule(node: NativeMxnetNode) -> list[Step]:
        chain = Chain(node)
        known = node.element_type(0) or node.element_type_of() or "f32"
        shape = chain.put("shape_of", node.input(0))
        return chain.end("constant_of_shape", shape, element_type=known, value=value)

    return rule


def random(node: NativeMxnetNode) -> list[Step]:
    """_random_uniform and its kin."""
    shape = node.integers("shape", "size")
    if shape is None or node.inputs:
        return unknown(node)
    if min(shape, default=1) < 0 or (0 in shape and not node.operation.startswith("_np")):
        node.scope.assumed[node.label] = None
        shape = tuple(max(size, 1) for size in shape)
    return [node.step("random", (), shape=shape, element_type=node.element_type_of() or "f32")]


def steps(node: NativeMxnetNode) -> list[Step]:
    """_arange: from a start to a stop, each number several times."""
    start, step = node.number("start", default=0.0), node.number("step", default=1.0)
    if not node.has("stop"):
        start, stop = 0.0, start
    else:
        stop = node.number("stop", default=0.0)
    if not abs(stop - start) < abs(step) * _MOST:  # nor where one of them is no number
        return unknown(node)
    count = max(-int(-(stop - start) // step), 0) * max(node.integer("repeat", default=1), 1)
    known = node.element_type_of() or "f32"
    return [node.step("iota", (), shape=(count,), element_type=known, axis=0)]


def steps_like(node: NativeMxnetNode) -> list[Step]:
    """arange_like: as many numbers as a dimension has, or all of them in its shape."""
    chain = Chain(node)
    shape = chain.put("shape_of", node.input(0))
    if node.has("axis"):
        axis = node.integer("axis", default=0)
        end = axis + 1 if axis != -1 else LAST
        shape = chain.put("slice", shape, starts=(axis,), ends=(end,), axes=(0,))
    return chain.end("iota", shape, element_type=node.element_type(0) or "f32", axis=-1)
