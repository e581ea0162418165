"""Rules for operations of aten that move elements, or make and take shapes."""

from __future__ import annotations

from cyborg_rr.domain.graph.graph import AttributeValue, Dimension, Scalar, Shape, TensorType
from cyborg_rr.readers.dialects.aten.arguments import Symbol
from cyborg_rr.readers.dialects.aten.indexing import by_mask, to_front
from cyborg_rr.readers.dialects.aten.native import NativeTorchNode, Rule
from cyborg_rr.readers.kit.rules import unknown
from cyborg_rr.readers.kit.steps import Step

_LAST = 2**63 - 1
"""What a slice ends at where nothing else is said."""


def reshape(node: NativeTorchNode) -> list[Step]:
    """view, reshape, flatten, squeeze...: the type of the result says all."""
    return [node.step("reshape", node.inputs[:1], **node.static_result(), allow_zero=True)]


def unsqueeze(node: NativeTorchNode) -> list[Step]:
    """unsqueeze(self, dim)."""
    return [node.step("unsqueeze", node.inputs[:1], axes=(node.integer("dim", default=0),))]


def expand(node: NativeTorchNode) -> list[Step]:
    """expand(self, size): the last dimensions of the result are those of the operand."""
    return [_broadcast(node, node.input(0), node.output(0), node.type_of(node.output(0)))]


def copy(node: NativeTorchNode) -> list[Step]:
    """copy(self, src): the second one, in the shape of the first."""
    source, known = node.tensor("src"), node.type_of(node.output(0))
    if node.type_of(source).shape == known.shape:
        return [node.step("copy", (source,))]
    return [_broadcast(node, source, node.output(0), known)]


def outer(node: NativeTorchNode) -> list[Step]:
    """outer(self, vec2): each element of one with each of the other."""
    column, shape = node.fresh("column"), node.type_of(node.input(0)).shape
    stated = {column: TensorType(node.element_type(0), (*(shape or ()), 1))}
    return [
        node.step("unsqueeze", node.inputs[:1], (column,), stated, axes=(-1,)),
        node.step("multiply", (column, node.tensor("vec2"))),
    ]


def narrow(node: NativeTorchNode) -> list[Step]:
    """narrow(self, dim, start, length)."""
    start, length = node.attribute("start"), node.attribute("length")
    axis = node.integer("dim", default=0)
    if not isinstance(start, int) or not isinstance(length, int) or start < 0:
        return [node.step("slice", node.inputs[:1], axes=(axis,))]
    return [
        node.step(
            "slice", node.inputs[:1], starts=(start,), ends=(start + length,), axes=(axis,),
            steps=(1,),
        )
    ]  # fmt: skip


def pixel_shuffle(node: NativeTorchNode) -> list[Step]:
    """pixel_shuffle(self, upscale_factor)."""
    factor = node.integer("upscale_factor", default=1)
    return [node.step("depth_to_space", node.inputs[:1], blocksize=factor)]


def one_hot(node: NativeTorchNode) -> list[Step]:
    """one_hot(self, num_classes)."""
    depth = node.operand("num_classes", "i64")
    if not depth or node.attribute("num_classes") == -1:
        return unknown(node)
    return [node.step("one_hot", (node.input(0), depth, node.constant(1, "i64")), axis=-1)]


def permute(node: NativeTorchNode) -> list[Step]:
    """permute(self, dims)."""
    rank = node.rank("self")
    order = node.integers("dims") or ()
    return [_transpose(node, tuple(axis % rank if rank else axis for axis in order))]


def transpose(node: NativeTorchNode) -> list[Step]:
    """transpose(self, dim0, dim1), swapaxes; t and its like turn the last two."""
    rank = node.rank("self")
    order = list(range(rank))
    if rank >= 2:
        first = node.integer("dim0", "axis0", default=-2)
        second = node.integer("dim1", "axis1", default=-1)
        if not (-rank <= first < rank and -rank <= second < rank):
            raise node.refuse(f"dimensions {first} and {second} are outside rank {rank}")
        order[first], order[second] = order[second], order[first]
    return [_transpose(node, tuple(order))]


