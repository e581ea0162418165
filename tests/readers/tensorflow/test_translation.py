"""Operations one by one: shapes and multiply-adds as TensorFlow's documents have them."""

from __future__ import annotations

import pytest

from cyborg_rr.domain.graph.graph import Graph
from cyborg_rr.domain.graph.inference.inference import infer
from tests.readers.tensorflow.writing import (
    function,
    node,
    placeholder,
    read,
    require,
    result_shape,
    scalar,
    shape,
    variable,
    weight,
    whole,
)

IMAGE = placeholder("x", 1, 9, 9, 4)
FIRST = placeholder("x", 1, 4, 9, 9)
STRIDES = "list { i: 1 i: 2 i: 2 i: 1 }"
ONES = "list { i: 1 i: 1 i: 1 i: 1 }"

SHAPES = [
    ("Conv2D same", IMAGE + weight("w", 3, 3, 4, 8),
     node("y", "Conv2D", "x w", strides=STRIDES, padding='s: "SAME"'), (1, 5, 5, 8)),
    ("Conv2D valid", IMAGE + weight("w", 3, 3, 4, 8),
     node("y", "Conv2D", "x w", strides=STRIDES, padding='s: "VALID"'), (1, 4, 4, 8)),
    ("Conv2D explicit", IMAGE + weight("w", 3, 3, 4, 8),
     node("y", "Conv2D", "x w", strides=ONES, padding='s: "EXPLICIT"',
          explicit_paddings="list { i: 0 i: 0 i: 1 i: 2 i: 3 i: 0 i: 0 i: 0 }"), (1, 10, 10, 8)),
    ("Conv2D channels first", FIRST + weight("w", 3, 3, 4, 8),
     node("y", "Conv2D", "x w", strides="list { i: 1 i: 1 i: 3 i: 3 }", padding='s: "SAME"',
          data_format='s: "NCHW"'), (1, 8, 3, 3)),
    ("Conv2D groups", IMAGE + weight("w", 3, 3, 2, 8),
     node("y", "Conv2D", "x w", strides=ONES, padding='s: "SAME"'), (1, 9, 9, 8)),
    ("Conv2D dilated", IMAGE + weight("w", 3, 3, 4, 8),
     node("y", "Conv2D", "x w", strides=ONES, padding='s: "VALID"',
          dilations="list { i: 1 i: 2 i: 2 i: 1 }"), (1, 5, 5, 8)),
    ("depthwise", IMAGE + weight("w", 3, 3, 4, 2),
     node("y", "DepthwiseConv2dNative", "x w", strides=STRIDES, padding='s: "SAME"'),
     (1, 5, 5, 8)),
    ("transposed", IMAGE + weight("w", 3, 3, 6, 4) + whole("s", 1, 18, 17, 6),
     node("y", "Conv2DBackpropInput", "s w x", strides=STRIDES, padding='s: "SAME"'),
     (1, 18, 17, 6)),
    ("transposed valid", IMAGE + weight("w", 3, 3, 6, 4) + whole("s", 1, 19, 20, 6),
     node("y", "Conv2DBackpropInput", "s w x", strides=STRIDES, padding='s: "VALID"'),
     (1, 19, 20, 6)),
    ("MaxPool", IMAGE, node("y", "MaxPool", "x", ksize="list { i: 1 i: 3 i: 2 i: 1 }",
                            strides=STRIDES, padding='s: "VALID"'), (1, 4, 4, 4)),
    ("MatMul", placeholder("x", 5, 3) + weight("w", 7, 3),
     node("y", "MatMul", "x w", transpose_b="b: true"), (5, 7)),
    ("BatchMatMul", placeholder("x", 2, 5, 3) + placeholder("z", 2, 5, 4),
     node("y", "BatchMatMulV2", "x z", adj_x="b: true"), (2, 3, 4)),
    ("Einsum", placeholder("x", 2, 5, 3) + weight("w", 3, 4, 6),
     node("y", "Einsum", "x w", equation='s: "abc,cde->abde"'), (2, 5, 4, 6)),
    ("BiasAdd", FIRST + weight("b", 4), node("y", "BiasAdd", "x b", data_format='s: "NCHW"'),
     (1, 4, 9, 9)),
    ("Mean", IMAGE + whole("a", 1, 2), node("y", "Mean", "x a", keep_dims="b: false"), (1, 4)),
    ("Mean kept", IMAGE + whole("a", 1, 2), node("y", "Mean", "x a", keep_dims="b: true"),
     (1, 1, 1, 4)),
    ("ArgMax", IMAGE + scalar("a", -1), node("y", "ArgMax", "x a"), (1, 9, 9)),
    ("Pad", IMAGE + node("p", "Const", value="tensor { dtype: DT_INT32 tensor_shape { dim {"
     " size: 4 } dim { size: 2 } } int_val: [0, 0, 1, 2, 0, 3, 0, 0] }"), node("y", "Pad", "x p"),
     (1, 12, 12, 4)),
    ("ConcatV2", IMAGE + scalar("a", 3), node("y", "ConcatV2", "x x a"), (1, 9, 9, 8)),
    ("Concat", IMAGE + scalar("a", 1), node("y", "Concat", "a x x x"), (1, 27, 9, 4)),
    ("Pack", placeholder("x", 2, 3), node("y", "Pack", "x x", axis="i: -1"), (2, 3, 2)),
    ("ExpandDims", placeholder("x", 2, 3) + scalar("a", -1), node("y", "ExpandDims", "x a"),
     (2, 3, 1)),
    ("Squeeze", placeholder("x", 1, 3, 1), node("y", "Squeeze", "x", squeeze_dims="list { i: 0 }"),
     (3, 1)),
    ("Transpose", placeholder("x", 2, 3, 4) + whole("p", 2, 0, 1), node("y", "Transpose", "x p"),
     (4, 2, 3)),
    ("Slice", placeholder("x", 5, 6) + whole("b", 1, 2) + whole("s", 2, -1),
     node("y", "Slice", "x b s"), (2, 4)),
    ("GatherV2", weight("x", 50, 8) + placeholder("i", 2, 3, element_type="DT_INT32")
     + scalar("a", 0), node("y", "GatherV2", "x i a"), (2, 3, 8)),
    ("GatherV2 batch", placeholder("x", 5, 50, 8) + placeholder("i", 5, 3, element_type="DT_INT32")
     + scalar("a", 1), node("y", "GatherV2", "x i a", batch_dims="i: 1"), (5, 3, 8)),
    ("Tile", placeholder("x", 2, 3) + whole("r", 2, 4), node("y", "Tile", "x r"), (4, 12)),
    ("OneHot", placeholder("i", 2, element_type="DT_INT32") + scalar("d", 7) + scalar("v", 1),
     node("y", "OneHot", "i d v v"), (2, 7)),
    ("TopKV2", placeholder("x", 2, 9) + scalar("k", 3), node("y", "TopKV2", "x k"), (2, 3)),
    ("DepthToSpace", IMAGE, node("y", "DepthToSpace", "x", block_size="i: 2"), (1, 18, 18, 1)),
    ("SpaceToDepth", placeholder("x", 1, 8, 6, 3),
     node("y", "SpaceToDepth", "x", block_size="i: 2"), (1, 4, 3, 12)),
    ("ResizeBilinear", IMAGE + whole("s", 20, 30), node("y", "ResizeBilinear", "x s"),
     (1, 20, 30, 4)),
    ("FFT2D", placeholder("x", 2, 6, 8, element_type="DT_COMPLEX64"),
     node("z", "FFT2D", "x") + node("y", "ComplexAbs", "z"), (2, 6, 8)),
    ("RFFT", placeholder("x", 4, 500) + whole("l", 512),
     node("z", "RFFT", "x l") + node("y", "ComplexAbs", "z"), (4, 257)),
    ("IRFFT2D", placeholder("x", 2, 6, 5, element_type="DT_COMPLEX64") + whole("l", 6, 8),
     node("y", "IRFFT2D", "x l"), (2, 6, 8)),
    ("Fill", placeholder("x", 2, 3) + whole("d", 4, 5) + scalar("v", 0),
     node("z", "Fill", "d v") + node("y", "Reshape", "z r") + whole("r", 20), (20,)),
    ("ScatterNd", placeholder("i", 3, 1, element_type="DT_INT32") + placeholder("u", 3, 4)
     + whole("s", 8, 4), node("y", "ScatterNd", "i u s", T="type: DT_FLOAT"), (8, 4)),
    ("Select", placeholder("x", 2, 3) + placeholder("c", 2, 1, element_type="DT_BOOL"),
     node("y", "SelectV2", "c x x"), (2, 3)),
    ("FakeQuant", placeholder("x", 2, 3), node("y", "FakeQuantWithMinMaxArgs", "x"), (2, 3)),
    ("ZerosLike", placeholder("x", 2, 3), node("y", "ZerosLike", "x", T="type: DT_FLOAT"), (2, 3)),
    ("FusedBatchNormV3", IMAGE + weight("g", 4),
     node("y", "FusedBatchNormV3", "x g g g g", is_training="b: false"), (1, 9, 9, 4)),
    ("LSTMBlockCell", placeholder("x", 2, 5) + placeholder("s", 2, 6) + weight("w", 11, 24)
     + weight("p", 6) + weight("b", 24),
     node("c", "LSTMBlockCell", "x s s w p p p b") + node("y", "Relu", "c:6"), (2, 6)),
]  # fmt: skip

