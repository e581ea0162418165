"""Rules for operations that put elements in places: scatters, segments, diagonals, choices."""

from __future__ import annotations

from cyborg_rr.domain.graph.graph import TensorType
from cyborg_rr.readers.kit.rules import unknown
from cyborg_rr.readers.kit.steps import Step
from cyborg_rr.readers.tflite.translation.native import NativeTfliteNode, Rule

_LAST = 2**31 - 1
_INDEX = TensorType("i64", None)


def zeros_like(node: NativeTfliteNode) -> list[Step]:
    """ZEROS_LIKE."""
    sizes = node.fresh("sizes")
    return [
        node.step("shape_of", node.inputs[:1], (sizes,), {sizes: _INDEX}),
        node.step("constant_of_shape", (sizes,), value=0, element_type=node.result().element_type),
    ]


def rank(node: NativeTfliteNode) -> list[Step]:
    """RANK: how many sizes there are."""
    sizes, count = node.fresh("sizes"), node.fresh("count")
    return [
        node.step("shape_of", node.inputs[:1], (sizes,), {sizes: _INDEX}),
        node.step("size_of", (sizes,), (count,), {count: _INDEX}),
        node.step("convert", (count,), element_type=node.result().element_type or "i32"),
    ]


def unique(node: NativeTfliteNode) -> list[Step]:
    """UNIQUE: what differs, and which of them each element is."""
    places = node.output(1)
    if not places:
        return [node.step("unique", node.inputs[:1], node.outputs[:1])]
    known = node.find_type(places)
    wanted, found = (known and known.element_type) or "i32", node.fresh("places")
    return [
        node.step("unique", node.inputs[:1], (node.output(0), "", found), {found: _INDEX}),
        node.step("convert", (found,), (places,), element_type=wanted),
    ]


def suppress(node: NativeTfliteNode) -> list[Step]:
    """NON_MAX_SUPPRESSION_V4, _V5(boxes, scores, how many, overlap, score, softness).

    What is chosen is filled up to the size that is asked for; the last result is its true number.
    """
    boxes, scores, chosen, column, places = (
        node.fresh(word) for word in ("boxes", "scores", "chosen", "column", "places")
    )
    numbers = TensorType(node.element_type(1), None)
    steps = [
        node.step("unsqueeze", node.inputs[:1], (boxes,), {boxes: numbers}, axes=(0,)),
        node.step("unsqueeze", node.inputs[1:2], (scores,), {scores: numbers}, axes=(0, 1)),
        node.step("non_max_suppression", (boxes, scores, *node.inputs[2:5]), (chosen,),
                  {chosen: _INDEX}),
    ]  # fmt: skip
    if node.output(1) and len(node.outputs) > 1:
        steps.append(node.step("get_dimension_size", (chosen,), node.outputs[-1:], dimension=0))
    steps += [
        node.step("slice", (chosen,), (column,), {column: _INDEX},
                  starts=(2,), ends=(3,), axes=(1,)),
        node.step("reshape", (column,), (places,), {places: _INDEX}, shape=(-1,)),
        node.step("convert", (places,), node.outputs[:1],
                  element_type=node.result().element_type or "i32"),
    ]  # fmt: skip
    if len(node.outputs) > 2 and node.output(1):
        picked = (node.input(1), node.output(0))
        steps.append(node.step("gather", picked, node.outputs[1:2], axis=0))
    return steps


def scatter(node: NativeTfliteNode) -> list[Step]:
    """SCATTER_ND(indices, updates, shape): added up in zeros."""
    zeros, element_type = node.fresh("zeros"), node.result().element_type
    return [
        node.step("constant_of_shape", node.inputs[2:3], (zeros,), node.stated(zeros),
                  value=0, element_type=element_type),
        node.step("scatter_nd", (zeros, *node.inputs[:2]), reduction="add"),
    ]  # fmt: skip


def to_dense(node: NativeTfliteNode) -> list[Step]:
    """SPARSE_TO_DENSE(indices, shape, values, what stands elsewhere)."""
    dense, places, each = node.fresh("dense"), node.fresh("places"), node.fresh("each")
    shape, indices, values = node.shape(0), node.input(0), node.input(2)
    if shape is None or not node.input(3):
        return unknown(node)
    steps = [node.step("expand", (node.input(3), node.input(1)), (dense,), node.stated(dense))]
    if len(shape) < 2:
        known = {places: TensorType(node.element_type(0), None)}
        steps.append(node.step("reshape", (indices,), (places,), known, shape=(-1, 1)))
        indices = places
    count = shape[0] if shape else 1
    if node.shape(2) == ():
        if not isinstance(count, int):
            return unknown(node)
        known = {each: TensorType(node.element_type(2), None)}
        steps.append(node.step("broadcast_in_dim", (values,), (each,), known,
                               shape=(count,), broadcast_dimensions=()))  # fmt: skip
        values = each
    return [*steps, node.step("scatter_nd", (dense, indices, values))]