def _transpose(node: NativeTorchNode, order: tuple[int, ...]) -> Step:
    return node.step("transpose", node.inputs[:1], permutation=order)


def concatenate(node: NativeTorchNode) -> list[Step]:
    """cat(tensors, dim)."""
    return [node.step("concatenate", node.tensors("tensors"), axis=node.integer("dim", default=0))]


def stack(node: NativeTorchNode) -> list[Step]:
    """stack(tensors, dim): each with a dimension more, one behind the other."""
    shape, axis = node.result_shape(), node.integer("dim", default=0)
    parts = node.tensors("tensors")
    if shape is None or not -len(shape) <= axis < len(shape):
        return unknown(node)
    whole: list[Dimension] = list(shape)
    whole[axis] = 1
    known = TensorType(node.type_of(node.output(0)).element_type, tuple(whole))
    names = tuple(node.fresh(f"part{place}") for place in range(len(parts)))
    steps = [
        node.step("unsqueeze", (part,), (name,), {name: known}, axes=(axis,))
        for part, name in zip(parts, names, strict=True)
    ]
    return [*steps, node.step("concatenate", names, axis=axis)]


def split(node: NativeTorchNode) -> list[Step]:
    """split, split_with_sizes, chunk, tensor_split: the results say how large they are."""
    axis = node.integer("dim", default=0)
    sizes: list[int] = []
    for name in node.outputs:
        shape = node.type_of(name).shape
        if shape is None or not -len(shape) <= axis < len(shape):
            return unknown(node)
        size = shape[axis]
        if isinstance(size, int):
            sizes.append(size)
    known = tuple(sizes) if len(sizes) == len(node.outputs) else None
    count = len(node.outputs) if known is None else None
    return [node.step("split", node.inputs[:1], axis=axis, split=known, num_outputs=count)]


def unbind(node: NativeTorchNode) -> list[Step]:
    """unbind(self, dim): parts of size 1, each with its dimension taken off."""
    axis, rank = node.integer("dim", default=0), node.rank("self")
    if not -rank <= axis < rank:
        raise node.refuse(f"dimension {axis} is outside rank {rank}")
    axis %= rank
    names = tuple(node.fresh(f"part{place}") for place in range(len(node.outputs)))
    stated = {}
    for name, output in zip(names, node.outputs, strict=True):
        known = node.type_of(output)
        shape = known.shape
        whole = None if shape is None else (*shape[:axis], 1, *shape[axis:])
        stated[name] = TensorType(known.element_type, whole)
    steps = [node.step("split", node.inputs[:1], names, stated, axis=axis, split=(1,) * len(names))]
    for name, output in zip(names, node.outputs, strict=True):
        steps.append(node.step("squeeze", (name,), (output,), axes=(axis,)))
    return steps


def slice_(node: NativeTorchNode) -> list[Step]:
    """slice(self, dim, start, end, step)."""
    axis = node.integer("dim", default=0)
    start, end = node.attribute("start"), node.attribute("end")
    if isinstance(start, Symbol) or isinstance(end, Symbol):
        return [node.step("slice", node.inputs[:1], axes=(axis,))]
    return [
        node.step(
            "slice",
            node.inputs[:1],
            starts=(node.integer("start", default=0),),
            ends=(node.integer("end", default=_LAST),),
            axes=(axis,),
            steps=(node.integer("step", default=1),),
        )
    ]


def select(node: NativeTorchNode) -> list[Step]:
    """select(self, dim, index): one place of a dimension, which falls away."""
    index = node.operand("index", "i64")
    return [node.step("gather", (node.tensor("self"), index), axis=node.integer("dim", default=0))]