BOXES = placeholder("b", 9, 4) + placeholder("s", 9) + scalar("n", 4)
PADDED = "b: true"

SELDOM = [
    ("space to batch", placeholder("x", 3, 4, 6, 5) + whole("k", 2, 2) + whole("p", 1, 1, 0, 2),
     node("y", "SpaceToBatchND", "x k p"), (12, 3, 4, 5)),
    ("batch to space", placeholder("x", 12, 4, 6, 5) + whole("k", 2, 2) + whole("p", 1, 0, 0, 2),
     node("y", "BatchToSpaceND", "x k p"), (3, 7, 10, 5)),
    ("boxes", BOXES, node("y", "NonMaxSuppressionV3", "b s n n n"), (4,)),
    ("boxes filled up", BOXES,
     node("y", "NonMaxSuppressionV4", "b s n n n", pad_to_max_output_size=PADDED), (4,)),
    ("boxes of all classes",
     placeholder("b", 2, 9, 1, 4) + placeholder("s", 2, 9, 3) + scalar("n", 5) + scalar("m", 100),
     node("y", "CombinedNonMaxSuppression", "b s n m n n", pad_per_class=PADDED), (2, 15, 4)),
    ("parts of images",
     placeholder("x", 2, 9, 9, 3) + placeholder("b", 5, 4)
     + placeholder("i", 5, element_type="DT_INT32") + whole("k", 7, 6),
     node("y", "CropAndResize", "x b i k"), (5, 7, 6, 3)),
    ("a table",
     node("t", "HashTableV2", key_dtype="type: DT_STRING", value_dtype="type: DT_INT64")
     + placeholder("k", 2, 3, element_type="DT_STRING") + scalar("d", 1),
     node("y", "LookupTableFindV2", "t k d", Tout="type: DT_INT64"), (2, 3)),
    ("text", placeholder("k", 2, 3, element_type="DT_STRING"),
     node("y", "StringLower", "k"), (2, 3)),
    ("inverse", placeholder("x", 2, 3, 3), node("y", "MatrixInverse", "x"), (2, 3, 3)),
    ("search", placeholder("x", 2, 7) + placeholder("v", 2, 3),
     node("y", "LowerBound", "x v", out_type="type: DT_INT32"), (2, 3)),
    ("segments",
     placeholder("x", 5, 3) + placeholder("i", 5, element_type="DT_INT32") + scalar("n", 7),
     node("y", "UnsortedSegmentSum", "x i n", T="type: DT_FLOAT"), (7, 3)),
    ("size", placeholder("x", 5, 3), node("y", "Size", "x", out_type="type: DT_INT32"), ()),
]  # fmt: skip
"""As TensorFlow 2.21 says the shapes of the same operations are; of boxes, the largest."""


