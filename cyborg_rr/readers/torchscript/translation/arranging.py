"""Rules for dimensions that move, come in or go together, whatever rank a tensor turns out to have.

No program states a rank: what depends on it is left to the graph, whose operations count
dimensions from the back, move them by name, and reckon shapes from shapes.
"""

from __future__ import annotations

from typing import Final

from cyborg_rr.readers.torchscript.translation.call import Call, NoRule, Rule
from cyborg_rr.readers.torchscript.values import Ref, Sequence, Value

_MAX_RANK: Final = 64
_COLUMNS: Final = (-1, 0, 1)
_ROWS: Final = (0, 1)


def move(call: Call) -> Value:
    """movedim, moveaxis(self, source, destination)."""
    moved, places = (
        call.integers(place, name) for place, name in ((1, "source"), (2, "destination"))
    )
    if len(moved) != len(places):
        raise NoRule
    return turn_to(call, call.tensor(0, "self"), moved, places)


def turn_to(call: Call, name: str, moved: tuple[int, ...], places: tuple[int, ...]) -> Ref:
    """A tensor with some of its dimensions at other places."""
    return call.step("transpose", (name,), call.drawing.ranks.get(name), moved=moved, places=places)


def turn_quarters(call: Call) -> Value:
    """rot90(self, k, dims): both dimensions change places, or one or both are turned around."""
    name, quarters = call.tensor(0, "self"), call.integer(1, "k", 1) % 4
    axes = (0, 1) if call.get(2, "dims") is None else call.integers(2, "dims", 2)
    rank, around = call.drawing.ranks.get(name), {0: (), 1: axes[1:], 2: axes, 3: axes[:1]}
    if around[quarters]:
        name = call.step("reverse", (name,), rank, axes=around[quarters]).name
    if quarters % 2:
        name = call.step("transpose", (name,), rank, swapped=axes).name
    return Ref(name)


def reach(axes: tuple[int, ...], least: int) -> Rule:
    """atleast_2d, atleast_3d(self): dimensions of size 1, as many as a rank lacks."""

    def rule(call: Call) -> Value:
        return _reach(call, call.get(0, "self"), axes, least)

    return rule


def _reach(call: Call, value: Value, axes: tuple[int, ...], least: int) -> Ref:
    rank = call.drawing.rank(value)
    more = None if rank is None else max(rank, least)
    return call.step("unsqueeze", (call.name_of(value),), more, axes=axes, until=least)


def join(axis: int, axes: tuple[int, ...], least: int) -> Rule:
    """vstack, dstack, column_stack(tensors): of as many dimensions, one behind the other."""

    def rule(call: Call) -> Value:
        parts = [_reach(call, value, axes, least).name for value in call.parts(0, "tensors")]
        rank = next(
            (call.drawing.ranks[each] for each in parts if each in call.drawing.ranks), None
        )
        return call.step("concatenate", tuple(parts), rank, axis=axis)

    return rule


def join_columns(call: Call) -> Value:
    """hstack(tensors): along the second dimension, vectors along the only one they have."""
    names = tuple(call.name_of(part) for part in call.parts(0, "tensors"))
    rank = next((call.drawing.ranks[name] for name in names if name in call.drawing.ranks), None)
    return call.step("concatenate", names, rank, axis=1, lowered=True)


def repeat(call: Call) -> Value:
    """repeat(self, repeats), tile(self, dims): the last counts repeat the last dimensions."""
    is_tile = call.operation == "tile"
    name, counts = call.tensor(0, "self"), call.parts(1, "dims" if is_tile else "repeats")
    rank = call.drawing.ranks.get(name)
    known = len(counts) if not is_tile else None if rank is None else max(rank, len(counts))
    if any(isinstance(count, Ref) for count in counts):
        return call.step("tile", (name, call.sizes(counts)), known)
    repeats = call.integers(1, "dims" if is_tile else "repeats")
    return call.step("tile", (name,), known, repeats=repeats)


def repeat_each(call: Call) -> Value:
    """repeat_interleave(self, repeats, dim): each place as often behind itself."""
    name, count, axis = call.tensor(0, "self"), call.integer(1, "repeats"), call.get(2, "dim")
    rank = call.drawing.ranks.get(name)
    if axis is None:
        name, rank = call.step("reshape", (name,), 1, shape=(-1,), allow_zero=True).name, 1
    along = 0 if axis is None else call.integer(2, "dim")
    size = call.size(name, along).name
    end = call.step("multiply", (size, call.drawing.constant(count)), 0, "i64").name
    zero, one = call.drawing.constant(0), call.drawing.constant(1)
    places = call.step("range", (zero, end, one), 1, "i64").name
    return call.step("gather", (name, places), rank, axis=along)


def merge(call: Call, name: str, start: int, end: int) -> Ref:
    """flatten of dimensions that others may follow: the sizes around them are told later."""
    return _reshape_between(call, name, start, end, (-1,))


def part(call: Call) -> Value:
    """unflatten(self, dim, sizes)."""
    axis, sizes = call.integer(1, "dim"), call.parts(2, "sizes")
    return _reshape_between(call, call.tensor(0, "self"), axis, axis, sizes)


