"""Spellings of StableHLO that exporters use, one at a time."""

from __future__ import annotations

import pytest

from cyborg_rr.domain.errors import UnreadableModel
from cyborg_rr.domain.graph.graph import TensorType
from cyborg_rr.domain.graph.inference.inference import infer
from tests.readers.golden import all_nodes
from tests.readers.stablehlo.files import only, read_body, read_text

X = TensorType("f32", (4, 8))


def test_pretty_and_generic_forms_give_the_same_node() -> None:
    pretty = only(
        read_body(
            "%0 = stablehlo.dot_general %x, %y, batching_dims = [0] x [0], "
            "contracting_dims = [2] x [1], precision = [DEFAULT, DEFAULT] "
            ": (tensor<2x3x4xbf16>, tensor<2x4x5xbf16>) -> tensor<2x3x5xf32>\n"
            "return %0 : tensor<2x3x5xf32>",
            "%x: tensor<2x3x4xbf16>, %y: tensor<2x4x5xbf16>",
        ),
        "dot_general",
    )
    generic = only(
        read_body(
            '%0 = "stablehlo.dot_general"(%x, %y) <{dot_dimension_numbers = #stablehlo.dot<'
            "lhs_batching_dimensions = [0], rhs_batching_dimensions = [0], "
            "lhs_contracting_dimensions = [2], rhs_contracting_dimensions = [1]>}> "
            ": (tensor<2x3x4xbf16>, tensor<2x4x5xbf16>) -> tensor<2x3x5xf32>\n"
            "return %0 : tensor<2x3x5xf32>",
            "%x: tensor<2x3x4xbf16>, %y: tensor<2x4x5xbf16>",
        ),
        "dot_general",
    )
    assert pretty == generic
    assert pretty.attributes["lhs_contracting"] == (2,)
    assert pretty.attributes["element_type"] == "f32"


CONVOLUTION = {
    "pretty": "%0 = stablehlo.convolution(%x, %k) dim_numbers = [b, 0, 1, f]x[0, 1, i, o]"
    "->[b, 0, 1, f], window = {stride = [2, 2], pad = [[1, 2], [0, 1]], rhs_dilate = [1, 2]} "
    "{batch_group_count = 1 : i64, feature_group_count = 2 : i64} ",
    "generic": '%0 = "stablehlo.convolution"(%x, %k) <{dimension_numbers = #stablehlo.conv<'
    "[b, 0, 1, f]x[0, 1, i, o]->[b, 0, 1, f]>, window_strides = array<i64: 2, 2>, "
    "padding = dense<[[1, 2], [0, 1]]> : tensor<2x2xi64>, rhs_dilation = array<i64: 1, 2>, "
    "batch_group_count = 1 : i64, feature_group_count = 2 : i64}> ",
    "old": '%0 = "mhlo.convolution"(%x, %k) {dimension_numbers = #mhlo.conv<'
    "[b, 0, 1, f]x[0, 1, i, o]->[b, 0, 1, f]>, window_strides = dense<2> : tensor<2xi64>, "
    "padding = dense<[[1, 2], [0, 1]]> : tensor<2x2xi64>, "
    "rhs_dilation = dense<[1, 2]> : tensor<2xi64>, "
    "batch_group_count = 1 : i64, feature_group_count = 2 : i64} ",
}


@pytest.mark.parametrize("form", CONVOLUTION)
def test_a_convolution_is_read_in_every_form(form: str) -> None:
    graph = read_body(
        CONVOLUTION[form] + ": (tensor<1x9x9x4xf32>, tensor<3x3x2x6xf32>) -> tensor<1x5x3x6xf32>\n"
        "return %0 : tensor<1x5x3x6xf32>",
        "%x: tensor<1x9x9x4xf32>, %k: tensor<3x3x2x6xf32>",
    )
    assert dict(only(graph, "convolution").attributes) == {
        "data_layout": "N01C",
        "kernel_layout": "01IO",
        "result_layout": "N01C",
        "strides": (2, 2),
        "dilations": (1, 2),
        "lhs_dilations": (1, 1),
        "padding": (1, 2, 0, 1),
        "groups": 2,
        "batch_groups": 1,
        "element_type": "f32",
    }


REDUCERS = {
    "%r = stablehlo.maximum %a, %b : tensor<f32>": "max",
    "%r = stablehlo.add %a, %b : tensor<f32>": "sum",
    '%r = "stablehlo.multiply"(%a, %b) : (tensor<f32>, tensor<f32>) -> tensor<f32>': "prod",
}


