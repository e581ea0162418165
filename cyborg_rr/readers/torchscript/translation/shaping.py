"""Rules for operations that move elements, or make and take shapes."""

from __future__ import annotations

from typing import Final

from cyborg_rr.readers.torchscript.translation.arranging import merge, turn_to
from cyborg_rr.readers.torchscript.translation.call import Call, NoRule, Rule
from cyborg_rr.readers.torchscript.values import Ref, Sequence, Value

_LAST: Final = 2**63 - 1
_MAX_PARTS: Final = 4096


def reshape(call: Call) -> Value:
    """view, reshape(self, shape)."""
    return _reshape(call, call.tensor(0, "self"), call.parts(1, "size"))


def _reshape(call: Call, name: str, sizes: list[Value]) -> Ref:
    """Another shape, by sizes that are known or reckoned."""
    if all(isinstance(size, int) for size in sizes):
        shape = tuple(int(size) for size in sizes if isinstance(size, int))
        return call.step("reshape", (name,), len(sizes), shape=shape, allow_zero=True)
    found = call.step("reshape", (name, call.sizes(sizes)), len(sizes), allow_zero=True)
    call.drawing.know(found.name, None, call.drawing.elements.get(name))
    return found


def flatten(call: Call) -> Value:
    """flatten(self, start_dim, end_dim): zeros keep the sizes in front."""
    name, rank = call.tensor(0, "self"), call.drawing.rank(call.get(0, "self"))
    start, end = call.integer(1, "start_dim", 0), call.integer(2, "end_dim", -1)
    if rank is not None:
        start, end = start % max(rank, 1), end % max(rank, 1)
    if start >= 0 and end in (-1, None if rank is None else rank - 1):
        if start > 64:
            raise NoRule
        shape = (*(0,) * start, -1)
        return call.step("reshape", (name,), start + 1, shape=shape, allow_zero=False)
    return merge(call, name, start, end)


def permute(call: Call) -> Value:
    """permute(self, dims)."""
    order = call.integers(1, "dims")
    return _transpose(call, tuple(axis % len(order) for axis in order))


def transpose(call: Call) -> Value:
    """transpose(self, dim0, dim1)."""
    rank = call.drawing.rank(call.get(0, "self"))
    one, other = call.integer(1, "dim0", -2), call.integer(2, "dim1", -1)
    if rank is None:
        return call.step("transpose", (call.tensor(0, "self"),), swapped=(one, other))
    order = list(range(rank))
    if rank >= 2:
        if not (-rank <= one < rank and -rank <= other < rank):
            raise NoRule
        order[one], order[other] = order[other], order[one]
    return _transpose(call, tuple(order))


def turn_last(call: Call) -> Value:
    """mT, mH, adjoint(self): the last two dimensions change places, whatever the rank."""
    rank = call.drawing.rank(call.get(0, "self"))
    return call.step("transpose", (call.tensor(0, "self"),), rank, swapped=(-2, -1))


def turn(call: Call) -> Value:
    """t(self), numpy_T: a matrix, or a vector, which stays as it is."""
    rank = call.drawing.rank(call.get(0, "self"))
    if rank is None and call.operation == "t":
        return call.step("transpose", (call.tensor(0, "self"),), swapped=(0, -1))
    if rank is None:
        return call.step("transpose", (call.tensor(0, "self"),))
    return _transpose(call, tuple(reversed(range(rank))))


def _transpose(call: Call, order: tuple[int, ...]) -> Ref:
    return call.step("transpose", (call.tensor(0, "self"),), len(order), permutation=order)


def unsqueeze(call: Call) -> Value:
    """unsqueeze(self, dim)."""
    rank = call.drawing.rank(call.get(0, "self"))
    axes = (call.integer(1, "dim"),)
    more = None if rank is None else rank + 1
    return call.step("unsqueeze", (call.tensor(0, "self"),), more, axes=axes)