@pytest.mark.parametrize(("before", "last", "wanted"), [s[1:] for s in SELDOM],
                         ids=[s[0] for s in SELDOM])  # fmt: skip
def test_seldom_results_have_the_largest_shape_that_the_operation_says(
    before: str, last: str, wanted: tuple[int, ...]
) -> None:
    graph = read(before + last)
    assert "unknown" not in {each.operation for each in graph.body.nodes}
    typed = infer(graph).body
    name = graph.body.outputs[0]
    assert (typed.bounded.get(name) or typed.type_of(name)).at_most.shape == wanted


@pytest.mark.parametrize(
    ("setting", "operation", "wanted"),
    [case[1:] for case in SHAPES],
    ids=[case[0] for case in SHAPES],
)
def test_results_have_the_shape_that_the_operation_says(
    setting: str, operation: str, wanted: tuple[int, ...]
) -> None:
    graph = read(setting, operation)
    assert "unknown" not in {each.operation for each in graph.body.nodes}
    require(graph)
    if operation.count("node {") == 1 and 'op: "TopKV2"' in operation:
        graph = read(setting, operation, node("last", "Relu", "y"))
    assert result_shape(graph) == wanted


SLICED = [
    ((0, 1, 0), (2, 3, 0), (1, 1, 1), {"end_mask": 4}, (2, 2, 6)),
    ((0, 1), (0, 2), (1, 1), {"shrink_axis_mask": 2, "begin_mask": 1, "end_mask": 1}, (4, 6)),
    ((-1,), (0,), (1,), {"shrink_axis_mask": 1}, (5, 6)),
    ((0, 1), (0, 3), (1, 1), {"ellipsis_mask": 1}, (4, 5, 2)),
    ((0, 0, 0), (0, 0, 0), (1, 1, 1), {"new_axis_mask": 2, "begin_mask": 5, "end_mask": 5},
     (4, 1, 5, 6)),
    ((0, 0), (0, 0), (1, 1), {"ellipsis_mask": 1, "new_axis_mask": 2}, (4, 5, 6, 1)),
    ((0, 2), (0, 0), (1, 1), {"ellipsis_mask": 1, "shrink_axis_mask": 2}, (4, 5)),
    ((0, 0, 0), (0, 0, 0), (1, 1, 1),
     {"ellipsis_mask": 1, "new_axis_mask": 2, "shrink_axis_mask": 4}, (4, 5, 1)),
    ((3,), (0,), (-1,), {}, (3, 5, 6)),
    ((0,), (0,), (-1,), {"begin_mask": 1, "end_mask": 1}, (4, 5, 6)),
    ((0,), (4,), (3,), {}, (2, 5, 6)),
]  # fmt: skip


