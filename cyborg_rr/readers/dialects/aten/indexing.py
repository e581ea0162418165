"""Rules for operations of aten that pick elements by masks, by indices apart, or by steps."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from types import MappingProxyType

from cyborg_rr.domain.graph.bounds import bound
from cyborg_rr.domain.graph.graph import Shape, TensorType
from cyborg_rr.domain.graph.shapes import find_static
from cyborg_rr.readers.dialects.aten.native import NativeTorchNode, Rule
from cyborg_rr.readers.kit.rules import unknown
from cyborg_rr.readers.kit.steps import Step


def picked(node: NativeTorchNode) -> list[Step]:
    """Elements of a tensor in another shape: as a gather from all of them, one for each result."""
    shape = find_static(node.result_shape())
    elements = node.type_of(node.input(0)).elements
    if shape is None or elements is None:
        return unknown(node)
    flat, places = node.fresh("flat"), node.fresh("places")
    known = TensorType(node.element_type(0), (elements,))
    return [
        node.step("reshape", node.inputs[:1], (flat,), {flat: known}, shape=(elements,)),
        _places(node, places, shape),
        node.step("gather", (flat, places), node.outputs[:1], axis=0),
    ]


def _places(node: NativeTorchNode, name: str, shape: tuple[int, ...]) -> Step:
    """Places of elements, as many as a shape has."""
    known = TensorType("i64", shape)
    sizes = shape or (1,)
    if not shape:
        return node.step("broadcast_in_dim", (node.constant(0, "i64"),), (name,), {name: known},
                         shape=(), broadcast_dimensions=())  # fmt: skip
    return node.step("iota", (), (name,), {name: known}, shape=sizes, axis=0, element_type="i64")


def take(node: NativeTorchNode) -> list[Step]:
    """take(self, index): places among all elements."""
    elements = node.type_of(node.tensor("self")).elements
    if elements is None:
        return unknown(node)
    flat = node.fresh("flat")
    known = TensorType(node.element_type(0), (elements,))
    return [
        node.step("reshape", node.inputs[:1], (flat,), {flat: known}, shape=(elements,)),
        node.step("gather", (flat, node.tensor("index")), axis=0),
    ]


def written_over(node: NativeTorchNode) -> list[Step]:
    """select_scatter, diagonal_scatter, masked_scatter, put: a part of a tensor is written anew."""
    source = node.tensor("src", "source")
    places = node.tensor("mask", "index") or node.constant(0, "i64")
    how = "add" if node.flag("accumulate") else "none"
    operands = (node.tensor("self"), places, source)
    return [node.step("scatter", operands, operands=1, reduction=how)]


def by_mask(node: NativeTorchNode, names: Sequence[str]) -> list[Step]:
    """index(self, indices) with one mask: the elements or slices where it is true.

    Where the mask stands behind other dimensions, these are turned to the end and back.
    """
    (place,) = (at for at, name in enumerate(names) if name)
    mask, data = node.type_of(names[place]), node.type_of(node.tensor("self"))
    if mask.shape is None or data.shape is None:
        return unknown(node)
    depth = len(mask.shape)
    if not depth or place + depth > len(data.shape):
        return unknown(node)
    result = node.result_shape()
    if result is None or len(result) != len(data.shape) - depth + 1:
        return unknown(node)
    found = result[place]
    if not isinstance(found, int) and mask.elements is not None:
        found = bound(mask.elements)
    where = node.fresh("where")
    steps = [node.step("where_indices", (names[place],), (where,))]
    if depth == 1:
        row = node.fresh("row")
        steps.append(node.step("squeeze", (where,), (row,), axes=(1,)))
        steps.append(node.step("gather", (node.tensor("self"), row), axis=place))
        return steps
    rest = [axis for axis in range(len(data.shape)) if not place <= axis < place + depth]
    order = (*range(place, place + depth), *rest)
    value, front = node.tensor("self"), node.fresh("front")
    if place:
        known = TensorType(data.element_type, tuple(data.shape[axis] for axis in order))
        steps.append(node.step("transpose", (value,), (front,), {front: known}, permutation=order))
        value = front
    picked_name = node.fresh("picked") if place else node.output(0)
    steps.append(node.step("gather_nd", (value, where), (picked_name,)))
    if place:
        back = (*range(1, place + 1), 0, *range(place + 1, len(result)))
        steps.append(node.step("transpose", (picked_name,), permutation=back))
    return steps


def masked_select(node: NativeTorchNode) -> list[Step]:
    """masked_select(self, mask): both broadcast, and the elements where the mask is true."""
    data, mask = node.type_of(node.tensor("self")), node.type_of(node.tensor("mask"))
    elements = data.elements
    if data.shape != mask.shape or elements is None:
        return unknown(node)
    flat, flags, where, row = (node.fresh(word) for word in ("flat", "flags", "where", "row"))
    known = {
        flat: TensorType(data.element_type, (elements,)),
        flags: TensorType("i1", (elements,)),
    }
    return [
        node.step("reshape", (node.tensor("self"),), (flat,), known, shape=(elements,)),
        node.step("reshape", (node.tensor("mask"),), (flags,), known, shape=(elements,)),
        node.step("where_indices", (flags,), (where,)),
        node.step("squeeze", (where,), (row,), axes=(1,)),
        node.step("gather", (flat, row), axis=0),
    ]


def places_of(node: NativeTorchNode) -> list[Step]:
    """where(condition): places of what is true, dimension by dimension."""
    where = node.fresh("where")
    steps = [node.step("where_indices", node.inputs[:1], (where,))]
    count = len(node.outputs)
    if count == 1:
        return [*steps, node.step("squeeze", (where,), axes=(1,))]
    parts = tuple(node.fresh(f"column{place}") for place in range(count))
    steps.append(node.step("split", (where,), parts, axis=1, split=(1,) * count))
    for part, output in zip(parts, node.outputs, strict=True):
        steps.append(node.step("squeeze", (part,), (output,), axes=(1,)))
    return steps


def to_front(
    node: NativeTorchNode, places: Sequence[int], common: int, gather: Sequence[Step], front: str
) -> list[Step]:
    """Indices that stand apart, or not in front: their dimensions are turned to the front.

    Of indices that lie side by side the result has their dimensions in their place, of others in
    front. ``gather`` reads ``front`` and yields the result.
    """
    data, result = node.type_of(node.tensor("self")), node.result_shape()
    if data.shape is None or result is None:
        return unknown(node)
    if places[-1] >= len(data.shape):
        raise node.refuse("it has more indices than its tensor has dimensions")
    rest = [axis for axis in range(len(data.shape)) if axis not in places]
    order = (*places, *rest)
    known = TensorType(data.element_type, tuple(data.shape[axis] for axis in order))
    turned = node.step(
        "transpose", (node.tensor("self"),), (front,), {front: known}, permutation=order
    )
    beside = list(places) == list(range(places[0], places[-1] + 1))
    lead = places[0] if beside else 0
    if not lead:
        return [turned, *gather]
    last = gather[-1]
    found = node.fresh("found")
    shape = (*result[lead : lead + common], *result[:lead], *result[lead + common :])
    stated = {found: TensorType(data.element_type, shape)}
    moved = Step(last.operation, last.inputs, (found,), last.attributes, stated)
    back = (*range(common, common + lead), *range(common), *range(common + lead, len(result)))
    return [turned, *gather[:-1], moved, node.step("transpose", (found,), permutation=back)]


def unique(node: NativeTorchNode) -> list[Step]:
    """_unique2, unique_dim, unique_consecutive: values, where each went, and how often it stood."""
    axis = node.axis("dim")
    values, inverse, counts = (node.output(place) for place in range(3))
    shape = node.type_of(inverse).shape
    flat = node.fresh("inverse") if inverse and shape is not None and len(shape) > 1 else inverse
    if shape == (0,):  # not asked for
        flat = inverse = ""
    if node.type_of(counts).shape == (0,):
        counts = ""
    steps = [node.step("unique", node.inputs[:1], (values, "", flat, counts), axis=axis)]
    if inverse and flat != inverse:
        steps.append(node.step("reshape", (flat,), (inverse,), **_sizes(shape)))
    return steps


def _sizes(shape: Shape | None) -> dict[str, tuple[int, ...]]:
    known = find_static(shape)
    return {} if known is None else {"shape": known}


def unpool(node: NativeTorchNode) -> list[Step]:
    """max_unpool(self, indices, output_size): each element back to where it was found."""
    return _into_zeros(node, "none", node.tensor("indices"))


def fold(node: NativeTorchNode) -> list[Step]:
    """col2im(self, output_size...): blocks added where they lie in an image."""
    return _into_zeros(node, "add", node.constant(0, "i64"))


def count_values(node: NativeTorchNode) -> list[Step]:
    """bincount, histc: one more at each place."""
    return _into_zeros(node, "add", node.input(0))


def _into_zeros(node: NativeTorchNode, reduction: str, places: str) -> list[Step]:
    """What is written, or added, to places of a tensor of zeros."""
    shape, known = find_static(node.result_shape()), node.type_of(node.output(0))
    if shape is None:
        return unknown(node)
    zeros = node.fresh("zeros")
    zero = node.constant(0, known.element_type or "f32")
    return [
        node.step("broadcast_in_dim", (zero,), (zeros,), {zeros: known}, shape=shape,
                  broadcast_dimensions=()),
        node.step("scatter", (zeros, places, node.input(0)), node.outputs[:1], operands=1,
                  reduction=reduction),
    ]  # fmt: skip


def search(node: NativeTorchNode) -> list[Step]:
    """searchsorted(sorted_sequence, self), bucketize(self, boundaries)."""
    sequence = node.tensor("sorted_sequence", "boundaries")
    index = node.type_of(node.output(0)).element_type or "i64"
    return [node.step("search_sorted", (sequence, node.operand("self")), index_type=index)]


def move_axes(node: NativeTorchNode) -> list[Step]:
    """movedim(self, source, destination), moveaxis."""
    rank = node.rank("self")
    source, target = (_list_axes(node, name, rank) for name in ("source", "destination"))
    if len(source) != len(target):
        raise node.refuse("it moves a dimension to no place")
    order = [axis for axis in range(rank) if axis not in source]
    for place, axis in sorted(zip(target, source, strict=True)):
        order.insert(place, axis)
    return [node.step("transpose", node.inputs[:1], permutation=tuple(order))]


def _list_axes(node: NativeTorchNode, name: str, rank: int) -> list[int]:
    value = node.attribute(name)
    axes = (value,) if isinstance(value, int) else node.integers(name) or ()
    return [axis % rank if rank else axis for axis in axes]


def embedding_bag(node: NativeTorchNode) -> list[Step]:
    """embedding_bag(weight, indices, offsets): rows that are looked up and added, bag by bag.

    Each index is in one bag, so as many rows are added as there are indices.
    """
    weight, indices = node.type_of(node.tensor("weight")), node.type_of(node.tensor("indices"))
    result = node.type_of(node.output(0))
    sizes = find_static(result.shape)
    if weight.shape is None or indices.shape is None or sizes is None:
        return unknown(node)
    rows, zeros = node.fresh("rows"), node.fresh("zeros")
    known = {
        rows: TensorType(weight.element_type, (*indices.shape, *weight.shape[1:])),
        zeros: result,
    }
    zero = node.constant(0, result.element_type or "f32")
    places = node.tensor("offsets") or node.tensor("indices")
    return [
        node.step("gather", (node.tensor("weight"), node.tensor("indices")), (rows,), known,
                  axis=0),
        node.step("broadcast_in_dim", (zero,), (zeros,), known, shape=sizes,
                  broadcast_dimensions=()),
        node.step("scatter", (zeros, places, rows), node.outputs[:1], operands=1,
                  reduction="add"),
    ]  # fmt: skip


def _turned_channels(node: NativeTorchNode) -> list[Step]:
    """pixel_unshuffle(self, downscale_factor)."""
    factor = node.integer("downscale_factor", default=1)
    return [node.step("space_to_depth", node.inputs[:1], blocksize=factor)]


def grid(node: NativeTorchNode) -> list[Step]:
    """grid_sampler(input, grid, interpolation_mode): 0 linear, 1 nearest, 2 cubic."""
    modes = {0: "linear", 1: "nearest", 2: "cubic"}
    mode = modes.get(node.integer("interpolation_mode", default=0), "linear")
    return [node.step("grid_sample", (node.tensor("input"), node.tensor("grid")), mode=mode)]


def affine_grid(node: NativeTorchNode) -> list[Step]:
    """affine_grid_generator(theta, size): each place, with a 1 behind, times a matrix."""
    result = node.type_of(node.output(0))
    sizes = find_static(result.shape)
    if sizes is None or len(sizes) < 3:
        return unknown(node)
    count, dimensions = math.prod(sizes[1:-1]), sizes[-1]
    places, flat = node.fresh("places"), node.fresh("flat")
    element = result.element_type or "f32"
    known = {
        places: TensorType(element, (count, dimensions + 1)),
        flat: TensorType(element, (sizes[0], count, dimensions)),
    }
    return [
        node.step("iota", (), (places,), known, shape=(count, dimensions + 1), axis=0,
                  element_type=element),
        node.step("matmul", (places, node.tensor("theta")), (flat,), known, trans_b=True),
        node.step("reshape", (flat,), node.outputs[:1], shape=sizes),
    ]  # fmt: skip


INDEXING: Mapping[str, Rule] = MappingProxyType(
    {
        **dict.fromkeys(
            ("as_strided", "as_strided_copy", "unfold", "unfold_copy", "im2col", "diagonal",
             "diagonal_copy", "rot90", "channel_shuffle", "native_channel_shuffle",
             "repeat_interleave"), picked),
        **dict.fromkeys(("select_scatter", "diagonal_scatter", "masked_scatter", "put",
                         "as_strided_scatter", "index_reduce"), written_over),
        **dict.fromkeys(("movedim", "moveaxis"), move_axes),
        **dict.fromkeys(("_unique2", "unique_dim", "unique_consecutive", "_unique"), unique),
        **dict.fromkeys(("bincount", "histc"), count_values),
        **dict.fromkeys(("searchsorted", "bucketize"), search),
        **dict.fromkeys(("max_unpool2d", "max_unpool3d"), unpool),
        **dict.fromkeys(("embedding_bag", "_embedding_bag", "_embedding_bag_forward_only"),
                        embedding_bag),
        **dict.fromkeys(("grid_sampler", "grid_sampler_2d", "grid_sampler_3d"), grid),
        "take": take, "masked_select": masked_select, "col2im": fold,
        "pixel_unshuffle": _turned_channels, "affine_grid_generator": affine_grid,
    }
)  # fmt: skip
"""Operations of aten that pick and put."""