def _reshape_between(
    call: Call, name: str, start: int, end: int, sizes: tuple[Value, ...] | list[Value]
) -> Ref:
    """The dimensions from one to another one, which is among them, in other sizes."""
    if not -_MAX_RANK <= start <= _MAX_RANK or not -_MAX_RANK <= end <= _MAX_RANK:
        raise NoRule
    if (start < 0) == (end < 0) and end < start:
        raise NoRule
    rank, pieces = call.drawing.ranks.get(name), []
    if start != 0:
        pieces.append(call.step("shape_of", (name,), 1, "i64", start=0, end=start).name)
    pieces.append(call.sizes(list(sizes)))
    if end != -1:
        pieces.append(call.step("shape_of", (name,), 1, "i64", start=end + 1).name)
    shape = pieces[0]
    if len(pieces) > 1:
        shape = call.step("concatenate", tuple(pieces), 1, "i64", axis=0).name
    left = rank
    if rank is not None:
        left = rank - (end % rank - start % rank + 1) + len(sizes) if rank else len(sizes)
    element = call.drawing.elements.get(name)
    return call.step("reshape", (name, shape), left, element, allow_zero=True)


def diagonal(call: Call) -> Value:
    """diagonal(self, offset, dim1, dim2): places that are equal in both, behind the others."""
    first, second = call.integer(2, "dim1", 0), call.integer(3, "dim2", 1)
    if call.integer(1, "offset", 0) or first == second:
        raise NoRule
    name = call.tensor(0, "self")
    rank, element = call.drawing.ranks.get(name), call.drawing.elements.get(name)
    sizes = tuple(call.size(name, axis).name for axis in (first, second))
    count = call.step("minimum", sizes, 0, "i64").name
    zero, one = call.drawing.constant(0), call.drawing.constant(1)
    places = call.step("range", (zero, count, one), 1, "i64").name
    column = call.step("unsqueeze", (places,), 2, "i64", axes=(-1,)).name
    both = call.step("concatenate", (column, column), 2, "i64", axis=-1).name
    front = turn_to(call, name, (first, second), (0, 1)).name
    less = None if rank is None else rank - 1
    found = call.step("gather_nd", (front, both), less, element)
    return turn_to(call, found.name, (0,), (-1,))


def take(call: Call) -> Value:
    """take(self, index): as if the tensor had one dimension."""
    flat = call.step("reshape", (call.tensor(0, "self"),), 1, shape=(-1,), allow_zero=True).name
    index = call.tensor(1, "index")
    return call.step("gather", (flat, index), call.drawing.ranks.get(index), axis=0)


def tensordot(call: Call) -> Value:
    """tensordot(self, other, dims_self, dims_other)."""
    return call.step(
        "dot_general", (call.tensor(0, "self"), call.tensor(1, "other")),
        lhs_contracting=call.integers(2, "dims_self"),
        rhs_contracting=call.integers(3, "dims_other"),
    )  # fmt: skip


def ordered(call: Call) -> Value:
    """median, nanmedian, mode(self, dim, keepdim), kthvalue(self, k, dim, keepdim), quantile.

    All in order, and what stands at one place, which is as much work wherever that is. Without a
    dimension it is the last one that is ordered, as it is of exported programs.
    """
    at = 2 if call.operation in ("kthvalue", "quantile") else 1
    if call.operation == "quantile" and not isinstance(call.get(1, "q"), int | float):
        raise NoRule
    axis = call.get(at, "dim", -1 if call.operation in ("kthvalue", "mode") else None)
    data, keep = call.get(0, "self"), call.flag(at + 1, "keepdim")
    along, rank = -1 if axis is None else call.integer(at, "dim", -1), call.drawing.rank(data)
    results = call.steps_of("sort", (call.name_of(data),), 2, rank, axis=along)
    call.drawing.elements[results[1].name] = "i64"
    place = call.drawing.constant((0,) if keep else 0)
    if axis is None:
        flat = call.step("reshape", (results[0].name,), 1, shape=(-1,), allow_zero=True).name
        return call.step("gather", (flat, place), 0, axis=0)
    left = None if rank is None else rank - (not keep)
    found: list[Value] = [
        call.step("gather", (each.name, place), left, axis=along) for each in results
    ]
    return found[0] if call.operation == "quantile" else Sequence(found, True)


ARRANGING = {
    **dict.fromkeys(("movedim", "moveaxis"), move), "rot90": turn_quarters,
    "atleast_2d": reach(_ROWS, 2), "atleast_3d": reach(_COLUMNS, 3), "hstack": join_columns,
    **dict.fromkeys(("vstack", "row_stack"), join(0, _ROWS, 2)),
    "dstack": join(2, _COLUMNS, 3), "column_stack": join(1, _COLUMNS[:2], 2),
    **dict.fromkeys(("repeat", "tile"), repeat), "repeat_interleave": repeat_each,
    "unflatten": part, "diagonal": diagonal, "take": take, "tensordot": tensordot,
    **dict.fromkeys(("median", "nanmedian", "mode", "kthvalue", "quantile"), ordered),
}  # fmt: skip
"""Operations whose arrangement follows from a rank."""