def segments(reduction: str) -> Rule:
    """SEGMENT_SUM(data, segments), UNSORTED_SEGMENT_...(data, segments, how many)."""

    def rule(node: NativeTfliteNode) -> list[Step]:
        ids, data, result = node.shape(1), node.shape(0), node.result().shape
        if not ids or data is None or len(data) < len(ids):
            return unknown(node)
        count = _count_segments(node)
        if count is None and result and isinstance(result[0], int):
            count = result[0]
        if count is None or not 0 <= count <= _LAST:
            return unknown(node)
        rows, vectors = node.fresh("rows"), node.fresh("vectors")
        known = {rows: TensorType(node.element_type(0), None)}
        steps, source = [], node.input(0)
        if len(ids) > 1:
            sizes = data[len(ids) :]
            if not all(isinstance(size, int) and size > 0 for size in sizes):
                return unknown(node)
            flat = (-1, *(size for size in sizes if isinstance(size, int)))
            steps.append(node.step("reshape", (source,), (rows,), known, shape=flat))
            source = rows
        known = {vectors: TensorType(node.element_type(1), None)}
        places = node.step("reshape", node.inputs[1:2], (vectors,), known, shape=(-1, 1))
        start, made = _start(node, source, count, len(data) - len(ids) + 1)
        return [
            *steps, places, *made,
            node.step("scatter_nd", (start, vectors, source), reduction=reduction),
        ]  # fmt: skip

    return rule


def _count_segments(node: NativeTfliteNode) -> int | None:
    """How many segments there are: stated by an operand, or one more than the last that stands."""
    if node.input(2):
        return (node.whole(2) or (None,))[0]
    stored = node.whole(1)
    return stored[-1] + 1 if stored else None


def _start(node: NativeTfliteNode, source: str, count: int, rank_: int) -> tuple[str, list[Step]]:
    """So many rows like those of a tensor, all alike: none of them, filled up."""
    none, start = node.fresh("none"), node.fresh("start")
    known = dict.fromkeys((none, start), TensorType(node.result().element_type, None))
    still = (0,) * (rank_ - 1)
    return start, [
        node.step("slice", (source,), (none,), known, starts=(0,), ends=(0,), axes=(0,)),
        node.step("pad", (none,), (start,), known,
                  padding_low=(0, *still), padding_high=(count, *still)),
    ]  # fmt: skip


def look_up_sparse(node: NativeTfliteNode) -> list[Step]:
    """EMBEDDING_LOOKUP_SPARSE(ids, their places, shape of the places, weights, table), summed."""
    places, table, result = node.shape(1), node.shape(4), node.result().shape
    if node.integer("combiner", default=0) or not places or not table or not result:
        return unknown(node)
    if len(places) != 2 or places[1] != 2 or not isinstance(result[0], int):
        return unknown(node)
    rows, weights, weighed, row = (
        node.fresh(word) for word in ("rows", "weights", "weighed", "row")
    )
    known = dict.fromkeys((rows, weights, weighed), TensorType(node.result().element_type, None))
    known[row] = TensorType(node.element_type(1), None)
    start, made = _start(node, weighed, result[0], len(table))
    behind = tuple(range(1, len(table)))
    return [
        node.step("gather", (node.input(4), node.input(0)), (rows,), known, axis=0),
        node.step("unsqueeze", node.inputs[3:4], (weights,), None, axes=behind),
        node.step("multiply", (rows, weights), (weighed,)),
        node.step("slice", node.inputs[1:2], (row,), None, starts=(0,), ends=(1,), axes=(1,)),
        *made,
        node.step("scatter_nd", (start, row, weighed), reduction="add"),
    ]


