"""``linalg.generic`` as canonical operations: what its maps and the operations of its region mean.

A product that is summed is an einsum or a convolution, whose multiply-adds are those of its loops;
anything else is its operations one after another, and a reduction along the summed dimensions.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from cyborg_rr.domain.graph.graph import AttributeValue, TensorType
from cyborg_rr.domain.graph.shapes import find_static
from cyborg_rr.readers.formats.mlir.structure import BlockText, Operation
from cyborg_rr.readers.formats.mlir.values import DialectAttribute
from cyborg_rr.readers.kit.steps import Step
from cyborg_rr.readers.mlir.translation.contracting import contract, slide
from cyborg_rr.readers.mlir.translation.maps import AffineMap, list_maps
from cyborg_rr.readers.mlir.translation.native import NativeMlirNode, unknown
from cyborg_rr.readers.mlir.translation.scalars import SCALARS

COMBINED: Final = {
    "addf": "sum", "addi": "sum", "add": "sum", "andi": "and", "maximumf": "max", "maxnumf": "max",
    "maxf": "max", "maxsi": "max", "maxui": "max", "minimumf": "min", "minnumf": "min",
    "minf": "min", "minsi": "min", "minui": "min", "mulf": "prod", "muli": "prod", "ori": "or",
}  # fmt: skip
_CASTS: Final = frozenset({"extf", "extsi", "extui", "truncf", "trunci", "sitofp", "uitofp"})
_MAX_BODY: Final = 4096
_POINTS: Final = 2
"""Values with their places: results of an argmax."""


@dataclass(slots=True)
class _Loops:
    """A generic operation taken apart. ``values`` are what names of the region stand for.

    ``plain`` are the maps as dimensions; ``reduced`` are the dimensions that go.
    """

    node: NativeMlirNode
    block: BlockText
    maps: list[AffineMap]
    plain: list[tuple[int, ...] | None]
    reduced: tuple[int, ...]
    inputs: int
    values: dict[str, str] = field(default_factory=dict)
    steps: list[Step] = field(default_factory=list)

    @property
    def rank(self) -> int:
        """How many loops there are."""
        return self.maps[0].dimensions

    @property
    def outputs(self) -> list[str]:
        """What the region calls the elements that its results have so far."""
        return [name for name, _ in self.block.arguments[self.inputs :]]

    @property
    def body(self) -> list[Operation]:
        """The operations of the region but for the last, which yields."""
        return self.block.operations[:-1]

    def fresh(self) -> str:
        """A name for one more value between steps."""
        return self.node.fresh(str(len(self.steps)))


def generic(node: NativeMlirNode) -> list[Step]:
    """linalg.generic; ``unknown`` for one whose maps or region are not understood."""
    loops = _take_apart(node)
    if loops is None:
        return unknown(node)
    return (
        _pass_on(loops)
        or contract_loops(loops)
        or _find_places(loops)
        or _take_rows(loops)
        or slide(loops.node, loops.maps, _find_combined(loops), loops.reduced)
        or _elementwise(loops)
        or _take_elements(loops)
        or unknown(node)
    )


def _take_apart(node: NativeMlirNode) -> _Loops | None:
    maps = list_maps(node.attribute("indexing_maps"))
    regions = node.written.regions
    if not maps or not regions or len(regions[0]) != 1:
        return None
    block = regions[0][0]
    kinds = node.attribute("iterator_types")
    words = [_read_kind(kind) for kind in kinds] if isinstance(kinds, list) else []
    if (
        len(maps) != len(block.arguments)
        or len(words) != maps[0].dimensions
        or any(each.dimensions != len(words) for each in maps)
        or not 0 < len(block.operations) <= _MAX_BODY
        or len(maps) != len(node.inputs) + len(node.outputs)
    ):
        return None
    reduced = tuple(place for place, word in enumerate(words) if word == "reduction")
    plain = [each.list_plain() for each in maps]
    return _Loops(node, block, maps, plain, reduced, len(node.inputs))


def _read_kind(value: object) -> str:
    """``"reduction"``, or ``#linalg.iterator_type<reduction>``."""
    return value.body.strip() if isinstance(value, DialectAttribute) else str(value)


