"""Operations of tensor, and those of other dialects that move tensors, as canonical ones."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from cyborg_rr.domain.graph.graph import TensorType
from cyborg_rr.domain.graph.shapes import find_static
from cyborg_rr.readers.kit.steps import Step
from cyborg_rr.readers.mlir.translation.native import (
    NativeMlirNode,
    Rule,
    first,
    reshape,
    to_result_type,
    unknown,
)

_OPEN_OFFSET: Final = -(2**63)
"""How generic forms write a number that an operand gives: ``ShapedType::kDynamic``."""


def _numbers(node: NativeMlirNode, generic: str, place: int) -> tuple[int, ...] | None:
    """Numbers of a bare list, or an attribute; None where an operand gives one of them."""
    lists = node.written.lists
    stated = node.integers(generic)
    if stated is None and place < len(lists):
        stated = node.flatten(lists[place], generic)
    rank = len(stated or ())
    wanted = max(node.rank(0) or 0, len(node.result.shape or ()))
    return None if stated is None or _OPEN_OFFSET in stated or rank != wanted else stated


def _extract_slice(node: NativeMlirNode) -> list[Step]:
    """Offsets, sizes and strides; dimensions of one element may go."""
    starts, sizes, steps = (
        _numbers(node, name, place)
        for place, name in enumerate(("static_offsets", "static_sizes", "static_strides"))
    )
    result = find_static(node.result.shape)
    if starts is None or sizes is None or steps is None or result is None:
        return _moved(node)
    ends = tuple(s + (n - 1) * d + 1 for s, n, d in zip(starts, sizes, steps, strict=True))
    cut = node.outputs if sizes == result else (node.fresh("slice"),)
    steps_made = [
        node.step("slice", node.inputs[:1], cut, node.between("slice", sizes), starts=starts,
                  ends=ends, axes=tuple(range(len(starts))), steps=steps)
    ]  # fmt: skip
    if cut != node.outputs:
        steps_made.append(node.step("reshape", cut, shape=result, allow_zero=True))
    return steps_made


def _moved(node: NativeMlirNode) -> list[Step]:
    """A slice at places that are computed: of the stated sizes."""
    sizes, data = find_static(node.result.shape), node.shape(0)
    if sizes is None or data is None or len(sizes) != len(data):
        return unknown(node)
    starts = node.constant((0,) * len(sizes), TensorType("i64", (len(sizes),)))
    return [node.step("dynamic_slice", (node.input(0), starts), slice_sizes=sizes)]


def _insert_slice(node: NativeMlirNode) -> list[Step]:
    """What the second tensor is with the first written into it; where does not matter."""
    rank = node.rank(1)
    if rank is None or node.rank(0) != rank:
        return unknown(node)
    starts = node.constant((0,) * rank, TensorType("i64", (rank,)))
    return [node.step("dynamic_update_slice", (node.input(1), node.input(0), starts))]


def _pad(node: NativeMlirNode) -> list[Step]:
    """pad low[..] high[..]: the value is what the region yields."""
    low, high = (
        _numbers(node, name, place) for place, name in enumerate(("static_low", "static_high"))
    )
    if low is None or high is None:
        return unknown(node)
    value = ""
    for block in node.written.regions[0] if node.written.regions else ():
        for operation in block.operations:
            if operation.name.endswith(".yield") and operation.operands:
                value = node.resolve(operation.operands[0])
    return [node.step("pad", (node.input(0), "", value), padding_low=low, padding_high=high)]


def _splat(node: NativeMlirNode) -> list[Step]:
    """One number in every place."""
    sizes = find_static(node.result.shape)
    if sizes is None:
        return unknown(node)
    return [node.step("broadcast_in_dim", node.inputs[:1], shape=sizes, broadcast_dimensions=())]


def _from_elements(node: NativeMlirNode) -> list[Step]:
    """Single numbers one after another."""
    sizes = find_static(node.result.shape)
    if sizes is None:
        return unknown(node)
    if len(node.inputs) == 1:
        return [node.step("reshape", shape=sizes, allow_zero=True)]
    parts = tuple(node.fresh(f"part{place}") for place in range(len(node.inputs)))
    steps = [
        node.step("reshape", (name,), (part,), shape=(1,))
        for name, part in zip(node.inputs, parts, strict=True)
    ]
    if len(sizes) == 1:
        return [*steps, node.step("concatenate", parts, axis=0)]
    joined = node.fresh("joined")
    return [
        *steps,
        node.step("concatenate", parts, (joined,), axis=0),
        node.step("reshape", (joined,), shape=sizes, allow_zero=True),
    ]


def _extract(node: NativeMlirNode) -> list[Step]:
    """One element, at places that are computed."""
    rank = node.rank(0)
    if rank is None:
        return unknown(node)
    cut = node.fresh("element")
    starts = node.constant((0,) * rank, TensorType("i64", (rank,)))
    sizes = (1,) * rank
    return [
        node.step("dynamic_slice", (node.input(0), starts), (cut,),
                  node.between("element", sizes), slice_sizes=sizes),
        node.step("reshape", (cut,), shape=()),
    ]  # fmt: skip


def _dim(node: NativeMlirNode) -> list[Step]:
    """The size of one dimension as a number."""
    axis = node.whole(1)
    if axis is None or len(axis) != 1:
        return unknown(node)
    told = node.fresh("size")
    return [
        node.step("shape_of", node.inputs[:1], (told,), start=axis[0], end=axis[0] + 1),
        node.step("reshape", (told,), shape=()),
    ]


def _concatenate(node: NativeMlirNode) -> list[Step]:
    numbers = [n for n in node.written.numbers if isinstance(n, int)]
    axis = node.integer("dim", default=numbers[0] if numbers else 0)
    return [node.step("concatenate", axis=axis)]


TENSORS: Final[Mapping[str, Rule]] = {
    "bitcast": to_result_type("bitcast_convert"),
    "cast": first("identity"),
    "collapse_shape": reshape,
    "concat": _concatenate,
    "dim": _dim,
    "expand_shape": reshape,
    "extract": _extract,
    "extract_slice": _extract_slice,
    "from_elements": _from_elements,
    "insert_slice": _insert_slice,
    "pad": _pad,
    "reshape": reshape,
    "splat": _splat,
}
"""Operations of tensor by their names without the dialect's."""

OTHERS: Final[Mapping[str, Rule]] = {
    "flow.tensor.reshape": reshape,
    "hal.tensor.barrier": first("identity"),
    "hal.tensor.export": first("identity"),
    "hal.tensor.import": first("identity"),
    "torch_c.from_builtin_tensor": first("identity"),
    "torch_c.to_builtin_tensor": first("identity"),
    "util.optimization_barrier": first("optimization_barrier"),
}
"""Operations of compilers that stand around those of a model, by their whole names."""