def diagonal(node: NativeTfliteNode) -> list[Step]:
    """MATRIX_DIAG: in a row of all rows, as many zeros as a row has stand between two elements."""
    shape = node.shape(0)
    if not shape or not isinstance(shape[-1], int) or shape[-1] < 1:
        return unknown(node)
    size, still = shape[-1], (0,) * (len(shape) - 1)
    others = tuple(each for each in shape[1:-1] if isinstance(each, int))
    if len(others) < len(shape) - 2:
        return unknown(node)
    batch = (-1,) if len(shape) > 1 else ()
    line = node.fresh("line")
    return [
        node.step("pad", node.inputs[:1], (line,), _like(node, line), padding_low=(*still, 0),
                  padding_high=(*still, 0), padding_interior=(*still, size)),
        node.step("reshape", (line,), shape=(*batch, *others, size, size)),
    ]  # fmt: skip


def set_diagonal(node: NativeTfliteNode) -> list[Step]:
    """MATRIX_SET_DIAG(matrices, diagonals): the one where a mask says so, else the other."""
    data, given = node.shape(0), node.shape(1)
    if data is None or not given or len(data) != len(given) + 1:
        return unknown(node)
    axis = -1 if given[-1] == data[-2] else -2
    mask, wide = node.fresh("mask"), node.fresh("wide")
    return [
        node.step("eye_like", node.inputs[:1], (mask,), {mask: TensorType("i1", None)},
                  element_type="i1"),
        node.step("unsqueeze", node.inputs[1:2], (wide,), _like(node, wide), axes=(axis,)),
        node.step("select", (mask, wide, node.input(0))),
    ]  # fmt: skip


def make_handle(node: NativeTfliteNode) -> list[Step]:
    """VAR_HANDLE that goes further than to its own variable: a value without numbers."""
    return [node.step("tuple", ())]


def read_variable(node: NativeTfliteNode) -> list[Step]:
    """READ_VARIABLE: the variable itself, unless it is reached by a handle alone."""
    if node.element_type(0) in (None, "token"):
        return unknown(node)
    return [node.step("identity", node.inputs[:1])]


def assign_variable(node: NativeTfliteNode) -> list[Step]:
    """ASSIGN_VARIABLE(variable, value): it is written as a whole."""
    known = node.input_type(0)
    if known is None or known.element_type in (None, "token"):
        return unknown(node)
    written = f"{node.input(1)}/written"
    return [node.step("dynamic_update_slice", node.inputs[:2], (written,), {written: known})]


def broadcast_args(node: NativeTfliteNode) -> list[Step]:
    """BROADCAST_ARGS: of two shapes of one rank the larger sizes."""
    first, second = node.shape(0), node.shape(1)
    if first is None or first != second:
        return unknown(node)
    return [node.step("maximum", node.inputs[:2])]


def dilate(node: NativeTfliteNode) -> list[Step]:
    """DILATE(data, distances, what is put between)."""
    distances = node.whole(1)
    if not distances or min(distances) < 1 or max(distances) > _LAST:
        return unknown(node)
    none, between = (0,) * len(distances), tuple(each - 1 for each in distances)
    return [
        node.step("pad", (node.input(0), "", node.input(2)), padding_low=none, padding_high=none,
                  padding_interior=between),
    ]  # fmt: skip


_FUNCTIONS = {1: "sum", 2: "prod", 3: "min", 4: "max", 5: "and", 6: "or"}
"""ReduceWindowFunction of schema.fbs."""


def reduce_window(node: NativeTfliteNode) -> list[Step]:
    """REDUCE_WINDOW(data, first value, sizes, steps, distances)."""
    sizes, strides, distances = (node.whole(index) for index in (2, 3, 4))
    if sizes is None or strides is None or distances is None:
        return unknown(node)
    return [
        node.step("reduce_window", node.inputs[:2], operands=1, window_dimensions=sizes,
                  window_strides=strides, window_dilations=distances,
                  function=_FUNCTIONS.get(node.integer("function", default=0))),
    ]  # fmt: skip


def fake_quantize(node: NativeTfliteNode) -> list[Step]:
    """FAKE_QUANT: to whole steps and back."""
    steps = node.fresh("steps")
    element_type = "u8" if node.integer("num_bits", default=8) <= 8 else "u16"
    return [
        node.step("quantize", node.inputs[:1], (steps,), {steps: TensorType(element_type, None)},
                  element_type=element_type),
        node.step("dequantize", (steps,), element_type=node.result().element_type or "f32"),
    ]  # fmt: skip


def _like(node: NativeTfliteNode, name: str) -> dict[str, TensorType]:
    return {name: TensorType(node.result().element_type, None)}