def _pass_on(loops: _Loops) -> list[Step] | None:
    """A region that yields an element as it came: a copy, a broadcast or a transposition."""
    node, yielded = loops.node, loops.block.operations[-1].operands
    if loops.body or loops.reduced or len(yielded) != 1 or len(node.outputs) != 1:
        return None
    source = _prepare(loops, yielded[0], loops.plain[-1])
    return None if source is None else [*loops.steps, _spread(loops, source)]


def _spread(loops: _Loops, source: str) -> Step:
    """A value in the stated shape of the result, to which it is stretched."""
    node = loops.node
    sizes = find_static(node.result.shape)
    if sizes is None:
        return node.step("identity", (source,))
    axes = tuple(range(len(sizes)))
    known = _rank_of(loops, source)
    dimensions = () if known == 0 else axes
    return node.step("broadcast_in_dim", (source,), shape=sizes, broadcast_dimensions=dimensions)


def _rank_of(loops: _Loops, name: str) -> int | None:
    known = loops.node.find_type(name)
    return None if known is None or known.shape is None else len(known.shape)


def contract_loops(loops: _Loops) -> list[Step] | None:
    """A sum of products of two operands: see ``contracting``."""
    node, body = loops.node, loops.body
    if not loops.reduced or len(node.outputs) != 1 or len(node.inputs) < _POINTS:
        return None
    arguments = {name: place for place, (name, _) in enumerate(loops.block.arguments)}
    sources: dict[str, str] = {}
    product: tuple[str, str] | None = None
    for operation in body:
        name = operation.name.rpartition(".")[2]
        operands = [sources.get(each, each) for each in operation.operands]
        result = operation.results[0] if operation.results else ""
        if name in _CASTS and len(operands) == 1:
            sources[result] = operands[0]
        elif name in ("mulf", "muli", "mul") and product is None and len(operands) == _POINTS:
            product = operands[0], operands[1]
            sources[result] = "*"
        elif name in ("addf", "addi", "add") and set(operands) == {"*", loops.outputs[0]}:
            sources[result] = "+"
        else:
            return None
    yielded = [sources.get(each, each) for each in loops.block.operations[-1].operands]
    if product is None or yielded != ["+"] or not {*product} <= arguments.keys():
        return None
    places = [arguments[name] for name in product]
    if any(place >= loops.inputs for place in places):
        return None
    maps = [loops.maps[places[0]], loops.maps[places[1]], loops.maps[-1]]
    return contract(node, (node.inputs[places[0]], node.inputs[places[1]]), maps)


def _find_places(loops: _Loops) -> list[Step] | None:
    """The largest or smallest elements along a dimension and where they stand."""
    node = loops.node
    if len(node.outputs) != _POINTS or len(loops.reduced) != 1 or not node.inputs:
        return None
    names = [each.name.rpartition(".")[2] for each in loops.body]
    if "select" not in names or loops.plain[0] != tuple(range(loops.rank)):
        return None
    words = [word for each in loops.body for word in each.words]
    smaller = any(word[-2:] in ("lt", "le") for word in words) or "minimumf" in names
    function = "min" if smaller else "max"
    types = node.result_types
    place = next((k for k, t in enumerate(types) if (t.element_type or "f")[0] in "iu"), None)
    if len(types) != _POINTS or place is None:
        return None
    values = node.outputs[1 - place : 2 - place]
    return [
        node.step("reduce", node.inputs[:1], values, function=function, axes=loops.reduced),
        node.step("reduce", node.inputs[:1], node.outputs[place : place + 1],
                  function=f"arg{function}", axes=loops.reduced,
                  element_type=types[place].element_type),
    ]  # fmt: skip


