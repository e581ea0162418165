"""Which values of a module are weights, constants or donated, by what the file says of them."""

from __future__ import annotations

import pytest

from cyborg_rr.domain.graph.graph import StoredTensor, TensorType
from cyborg_rr.domain.graph.inference.inference import infer
from cyborg_rr.domain.requirement.extraction import extract
from tests.readers.stablehlo.files import read_body, read_text


@pytest.mark.parametrize(
    ("literal", "expected"),
    [
        ("dense<[1.5, -2.0, 0x7F800000]> : tensor<3xf32>",
         StoredTensor(TensorType("f32", (3,)), "constant", values=(1.5, -2.0, float("inf")))),
        ("dense<[[1, -2], [3, 4]]> : tensor<2x2xi64>",
         StoredTensor(TensorType("i64", (2, 2)), "constant", values=(1, -2, 3, 4))),
        ("dense<true> : tensor<100000xi1>",
         StoredTensor(TensorType("i1", (100000,)), "constant", "inline", (True,), True, True)),
        ('dense<"0x0000803F000000C0"> : tensor<2xf32>',
         StoredTensor(TensorType("f32", (2,)), "constant", values=(1.0, -2.0))),
        ('dense<"0xFFFE"> : tensor<2xi8>',
         StoredTensor(TensorType("i8", (2,)), "constant", values=(-1, -2))),
        ("dense<0x3F80> : tensor<bf16>",
         StoredTensor(TensorType("bf16", ()), "constant", "inline", (1.0,), True, True)),
        ("dense<(1.0,2.0)> : tensor<complex<f32>>",
         StoredTensor(TensorType("c64", ()), "constant", splat=True, is_repeated=True)),
        ("dense<> : tensor<0xi64>",
         StoredTensor(TensorType("i64", (0,)), "constant", "inline", (), True, True)),
        ("dense_resource<weight> : tensor<64x64xf32>",
         StoredTensor(TensorType("f32", (64, 64)), "parameter", "inline")),
        ("dense_resource<__elided__> : tensor<64x64xf32>",
         StoredTensor(TensorType("f32", (64, 64)), "parameter", "absent")),
        ('opaque<"elided_large_const", "0xDEADBEEF"> : tensor<64x64xf32>',
         StoredTensor(TensorType("f32", (64, 64)), "parameter", "absent")),
    ],
)  # fmt: skip
def test_constants_are_kept_while_they_are_small(literal: str, expected: StoredTensor) -> None:
    graph = read_text(
        "module {\nfunc.func @main() {\n"
        f" %c = stablehlo.constant {literal}\n return\n}}\n}}\n"
        "{-#\n  dialect_resources: {\n    builtin: {\n"
        '      other: "0x0400000000000000",\n      weight: "0x04000000ABCD"\n    }\n  }\n#-}\n'
    )
    assert graph.body.stored == {"c": expected}


def test_a_large_constant_is_a_weight_and_its_elements_are_not_read() -> None:
    numbers = ", ".join(["1.25"] * 5000)
    graph = read_body(f"%c = stablehlo.constant dense<[{numbers}]> : tensor<5000xf32>\nreturn %c")
    assert graph.body.stored["c"] == StoredTensor(TensorType("f32", (5000,)), "parameter")


def test_a_weight_in_a_function_that_is_called_twice_is_stored_once() -> None:
    call = "func.call @layer(%x) : (tensor<4x8xf32>) -> tensor<4x8xf32>"
    values = ", ".join(str(float(number)) for number in range(32))
    graph = read_body(
        f"%0 = {call}\n%1 = {call}\nreturn %1 : tensor<4x8xf32>",
        rest="func.func private @layer(%a: tensor<4x8xf32>) -> tensor<4x8xf32> {\n"
        f"%w = stablehlo.constant dense<[{values}]> : tensor<32xf32>\n"
        "%v = stablehlo.reshape %w : (tensor<32xf32>) -> tensor<4x8xf32>\n"
        "%0 = stablehlo.add %a, %v : tensor<4x8xf32>\nreturn %0 : tensor<4x8xf32>\n}",
    )
    assert len(graph.body.stored) == 1
    assert len(graph.body.nodes) == 4


def test_a_global_that_is_loaded_is_a_weight() -> None:
    graph = read_text(
        "module {\n  ml_program.global private @w(dense<1.0> : tensor<2x2xf32>) : tensor<2x2xf32>\n"
        "  func.func @main() -> tensor<2x2xf32> {\n"
        "    %0 = ml_program.global_load @w : tensor<2x2xf32>\n"
        "    %1 = stablehlo.abs %0 : tensor<2x2xf32>\n    return %1 : tensor<2x2xf32>\n  }\n}\n"
    )
    assert graph.body.stored == {"@w": StoredTensor(TensorType("f32", (2, 2)), "parameter")}


