"""Operations that make tensors: ranges, fills, diagonals, chance."""

from __future__ import annotations

import math
from collections.abc import Sequence

from cyborg_rr.domain.graph.bounds import Bounded, bound
from cyborg_rr.domain.graph.graph import Dimension, Shape, TensorType
from cyborg_rr.domain.graph.operations.declaring.axes import AXIS
from cyborg_rr.domain.graph.operations.declaring.declarations import Attribute, Operand
from cyborg_rr.domain.graph.operations.declaring.folding import count_of
from cyborg_rr.domain.graph.operations.declaring.operation import Cost, Operation
from cyborg_rr.domain.graph.operations.declaring.per_element import DATA, per_element
from cyborg_rr.domain.graph.operations.declaring.results import ELEMENT_TYPE, as_stated, tensor
from cyborg_rr.domain.graph.operations.declaring.typed_node import Element, TypedNode, Value
from cyborg_rr.domain.graph.shapes import ANY, Contradiction, find_static


def _one_number(node: TypedNode, index: int) -> Element | None:
    value = node.value(index)
    return value[0] if value is not None and len(value) == 1 else None


def _range_length(node: TypedNode) -> Dimension:
    start, limit, step = (_one_number(node, index) for index in range(3))
    if start is None or limit is None or step is None:
        return ANY
    if isinstance(start, str) or isinstance(step, str) or isinstance(limit, str):
        if start == 0 and step == 1 and isinstance(limit, str):
            return limit
        return _bound_range(start, limit, step)
    if step == 0:
        raise Contradiction("a range has step 0")
    return max(math.ceil((limit - start) / step), 0)


def _bound_range(start: Element, limit: Element, step: Element) -> Dimension:
    """The largest length of a range between sizes that have a largest value, upwards."""
    first = 0 if isinstance(start, Bounded) else start
    last = limit.most if isinstance(limit, Bounded) else limit
    if isinstance(first, str) or isinstance(last, str) or isinstance(step, str) or step <= 0:
        return ANY
    return bound(max(math.ceil((last - first) / step), 0))


def _range(node: TypedNode) -> Sequence[TensorType]:
    return (tensor(node.element_type(), (_range_length(node),)),)


def _fold_range(node: TypedNode) -> Value | None:
    length, start, step = _range_length(node), _one_number(node, 0), _one_number(node, 2)
    if isinstance(length, str) or length > 4096 or start is None or step is None:
        return None
    if isinstance(start, str) or isinstance(step, str):
        return None
    return tuple(start + place * step for place in range(length))


def _iota(node: TypedNode) -> Sequence[TensorType]:
    return (tensor(node.result_type(), node.dimensions("shape", 0)),)


def _fold_iota(node: TypedNode) -> Value | None:
    shape = find_static(node.dimensions("shape", 0))
    if shape is None or len(shape) != 1 or count_of(shape) is None:
        return None
    return tuple(range(shape[0]))


def _constant_of_shape(node: TypedNode) -> Sequence[TensorType]:
    wanted = node.dimensions_at(0)
    element_type = node.result_type()
    if wanted is None:
        known = find_static(node.shape(0))
        rank = known[0] if known and known[0] <= 64 else None
        return (tensor(element_type, None if rank is None else (ANY,) * rank),)
    return (tensor(element_type, wanted),)


def _fold_constant_of_shape(node: TypedNode) -> Value | None:
    shape = find_static(node.dimensions_at(0))
    count = None if shape is None else count_of(shape)
    return None if count is None else (node.scalar("value"),) * count


def _eye_like(node: TypedNode) -> Sequence[TensorType]:
    return (tensor(node.result_type(node.element_type()), node.shape()),)


def _random(node: TypedNode) -> Sequence[TensorType]:
    wanted: Shape | None = node.dimensions("shape")
    if wanted is None and node.has(0):
        wanted = node.shape(0)
    return (tensor(node.result_type(node.element_type()), wanted),)


