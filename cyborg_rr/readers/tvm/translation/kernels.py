"""What kernels of a lowered Relax module compute, by the names that TVM gives them.

``LegalizeOps`` calls a kernel as its operation (``conv2d1``: the second of its name), ``FuseOps``
writes several into one (``fused_conv2d_add_relu``). What a kernel does is code of TIR, which is not
read, so that this is an estimate, and the reader says so.
"""

from __future__ import annotations

import re
from typing import Final

from cyborg_rr.domain.graph.graph import TensorType
from cyborg_rr.readers.kit.steps import Step
from cyborg_rr.readers.tvm.translation.native import NativeTvmNode, Rule, as_unknown

_ONE: Final = {
    "relu": "relu", "sigmoid": "sigmoid", "tanh": "tanh", "gelu": "gelu", "silu": "silu",
    "exp": "exp", "erf": "erf", "sqrt": "sqrt", "rsqrt": "rsqrt", "negative": "negate",
    "cast": "convert", "softmax": "softmax", "log_softmax": "log_softmax", "leaky_relu": "relu",
}  # fmt: skip
_TWO: Final = {
    "add": "add", "subtract": "subtract", "multiply": "multiply", "divide": "divide",
    "power": "power", "maximum": "maximum", "minimum": "minimum",
}  # fmt: skip
_PRODUCTS: Final = {"matmul": False, "batch_matmul": False, "NT_matmul": True, "dense": True}
_MOVING: Final = frozenset({"reshape", "transpose", "squeeze", "expand_dims", "flatten"})
_CONVOLUTIONS: Final = frozenset({"conv2d", "conv1d", "conv3d"})
_NORMS: Final = {
    "batch_norm": ("batch_normalization", 4), "layer_norm": ("layer_normalization", 2),
    "rms_norm": ("rms_normalization", 1),
}  # fmt: skip
"""What each means, and how many operands it has behind the first."""

_REDUCING: Final = {"mean": "mean", "sum": "sum", "max": "max", "min": "min"}
_WITH_ANOTHER: Final = frozenset({*_TWO, *_PRODUCTS, *_CONVOLUTIONS})
_NAMES: Final = sorted(
    {*_ONE, *_TWO, *_PRODUCTS, *_MOVING, *_CONVOLUTIONS, *_NORMS, *_REDUCING}, key=len, reverse=True
)
_PART: Final = re.compile(rf"(?:^|_)({'|'.join(map(re.escape, _NAMES))})\d*(?=_|$)")
MAX_PARTS: Final = 32


def find_parts(name: str) -> list[str] | None:
    """The operations in the name of a kernel; None where it has a word that is none of them."""
    rest = name.removeprefix("fused_")
    parts: list[str] = []
    while rest and len(parts) < MAX_PARTS:
        match = _PART.match(rest)
        if match is None:
            return None
        parts.append(match[1])
        rest = rest[match.end() :]
    return parts or None


def kernel(name: str) -> Rule:
    """The rule of a kernel by its name."""
    parts = find_parts(name)

    def rule(node: NativeTvmNode) -> list[Step]:
        return as_unknown(node) if parts is None else _draw(node, parts)

    return rule


def _draw(node: NativeTvmNode, parts: list[str]) -> list[Step]:
    """One operation after another: the first takes the first operands, the others the next."""
    if len(node.outputs) != 1:
        return as_unknown(node)
    remaining = list(node.inputs)
    taken = [remaining.pop(0)] if remaining else []
    steps: list[Step] = []
    known = node.result()
    for place, part in enumerate(parts):
        last = place == len(parts) - 1
        outputs = node.outputs if last else (node.fresh(f"{part}{place}"),)
        stated = {} if last else {outputs[0]: TensorType(known.element_type, known.shape)}
        more = _NORMS[part][1] if part in _NORMS else int(part in _WITH_ANOTHER)
        if len(remaining) < more:
            return as_unknown(node)
        taken += remaining[:more]
        del remaining[:more]
        step = _write(node, part, tuple(taken), outputs, stated) if taken else None
        if step is None:
            return as_unknown(node)
        steps.append(step)
        taken = [outputs[0]]
    return as_unknown(node) if remaining else steps