def squeeze(call: Call) -> Value:
    """squeeze(self, dim): a dimension that is not of size 1 stays, which its size has to tell."""
    rank = call.drawing.rank(call.get(0, "self"))
    axes = None if call.get(1, "dim") is None else call.integers(1, "dim")
    less = None if rank is None or axes is None else rank - len(axes)
    return call.step("squeeze", (call.tensor(0, "self"),), less, axes=axes)


def concatenate(call: Call) -> Value:
    """cat(tensors, dim)."""
    names = tuple(call.name_of(part) for part in call.parts(0, "tensors"))
    ranks = [call.drawing.ranks.get(name) for name in names]
    rank = next((rank for rank in ranks if rank is not None), None)
    return call.step("concatenate", names, rank, axis=call.integer(1, "dim", 0))


def stack(call: Call) -> Value:
    """stack(tensors, dim): each with a dimension more, one behind the other."""
    axis, parts = call.integer(1, "dim", 0), []
    rank = None
    for value in call.parts(0, "tensors"):
        found = call.drawing.rank(value)
        rank = None if found is None else found + 1
        parts.append(call.step("unsqueeze", (call.name_of(value),), rank, axes=(axis,)).name)
    return call.step("concatenate", tuple(parts), rank, axis=axis)


def chunk(call: Call) -> Value:
    """chunk(self, chunks, dim)."""
    count, axis = call.integer(1, "chunks"), call.integer(2, "dim", 0)
    if not 0 < count <= _MAX_PARTS:
        raise NoRule
    names, rank = (call.tensor(0, "self"),), call.drawing.rank(call.get(0, "self"))
    parts = call.steps_of("split", names, count, rank, axis=axis, num_outputs=count)
    return Sequence(list(parts))


def split(call: Call) -> Value:
    """split(self, size, dim), split_with_sizes: how many there are the program tells."""
    sizes, axis = call.get(1, "split_size"), call.integer(2, "dim", 0)
    names, rank = (call.tensor(0, "self"),), call.drawing.rank(call.get(0, "self"))
    if isinstance(sizes, Sequence):
        known = call.integers(1, "split_sizes")
        if len(known) > _MAX_PARTS:
            raise NoRule
        return Sequence(
            list(call.steps_of("split", names, len(known), rank, axis=axis, split=known))
        )
    if not isinstance(sizes, int) or call.wanted < 2:
        raise NoRule
    # All parts are of that size but the last, which has what is left.
    ends = [(start * sizes, (start + 1) * sizes) for start in range(call.wanted)]
    return Sequence([_slice(call, names[0], rank, axis, start, end) for start, end in ends])


def _slice(
    call: Call, name: str, rank: int | None, axis: int, start: int, end: int, step: int = 1
) -> Ref:
    return call.step(
        "slice", (name,), rank, starts=(start,), ends=(end,), axes=(axis,), steps=(step,)
    )


def slice_(call: Call) -> Value:
    """slice(self, dim, start, end, step)."""
    name, rank = call.tensor(0, "self"), call.drawing.rank(call.get(0, "self"))
    axis, step = call.integer(1, "dim", 0), call.integer(4, "step", 1)
    start, end = call.get(2, "start"), call.get(3, "end")
    first, last = 0 if start is None else start, _LAST if end is None else end
    if isinstance(first, int) and isinstance(last, int):
        return _slice(call, name, rank, axis, int(first), int(last), step)
    bounds = (call.sizes([first]), call.sizes([last]), call.sizes([axis]), call.sizes([step]))
    return call.step("slice", (name, *bounds), rank)


def narrow(call: Call) -> Value:
    """narrow(self, dim, start, length)."""
    name, rank = call.tensor(0, "self"), call.drawing.rank(call.get(0, "self"))
    start, length = call.integer(2, "start"), call.integer(3, "length")
    return _slice(call, name, rank, call.integer(1, "dim"), start, start + length)