def _random_cost(node: TypedNode) -> Cost:
    return Cost(0, 10 * sum(result.elements or 0 for result in node.results))


def _one_hot(node: TypedNode) -> Sequence[TensorType]:
    shape, depth = node.shape(), node.dimensions_at(1)
    element_type = node.element_type(2)
    if shape is None:
        return (tensor(element_type, None),)
    axis = node.integer("axis")
    rank = len(shape) + 1
    if not -rank <= axis < rank:
        raise Contradiction(f"axis {axis} is outside rank {rank}")
    axis %= rank
    return (tensor(element_type, (*shape[:axis], depth[0] if depth else "?", *shape[axis:])),)


OPERATIONS: tuple[Operation, ...] = (
    Operation(
        "range",
        kind="movement",
        summary="Numbers from a start to a limit by a step.",
        operands=(
            Operand("start", "the first number"),
            Operand("limit", "where it ends, itself left out"),
            Operand("step", "the step"),
        ),
        shape=_range,
        fold=_fold_range,
        repeats=True,
    ),
    Operation(
        "iota",
        kind="movement",
        summary="0, 1, 2... along a dimension.",
        operands=(Operand("shape", "shape of the result", optional=True),),
        attributes=(
            Attribute(
                "shape",
                "integers",
                "shape of the result; absent: the value of operand 0",
                source="StableHLO iota, the type of the result",
            ),
            ELEMENT_TYPE.having(source="StableHLO iota, the type of the result"),
            Attribute(
                "axis",
                "integer",
                "dimension along which it counts",
                required=True,
                source="StableHLO iota `iota_dimension`",
                kept="values are reckoned for vectors only, which have one dimension",
            ),
        ),
        shape=_iota,
        fold=_fold_iota,
        repeats=True,
    ),
    Operation(
        "constant_of_shape",
        kind="movement",
        summary="One number repeated.",
        operands=(Operand("shape", "shape of the result"),),
        attributes=(
            ELEMENT_TYPE.having(default="f32", source="ONNX ConstantOfShape (the type of `value`)"),
            Attribute(
                "value", "number", "the number", 0, "ONNX ConstantOfShape (the number in `value`)"
            ),
        ),
        shape=_constant_of_shape,
        fold=_fold_constant_of_shape,
        repeats=True,
    ),
    Operation(
        "eye_like",
        kind="movement",
        summary="1 on a diagonal and 0 elsewhere, in the shape of the operand.",
        operands=(DATA,),
        attributes=(ELEMENT_TYPE.having(source="ONNX EyeLike `dtype`"),),
        shape=_eye_like,
        repeats=True,
    ),
    Operation(
        "one_hot",
        kind="movement",
        summary="1 at the place that each index names and 0 elsewhere, or two other values.",
        operands=(
            Operand("indices", "the places"),
            Operand("depth", "how many places there are"),
            Operand("values", "what stands elsewhere, and there"),
        ),
        attributes=(AXIS.having(default=-1, meaning="where the places go", source="ONNX OneHot"),),
        shape=_one_hot,
        cost=per_element(1),
    ),
    Operation(
        "random",
        kind="other",
        summary="Random numbers, in a stated shape or that of the operand.",
        operands=(Operand("parameters", "the data, or bounds of the numbers", variadic=True),),
        attributes=(
            Attribute(
                "shape",
                "integers",
                "shape of the result; absent: that of operand 0",
                source="ONNX RandomNormal, StableHLO rng, the type of the result",
            ),
            ELEMENT_TYPE.having(
                source="ONNX RandomNormal `dtype`, StableHLO rng",
                differs="ONNX RandomNormalLike takes that of its operand",
            ),
        ),
        shape=_random,
        cost=_random_cost,
    ),
    Operation(
        "rng_bit_generator",
        kind="other",
        summary="Random bits, and the state of the generator after them.",
        operands=(Operand("state", "the state of the generator"),),
        shape=as_stated,
        cost=_random_cost,
    ),
)