def _take_rows(loops: _Loops) -> list[Step] | None:
    """``tensor.extract`` at an index that an operand holds: rows of a table, as embeddings are."""
    node = loops.node
    taken = [each for each in loops.body if each.name == "tensor.extract"]
    if len(taken) != 1 or loops.reduced or len(node.outputs) != 1:
        return None
    origins: dict[str, object] = {name: name for name, _ in loops.block.arguments}
    for operation in loops.body:
        name = operation.name.rpartition(".")[2]
        if operation.name == "linalg.index":
            origins[operation.results[0]] = next(iter(operation.numbers), -1)
        elif name.startswith("index_cast") and operation.operands:
            origins[operation.results[0]] = origins.get(operation.operands[0])
    table, *indices = *taken[0].operands, *taken[0].indices
    data = node.resolve(table)
    known = node.find_type(data) if data else None
    held = [place for place, each in enumerate(indices) if isinstance(origins.get(each), str)]
    if known is None or known.shape is None or len(known.shape) != len(indices) or len(held) != 1:
        return None
    argument = str(origins[indices[held[0]]])
    places = [place for place, (name, _) in enumerate(loops.block.arguments) if name == argument]
    if not places or places[0] >= loops.inputs:
        return None
    return [node.step("gather", (data, node.inputs[places[0]]), axis=held[0])]


def _take_elements(loops: _Loops) -> list[Step] | None:
    """``tensor.extract`` at places that are reckoned: as many elements as the result has."""
    node = loops.node
    last = loops.block.operations[-1].operands
    taken = [each for each in loops.body if each.name == "tensor.extract"]
    sizes = find_static(node.result.shape)
    if len(taken) != 1 or list(taken[0].results) != list(last) or loops.reduced or sizes is None:
        return None
    data = node.resolve(taken[0].operands[0])
    known = node.find_type(data) if data else None
    if known is None or known.elements is None:
        return None
    row, places, found = (node.fresh(word) for word in ("row", "places", "elements"))
    count = math.prod(sizes)
    return [
        node.step("reshape", (data,), (row,), shape=(known.elements,)),
        node.step("iota", (), (places,), shape=(count,), axis=0, element_type="i64"),
        node.step("gather", (row, places), (found,), axis=0),
        node.step("reshape", (found,), shape=sizes, allow_zero=True),
    ]


def _elementwise(loops: _Loops) -> list[Step] | None:
    """The operations of the region one after another, then what is left of them is combined."""
    node = loops.node
    body, combined = loops.body, None
    if len(node.outputs) != 1:
        return None
    if loops.reduced:
        combined = _find_combined(loops)
        if combined is None:
            return None
        body = body[:-1]
    if not all(_translate(loops, operation) for operation in body):
        return None
    if combined is not None:
        return _reduce(loops, *combined)
    yielded = loops.block.operations[-1].operands
    source = _prepare(loops, yielded[0], loops.plain[-1]) if len(yielded) == 1 else None
    if source is None:
        return None
    return _finish(loops, source)


def _finish(loops: _Loops, source: str) -> list[Step]:
    """The last step yields the result where it is of its shape already, else it is stretched."""
    node, steps = loops.node, loops.steps
    whole = tuple(range(loops.rank))
    full = any(plain == whole for plain in loops.plain[: loops.inputs])
    if steps and steps[-1].outputs == (source,) and (full or not find_static(node.result.shape)):
        last = steps.pop()
        return [*steps, node.step(last.operation, last.inputs, **last.attributes)]
    return [*steps, _spread(loops, source)]


def _find_combined(loops: _Loops) -> tuple[str, str] | None:
    """The function that the region's last operation combines by, and the element that it adds."""
    last = loops.body[-1] if loops.body else None
    yielded = loops.block.operations[-1].operands
    so_far = loops.outputs[0]
    if last is None or list(last.results) != list(yielded) or len(last.operands) != _POINTS:
        return None
    function = COMBINED.get(last.name.rpartition(".")[2])
    others = [name for name in last.operands if name != so_far]
    if function is None or len(others) != 1:
        return None
    if any(so_far in each.operands for each in loops.body[:-1]):
        return None
    return function, others[0]