@pytest.mark.parametrize("reducer", REDUCERS)
def test_the_reducer_region_tells_the_function(reducer: str) -> None:
    graph = read_body(
        "%c = stablehlo.constant dense<0.0> : tensor<f32>\n"
        "%0 = stablehlo.reduce(%x init: %c) across dimensions = [1] "
        ": (tensor<4x8xf32>, tensor<f32>) -> tensor<4xf32>\n"
        f" reducer(%a: tensor<f32>, %b: tensor<f32>) {{\n {reducer}\n"
        "  stablehlo.return %r : tensor<f32>\n }\nreturn %0 : tensor<4xf32>"
    )
    node = only(graph, "reduce")
    assert node.attributes["function"] == REDUCERS[reducer]
    assert node.attributes["axes"] == (1,)
    assert node.inputs == ("x", "c")


def test_operands_of_a_variadic_reduction_come_before_its_initial_values() -> None:
    graph = read_body(
        "%0:2 = stablehlo.reduce(%x init: %p), (%y init: %q) across dimensions = [0] : "
        "(tensor<4xf32>, tensor<4xi32>, tensor<f32>, tensor<i32>) -> (tensor<f32>, tensor<i32>)\n"
        " reducer(%a: tensor<f32>, %b: tensor<f32>) (%c: tensor<i32>, %d: tensor<i32>) {\n"
        "  %m = stablehlo.compare GT, %a, %b : (tensor<f32>, tensor<f32>) -> tensor<i1>\n"
        "  %n = stablehlo.select %m, %a, %b : tensor<i1>, tensor<f32>\n"
        "  %o = stablehlo.select %m, %c, %d : tensor<i1>, tensor<i32>\n"
        "  stablehlo.return %n, %o : tensor<f32>, tensor<i32>\n }\n"
        "return %0#1 : tensor<i32>",
        "%x: tensor<4xf32>, %y: tensor<4xi32>, %p: tensor<f32>, %q: tensor<i32>",
    )
    node = only(graph, "reduce")
    assert node.inputs == ("x", "y", "p", "q")
    assert node.outputs == ("0#0", "0#1")
    assert graph.body.types["0#1"] == TensorType("i32", ())
    assert node.attributes["function"] == "max"


def test_a_sort_is_along_the_last_dimension_unless_it_says_otherwise() -> None:
    graph = read_body(
        '%0 = "stablehlo.sort"(%x) ({\n ^bb0(%a: tensor<f32>, %b: tensor<f32>):\n'
        "  %p = stablehlo.compare LT, %a, %b : (tensor<f32>, tensor<f32>) -> tensor<i1>\n"
        "  stablehlo.return %p : tensor<i1>\n }) : (tensor<4x8xf32>) -> tensor<4x8xf32>\n"
        "return %0 : tensor<4x8xf32>"
    )
    assert only(graph, "sort").attributes["axis"] == -1


def test_a_composite_is_replaced_by_its_decomposition() -> None:
    graph = read_body(
        '%0 = stablehlo.composite "my.gelu" %x {composite_attributes = {n = 1 : i32}, '
        "decomposition = @gelu} : (tensor<4x8xf32>) -> tensor<4x8xf32>\n"
        "return %0 : tensor<4x8xf32>",
        rest="func.func private @gelu(%a: tensor<4x8xf32>) -> tensor<4x8xf32> {\n"
        "%0 = stablehlo.tanh %a : tensor<4x8xf32>\nreturn %0 : tensor<4x8xf32>\n}",
    )
    assert [node.operation for node in graph.body.nodes] == ["tanh"]
    assert graph.body.outputs == graph.body.nodes[0].outputs


def test_tuples_are_taken_apart() -> None:
    graph = read_body(
        "%t = stablehlo.tuple %x, %u : tuple<tensor<4x8xf32>, tuple<tensor<i1>>>\n"
        "%v = stablehlo.get_tuple_element %t[1] : (tuple<tensor<4x8xf32>, tuple<tensor<i1>>>) "
        "-> tuple<tensor<i1>>\n"
        "%w = stablehlo.get_tuple_element %v[0] : (tuple<tensor<i1>>) -> tensor<i1>\n"
        "return %w : tensor<i1>",
        "%x: tensor<4x8xf32>, %u: tuple<tensor<i1>>",
    )
    assert graph.body.outputs == ("u",)
    assert graph.body.inputs == {"x": X, "u": TensorType("i1", ())}
    assert graph.body.nodes == ()