def index(node: NativeTorchNode) -> list[Step]:
    """index(self, indices): tensors of indices, or one mask, along any dimensions."""
    names = node.tensors("indices")
    places = [place for place, name in enumerate(names) if name]
    masks = [place for place in places if node.type_of(names[place]).element_type in ("i1", "u8")]
    if not places or (masks and len(places) > 1):
        return unknown(node)
    if masks:
        return by_mask(node, names)
    if len(places) == 1:
        return [node.step("gather", (node.tensor("self"), names[places[0]]), axis=places[0])]
    front = list(range(len(places)))
    if places == front:
        return _gather_by_several(node, names[: len(places)], node.tensor("self"), ())
    common = [len(node.type_of(names[place]).shape or ()) for place in places]
    turned = node.fresh("front")
    chosen = tuple(names[place] for place in places)
    gather = _gather_by_several(node, chosen, turned, _result_of(node, places, max(common)))
    if gather[-1].operation == "unknown":
        return gather
    return to_front(node, places, max(common), gather, turned)


def _result_of(node: NativeTorchNode, places: list[int], common: int) -> Shape:
    """The sizes of the indices in the result, wherever they stand there."""
    result = node.result_shape() or ()
    beside = places == list(range(places[0], places[-1] + 1))
    lead = places[0] if beside else 0
    return result[lead : lead + common]


def _gather_by_several(
    node: NativeTorchNode, names: tuple[str, ...], data: str, common: Shape
) -> list[Step]:
    """The indices broadcast, put side by side, and looked up together."""
    result, rank = node.result_shape(), node.rank("self")
    if result is None or len(names) > rank or len(result) < rank - len(names):
        return unknown(node)
    common = common or result[: len(result) - (rank - len(names))]
    steps, parts = [], []
    for place, name in enumerate(names):
        known = node.type_of(name)
        wide, part = node.fresh(f"wide{place}"), node.fresh(f"index{place}")
        if known.shape != common:
            whole = TensorType(known.element_type, common)
            steps.append(_broadcast(node, name, wide, whole))
            name = wide
        stated = {part: TensorType(known.element_type, (*common, 1))}
        steps.append(node.step("unsqueeze", (name,), (part,), stated, axes=(-1,)))
        parts.append(part)
    joined = node.fresh("indices")
    element_type = node.type_of(names[0]).element_type
    stated = {joined: TensorType(element_type, (*common, len(names)))}
    steps.append(node.step("concatenate", tuple(parts), (joined,), stated, axis=-1))
    return [*steps, node.step("gather_nd", (data, joined), node.outputs[:1])]


def _broadcast(node: NativeTorchNode, name: str, output: str, known: TensorType) -> Step:
    """A value repeated along dimensions in front and those of size 1."""
    shape = known.shape or ()
    sizes = tuple(size for size in shape if isinstance(size, int))
    stated: dict[str, AttributeValue] = {"shape": sizes} if len(sizes) == len(shape) else {}
    lead = max(len(shape) - len(node.type_of(name).shape or ()), 0)
    axes = tuple(range(lead, len(shape)))
    return node.step(
        "broadcast_in_dim", (name,), (output,), {output: known}, **stated, broadcast_dimensions=axes
    )


def write_index(node: NativeTorchNode) -> list[Step]:
    """index_put(self, indices, values): the result has the shape of what is written into."""
    first = next(filter(None, node.tensors("indices")), "")
    how = "add" if node.flag("accumulate") else "none"
    operands = (node.tensor("self"), first, node.tensor("values"))
    return [node.step("scatter_nd", operands, reduction=how)]


def write_rows(reduction: str) -> Rule:
    """index_add, index_copy, index_fill(self, dim, index, source or value)."""

    def rule(node: NativeTorchNode) -> list[Step]:
        source = node.tensor("source") or node.operand("value")
        operands = (node.tensor("self"), node.tensor("index"), source)
        return [node.step("scatter", operands, operands=1, reduction=reduction)]

    return rule


