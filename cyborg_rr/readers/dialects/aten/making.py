"""Rules for operations of aten that make tensors, put several together, or count and order."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from cyborg_rr.domain.graph.graph import TensorType
from cyborg_rr.domain.graph.shapes import find_static
from cyborg_rr.readers.dialects.aten import reductions, shaping
from cyborg_rr.readers.dialects.aten.native import NativeTorchNode, Rule
from cyborg_rr.readers.kit.rules import unknown
from cyborg_rr.readers.kit.steps import Step


def random(node: NativeTorchNode) -> list[Step]:
    """rand, randn, randint, randperm, normal, multinomial: numbers in the shape of the result."""
    known = node.type_of(node.output(0))
    shape = find_static(known.shape)
    if shape is None or known.element_type is None:
        return unknown(node)
    return [node.step("random", (), node.outputs[:1], shape=shape, element_type=known.element_type)]


def ramp(node: NativeTorchNode) -> list[Step]:
    """linspace, logspace, eye, windows, tril_indices: as good as numbers that go up."""
    known = node.type_of(node.output(0))
    shape = find_static(known.shape)
    if not shape or known.element_type is None:
        return unknown(node)
    return [node.step("iota", (), shape=shape, axis=0, element_type=known.element_type)]


def joined(axis: int, least_rank: int) -> Rule:
    """hstack, vstack, dstack, column_stack of tensors that have the dimension."""

    def rule(node: NativeTorchNode) -> list[Step]:
        parts = node.tensors("tensors")
        ranks = {len(node.type_of(name).shape or ()) for name in parts}
        if len(ranks) != 1 or min(ranks) < least_rank:
            return _stacked(node, axis) if ranks == {1} else unknown(node)
        return [node.step("concatenate", parts, axis=axis)]

    return rule


def _stacked(node: NativeTorchNode, axis: int) -> list[Step]:
    """Vectors side by side, or one below the other."""
    parts, result = node.tensors("tensors"), node.result_shape()
    if result is not None and len(result) == 1:
        return [node.step("concatenate", parts, axis=0)]
    if result is None or len(result) != 2:
        return unknown(node)
    wide = tuple(node.fresh(f"part{place}") for place in range(len(parts)))
    steps = [
        node.step("unsqueeze", (part,), (name,), axes=(axis,))
        for part, name in zip(parts, wide, strict=True)
    ]
    return [*steps, node.step("concatenate", wide, axis=axis)]


def complex_of(node: NativeTorchNode) -> list[Step]:
    """complex(real, imag)."""
    return [node.step("complex", node.inputs[:2])]


def polar(node: NativeTorchNode) -> list[Step]:
    """polar(abs, angle)."""
    known = node.type_of(node.input(0))
    names = cosine, sine, real, imaginary = tuple(
        node.fresh(word) for word in ("cosine", "sine", "real", "imaginary")
    )
    stated = dict.fromkeys(names, known)
    return [
        node.step("cosine", node.inputs[1:2], (cosine,), stated),
        node.step("sine", node.inputs[1:2], (sine,), stated),
        node.step("multiply", (node.input(0), cosine), (real,), stated),
        node.step("multiply", (node.input(0), sine), (imaginary,), stated),
        node.step("complex", (real, imaginary)),
    ]


def angle(node: NativeTorchNode) -> list[Step]:
    """angle(self) of complex numbers."""
    known = node.type_of(node.output(0))
    real, imaginary = node.fresh("real"), node.fresh("imaginary")
    if not (node.element_type(0) or "").startswith("c"):
        return unknown(node)
    return [
        node.step("real", node.inputs[:1], (real,), {real: known}),
        node.step("imag", node.inputs[:1], (imaginary,), {imaginary: known}),
        node.step("atan2", (imaginary, real)),
    ]


def seen_as(node: NativeTorchNode) -> list[Step]:
    """view_as_complex, view_as_real: the same memory, pairs of numbers as one and back."""
    known = node.type_of(node.output(0)).element_type
    return [node.step("bitcast_convert", node.inputs[:1], element_type=known)]


def counted(node: NativeTorchNode) -> list[Step]:
    """count_nonzero(self, dim)."""
    flags, ones = node.fresh("flags"), node.fresh("ones")
    shape = node.shape(0)
    if shape is None:
        return unknown(node)
    stated = node.attribute("dim")
    axes = (stated,) if isinstance(stated, int) else node.integers("dim")
    zero = node.constant(0, node.element_type(0) or "f32")
    known = {flags: TensorType("i1", shape), ones: TensorType("i64", shape)}
    return [
        node.step("compare", (node.input(0), zero), (flags,), known, direction="NE"),
        node.step("convert", (flags,), (ones,), known, element_type="i64"),
        node.step("reduce", (ones,), function="sum", axes=axes or tuple(range(len(shape)))),
    ]


def both_ends(node: NativeTorchNode) -> list[Step]:
    """aminmax(self, dim)."""
    axis = node.axis("dim")
    axes = tuple(range(node.rank("self"))) if axis is None else (axis,)
    keep = node.flag("keepdim")
    return [
        node.step("reduce", node.inputs[:1], (name,), function=function, axes=axes,
                  keep_dimensions=keep)
        for name, function in zip(node.outputs, ("min", "max"), strict=False)
        if name
    ]  # fmt: skip


def ordered(node: NativeTorchNode) -> list[Step]:
    """kthvalue, median, mode, quantile: all in order, and what stands at some places."""
    data = node.type_of(node.input(0))
    shape, sizes = node.result_shape(), find_static(data.shape)
    if sizes is None or shape is None or not sizes:
        return unknown(node)
    axis = node.integer("dim", default=-1)
    places = node.fresh("places")
    values = node.fresh("ordered")
    known = {values: data, places: TensorType("i64", data.shape)}
    steps = [node.step("sort", node.inputs[:1], (values, places), known, axis=axis)]
    for name, source in zip(node.outputs, (values, places), strict=False):
        chosen = find_static(node.type_of(name).shape)
        if not name:
            continue
        if chosen is None:
            return unknown(node)
        steps += _some_of(node, source, name, chosen)
    return steps


def _some_of(node: NativeTorchNode, source: str, name: str, shape: tuple[int, ...]) -> list[Step]:
    """As many elements as a shape has."""
    elements = node.type_of(node.input(0)).elements or 0
    element = node.type_of(name).element_type
    flat, indices = f"{name}/flat", f"{name}/indices"
    known = {flat: TensorType(element, (elements,)), indices: TensorType("i64", shape)}
    if not shape:
        where = node.step("broadcast_in_dim", (node.constant(0, "i64"),), (indices,), known,
                          shape=(), broadcast_dimensions=())  # fmt: skip
    else:
        where = node.step("iota", (), (indices,), known, shape=shape, axis=0, element_type="i64")
    return [
        node.step("reshape", (source,), (flat,), known, shape=(elements,)),
        where,
        node.step("gather", (flat, indices), (name,), axis=0),
    ]


def running(node: NativeTorchNode) -> list[Step]:
    """cummax, cummin, logcumsumexp(self, dim): of the first two also where it stood."""
    name = node.operation.partition(".")[0]
    function = {"cummax": "max", "cummin": "min"}.get(name, "log_sum_exp")
    steps = [node.step("cumulative", node.inputs[:1], node.outputs[:1], function=function)]
    if node.output(1):
        known = node.type_of(node.input(0))
        places = node.fresh("places")
        steps.append(
            node.step("iota", (), (places,), {places: node.type_of(node.output(1))},
                      **_shape(known), axis=0, element_type="i64")
        )  # fmt: skip
        steps.append(node.step("cumulative", (places,), node.outputs[1:2], function=function))
    return steps


def _shape(known: TensorType) -> dict[str, tuple[int, ...]]:
    sizes = find_static(known.shape)
    return {} if sizes is None else {"shape": sizes}


def cell(operation: str) -> Rule:
    """lstm_cell, gru_cell(input, hx, w_ih, w_hh, b_ih, b_hh): one step of a sequence."""

    def rule(node: NativeTorchNode) -> list[Step]:
        shapes = [node.type_of(node.tensor(name)).shape for name in ("input", "w_ih", "w_hh")]
        result = node.type_of(node.output(0))
        if any(shape is None or len(shape) != 2 for shape in shapes) or result.shape is None:
            return unknown(node)
        hidden = (shapes[2] or ())[1]
        if not isinstance(hidden, int) or len(result.shape) != 2:
            return unknown(node)
        wide = tuple(node.fresh(word) for word in ("step", "weight", "recurrent"))
        steps = [
            node.step("unsqueeze", (node.tensor(name),), (to,), axes=(0,))
            for name, to in zip(("input", "w_ih", "w_hh"), wide, strict=True)
        ]
        states = tuple(f"{name}/state" for name in node.outputs if name)
        known = dict.fromkeys(states, TensorType(result.element_type, (1, *result.shape)))
        outputs = (node.fresh("all"), *states)
        steps.append(
            node.step(operation, wide, outputs, known, hidden_size=hidden, direction="forward")
        )
        for state, name in zip(states, filter(None, node.outputs), strict=True):
            steps.append(node.step("squeeze", (state,), (name,), axes=(0,)))
        return steps

    return rule


def filled(node: NativeTorchNode) -> list[Step]:
    """zero, fill: one number repeated."""
    return shaping.fill(0)(node)


def lone(node: NativeTorchNode) -> list[Step]:
    """item, _local_scalar_dense: the one element as a number."""
    return [node.step("reshape", node.inputs[:1], shape=(), allow_zero=True)]


_RANDOM = (
    "rand", "randn", "randint", "randint_like", "randperm", "normal", "normal_functional",
    "uniform", "exponential", "geometric", "cauchy", "log_normal", "multinomial", "poisson",
    "binomial",
)  # fmt: skip
_RAMPS = (
    "linspace", "logspace", "eye", "tril_indices", "triu_indices", "hann_window",
    "hamming_window", "blackman_window", "bartlett_window", "kaiser_window",
)  # fmt: skip

MAKING: Mapping[str, Rule] = MappingProxyType(
    {
        **dict.fromkeys(_RANDOM, random),
        **dict.fromkeys(_RAMPS, ramp),
        **dict.fromkeys(("view_as_complex", "view_as_real"), seen_as),
        **dict.fromkeys(("kthvalue", "median", "nanmedian", "mode", "quantile", "nanquantile"),
                        ordered),
        **dict.fromkeys(("cummax", "cummin", "logcumsumexp"), running),
        **dict.fromkeys(("unsafe_chunk", "unsafe_split", "unsafe_split_with_sizes"),
                        shaping.split),
        **dict.fromkeys(("atleast_1d", "atleast_2d", "atleast_3d"), shaping.reshape),
        **dict.fromkeys(("zero", "zeros_functional"), filled),
        **dict.fromkeys(("item", "_local_scalar_dense"), lone),
        "flipud": shaping.first("copy"), "fliplr": shaping.first("copy"),
        "hstack": joined(1, 2), "vstack": joined(0, 2), "dstack": joined(2, 3),
        "column_stack": joined(1, 2), "row_stack": joined(0, 2), "complex": complex_of,
        "polar": polar, "angle": angle, "count_nonzero": counted, "aminmax": both_ends,
        "std_mean": reductions.spread(root=True, with_mean=True),
        "nanmean": reductions.reduce("mean"), "lstm_cell": cell("lstm"), "gru_cell": cell("gru"),
        "take_along_dim": shaping.take("gather_elements"),
    }
)  # fmt: skip
"""Operations of aten that make, join and order."""
