"""Rules for operations that treat elements alike, and for reductions."""

from __future__ import annotations

from cyborg_rr.readers.kit.rules import unknown
from cyborg_rr.readers.kit.steps import Step
from cyborg_rr.readers.mxnet.translation.native import Chain, NativeMxnetNode, Rule


def scalar(operation: str, *, backwards: bool = False) -> Rule:
    """An operation of a tensor and a number, which stands first in ``_rminus_scalar`` and kin."""

    def rule(node: NativeMxnetNode) -> list[Step]:
        number = node.constant(node.number("scalar", default=1.0), node.element_type(0) or "f32")
        pair = (number, node.input(0)) if backwards else (node.input(0), number)
        return [node.step(operation, pair)]

    return rule


def compare(direction: str, *, with_scalar: bool = False) -> Rule:
    """A comparison: truth values in numpy's operations, before them numbers of the same type."""

    def rule(node: NativeMxnetNode) -> list[Step]:
        right = node.input(1)
        if with_scalar:
            right = node.constant(node.number("scalar", default=0.0), "f32")
        if node.operation.startswith("_np"):
            return [node.step("compare", (node.input(0), right), direction=direction)]
        chain = Chain(node)
        truth = chain.put("compare", node.input(0), right, direction=direction)
        return chain.end("convert", truth, node.input(0))

    return rule


def first(operation: str) -> Rule:
    """An operation on the first operand; the others say nothing about the work."""

    def rule(node: NativeMxnetNode) -> list[Step]:
        return [node.step(operation, node.inputs[:1], node.outputs[:1])]

    return rule


def square(node: NativeMxnetNode) -> list[Step]:
    """square."""
    return [node.step("multiply", (node.input(0), node.input(0)))]


def hypot(node: NativeMxnetNode) -> list[Step]:
    """broadcast_hypot: the root of the sum of squares."""
    chain = Chain(node)
    squares = [chain.put("multiply", name, name) for name in node.inputs[:2]]
    return chain.end("sqrt", chain.put("add", *squares))


def logarithm(node: NativeMxnetNode) -> list[Step]:
    """log2, log10: a logarithm and a product."""
    chain = Chain(node)
    return chain.end("multiply", chain.put("log", node.input(0)), node.constant(1.0, "f32"))


def degrees(node: NativeMxnetNode) -> list[Step]:
    """degrees, radians, and division by the root of a width: a product with a number."""
    return [node.step("multiply", (node.input(0), node.constant(1.0, "f32")))]


def smooth_l1(node: NativeMxnetNode) -> list[Step]:
    """smooth_l1: a square near zero, the size beyond."""
    chain = Chain(node)
    size = chain.put("abs", node.input(0))
    near = chain.put("multiply", node.input(0), node.input(0))
    return chain.end("select", chain.put("compare", size, near, direction="LT"), near, size)


def clip(node: NativeMxnetNode) -> list[Step]:
    """clip."""
    low = node.number("a_min", default=0.0) if node.has("a_min") else None
    high = node.number("a_max", default=0.0) if node.has("a_max") else None
    return [node.step("clamp", minimum=low, maximum=high)]


def cast(node: NativeMxnetNode) -> list[Step]:
    """Cast, amp_cast."""
    known = node.element_type_of()
    if known is None:
        raise node.refuse(f"attribute 'dtype' names no element type: {node.text('dtype')[:40]!r}")
    return [node.step("convert", element_type=known)]


def cast_all(node: NativeMxnetNode) -> list[Step]:
    """amp_multicast: all operands become the widest type of them, or the narrowest."""
    return [
        node.step("identity", (given,), (result,))
        for given, result in zip(node.inputs, node.outputs, strict=False)
    ]


_ACTIVATIONS = {
    "relu": "relu", "sigmoid": "sigmoid", "tanh": "tanh", "softrelu": "softplus",
    "softsign": "softsign", "mish": "mish",
}  # fmt: skip


def activation(node: NativeMxnetNode) -> list[Step]:
    """Activation."""
    kind = node.text("act_type")
    if kind == "log_sigmoid":
        chain = Chain(node)
        return chain.end("log", chain.put("sigmoid", node.input(0)))
    operation = _ACTIVATIONS.get(kind)
    return unknown(node) if operation is None else [node.step(operation)]


def leaky(node: NativeMxnetNode) -> list[Step]:
    """LeakyReLU: one of seven; at inference rrelu takes the middle of its bounds."""
    kind, slope = node.text("act_type", default="leaky"), node.number("slope", default=0.25)
    match kind:
        case "prelu":
            return [node.step("prelu")]
        case "leaky" | "rrelu":
            mask = [node.step("identity", node.inputs[:1], (name,)) for name in node.outputs[1:2]]
            return [*mask, node.step("leaky_relu", node.inputs[:1], node.outputs[:1], alpha=slope)]
        case "elu":
            return [node.step("elu", alpha=slope)]
        case "selu":
            return [node.step("selu")]
        case "gelu" | "gelu_erf" | "gelu_tanh":
            return [node.step("gelu")]
        case _:
            return unknown(node)


