"""Rules for the operations of StableHLO that TFLite carries under its own codes and options."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from cyborg_rr.readers.kit.rules import unknown
from cyborg_rr.readers.kit.steps import Step
from cyborg_rr.readers.tflite.translation.native import NativeTfliteNode, Rule, needing

_DIRECTIONS: Final = ("EQ", "NE", "GE", "GT", "LE", "LT")
"""StablehloComparisonDirection of schema.fbs."""


def _clamp(node: NativeTfliteNode) -> list[Step]:
    """STABLEHLO_CLAMP(low, data, high)."""
    return [node.step("clamp", (node.input(1), node.input(0), node.input(2)))]


def _concatenate(node: NativeTfliteNode) -> list[Step]:
    return [node.step("concatenate", axis=node.integer("dimension", default=0))]


def _broadcast(node: NativeTfliteNode) -> list[Step]:
    shape = node.fitting()
    if shape is None or -1 in shape:
        return unknown(node)
    axes = node.integers("dimensions")
    return [node.step("broadcast_in_dim", node.inputs[:1], shape=shape, broadcast_dimensions=axes)]


def _slice(node: NativeTfliteNode) -> list[Step]:
    starts, ends = node.integers("starts") or (), node.integers("ends")
    steps = node.integers("strides") or (1,) * len(starts)
    axes = tuple(range(len(starts)))
    return [node.step("slice", starts=starts, ends=ends, axes=axes, steps=steps)]


def _convolution(node: NativeTfliteNode) -> list[Step]:
    layouts = [
        _lay_out(node, letters, side)
        for side, letters in (("input", "NC"), ("kernel", "IO"), ("output", "NC"))
    ]
    spatial = len(node.integers("input_spatial") or ())
    ones = (1,) * spatial
    data, kernel, result = layouts
    if data is None or kernel is None or result is None:
        raise node.refuse("its dimensions are not each named once")
    return [
        node.step(
            "convolution",
            node.inputs[:2],
            data_layout=data,
            kernel_layout=kernel,
            result_layout=result,
            strides=node.integers("strides") or ones,
            dilations=node.integers("rhs_dilation") or ones,
            lhs_dilations=node.integers("lhs_dilation") or ones,
            padding=node.integers("padding") or (0,) * (2 * spatial),
            groups=node.integer("groups", default=1) or 1,
            batch_groups=node.integer("batch_groups", default=1) or 1,
            element_type=node.result().element_type,
        )
    ]


def _lay_out(node: NativeTfliteNode, letters: str, side: str) -> str | None:
    """A letter for each dimension, from the places of two and of the spatial ones."""
    spatial = node.integers(f"{side}_spatial") or ()
    places = [node.integer(f"{side}_{letter}", default=0) for letter in letters]
    found = {place: letter for place, letter in zip(places, letters, strict=True)}
    found |= {place: str(axis) for axis, place in enumerate(spatial)}
    rank = len(spatial) + 2
    if set(found) != set(range(rank)) or len(spatial) > 9:
        return None
    return "".join(found[place] for place in range(rank))


def _reduce(node: NativeTfliteNode) -> list[Step]:
    return [
        node.step(
            "reduce",
            function=node.text("function") or None,
            axes=node.integers("dimensions"),
            keep_dimensions=False,
            noop_with_empty_axes=True,
            operands=max(len(node.inputs) // 2, 1),
        )
    ]


def _reduce_window(node: NativeTfliteNode) -> list[Step]:
    shape = node.shape(0)
    if shape is None:
        return unknown(node)
    ones = (1,) * len(shape)
    return [
        node.step(
            "reduce_window",
            function=node.text("function") or None,
            operands=max(len(node.inputs) // 2, 1),
            window_dimensions=node.integers("sizes") or ones,
            window_strides=node.integers("strides") or ones,
            base_dilations=node.integers("base_dilations") or ones,
            window_dilations=node.integers("window_dilations") or ones,
            padding=node.integers("padding") or (0,) * (2 * len(shape)),
        )
    ]


def _scatter(node: NativeTfliteNode) -> list[Step]:
    count = max((len(node.inputs) - 1) // 2, 1)
    reduction = node.text("function") or "none"
    return [node.step("scatter", operands=count, reduction=reduction)]


def _gather(node: NativeTfliteNode) -> list[Step]:
    return [
        node.step(
            "general_gather",
            node.inputs[:2],
            offset_dims=node.integers("offset_dims"),
            collapsed_slice_dims=node.integers("collapsed_slice_dims"),
            index_vector_dim=node.integer("index_vector_dim", default=0),
            slice_sizes=node.integers("slice_sizes"),
        )
    ]


def _compare(node: NativeTfliteNode) -> list[Step]:
    code = node.integer("direction", default=0)
    if not 0 <= code < len(_DIRECTIONS):
        raise node.refuse(f"comparison {code} is not known")
    return [node.step("compare", node.inputs[:2], direction=_DIRECTIONS[code])]


def _dynamic_slice(node: NativeTfliteNode) -> list[Step]:
    return [node.step("dynamic_slice", slice_sizes=node.integers("slice_sizes"))]


def _update(node: NativeTfliteNode) -> list[Step]:
    return [node.step("dynamic_update_slice")]


def _pad(node: NativeTfliteNode) -> list[Step]:
    low = node.integers("low") or ()
    return [
        node.step(
            "pad",
            (node.input(0), "", node.input(1)),
            padding_low=low,
            padding_high=node.integers("high"),
            padding_interior=node.integers("interior") or (0,) * len(low),
        )
    ]


def _iota(node: NativeTfliteNode) -> list[Step]:
    shape = node.fitting()
    if shape is None or -1 in shape:
        return unknown(node)
    axis, element_type = node.integer("dimension", default=0), node.result().element_type
    return [node.step("iota", (), shape=shape, axis=axis, element_type=element_type)]


def _dot(node: NativeTfliteNode) -> list[Step]:
    return [
        node.step(
            "dot_general",
            node.inputs[:2],
            lhs_batching=node.integers("lhs_batching"),
            rhs_batching=node.integers("rhs_batching"),
            lhs_contracting=node.integers("lhs_contracting"),
            rhs_contracting=node.integers("rhs_contracting"),
            element_type=node.result().element_type,
        )
    ]


def _sort(node: NativeTfliteNode) -> list[Step]:
    return [node.step("sort", axis=node.integer("dimension", default=0))]


def _transpose(node: NativeTfliteNode) -> list[Step]:
    return [node.step("transpose", node.inputs[:1], permutation=node.integers("permutation"))]


def _random_bits(node: NativeTfliteNode) -> list[Step]:
    return [node.step("rng_bit_generator", node.inputs[:1])]


def _custom_call(node: NativeTfliteNode) -> list[Step]:
    return [node.step("custom_call", target=node.text("target") or None)]


RULES: Final[Mapping[str, Rule]] = MappingProxyType(
    {
        "STABLEHLO_CLAMP": needing(_clamp, 3),
        "STABLEHLO_CONCATENATE": needing(_concatenate, 1),
        "STABLEHLO_BROADCAST_IN_DIM": needing(_broadcast, 1),
        "STABLEHLO_CONVOLUTION": needing(_convolution, 2),
        "STABLEHLO_SLICE": needing(_slice, 1),
        "STABLEHLO_CUSTOM_CALL": _custom_call,
        "STABLEHLO_REDUCE": needing(_reduce, 2),
        "STABLEHLO_SCATTER": needing(_scatter, 3),
        "STABLEHLO_COMPARE": needing(_compare, 2),
        "STABLEHLO_DYNAMIC_SLICE": needing(_dynamic_slice, 1),
        "STABLEHLO_DYNAMIC_UPDATE_SLICE": needing(_update, 2),
        "STABLEHLO_PAD": needing(_pad, 2),
        "STABLEHLO_IOTA": _iota,
        "STABLEHLO_DOT_GENERAL": needing(_dot, 2),
        "STABLEHLO_REDUCE_WINDOW": needing(_reduce_window, 2),
        "STABLEHLO_SORT": needing(_sort, 1),
        "STABLEHLO_GATHER": needing(_gather, 2),
        "STABLEHLO_TRANSPOSE": needing(_transpose, 1),
        "STABLEHLO_RNG_BIT_GENERATOR": needing(_random_bits, 1),
    }
)
"""Operations of the family that need more than the names of their counterparts."""