def embedding(node: NativeTorchNode) -> list[Step]:
    """embedding(weight, indices)."""
    return [node.step("gather", (node.tensor("weight"), node.tensor("indices")), axis=0)]


def take(operation: str) -> Rule:
    """index_select(self, dim, index), gather(self, dim, index)."""

    def rule(node: NativeTorchNode) -> list[Step]:
        operands = (node.tensor("self"), node.tensor("index", "indices"))
        return [node.step(operation, operands, axis=node.integer("dim", default=0))]

    return rule


def scatter(reduction: str) -> Rule:
    """scatter(self, dim, index, src or value), scatter_add."""

    def rule(node: NativeTorchNode) -> list[Step]:
        source = node.tensor("src") or node.operand("value")
        said = node.text("reduce", default=reduction)
        return [
            node.step(
                "scatter_elements",
                (node.tensor("self"), node.tensor("index"), source),
                axis=node.integer("dim", default=0),
                reduction=_REDUCTIONS.get(said, said),
            )
        ]

    return rule


_REDUCTIONS = {"sum": "add", "multiply": "mul", "prod": "mul", "amax": "max", "amin": "min"}


def update(node: NativeTorchNode) -> list[Step]:
    """slice_scatter(self, src): a block is written over."""
    return [node.step("dynamic_update_slice", (node.tensor("self"), node.tensor("src")))]


def arange(node: NativeTorchNode) -> list[Step]:
    """arange(start, end, step)."""
    element_type = node.type_of(node.output(0)).element_type or "i64"
    start = node.operand("start", element_type) or node.constant(0, element_type)
    step = node.operand("step", element_type) or node.constant(1, element_type)
    return [node.step("range", (start, node.operand("end", element_type), step))]


def fill(value: Scalar | None) -> Rule:
    """full, zeros, ones, scalar_tensor, empty and what is like another: one number repeated."""

    def rule(node: NativeTorchNode) -> list[Step]:
        shape, known = node.result_shape(), node.type_of(node.output(0))
        element_type = known.element_type or "f32"
        names = ("fill_value", "value", "s")
        found = next((name for name in names if name in node.arguments.order), "")
        said = node.operand(found, element_type)
        number = said or node.constant(0 if value is None else value, element_type)
        sizes = tuple(size for size in shape or () if isinstance(size, int))
        whole = shape is not None and len(sizes) == len(shape)
        stated: dict[str, AttributeValue] = {"shape": sizes} if whole else {}
        return [node.step("broadcast_in_dim", (number,), **stated, broadcast_dimensions=())]

    return rule


def size(node: NativeTorchNode) -> list[Step]:
    """sym_size(self, dim)."""
    return [
        node.step("get_dimension_size", node.inputs[:1], dimension=node.integer("dim", default=0))
    ]


def repeat(node: NativeTorchNode) -> list[Step]:
    """repeat(self, repeats)."""
    repeats = node.attribute("repeats", "dims")
    if not isinstance(repeats, tuple) or not all(isinstance(count, int) for count in repeats):
        return unknown(node)
    return [node.step("tile", node.inputs[:1], repeats=node.integers("repeats", "dims"))]


def flip(node: NativeTorchNode) -> list[Step]:
    """flip(self, dims)."""
    return [node.step("reverse", node.inputs[:1], axes=node.integers("dims"))]


def convert(node: NativeTorchNode) -> list[Step]:
    """to, _to_copy, type_as: another element type, or the same once more."""
    known = node.type_of(node.output(0)).element_type
    if known is None:
        return unknown(node)
    if node.element_type(0) == known:
        return [node.step("identity", node.inputs[:1])]
    return [node.step("convert", node.inputs[:1], element_type=known)]


def first(operation: str) -> Rule:
    """An operation on the first tensor; what else is said changes neither shape nor work."""

    def rule(node: NativeTorchNode) -> list[Step]:
        return [node.step(operation, node.inputs[:1])]

    return rule