@pytest.mark.parametrize(
    ("argument", "weight"),
    [
        ("%a: tensor<4xf32> loc(\"params['conv']['kernel']\")", True),
        ("%a: tensor<4xf32> loc(\"state.params['w']\")", True),
        ("%a: tensor<4xf32> loc(\"ema_params['w']\")", True),
        ("%a: tensor<4xf32> loc(\"batch['params_of_loss']\")", False),
        ('%a: tensor<4xf32> loc("params")', True),
        ('%a: tensor<4xf32> loc("weights")', False),
        ('%a: tensor<4xf32> loc("p_conv_weight")', True),
        ("%a: tensor<4xf32> loc(\"state['dense']['kernel'].value\")", True),
        ('%a: tensor<4xf32> loc("conv1.weight")', True),
        ('%a: tensor<4xf32> loc("kernel")', False),
        ('%a: tensor<4xf32> loc("x")', False),
        ("%a: tensor<4xf32> {jax.arg_info = \"params['w']\"}", True),
        ("%a: tensor<4xf32> {tf_saved_model.bound_input = @w}", True),
        ("%a: tensor<4xf32> {tf.aliasing_output = 0 : i32, jax.buffer_donor = true}", False),
    ],
)
def test_arguments_are_weights_only_where_the_file_says_so(argument: str, weight: bool) -> None:
    graph = read_text(f"func.func public @main({argument}) {{\n return\n}}\n")
    assert len(graph.body.stored) == int(weight)
    assert len(graph.body.inputs) == int(not weight)
    if weight:
        (stored,) = graph.body.stored.values()
        assert (stored.kind, stored.location) == ("parameter", "absent")
        assert "1 of 1 arguments were taken as weights" in graph.warnings[0]


def test_a_tree_with_a_kernel_in_it_is_a_tree_of_weights() -> None:
    names = ["state['l1']['bias'].value", "state['l1']['kernel'].value", "cache['key']", "x"]
    arguments = ", ".join(
        f'%a{place}: tensor<4xf32> loc("{name}")' for place, name in enumerate(names)
    )
    graph = read_text(f"func.func public @main({arguments}) {{\n return\n}}\n")
    assert list(graph.body.stored) == names[:2]
    assert list(graph.body.inputs) == names[2:]


@pytest.mark.parametrize(
    ("marks", "aliases"),
    [
        (("tf.aliasing_output = 1 : i32", "jax.buffer_donor = true"), {1: "a", 0: "b"}),
        (("jax.buffer_donor = true", "jax.buffer_donor = true"), {0: "a", 1: "b"}),
        (("jax.buffer_donor = false", "tf.aliasing_output = 2 : i32"), {}),
    ],
)
def test_each_output_takes_over_one_donated_argument(
    marks: tuple[str, str], aliases: dict[int, str]
) -> None:
    graph = read_text(
        f"func.func public @main(%a: tensor<4xf32> {{{marks[0]}}}, "
        f"%b: tensor<4xf32> {{{marks[1]}}}) -> (tensor<4xf32>, tensor<4xf32>, tensor<2xf32>) {{\n"
        "  %0 = stablehlo.abs %a : tensor<4xf32>\n  %1 = stablehlo.abs %b : tensor<4xf32>\n"
        "  %2 = stablehlo.constant dense<0.0> : tensor<2xf32>\n"
        "  return %0, %1, %2 : tensor<4xf32>, tensor<4xf32>, tensor<2xf32>\n}\n"
    )
    assert {place: name.lstrip("%") for place, name in graph.body.aliased_outputs.items()} == (
        aliases
    )


def test_the_requirement_says_how_much_of_the_output_is_donated() -> None:
    graph = read_text(
        "func.func public @main(%a: tensor<4xf32> {tf.aliasing_output = 0 : i32}, "
        "%b: tensor<4xf32>) -> (tensor<4xf32>, tensor<2xf32>) {\n"
        "  %0 = stablehlo.add %a, %b : tensor<4xf32>\n"
        "  %1 = stablehlo.constant dense<0.0> : tensor<2xf32>\n"
        "  return %0, %1 : tensor<4xf32>, tensor<2xf32>\n}\n"
    )
    memory = extract(
        infer(graph), name="m", sha256=None, size_bytes=1, reader_name="stablehlo", bindings={}
    ).memory
    assert (memory.input_bytes, memory.output_bytes, memory.aliased_bytes) == (32, 24, 16)
