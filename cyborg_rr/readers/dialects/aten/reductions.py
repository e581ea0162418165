"""Rules for operations of aten that reduce, normalise, sort or run along a dimension."""

from __future__ import annotations

from cyborg_rr.domain.graph.graph import TensorType
from cyborg_rr.readers.dialects.aten.native import NativeTorchNode, Rule
from cyborg_rr.readers.kit.rules import unknown
from cyborg_rr.readers.kit.steps import Step


def reduce(function: str) -> Rule:
    """sum, mean, amax...: over some dimensions, over all where none is named."""

    def rule(node: NativeTorchNode) -> list[Step]:
        if node.operation.endswith(".other"):  # max and min of two tensors
            return [node.step(_PAIRS[function], node.inputs[:2])]
        position = function in ("argmax", "argmin")
        return [
            node.step(
                "reduce",
                node.inputs[:1],
                function=function,
                axes=_axes(node),
                keep_dimensions=node.flag("keepdim"),
                element_type="i64" if position else None,
            )
        ]

    return rule


_PAIRS = {"max": "maximum", "min": "minimum"}


def _axes(node: NativeTorchNode) -> tuple[int, ...] | None:
    """The dimensions that are reduced; None is all of a rank that is not known."""
    stated = node.attribute("dim")
    if isinstance(stated, int):
        return (stated,)
    shape = node.type_of(node.tensor(_first(node))).shape
    every = None if shape is None else tuple(range(len(shape)))
    return (node.integers("dim") if stated else None) or every


def _first(node: NativeTorchNode) -> str:
    return next(iter(node.arguments.tensors), "self")


def spread(root: bool, with_mean: bool) -> Rule:
    """var, std and var_mean: the mean, the squares of what is off it, and their mean."""

    def rule(node: NativeTorchNode) -> list[Step]:
        data = node.type_of(node.input(0))
        axes = _axes(node)
        kept = None
        if data.shape is not None and axes is not None:
            gone = {axis % len(data.shape) for axis in axes} if data.shape else set()
            kept = tuple(1 if i in gone else size for i, size in enumerate(data.shape))
        mean, off = node.fresh("mean"), node.fresh("off")
        steps = [
            node.step(
                "reduce",
                node.inputs[:1],
                (mean,),
                {mean: TensorType(data.element_type, kept)},
                function="mean",
                axes=axes,
                keep_dimensions=True,
            ),
            node.step("subtract", (node.input(0), mean), (off,), {off: data}),
        ]
        keep = node.flag("keepdim")
        if with_mean and node.output(1):
            steps.append(node.step("reshape", (mean,), (node.output(1),)))
        total = node.fresh("variance") if root else node.output(0)
        steps.append(
            node.step(
                "reduce",
                (off,),
                (total,),
                node.stated(total) if root else None,
                function="sum_square",
                axes=axes,
                keep_dimensions=keep,
            )
        )
        return [*steps, node.step("sqrt", (total,), node.outputs[:1])] if root else steps

    return rule


def vector_norm(node: NativeTorchNode) -> list[Step]:
    """linalg_vector_norm(self, ord, dim, keepdim), norm."""
    order = node.attribute("ord", "p")
    functions: dict[object, str] = {1: "l1", 2: "l2", None: "l2", "fro": "l2"}
    function = functions.get(order if isinstance(order, int | float | str | None) else "other")
    if function is None:
        return _other_norm(node, order)
    return [
        node.step(
            "reduce",
            node.inputs[:1],
            function=function,
            axes=_axes(node),
            keep_dimensions=node.flag("keepdim"),
        )
    ]


def _other_norm(node: NativeTorchNode, order: object) -> list[Step]:
    """Of other orders: the largest or smallest, how many are not 0, or a root of powers."""
    known = node.type_of(node.input(0))
    if known.shape is None or not isinstance(order, int | float):
        return unknown(node)
    axes, keep = _axes(node), node.flag("keepdim")
    parts = node.fresh("parts")
    number = node.constant(order if abs(order) != float("inf") else 0, known.element_type or "f32")
    if abs(order) == float("inf"):
        function = "max" if order > 0 else "min"
        return [
            node.step("abs", node.inputs[:1], (parts,), {parts: known}),
            node.step("reduce", (parts,), function=function, axes=axes, keep_dimensions=keep),
        ]
    total = node.fresh("total")
    return [
        node.step("power", (node.input(0), number), (parts,), {parts: known}),
        node.step("reduce", (parts,), (total,), node.stated(total), function="sum", axes=axes,
                  keep_dimensions=keep),
        node.step("power", (total, number)),
    ]  # fmt: skip


