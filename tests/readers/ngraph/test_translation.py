"""One operation each: what it becomes, its sizes, and its work where that was counted by hand."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from cyborg_rr.domain.graph.graph import Graph
from cyborg_rr.domain.graph.inference.inference import infer
from cyborg_rr.domain.requirement.requirement import IRRequirement
from cyborg_rr.readers.ngraph.reader import NgraphReader
from cyborg_rr.readers.reading.analysis import analyse_by
from cyborg_rr.readers.reading.options import parse_options
from cyborg_rr.readers.reading.source import Source
from tests.readers.ngraph.writing import Fields, constant, function, operation, parameter, write
from tests.readers.samples import DATA

Sizes = Sequence[int]

POOL: Mapping[str, Any] = {
    "window_shape": [2, 2], "window_movement_strides": [2, 2], "padding_below": [0, 0],
    "padding_above": [0, 0],
}  # fmt: skip
CONV: Mapping[str, Any] = {
    "window_movement_strides": [2, 1], "window_dilation_strides": [1, 1], "padding_below": [1, 0],
    "padding_above": [1, 0], "data_dilation_strides": [1, 1],
}  # fmt: skip
BACK: Mapping[str, Any] = {f"{name}_forward": value for name, value in CONV.items()}


def read(*functions: Fields) -> Graph:
    """The graph of a file."""
    return NgraphReader().read(Source("made", write(*functions)))


def make(kind: str, operands: Sequence[Sizes], **more: Any) -> Graph:
    """The graph of one operation on parameters."""
    names = [f"p{place}" for place in range(len(operands))]
    given = [parameter(name, sizes) for name, sizes in zip(names, operands, strict=True)]
    return read(function("F", [*given, operation(kind, *names, **more)], "made"))


def inspect_sample(name: str, *inputs: str) -> IRRequirement:
    """What is said of a sample."""
    content = (DATA / "ngraph" / f"{name}.json").read_bytes()
    return analyse_by(NgraphReader(), Source(name, content), parse_options(None, inputs))


ONE: Sequence[tuple[str, list[Sizes], Sizes, Mapping[str, Any], str]] = (
    ("Add", [[2, 3], [2, 3]], [2, 3], {}, "add"),
    ("Add", [[2, 3], [3]], [2, 3], {"autob": {"type": 1, "axis": 0}}, "add"),
    ("Relu", [[2, 3]], [2, 3], {}, "relu"),
    ("GreaterEq", [[2, 3], [2, 3]], [2, 3], {}, "compare"),
    ("Not", [[2, 3]], [2, 3], {}, "not"),
    ("Convert", [[2, 3]], [2, 3], {"target_type": "int32_t"}, "convert"),
    ("Dot", [[2, 3, 4], [3, 4, 5]], [2, 5], {"reduction_axes_count": 2}, "dot_general"),
    ("Dot", [[2, 3], [3, 4, 5]], [2, 4, 5], {}, "dot_general"),
    ("Dot", [[], [3, 4]], [3, 4], {}, "dot_general"),
    ("Sum", [[2, 3, 4]], [3], {"reduction_axes": [0, 2]}, "reduce"),
    ("ArgMax", [[2, 3]], [2], {"axis": 1, "index_element_type": "int64_t"}, "reduce"),
    ("Softmax", [[2, 3, 4]], [2, 3, 4], {"softmax_axes": [1, 2]}, "softmax"),
    ("Reshape", [[2, 3, 4]], [4, 6], {"input_order": [2, 0, 1], "output_shape": [4, 6]}, "reshape"),
    ("Reshape", [[2, 3]], [3, 2], {"input_order": [1, 0], "output_shape": [3, 2]}, "transpose"),
    ("Broadcast", [[3]], [2, 3, 4], {"shape": [2, 3, 4], "axes": [0, 2]}, "broadcast_in_dim"),
    ("BroadcastLike", [[3], [2, 3]], [2, 3], {"initial_axes": [0]}, "broadcast_in_dim"),
    ("Concat", [[2, 3], [2, 4]], [2, 7], {"axis": 1}, "concatenate"),
    (
        "Slice",
        [[8, 9]],
        [3, 9],
        {"lower_bounds": [1, 0], "upper_bounds": [7, 9], "strides": [2, 1]},
        "slice",
    ),
    (
        "ReplaceSlice",
        [[8, 9], [2, 9]],
        [8, 9],
        {"lower_bounds": [1, 0], "upper_bounds": [3, 9]},
        "dynamic_update_slice",
    ),
    (
        "Pad",
        [[3, 4], []],
        [5, 8],
        {"padding_below": [1, 0], "padding_above": [1, 1], "padding_interior": [0, 1]},
        "pad",
    ),
    ("Reverse", [[3, 4]], [3, 4], {"reversed_axes": [1]}, "reverse"),
    ("OneHot", [[3]], [3, 7], {"shape": [3, 7], "one_hot_axis": 1}, "one_hot"),
    ("EmbeddingLookup", [[4], [9, 5]], [4, 5], {}, "gather"),
    ("Convolution", [[2, 3, 9, 8], [4, 3, 3, 2]], [2, 4, 5, 7], CONV, "convolution"),
    (
        "GroupConvolution",
        [[2, 6, 9, 8], [4, 3, 3, 2]],
        [2, 4, 5, 7],
        {**CONV, "groups": 2},
        "convolution",
    ),
    (
        "ConvolutionBias",
        [[2, 3, 9, 8], [4, 3, 3, 2], [4]],
        [2, 4, 5, 7],
        {**CONV, "with_relu": True},
        "relu",
    ),
    (
        "ConvolutionBackpropData",
        [[4, 3, 3, 2], [2, 4, 5, 7]],
        [2, 3, 9, 8],
        {**BACK, "data_batch_shape": [2, 3, 9, 8]},
        "convolution_transpose",
    ),
    (
        "ConvolutionBackpropData",
        [[4, 3, 3, 2], [2, 4, 5, 7]],
        [2, 3, 10, 8],
        {**BACK, "data_batch_shape": [2, 3, 10, 8]},
        "convolution_transpose",
    ),
    (
        "ConvolutionBackpropFilters",
        [[2, 3, 9, 8], [2, 4, 5, 7]],
        [4, 3, 3, 2],
        {**BACK, "filters_shape": [4, 3, 3, 2]},
        "convolution",
    ),
    (
        "ConvolutionBackpropFilters",
        [[2, 3, 10, 8], [2, 4, 5, 7]],
        [4, 3, 3, 2],
        {**BACK, "filters_shape": [4, 3, 3, 2]},
        "convolution",
    ),
    ("MaxPool", [[1, 2, 7, 7]], [1, 2, 3, 3], POOL, "pool"),
    ("AvgPool", [[1, 2, 7, 7]], [1, 2, 4, 4], {**POOL, "ceil_mode": True}, "pool"),
    (
        "AvgPoolBackprop",
        [[1, 2, 3, 3]],
        [1, 2, 7, 7],
        {**POOL, "forward_arg_shape": [1, 2, 7, 7]},
        "reduce_window",
    ),
    ("MaxPoolBackprop", [[1, 2, 7, 7], [1, 2, 3, 3]], [1, 2, 7, 7], POOL, "select_and_scatter"),
    (
        "BatchNormInference",
        [[3], [3], [2, 3, 4, 4], [3], [3]],
        [2, 3, 4, 4],
        {"eps": 0.1},
        "batch_normalization",
    ),
    ("ReluBackprop", [[2, 3], [2, 3]], [2, 3], {}, "select"),
    ("SigmoidBackprop", [[2, 3], [2, 3]], [2, 3], {}, "multiply"),
    ("BatchMatMul", [[2, 3, 4], [2, 4, 5]], [2, 3, 5], {}, "matmul"),
    (
        "Gemm",
        [[3, 2], [3, 4], [4]],
        [2, 4],
        {"alpha": 1.0, "beta": 1.0, "transA": True, "transB": False},
        "gemm",
    ),
    (
        "LRN",
        [[1, 5, 3, 3]],
        [1, 5, 3, 3],
        {"alpha": 1.0, "beta": 0.5, "bias": 1.0, "nsize": 3},
        "local_response_normalization",
    ),
    (
        "LSTMCell",
        [[2, 5], [28, 5], [28, 7], [2, 7], [2, 7], [28]],
        [2, 7],
        {"hidden_size": 7, "outputs": 2},
        "squeeze",
    ),
    ("Clamp", [[2, 3]], [2, 3], {"min": 0.0, "max": 6.0}, "clamp"),
    ("SquaredDifference", [[2, 3], [2, 3]], [2, 3], {}, "multiply"),
    ("ScaleShift", [[2, 3], [3], [3]], [2, 3], {}, "add"),
    ("SpaceToDepth", [[1, 2, 4, 4]], [1, 8, 2, 2], {"block_size": 2}, "space_to_depth"),
    ("AllReduce", [[2, 3]], [2, 3], {}, "all_reduce"),
    ("StopGradient", [[2, 3]], [2, 3], {}, "identity"),
    ("GenerateMask", [[]], [2, 3], {"output_shape": [2, 3], "type": "float"}, "random"),
)
"""Operation, sizes of its operands, of its result, attributes, and what stands for it."""


@pytest.mark.parametrize(("kind", "operands", "result", "attributes", "last"), ONE)
def test_an_operation_is_translated_and_its_size_follows(
    kind: str, operands: list[Sizes], result: Sizes, attributes: Mapping[str, Any], last: str
) -> None:
    graph = make(kind, operands, **attributes)
    assert graph.body.nodes[-1].operation == last
    assert graph.body.nodes[-1].native_name == kind
    typed = infer(graph)
    assert typed.body.types[graph.body.outputs[0]].shape == tuple(result)
    assert typed.unresolved == ()


@pytest.mark.parametrize(
    ("name", "inputs", "macs", "parameters"),
    [
        # 50x8x8x64 of 3x3x64, and of 32
        ("ngraph_tf_resnet8", (), 117_964_800 + 6_553_600, 8),
        ("Graph_fprop_sigmoid", (), 0, 4),
        ("documentation_first", (), 2 * 5 * 12, 0),
        # 4x8x13x13 of 27, forward and for both gradients
        ("documentation_training", (), 3 * 4 * 8 * 169 * 27, 4),
        # 2x12x10x10 of 18, 2 times 12 of 5
        ("documentation_late", ("unk__image_0=2",), 43_200 + 120, 4 * (216 + 60)),
    ],
)
def test_work_and_weights_are_those_counted_by_hand(
    name: str, inputs: tuple[str, ...], macs: int, parameters: int
) -> None:
    found = inspect_sample(name, *inputs)
    assert found.compute.macs == macs
    assert found.memory.parameter_bytes == parameters


def test_the_last_function_is_the_model_and_those_that_it_calls_are_part_of_it() -> None:
    called = function("G", [parameter("a", [2, 3]), operation("Relu", "a", name="r")], "r")
    lonely = function("H", [parameter("b", [9])], "b")
    entry = function(
        "F", [parameter("x", [2, 3]), operation("FunctionCall", "x", function="G")], "made"
    )
    graph = read(lonely, called, entry)
    assert graph.name == "F"
    assert graph.body.nodes[0].operation == "call"
    assert [warning for warning in graph.warnings if "'H'" in warning]


def test_a_function_that_is_called_has_constants_of_its_own() -> None:
    ops = [parameter("a", [2]), constant("c", [2], "float", 1, 2), operation("Add", "a", "c")]
    calls = [
        parameter("x", [2]),
        operation("FunctionCall", "x", name="one", function="G"),
        operation("FunctionCall", "one", name="two", function="G"),
    ]
    typed = infer(read(function("G", ops, "made"), function("F", calls, "two")))
    assert typed.body.types["two"].shape == (2,)


def test_places_stand_before_values_in_the_result_of_top_k() -> None:
    graph = make("TopK", [[4, 9]], outputs=2, top_k_axis=1, k=3, index_element_type="int32_t")
    assert graph.body.types["made.0"].element_type == "i32"
    assert graph.body.types["made.1"].element_type == "f32"
    assert graph.body.types["made.0"].shape == (4, 3)


def test_a_reference_may_be_an_object_with_an_index() -> None:
    ops = [
        parameter("x", [4, 9]),
        operation("Split", "x", name="s", outputs=3, axis=1, splits=[2, 3, 4]),
        operation("Relu", {"node": "s", "index": 2}),
    ]
    assert infer(read(function("F", ops, "made"))).body.types["made"].shape == (4, 4)


def test_what_may_be_cached_is_a_weight_and_no_input() -> None:
    ops = [
        parameter("x", [2, 3]),
        parameter("w", [3, 4], cacheable=True),
        operation("Dot", "x", "w"),
    ]
    graph = read(function("F", ops, "made"))
    assert list(graph.body.inputs) == ["x"]
    assert graph.body.stored["w"].location == "absent"
    assert not graph.weights_guessed


def test_a_value_for_all_elements_is_kept_once() -> None:
    ops = [constant("c", [3], "int64_t", 7), operation("Negative", "c")]
    stored = read(function("F", ops, "made")).body.stored["c"]
    assert (stored.values, stored.splat) == ((7,), True)


def test_later_versions_follow_the_rules_of_opsets() -> None:
    ops = [
        parameter("x", [2, 12, 4]), constant("shape", [2], "i64", 0, -1),
        operation("Reshape", "x", "shape", op_version=1, special_zero=True),
    ]  # fmt: skip
    graph = read(function("F", ops, "made"))
    assert infer(graph).body.types["made"].shape == (2, 48)
    assert [each.version for each in graph.ir.dialects] == ["1"]


def test_an_operation_that_is_not_known_is_no_error() -> None:
    graph = make("Frobnicate", [[2, 3]])
    assert graph.body.nodes[0].operation == "unknown"