@pytest.mark.parametrize(("begin", "end", "strides", "masks", "wanted"), SLICED)
def test_a_strided_slice_follows_its_masks(
    begin: tuple[int, ...],
    end: tuple[int, ...],
    strides: tuple[int, ...],
    masks: dict[str, int],
    wanted: tuple[int, ...],
) -> None:
    stated = {name: f"i: {value}" for name, value in masks.items()}
    graph = read(
        placeholder("x", 4, 5, 6), whole("b", *begin), whole("e", *end), whole("s", *strides),
        node("y", "StridedSlice", "x b e s", **stated),
    )  # fmt: skip
    assert result_shape(graph) == wanted


UNTIL = [
    (("n",), (0,), (1,), {"begin_mask": 1}, (3, 5, 6)),
    (("n",), (1,), (2,), {}, (1, 5, 6)),
    (("n", "n"), (0, 0), (1, 1), {"begin_mask": 3, "end_mask": 1}, (4, 3, 6)),
    (("n", "n"), (1, 0), (1, 1), {}, (2, 3, 6)),
]


@pytest.mark.parametrize(("end", "begin", "strides", "masks", "wanted"), UNTIL)
def test_a_strided_slice_ends_where_another_shape_says(
    end: tuple[str, ...],
    begin: tuple[int, ...],
    strides: tuple[int, ...],
    masks: dict[str, int],
    wanted: tuple[int, ...],
) -> None:
    stated = {name: f"i: {value}" for name, value in masks.items()}
    graph = read(
        placeholder("x", 4, 5, 6), placeholder("like", 3, 2), whole("b", *begin),
        whole("s", *strides), whole("zero", 0), whole("one", 1), node("shape", "Shape", "like"),
        node("n", "StridedSlice", "shape zero one one", shrink_axis_mask="i: 1"),
        node("e", "Pack", " ".join(end), N=f"i: {len(end)}"),
        node("y", "StridedSlice", "x b e s", **stated),
    )  # fmt: skip
    assert result_shape(graph) == wanted


def macs(graph: Graph) -> int | None:
    """Multiply-adds of a graph."""
    return require(graph).compute.macs