def take_one(call: Call) -> Value:
    """select(self, dim, index): one place of a dimension, which falls away."""
    rank = call.drawing.rank(call.get(0, "self"))
    operands = (call.tensor(0, "self"), call.tensor(2, "index"))
    less = None if rank is None else rank - 1
    return call.step("gather", operands, less, axis=call.integer(1, "dim"))


def unbind(call: Call) -> Value:
    """unbind(self, dim): how many there are the program tells."""
    rank, axis = call.drawing.rank(call.get(0, "self")), call.integer(1, "dim", 0)
    if call.wanted < 2:
        raise NoRule
    less = None if rank is None else rank - 1
    name = call.tensor(0, "self")
    return Sequence([
        call.step("gather", (name, call.drawing.constant(place)), less, axis=axis)
        for place in range(call.wanted)
    ])  # fmt: skip


def index(call: Call) -> Value:
    """index(self, indices): tensors of indices along one dimension, or along the first ones.

    A mask gives a size that data decides; one behind other dimensions has to be of one itself.
    """
    parts = call.parts(1, "indices")
    places = [place for place, value in enumerate(parts) if value is not None]
    if len(places) == 1 and call.drawing.element(parts[places[0]]) in ("i1", "u8"):
        return _index_by_mask(call, parts[places[0]], places[0])
    if not places or any(call.drawing.element(parts[p]) not in ("i64", "i32") for p in places):
        raise NoRule
    if len(places) > 1 and places == list(range(len(places))):
        data = call.get(0, "self")
        return _index_by_several(
            call, parts[: len(places)], call.name_of(data), call.drawing.rank(data)
        )
    if len(places) > 1:
        return _index_apart(call, parts, places)
    return _gather(call, call.tensor(0, "self"), call.name_of(parts[places[0]]), places[0])


def _index_by_mask(call: Call, mask: Value, place: int) -> Value:
    """Where it is true, and what stands there."""
    data, depth = call.get(0, "self"), call.drawing.rank(mask)
    where = call.step("where_indices", (call.name_of(mask),), 2, "i64").name
    name, rank = call.name_of(data), call.drawing.rank(data)
    if depth == 1:
        row = call.step("squeeze", (where,), 1, "i64", axes=(1,)).name
        return call.step("gather", (name, row), rank, axis=place)
    if place:
        raise NoRule
    left = None if rank is None or depth is None else rank - depth + 1
    return call.step("gather_nd", (name, where), left)


def _index_apart(call: Call, parts: list[Value], places: list[int]) -> Value:
    """Dimensions that do not stand in front are turned there.

    Of indices that lie side by side the result has their dimensions in their place.
    """
    chosen = [parts[place] for place in places]
    common = max(call.drawing.rank(part) or 0 for part in chosen)
    front = turn_to(call, call.tensor(0, "self"), tuple(places), tuple(range(len(places))))
    found = _index_by_several(call, chosen, front.name, call.drawing.rank(front))
    lead = places[0]
    if not common or places != list(range(lead, lead + len(places))):
        return found
    return turn_to(call, found.name, tuple(range(common)), tuple(range(lead, lead + common)))


def _index_by_several(call: Call, parts: list[Value], name: str, rank: int | None) -> Ref:
    """The indices broadcast, put side by side, and looked up together.

    What they broadcast to is told by their sum, since no shape is known here.
    """
    names = [call.name_of(part) for part in parts]
    ranks = [call.drawing.ranks.get(each) for each in names]
    known = [each for each in ranks if each is not None]
    if len(known) != len(names) or (rank is not None and len(names) > rank):
        raise NoRule
    common, whole = max(known), names[0]
    for other in names[1:]:
        whole = call.step("add", (whole, other), common, "i64").name
    shape = call.step("shape_of", (whole,), 1, "i64").name
    columns = []
    for each in names:
        wide = call.step("expand", (each, shape), common, "i64").name
        columns.append(call.step("unsqueeze", (wide,), common + 1, "i64", axes=(-1,)).name)
    joined = call.step("concatenate", tuple(columns), common + 1, "i64", axis=-1).name
    element = call.drawing.elements.get(name)
    left = None if rank is None else common + rank - len(names)
    return call.step("gather_nd", (name, joined), left, element)