def test_a_custom_call_that_yields_a_tuple_has_one_result_per_element() -> None:
    graph = read_body(
        "%t = stablehlo.custom_call @foo(%x) : (tensor<4x8xf32>) -> "
        "tuple<tensor<4xf32>, !stablehlo.token>\n"
        '%0 = "stablehlo.get_tuple_element"(%t) {index = 0 : i32} : '
        "(tuple<tensor<4xf32>, !stablehlo.token>) -> tensor<4xf32>\n"
        "return %0 : tensor<4xf32>"
    )
    node = only(graph, "custom_call")
    assert node.attributes == {"target": "foo"}
    assert [graph.body.types[name] for name in node.outputs] == [
        TensorType("f32", (4,)),
        TensorType("token", ()),
    ]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("tensor<2x3xf32>", TensorType("f32", (2, 3))),
        ("tensor<f8E4M3FN>", TensorType("f8E4M3FN", ())),
        ("tensor<0x4xui4>", TensorType("u4", (0, 4))),
        ("tensor<*xbf16>", TensorType("bf16", None)),
        ("tensor<5xindex>", TensorType("i64", (5,))),
        ("tensor<2xcomplex<f64>>", TensorType("c128", (2,))),
        ("tensor<2x!quant.uniform<i8:f32, 0.5:3>>", TensorType("i8", (2,))),
        ("tensor<2x!quant.uniform<u8<1:255>:f32:0, {0.5, 0.25}>>", TensorType("u8", (2,))),
        ("tensor<2x3xf32, #sparse>", TensorType("f32", (2, 3))),
        ("!small", TensorType("i32", (7,))),
        ("i32", TensorType("i32", ())),
        ("tensor<f7>", TensorType(None, ())),
        ("!foo.bar<1>", TensorType(None, None)),
    ],
)
def test_types_are_read(text: str, expected: TensorType) -> None:
    graph = read_text(
        "!small = tensor<7xi32>\n"
        "#sparse = #sparse_tensor.encoding<{ map = (d0) -> (d0 : dense) }>\n"
        f"func.func @main(%x: {text}) {{\n return\n}}\n"
    )
    assert graph.body.inputs == {"x": expected}


@pytest.mark.parametrize(
    ("text", "largest"),
    [
        ("tensor<?x3xf32, #stablehlo.bounds<8, ?>>", (8, 3)),
        ("tensor<?x?xf32, #mhlo.type_extensions<bounds = [8, 9]>>", (8, 9)),
    ],
)
def test_an_open_dimension_keeps_its_bound(text: str, largest: tuple[int, ...]) -> None:
    graph = read_text(f"func.func @main(%x: {text}) {{\n return\n}}")
    assert graph.body.inputs["x"].at_most == TensorType("f32", largest)
    (source, *_) = infer(graph).found
    assert source == "input 'x' leaves the dimension 'x_dim0' open, at most 8"


def test_a_bound_below_0_bounds_nothing() -> None:
    graph = read_text(
        "func.func @main(%x: tensor<?x3xf32, #stablehlo.bounds<-8, ?>>) {\n return\n}"
    )
    assert graph.body.inputs["x"].shape == ("x_dim0", 3)
    assert not graph.body.inputs["x"].is_bounded


def test_open_dimensions_of_inputs_get_symbols_of_their_own() -> None:
    graph = read_text(
        "func.func @main(%x: tensor<?x3x?xf32>, %y: tensor<?xf32>) {\n %0 = stablehlo.abs %x : "
        "tensor<?x3x?xf32>\n return\n}\n"
    )
    assert graph.body.inputs["x"].shape == ("x_dim0", 3, "x_dim2")
    assert graph.body.inputs["y"].shape == ("y_dim0",)
    assert infer(graph).types["0"].shape == ("x_dim0", 3, "x_dim2")


def test_an_unknown_operation_is_kept_with_its_types() -> None:
    graph = read_body(
        '%0:2 = "stablehlo.brand_new"(%x) <{a = #stablehlo<thing A>}> ({\n ^bb0(%q: tensor<f32>):\n'
        "  stablehlo.return %q : tensor<f32>\n}) : (tensor<4x8xf32>) -> "
        "(tensor<2xf32>, tensor<3xi8>)\nreturn %0#0 : tensor<2xf32>"
    )
    node = only(graph, "unknown")
    assert node.native_name == "stablehlo.brand_new"
    assert graph.body.types["0#1"] == TensorType("i8", (3,))
    assert graph.completeness == "partial"
    assert "'stablehlo.brand_new' (1 times) is not known" in graph.warnings[0]


@pytest.mark.parametrize("name", ["erfc", "erf_inv", "lgamma", "digamma", "bessel_i1e"])
def test_special_functions_of_jax_are_known(name: str) -> None:
    graph = read_body(
        f"%0 = chlo.{name} %x : tensor<4x8xf32> -> tensor<4x8xf32>\nreturn %0 : tensor<4x8xf32>"
    )
    assert only(graph, "erf").native_name == f"chlo.{name}"
    assert graph.completeness == "full"


@pytest.mark.parametrize("name", ["polygamma", "zeta"])
def test_special_functions_of_two_operands_are_known(name: str) -> None:
    graph = read_body(
        f"%0 = chlo.{name} %x, %x : tensor<4x8xf32>, tensor<4x8xf32> -> tensor<4x8xf32>\n"
        "return %0 : tensor<4x8xf32>"
    )
    assert only(graph, "power").native_name == f"chlo.{name}"
    assert graph.completeness == "full"