def _reduce(loops: _Loops, function: str, name: str) -> list[Step] | None:
    """Combine along the summed dimensions; the rest stands in order in the result."""
    node = loops.node
    source = _prepare(loops, name, tuple(range(loops.rank)))
    kept = [dim for dim in loops.plain[-1] or () if dim >= 0]
    rest = [dim for dim in range(loops.rank) if dim not in loops.reduced]
    if source is None or kept != rest or loops.plain[-1] is None:
        return None
    keep = len(loops.plain[-1]) == loops.rank
    attributes: dict[str, AttributeValue] = {
        "function": function, "axes": loops.reduced, "keep_dimensions": keep,
    }  # fmt: skip
    if keep or len(loops.plain[-1]) == len(kept):
        return [*loops.steps, node.step("reduce", (source,), **attributes)]
    sizes = find_static(node.result.shape)
    between = loops.fresh()
    return None if sizes is None else [
        *loops.steps,
        node.step("reduce", (source,), (between,), **attributes),
        node.step("reshape", (between,), shape=sizes, allow_zero=True),
    ]  # fmt: skip


def _translate(loops: _Loops, operation: Operation) -> bool:
    """Add the step of one operation of the region; False where it has none."""
    node = loops.node
    if operation.name == "linalg.index":
        return _count(loops, operation)
    rule = SCALARS.get(operation.name.rpartition(".")[2])
    if rule is None or len(operation.results) != 1:
        return False
    operands = [_prepare(loops, name, None) for name in operation.operands]
    if any(name is None for name in operands):
        return False
    result = loops.fresh()
    types = _result_types(operation)
    inner = NativeMlirNode(
        operation.name.rpartition(".")[2], result, tuple(filter(None, operands)), (result,),
        operation.attributes, node.find_type, node.find_stored, operation, types, node.place,
    )  # fmt: skip
    loops.steps.extend(rule(inner))
    loops.values[operation.results[0]] = result
    return True


def _result_types(operation: Operation) -> Sequence[TensorType]:
    types = operation.result_types if operation.has_arrow else operation.types[-1:]
    return [each for each in types if isinstance(each, TensorType)]


def _count(loops: _Loops, operation: Operation) -> bool:
    """``linalg.index``: the place along one of the loops."""
    number = next(iter(operation.numbers), operation.attributes.get("dim"))
    sizes = find_static(loops.node.result.shape)
    plain = loops.plain[-1] or ()
    if not isinstance(number, int) or sizes is None or number not in plain:
        return False
    shape = tuple(sizes[plain.index(number)] if dim == number else 1 for dim in range(loops.rank))
    result = loops.fresh()
    step = loops.node.step("iota", (), (result,), shape=shape, axis=number, element_type="i64")
    loops.steps.append(step)
    loops.values[operation.results[0]] = result
    return True


def _prepare(loops: _Loops, name: str, onto: tuple[int, ...] | None) -> str | None:
    """The tensor that a name stands for, laid along the loops, or along the dimensions ``onto``.

    A name from outside of the region is a single number. None for what has not been written.
    """
    if name in loops.values:
        value = loops.values[name]
        return value if onto is None else _turn(loops, value, tuple(range(loops.rank)), onto)
    for place, (argument, _) in enumerate(loops.block.arguments):
        if argument == name:
            plain = loops.plain[place]
            source = (*loops.node.inputs, *loops.node.inits)[place : place + 1]
            if plain is None or not source or not source[0]:
                return None
            target = tuple(range(loops.rank)) if onto is None else onto
            return _turn(loops, source[0], plain, target)
    return loops.node.resolve(name) or None


def _turn(loops: _Loops, source: str, plain: tuple[int, ...], onto: tuple[int, ...]) -> str | None:
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


def _add(loops: _Loops, step: Step) -> str:
    loops.steps.append(step)
    return step.outputs[0]