def difference(call: Call) -> Value:
    """diff(self, n, dim, prepend): each element less the one before it, once."""
    if call.integer(1, "n", 1) != 1 or call.get(4, "append") is not None:
        raise NoRule
    name, axis, before = call.tensor(0, "self"), call.integer(2, "dim", -1), call.tensor(3, "p")
    rank = call.drawing.ranks.get(name)
    if before:
        name = call.step("concatenate", (before, name), rank, axis=axis).name
    later = _slice(call, name, rank, axis, 1, _LAST)
    return call.step("subtract", (later.name, _slice(call, name, rank, axis, 0, -1).name), rank)


def embedding(call: Call) -> Value:
    """embedding(weight, indices)."""
    weight, indices = call.tensor(0, "weight"), call.tensor(1, "indices")
    call.drawing.know(indices, None, "i64")
    return _gather(call, weight, indices, 0)


def _gather(call: Call, data: str, indices: str, axis: int) -> Ref:
    ranks = (call.drawing.ranks.get(data), call.drawing.ranks.get(indices))
    rank = ranks[0] + ranks[1] - 1 if ranks[0] is not None and ranks[1] is not None else None
    return call.step("gather", (data, indices), rank, axis=axis)


def take(operation: str) -> Rule:
    """index_select, gather(self, dim, index)."""

    def rule(call: Call) -> Value:
        rank, operands = (
            call.drawing.rank(call.get(0, "self")),
            (
                call.tensor(0, "self"),
                call.tensor(2, "index"),
            ),
        )
        return call.step(operation, operands, rank, axis=call.integer(1, "dim"))

    return rule


def expand(call: Call) -> Value:
    """expand(self, size): -1 keeps a size, which ONNX's Expand does for 1."""
    sizes = call.parts(1, "size")
    kept: list[Value] = [1 if size == -1 and isinstance(size, int) else size for size in sizes]
    return call.step("expand", (call.tensor(0, "self"), call.sizes(kept)), len(sizes))


def size(call: Call) -> Value:
    """size(self, dim); without one all of them."""
    name, dimension = call.tensor(0, "self"), call.get(1, "dim")
    if isinstance(dimension, int):
        return call.size(name, int(dimension))
    if dimension is not None:
        raise NoRule
    return Sequence([call.size(name, place) for place in range(call.rank(0, "self"))])


def like(operation: str) -> Rule:
    """expand_as, view_as, reshape_as(self, other): in the shape of the other."""

    def rule(call: Call) -> Value:
        other = call.get(1, "other")
        shape = call.step("shape_of", (call.name_of(other),), 1, "i64").name
        known = {"allow_zero": True} if operation == "reshape" else {}
        operands = (call.tensor(0, "self"), shape)
        return call.step(operation, operands, call.drawing.rank(other), **known)

    return rule


def copy(call: Call) -> Value:
    """copy_(self, src): the second one, in the shape and the element type of the first."""
    data, source = call.get(0, "self"), call.tensor(1, "src")
    element = call.drawing.element(data)
    if element is not None and call.drawing.elements.get(source) not in (None, element):
        source = call.step("convert", (source,), None, element, element_type=element).name
    shape = call.step("shape_of", (call.name_of(data),), 1, "i64").name
    return call.step("expand", (source, shape), call.drawing.rank(data), element)


def flip(call: Call) -> Value:
    """flip(self, dims)."""
    rank, axes = call.drawing.rank(call.get(0, "self")), call.integers(1, "dims")
    return call.step("reverse", (call.tensor(0, "self"),), rank, axes=axes)


def pixel_shuffle(call: Call) -> Value:
    """pixel_shuffle(self, upscale_factor)."""
    factor = call.integer(1, "upscale_factor")
    return call.step("depth_to_space", (call.tensor(0, "self"),), 4, blocksize=factor)