def test_locations_as_torch_writes_them_are_passed_over() -> None:
    graph = read_text(
        "module @IrToHlo.4 attributes {mhlo.is_dynamic = false} {\n"
        "  func.func @main(%arg0: tensor<4xf32> [unknown]) -> tensor<4xf32> {\n"
        '    %0 = stablehlo.abs %arg0 : tensor<4xf32> "{\\22trace\\22: \\22a\\22}"\n'
        "    %1 = stablehlo.negate %0 : tensor<4xf32> [unknown]\n"
        "    return %1 : tensor<4xf32> [unknown]\n  } [unknown]\n} [unknown]\n"
    )
    assert [node.operation for node in graph.body.nodes] == ["abs", "negate"]


def test_branches_and_loops_carry_their_blocks() -> None:
    graph = read_body(
        '%0 = "stablehlo.if"(%p) ({\n stablehlo.return %x : tensor<4x8xf32>\n}, {\n'
        "  %n = stablehlo.negate %x : tensor<4x8xf32>\n stablehlo.return %n : tensor<4x8xf32>\n})"
        " : (tensor<i1>) -> tensor<4x8xf32>\nreturn %0 : tensor<4x8xf32>",
        "%x: tensor<4x8xf32>, %p: tensor<i1>",
    )
    node = only(graph, "if")
    assert [block.outputs for block in node.blocks] == [("x",), ("n",)]


@pytest.mark.parametrize(
    ("direction", "limit", "step", "trips"),
    [("LT", 7, 1, 7), ("LE", 7, 2, 4), ("NE", 6, 3, 2)],
)
def test_a_counted_loop_tells_how_often_it_runs(
    direction: str, limit: int, step: int, trips: int
) -> None:
    graph = read_body(
        "%z = stablehlo.constant dense<0> : tensor<i32>\n"
        "%0:2 = stablehlo.while(%i = %z, %v = %x) : tensor<i32>, tensor<4x8xf32>\n cond {\n"
        f"  %l = stablehlo.constant dense<{limit}> : tensor<i32>\n"
        f"  %t = stablehlo.compare {direction}, %i, %l : (tensor<i32>, tensor<i32>) -> tensor<i1>\n"
        "  stablehlo.return %t : tensor<i1>\n } do {\n"
        f"  %s = stablehlo.constant dense<{step}> : tensor<i32>\n"
        "  %j = stablehlo.add %i, %s : tensor<i32>\n"
        "  %w = stablehlo.tanh %v : tensor<4x8xf32>\n"
        "  stablehlo.return %j, %w : tensor<i32>, tensor<4x8xf32>\n }\n"
        "return %0#1 : tensor<4x8xf32>"
    )
    (inner,) = infer(graph).body.inner.values()
    assert inner.trips == trips


@pytest.mark.parametrize(
    ("body", "cause"),
    [
        ("%0 = stablehlo.abs %y : tensor<4xf32>\nreturn", "%y is not defined at line 3, column 1"),
        ("call @f() : () -> ()\nreturn", "the function 'f' is not defined at line 3, column 1"),
        ("call @main(%x) : (tensor<4x8xf32>) -> ()\nreturn", "'main' calls itself"),
        ("%0 = stablehlo.constant dense<[1, 2]> : tensor<3xi32>\nreturn", "has 2 elements where"),
        ("cf.br ^bb1\n^bb1:\nreturn", "has branches between blocks"),
        ("%0 = linalg.foo %x : tensor<4xf32>\nreturn", "of the dialect 'linalg'"),
        ("%0:3 = stablehlo.abs %x : tensor<4x8xf32>\nreturn", "stands for 3 values, but 1 types"),
    ],
)
def test_a_refusal_names_cause_and_place(body: str, cause: str) -> None:
    with pytest.raises(UnreadableModel) as caught:
        read_body(body)
    assert cause in str(caught.value)
    assert "\n" not in str(caught.value)


def test_results_of_different_calls_do_not_mix() -> None:
    call = "call @f(%x) : (tensor<4x8xf32>) -> tensor<4x8xf32>"
    graph = read_body(
        f"%0 = {call}\n%1 = {call}\n%2 = stablehlo.add %0, %1 : tensor<4x8xf32>\nreturn %2",
        rest="func.func private @f(%a: tensor<4x8xf32>) -> tensor<4x8xf32> {\n"
        "%0 = stablehlo.abs %a : tensor<4x8xf32>\nreturn %0 : tensor<4x8xf32>\n}",
    )
    names = [name for node in all_nodes(graph.body) for name in node.outputs]
    assert len(set(names)) == len(names) == 3