def test_a_depthwise_convolution_multiplies_each_channel_alone() -> None:
    operation = node("y", "DepthwiseConv2dNative", "x w", strides=STRIDES, padding='s: "SAME"')
    assert macs(read(IMAGE, weight("w", 3, 3, 4, 2), operation)) == 5 * 5 * 8 * 9


def test_a_fused_convolution_has_a_bias_and_an_activation() -> None:
    graph = read(
        IMAGE, weight("w", 1, 1, 4, 8), weight("b", 8),
        node("y", "_FusedConv2D", "x w b", strides=ONES, padding='s: "SAME"',
             fused_ops='list { s: "BiasAdd" s: "Relu" }'),
    )  # fmt: skip
    assert [each.operation for each in graph.body.nodes] == ["convolution", "add", "relu"]
    assert macs(graph) == 81 * 4 * 8


def test_variables_of_real_numbers_are_parameters_and_counters_are_not() -> None:
    graph = read(
        placeholder("x", 2, 3), weight("w", 3, 4), variable("n/handle", element_type="DT_INT64"),
        node("n", "ReadVariableOp", "n/handle"), node("f", "Cast", "n", DstT="type: DT_FLOAT"),
        node("m", "MatMul", "x w"), node("y", "Mul", "m f"), variable("slot", 3, 4),
    )  # fmt: skip
    found = require(graph)
    assert found.memory.parameter_bytes == 4 * 12
    assert found.memory.constant_bytes == 8


def test_a_variable_that_was_frozen_is_a_parameter() -> None:
    tensor = f"tensor {{ dtype: DT_FLOAT tensor_shape {{ {shape(3)} }} float_val: 0 }}"
    graph = read(
        placeholder("x", 2, 3), node("w/resource", "Const", value=tensor),
        node("w/ReadVariableOp", "Identity", "w/resource"), node("y", "Mul", "x w/ReadVariableOp"),
        node("c", "Const", value=tensor), node("z", "Mul", "y c"),
    )  # fmt: skip
    assert require(graph).memory.parameter_bytes == 12


def test_a_switch_whose_condition_is_stored_goes_one_way() -> None:
    condition = "tensor { dtype: DT_BOOL tensor_shape { } bool_val: false }"
    graph = read(
        placeholder("x", 2, 3), node("c", "Const", value=condition), node("s", "Switch", "x c"),
        node("no", "Relu", "s:0"), node("yes", "Tanh", "s:1"), node("y", "Merge", "no yes"),
    )  # fmt: skip
    assert [each.operation for each in graph.body.nodes] == ["relu"]
    assert result_shape(graph) == (2, 3)


def test_a_switch_whose_condition_is_not_known_counts_both_sides_and_says_so() -> None:
    graph = read(
        placeholder("x", 2, 3), placeholder("c", element_type="DT_BOOL"),
        node("s", "Switch", "x c"),
        node("no", "Relu", "s:0"), node("yes", "Tanh", "s:1"), node("y", "Merge", "no yes"),
    )  # fmt: skip
    assert result_shape(graph) == (2, 3)
    assert require(graph).compute.flops_other == 2 * 3
    assert require(graph).compute.transcendentals == 2 * 3
    assert "at most" in graph.warnings[0]


def test_a_merge_whose_place_is_asked_for_is_unknown_and_told() -> None:
    graph = read(
        placeholder("x", 2, 3), placeholder("c", element_type="DT_BOOL"),
        node("s", "Switch", "x c"), node("m", "Merge", "s:0 s:1"), node("y", "Neg", "m:1"),
    )  # fmt: skip
    assert "version 1" in graph.warnings[0]
    assert graph.completeness == "partial"


def test_a_function_counts_as_often_as_it_is_called() -> None:
    body = (
        node("w", "ReadVariableOp", "w_resource"),
        node("m", "MatMul", "a w:value:0"),
    )
    functions = function("f", "a w_resource", "m:product:0", *body)
    named = {"f": 'func { name: "f" }'}
    graph = read(
        placeholder("x", 2, 3), variable("v", 3, 3), node("one", "PartitionedCall", "x v", **named),
        node("y", "StatefulPartitionedCall", "one v", **named), functions=functions,
    )  # fmt: skip
    found = require(graph)
    assert found.compute.macs == 2 * 2 * 9
    assert found.memory.parameter_bytes == 36


