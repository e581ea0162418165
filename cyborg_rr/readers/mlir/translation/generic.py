"""``linalg.generic`` as canonical operations: what its maps and the operations of its region mean.

A product that is summed is an einsum or a convolution, whose multiply-adds are those of its loops;
anything else is its operations one after another, and a reduction along the summed dimensions.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from cyborg_rr.domain.graph.graph import AttributeValue, TensorType
from cyborg_rr.domain.graph.shapes import find_static
from cyborg_rr.readers.formats.mlir.structure import Operation
from cyborg_rr.readers.kit.steps import Step
from cyborg_rr.readers.mlir.translation.contracting import contract, slide
from cyborg_rr.readers.mlir.translation.loops import Loops, prepare, spread, take_apart
from cyborg_rr.readers.mlir.translation.native import NativeMlirNode, unknown
from cyborg_rr.readers.mlir.translation.scalars import SCALARS
from cyborg_rr.readers.mlir.translation.taking import find_places, take_elements, take_rows

COMBINED: Final = {
    "addf": "sum", "addi": "sum", "add": "sum", "andi": "and", "maximumf": "max", "maxnumf": "max",
    "maxf": "max", "maxsi": "max", "maxui": "max", "minimumf": "min", "minnumf": "min",
    "minf": "min", "minsi": "min", "minui": "min", "mulf": "prod", "muli": "prod", "ori": "or",
}  # fmt: skip
_CASTS: Final = frozenset({"extf", "extsi", "extui", "truncf", "trunci", "sitofp", "uitofp"})
_POINTS: Final = 2
"""Operands of a product, and of what combines two elements."""


def generic(node: NativeMlirNode) -> list[Step]:
    """linalg.generic; ``unknown`` for one whose maps or region are not understood."""
    loops = take_apart(node)
    if loops is None:
        return unknown(node)
    if loops.reduced:
        return (
            contract_loops(loops)
            or find_places(loops)
            or slide(node, loops.maps, _find_combined(loops), loops.reduced)
            or _elementwise(loops)
            or unknown(node)
        )
    if any(operation.name == "tensor.extract" for operation in loops.body):
        return take_rows(loops) or take_elements(loops) or unknown(node)
    return _pass_on(loops) or _elementwise(loops) or unknown(node)


def _pass_on(loops: Loops) -> list[Step] | None:
    """A region that yields an element as it came: a copy, a broadcast or a transposition."""
    node, yielded = loops.node, loops.block.operations[-1].operands
    if loops.body or loops.reduced or len(yielded) != 1 or len(node.outputs) != 1:
        return None
    source = prepare(loops, yielded[0], loops.plain[-1])
    return None if source is None else [*loops.steps, spread(loops, source)]


def contract_loops(loops: Loops) -> list[Step] | None:
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


def _elementwise(loops: Loops) -> list[Step] | None:
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
    source = prepare(loops, yielded[0], loops.plain[-1]) if len(yielded) == 1 else None
    if source is None:
        return None
    return _finish(loops, source)


def _finish(loops: Loops, source: str) -> list[Step]:
    """The last step yields the result where it is of its shape already, else it is stretched."""
    node, steps = loops.node, loops.steps
    full = loops.whole in loops.plain[: loops.inputs]
    if steps and steps[-1].outputs == (source,) and (full or not find_static(node.result.shape)):
        last = steps.pop()
        return [*steps, node.step(last.operation, last.inputs, **last.attributes)]
    return [*steps, spread(loops, source)]


def _find_combined(loops: Loops) -> tuple[str, str] | None:
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


def _reduce(loops: Loops, function: str, name: str) -> list[Step] | None:
    """Combine along the summed dimensions; the rest stands in order in the result."""
    node = loops.node
    source = prepare(loops, name, loops.whole)
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


def _translate(loops: Loops, operation: Operation) -> bool:
    """Add the step of one operation of the region; False where it has none."""
    node = loops.node
    if operation.name == "linalg.index":
        return _count(loops, operation)
    rule = SCALARS.get(operation.name.rpartition(".")[2])
    if rule is None or len(operation.results) != 1:
        return False
    operands = [prepare(loops, name, None) for name in operation.operands]
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


def _count(loops: Loops, operation: Operation) -> bool:
    """``linalg.index``: the place along one of the loops."""
    number = next(iter(operation.numbers), operation.attributes.get("dim"))
    sizes = find_static(loops.node.result.shape)
    plain = loops.plain[-1] or ()
    if not isinstance(number, int) or sizes is None or number not in plain:
        return False
    if len(plain) != len(sizes) or not operation.results:
        return False
    shape = tuple(sizes[plain.index(number)] if dim == number else 1 for dim in range(loops.rank))
    result = loops.fresh()
    step = loops.node.step("iota", (), (result,), shape=shape, axis=number, element_type="i64")
    loops.steps.append(step)
    loops.values[operation.results[0]] = result
    return True