def hard_sigmoid(node: NativeMxnetNode) -> list[Step]:
    """hard_sigmoid."""
    alpha, beta = node.number("alpha", default=0.2), node.number("beta", default=0.5)
    return [node.step("hard_sigmoid", alpha=alpha, beta=beta)]


def softmax(operation: str = "softmax") -> Rule:
    """softmax, log_softmax, softmin; the length of each row adds no work."""

    def rule(node: NativeMxnetNode) -> list[Step]:
        along = node.integer("axis", default=-1)
        return [node.step(operation, node.inputs[:1], node.outputs[:1], axis=along)]

    return rule


def softmax_output(node: NativeMxnetNode) -> list[Step]:
    """SoftmaxOutput at inference: over the channels, the last dimension, or all but the batch."""
    along = flat = None
    if node.flag("multi_output"):
        along = 1
    elif node.flag("preserve_shape"):
        along = -1
    else:
        flat = 1
    return [node.step("softmax", node.inputs[:1], axis=along, flatten_axis=flat)]


def softmax_activation(node: NativeMxnetNode) -> list[Step]:
    """SoftmaxActivation."""
    by_channel = node.text("mode", default="instance") == "channel"
    return [
        node.step("softmax", axis=1 if by_channel else None, flatten_axis=None if by_channel else 1)
    ]


def masked_softmax(operation: str = "softmax") -> Rule:
    """masked_softmax: rows in which a mask chooses what takes part."""

    def rule(node: NativeMxnetNode) -> list[Step]:
        chain = Chain(node)
        low = node.constant(0.0, "f32")
        kept = chain.put("select", node.input(1), node.input(0), low)
        return chain.end(operation, kept, axis=node.integer("axis", default=-1))

    return rule


def reduction(function: str) -> Rule:
    """sum, mean, max and so on over ``axis``; with ``exclude`` over all others."""

    def rule(node: NativeMxnetNode) -> list[Step]:
        return [
            node.step(
                "reduce",
                node.inputs[:1],
                node.outputs[:1],
                function=function,
                axes=node.integers("axis") or None,
                keep_dimensions=node.flag("keepdims"),
                exclude=node.flag("exclude") or None,
            )
        ]

    return rule


def norm(node: NativeMxnetNode) -> list[Step]:
    """norm: the root of the sum of squares, or the sum of sizes."""
    function = "l1" if node.integer("ord", default=2) == 1 else "l2"
    return reduction(function)(node)


def position(function: str) -> Rule:
    """argmax, argmin: positions are real numbers before numpy's operations."""

    def rule(node: NativeMxnetNode) -> list[Step]:
        axes = (1,) if node.operation == "argmax_channel" else node.integers("axis") or None
        return [
            node.step(
                "reduce",
                function=function,
                axes=axes,
                keep_dimensions=node.flag("keepdims"),
                element_type="i64" if node.operation.startswith("_np") else "f32",
            )
        ]

    return rule


def moments(node: NativeMxnetNode) -> list[Step]:
    """moments: mean and variance."""
    axes, kept = node.integers("axes"), node.flag("keepdims")
    chain = Chain(node)
    data = node.input(0)
    mean = chain.put("reduce", data, function="mean", axes=axes, keep_dimensions=True)
    centred = chain.put("subtract", data, mean)
    squared = chain.put("multiply", centred, centred)
    chain.end("reduce", data, function="mean", axes=axes, keep_dimensions=kept)
    if not node.output(1):
        return chain.steps[-1:]
    return chain.end("reduce", squared, place=1, function="mean", axes=axes, keep_dimensions=kept)


def normalize(node: NativeMxnetNode) -> list[Step]:
    """_image_normalize: mean and deviation of each channel."""
    chain = Chain(node)
    centred = chain.put("subtract", node.input(0), node.constant(0.0, "f32"))
    return chain.end("divide", centred, node.constant(1.0, "f32"))


def sample(node: NativeMxnetNode) -> list[Step]:
    """BilinearSampler: the coordinates of its grid stand before rows and columns."""
    chain = Chain(node)
    grid = chain.put("transpose", node.input(1), permutation=(0, 2, 3, 1))
    return chain.end("grid_sample", node.input(0), grid)


def variance(operation: str = "identity") -> Rule:
    """_npi_var, _npi_std: the mean of squares of what is left of the mean."""

    def rule(node: NativeMxnetNode) -> list[Step]:
        axes, chain = node.integers("axis") or None, Chain(node)
        mean = chain.put("reduce", node.input(0), function="mean", axes=axes, keep_dimensions=True)
        centred = chain.put("subtract", node.input(0), mean)
        squared = chain.put("multiply", centred, centred)
        kept = node.flag("keepdims")
        found = chain.put("reduce", squared, function="mean", axes=axes, keep_dimensions=kept)
        return chain.end(operation, found)

    return rule