def test_an_unknown_operation_keeps_the_type_that_the_file_states() -> None:
    stated = f"list {{ shape {{ {shape(7, 8)} }} }}"
    graph = read(
        placeholder("x", 2, 3),
        node("y", "CustomOp", "x", T="type: DT_FLOAT", _output_shapes=stated),
    )
    assert result_shape(graph) == (7, 8)
    assert "CustomOp" in graph.warnings[-1]


def test_graphs_yield_what_nothing_reads_and_inputs_come_to() -> None:
    graph = read(
        placeholder("x", 2, 3), node("y", "Relu", "x"), node("z", "Tanh", "x"), whole("c", 1, 2),
        node("aside", "Neg", "c"), node("done", "NoOp", "^y"), variable("v", 2, 3),
        node("set", "AssignVariableOp", "v y"), node("told", "ScalarSummary", "c y"),
    )  # fmt: skip
    assert graph.body.outputs == ("z",)


def old_loop(name: str, inner: str, first: str, weight_: str, limit: int) -> str:
    """A loop of version 1 that multiplies ``first`` with a weight, as often as the limit says.

    ``inner`` are nodes of the body that make ``{name}/made`` of ``{name}/x/in:1``.
    """
    frame = {"frame_name": f's: "{name}"', "T": "type: DT_FLOAT"}
    count = {**frame, "T": "type: DT_INT32"}
    return (
        scalar(f"{name}/zero", 0) + scalar(f"{name}/one", 1) + scalar(f"{name}/limit", limit)
        + node(f"{name}/i/enter", "Enter", f"{name}/zero", **count)
        + node(f"{name}/x/enter", "Enter", first, **frame)
        + node(f"{name}/w", "Enter", weight_, is_constant="b: true", **frame)
        + node(f"{name}/i", "Merge", f"{name}/i/enter {name}/i/next")
        + node(f"{name}/x", "Merge", f"{name}/x/enter {name}/x/next")
        + node(f"{name}/less", "Less", f"{name}/i {name}/limit")
        + node(f"{name}/on", "LoopCond", f"{name}/less")
        + node(f"{name}/i/in", "Switch", f"{name}/i {name}/on")
        + node(f"{name}/x/in", "Switch", f"{name}/x {name}/on")
        + node(f"{name}/i/add", "AddV2", f"{name}/i/in:1 {name}/one") + inner
        + node(f"{name}/i/next", "NextIteration", f"{name}/i/add")
        + node(f"{name}/x/next", "NextIteration", f"{name}/made")
        + node(f"{name}/i/exit", "Exit", f"{name}/i/in")
        + node(f"{name}/x/exit", "Exit", f"{name}/x/in")
    )  # fmt: skip


def test_a_loop_of_version_1_counts_as_often_as_it_runs() -> None:
    body = node("a/made", "MatMul", "a/x/in:1 a/w")
    graph = read(
        placeholder("x", 2, 3), weight("w", 3, 3), old_loop("a", body, "x", "w", 5),
        node("y", "Relu", "a/x/exit"),
    )  # fmt: skip
    found = require(graph)
    assert found.compute.macs == 5 * 2 * 9
    assert found.memory.parameter_bytes == 36
    assert [text for text in graph.warnings if "variables" not in text] == []


def test_loops_of_version_1_within_one_another_multiply() -> None:
    inner = old_loop("b", node("b/made", "MatMul", "b/x/in:1 b/w"), "a/x/in:1", "a/w", 7)
    body = inner + node("a/made", "Tanh", "b/x/exit")
    graph = read(
        placeholder("x", 2, 3), weight("w", 3, 3), old_loop("a", body, "x", "w", 5),
        node("y", "Relu", "a/x/exit"),
    )  # fmt: skip
    assert require(graph).compute.macs == 5 * 7 * 2 * 9


def test_a_loop_of_version_1_that_reads_around_itself_is_unknown_and_told() -> None:
    body = placeholder("z", 3, 3) + node("a/made", "MatMul", "a/x/in:1 z")
    graph = read(
        placeholder("x", 2, 3), weight("w", 3, 3), old_loop("a", body, "x", "w", 5),
        node("y", "Relu", "a/x/exit"),
    )  # fmt: skip
    assert require(graph).compute.macs is None
    assert "version 1" in graph.warnings[0]
