"""The loops of a ``linalg.generic``: its operands laid along them, and its region."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Final, NamedTuple

from cyborg_rr.domain.graph.shapes import find_static
from cyborg_rr.readers.formats.mlir.structure import BlockText, Operation
from cyborg_rr.readers.formats.mlir.types import OpaqueType
from cyborg_rr.readers.formats.mlir.values import DialectAttribute
from cyborg_rr.readers.kit.steps import Step
from cyborg_rr.readers.mlir.translation.maps import AffineMap, list_maps
from cyborg_rr.readers.mlir.translation.native import NativeMlirNode

_MAX_BODY: Final = 4096


@dataclass(slots=True)
class Loops:
    """A generic operation taken apart. ``values`` are what names of the region stand for.

    ``body`` are the operations of the region but for the last, which yields; ``plain`` are the
    maps as dimensions, of which ``whole`` are all and ``reduced`` those that go. ``tensors`` are
    the operands and destinations by what the region calls their elements, with their maps.
    """

    node: NativeMlirNode
    block: BlockText
    body: list[Operation]
    maps: list[AffineMap]
    plain: list[tuple[int, ...] | None]
    whole: tuple[int, ...]
    reduced: tuple[int, ...]
    tensors: dict[str, tuple[str, tuple[int, ...] | None]]
    inputs: int
    values: dict[str, str] = field(default_factory=dict)
    steps: list[Step] = field(default_factory=list)

    @property
    def rank(self) -> int:
        """How many loops there are."""
        return len(self.whole)

    @property
    def outputs(self) -> list[str]:
        """What the region calls the elements that its results have so far."""
        return [name for name, _ in self.block.arguments[self.inputs :]]

    def fresh(self) -> str:
        """A name for one more value between steps."""
        return self.node.fresh(str(len(self.steps)))


class _Space(NamedTuple):
    """What the attributes of a generic operation say of its loops, as ``Loops`` has it."""

    maps: list[AffineMap]
    plain: list[tuple[int, ...] | None]
    whole: tuple[int, ...]
    reduced: tuple[int, ...]


def take_apart(node: NativeMlirNode) -> Loops | None:
    """The loops of a generic operation; None where they are not understood."""
    maps, kinds = node.attribute("indexing_maps"), node.attribute("iterator_types")
    regions = node.written.regions
    if not isinstance(maps, list) or not regions or len(regions[0]) != 1:
        return None
    block = regions[0][0]
    texts = [each.text if isinstance(each, OpaqueType) else "" for each in maps]
    words = [_read_kind(kind) for kind in kinds] if isinstance(kinds, list) else []
    space = _read_space(tuple(texts), tuple(words))
    if (
        space is None
        or len(texts) != len(block.arguments)
        or not 0 < len(block.operations) <= _MAX_BODY
        or len(texts) != len(node.inputs) + len(node.outputs)
    ):
        return None
    names = [name for name, _ in block.arguments]
    values = (*node.inputs, *node.inits, *[""] * len(node.outputs))
    pairs = zip(values, space.plain, strict=False)
    return Loops(
        node, block, block.operations[:-1], *space, dict(zip(names, pairs, strict=False)),
        len(node.inputs),
    )  # fmt: skip


@lru_cache(maxsize=256)
def _read_space(texts: Sequence[str], words: Sequence[str]) -> _Space | None:
    """The loops by the texts of their maps and by their kinds: few differ in a file."""
    maps = list_maps([OpaqueType(text) for text in texts])
    if not maps or any(each.dimensions != len(words) for each in maps):
        return None
    reduced = tuple([place for place, word in enumerate(words) if word == "reduction"])
    return _Space(maps, [each.plain for each in maps], tuple(range(len(words))), reduced)


def _read_kind(value: object) -> str:
    """``"reduction"``, or ``#linalg.iterator_type<reduction>``."""
    return value.body.strip() if isinstance(value, DialectAttribute) else str(value)


def spread(loops: Loops, source: str) -> Step:
    """A value in the stated shape of the result, to which it is stretched."""
    node = loops.node
    sizes = find_static(node.result.shape)
    if sizes is None:
        return node.step("identity", (source,))
    axes = tuple(range(len(sizes)))
    known = _rank_of(loops, source)
    dimensions = () if known == 0 else axes
    return node.step("broadcast_in_dim", (source,), shape=sizes, broadcast_dimensions=dimensions)


def _rank_of(loops: Loops, name: str) -> int | None:
    known = loops.node.find_type(name)
    return None if known is None or known.shape is None else len(known.shape)


def prepare(loops: Loops, name: str, onto: tuple[int, ...] | None) -> str | None:
    """The tensor that a name stands for, laid along the loops, or along the dimensions ``onto``.

    A name from outside of the region is a single number. None for what has not been written.
    """
    value = loops.values.get(name)
    if value is not None:
        return value if onto is None else _turn(loops, value, loops.whole, onto)
    if name in loops.tensors:
        source, plain = loops.tensors[name]
        if plain is None or not source:
            return None
        return _turn(loops, source, plain, loops.whole if onto is None else onto)
    return loops.node.resolve(name) or None


def _turn(loops: Loops, source: str, plain: tuple[int, ...], onto: tuple[int, ...]) -> str | None:
    """A tensor along some dimensions as one along others, of size 1 where it lacks one."""
    if plain == onto or not plain:
        return source
    present = [dim for dim in plain if dim >= 0]
    if len(set(present)) != len(present) or not set(present) <= set(onto):
        return None
    node, wanted = loops.node, [dim for dim in onto if dim in present]
    if len(present) != len(plain):  # places of size 1 go first
        gone = tuple(place for place, dim in enumerate(plain) if dim < 0)
        source = _add(loops, node.step("squeeze", (source,), (loops.fresh(),), axes=gone))
    if present != wanted:
        order = tuple(present.index(dim) for dim in wanted)
        source = _add(loops, node.step("transpose", (source,), (loops.fresh(),), permutation=order))
    missing = tuple(place for place, dim in enumerate(onto) if dim not in present)
    if missing:
        source = _add(loops, node.step("unsqueeze", (source,), (loops.fresh(),), axes=missing))
    return source


def _add(loops: Loops, step: Step) -> str:
    loops.steps.append(step)
    return step.outputs[0]