def _write(
    node: NativeTvmNode,
    part: str,
    inputs: tuple[str, ...],
    outputs: tuple[str, ...],
    stated: dict[str, TensorType],
) -> Step | None:
    if part in _CONVOLUTIONS:
        return _convolve(node, inputs, outputs, stated)
    if part in _PRODUCTS:
        return node.step("matmul", inputs, outputs, stated, trans_b=_PRODUCTS[part])
    if part in _TWO:
        return node.step(_TWO[part], inputs, outputs, stated)
    if part in _MOVING:
        shape = node.result_shape()
        if part == "transpose":
            return _transposed(node, inputs, outputs, stated)
        return None if shape is None else node.step("reshape", inputs, outputs, stated, shape=shape)
    if part in _NORMS:
        return node.step(_NORMS[part][0], inputs, outputs, stated)
    if part in _REDUCING:
        return _reduced(node, part, inputs, outputs, stated)
    element = node.result().element_type if part == "cast" else None
    return node.step(_ONE[part], inputs, outputs, stated, element_type=element)


def _reduced(
    node: NativeTvmNode,
    part: str,
    inputs: tuple[str, ...],
    outputs: tuple[str, ...],
    stated: dict[str, TensorType],
) -> Step | None:
    """A reduction of the dimensions that are 1 in its result and were not before."""
    known, result = node.find_type(inputs[0]), node.result_shape()
    if known is None or known.shape is None or result is None or len(known.shape) != len(result):
        return None
    axes = tuple(a for a, size in enumerate(result) if size == 1 and known.shape[a] != 1)
    return node.step("reduce", inputs, outputs, stated, function=_REDUCING[part],
                     axes=axes or None, keep_dimensions=True)  # fmt: skip


def _transposed(
    node: NativeTvmNode,
    inputs: tuple[str, ...],
    outputs: tuple[str, ...],
    stated: dict[str, TensorType],
) -> Step | None:
    """A transposition, in the order that its sizes allow first."""
    known, result = node.find_type(inputs[0]), node.result_shape()
    if known is None or known.shape is None or result is None or len(known.shape) != len(result):
        return None
    left = list(range(len(result)))
    order = []
    for size in result:
        place = next((each for each in left if known.shape[each] == size), None)
        if place is None:
            return None
        left.remove(place)
        order.append(place)
    return node.step("transpose", inputs, outputs, stated, permutation=tuple(order))


def _convolve(
    node: NativeTvmNode,
    inputs: tuple[str, ...],
    outputs: tuple[str, ...],
    stated: dict[str, TensorType],
) -> Step | None:
    """A convolution of channels that stand second; strides and padding follow from the sizes."""
    shapes = [None if (known := node.find_type(each)) is None else known.shape for each in inputs]
    result = node.result_shape()
    if result is None or any(shape is None for shape in shapes):
        return None
    data, weight = ([size for size in shape or () if isinstance(size, int)] for shape in shapes)
    if not len(data) == len(weight) == len(result) > 2 or 0 in weight or 0 in result:
        return None
    if data[1] % weight[1] or result[1] != weight[0]:
        return None
    strides, padding = [], []
    for before, size, after in zip(data[2:], weight[2:], result[2:], strict=True):
        stride = max(round(before / after), 1)
        missing = (after - 1) * stride + size - before
        if missing < 0:
            stride = max((before - size) // max(after - 1, 1), 1)
            missing = max((after - 1) * stride + size - before, 0)
        strides.append(stride)
        padding += [missing // 2, missing - missing // 2]
    return node.step("convolution", inputs, outputs, stated, groups=data[1] // weight[1],
                     strides=tuple(strides), padding=tuple(padding))  # fmt: skip