def along(operation: str) -> Rule:
    """softmax, log_softmax, sort: along one dimension."""

    def rule(node: NativeTorchNode) -> list[Step]:
        return [node.step(operation, node.inputs[:1], axis=node.integer("dim", default=-1))]

    return rule


def cumulative(function: str) -> Rule:
    """cumsum, cumprod."""

    def rule(node: NativeTorchNode) -> list[Step]:
        return [node.step("cumulative", node.inputs[:1], function=function)]

    return rule


def difference(node: NativeTorchNode) -> list[Step]:
    """diff(self, n, dim, prepend, append): each element less the one before it.

    Elements that are true or false are compared instead. More than one time over is unknown.
    """
    parts = tuple(part for part in map(node.tensor, ("prepend", "self", "append")) if part)
    axis, known = node.integer("dim", default=-1), node.type_of(node.tensor("self"))
    if node.integer("n", default=1) != 1:
        return unknown(node)
    whole, earlier, later = parts[0], node.fresh("earlier"), node.fresh("later")
    steps = []
    if len(parts) > 1:
        whole = node.fresh("whole")
        steps = [node.step("concatenate", parts, (whole,), node.element_only(whole), axis=axis)]
    for name, start, end in ((earlier, 0, -1), (later, 1, 2**31 - 1)):
        stated = {name: TensorType(known.element_type, node.result_shape())}
        steps.append(node.step("slice", (whole,), (name,), stated, starts=(start,), ends=(end,),
                               axes=(axis,), steps=(1,)))  # fmt: skip
    if known.element_type == "i1":
        return [*steps, node.step("compare", (later, earlier), direction="ne")]
    return [*steps, node.step("subtract", (later, earlier))]


def top_k(node: NativeTorchNode) -> list[Step]:
    """topk(self, k, dim)."""
    k = node.attribute("k")
    stated = k if isinstance(k, int) else None
    inputs = (node.tensor("self"),) if stated is not None else (node.tensor("self"), "")
    return [node.step("top_k", inputs, k=stated, axis=node.integer("dim", default=-1))]


def layer_norm(operation: str) -> Rule:
    """layer_norm, native_layer_norm, rms_norm: over as many of the last dimensions as named."""

    def rule(node: NativeTorchNode) -> list[Step]:
        count = len(node.integers("normalized_shape") or (0,))
        operands = (node.tensor("input"), node.tensor("weight"), node.tensor("bias"))
        return [
            node.step(operation, operands, axis=-count, epsilon=node.number("eps", default=1e-5))
        ]

    return rule


def batch_norm(node: NativeTorchNode) -> list[Step]:
    """batch_norm, _native_batch_norm_legit...: by what was learnt, or while training.

    Statistics that were not reckoned come out with no elements, and are no results here.
    """
    names = ("input", "weight", "bias", "running_mean", "running_var")
    operands = tuple(node.tensor(name) for name in names)
    if node.flag("training") or not operands[3]:
        return [node.step("batch_norm_training", operands[:3], axis=1)]
    epsilon = node.number("eps", default=1e-5)
    kept = tuple(name for name in node.outputs if node.type_of(name).elements != 0)
    return [node.step("batch_normalization", operands, kept, epsilon=epsilon)]


def group_norm(node: NativeTorchNode) -> list[Step]:
    """group_norm(input, num_groups, weight, bias), native_group_norm(..., group, eps)."""
    groups = node.integer("num_groups", "group", default=1)
    operands = (node.tensor("input"), node.tensor("weight"), node.tensor("bias"))
    return [node.step("group_normalization", operands, groups=groups)]


def instance_norm(node: NativeTorchNode) -> list[Step]:
    """instance_norm(input, weight, bias)."""
    operands = (node.tensor("input"), node.tensor("weight"), node.tensor("bias"))
    return [node.step("instance_normalization", operands)]
