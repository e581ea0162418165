"""Which arguments of a program are weights: said by the caller, or guessed and called a guess."""

from __future__ import annotations

from dataclasses import replace

import pytest

from cyborg_rr.domain.errors import InvalidInput
from cyborg_rr.domain.graph.graph import Arguments, Graph, StoredTensor, TensorType
from cyborg_rr.domain.graph.inference.weights import guess_weights, state_weights
from cyborg_rr.readers.reading.source import Source
from cyborg_rr.readers.stablehlo.reader import StablehloReader

MATRIX = "tensor<8x8xf32>"
ROW = "tensor<8xf32>"


def dot(result: str, left: str, right: str) -> str:
    return (
        f" {result} = stablehlo.dot_general {left}, {right}, contracting_dims = [1] x [0]"
        f" : ({MATRIX}, {MATRIX}) -> {MATRIX}\n"
    )


def program(body: str, last: str, arguments: str = "") -> Graph:
    """Ids, a table of eight rows, a state, four matrices, a scale and data."""
    text = (
        f"func.func @main(%arg0: tensor<8xi32>, %arg1: {MATRIX}, %arg2: {MATRIX} {arguments},"
        f" %arg3: {MATRIX}, %arg4: {MATRIX}, %arg5: {MATRIX}, %arg6: {MATRIX}, %arg7: {ROW},"
        f" %arg8: {MATRIX}) -> {MATRIX} {{\n{body} return {last} : {MATRIX}\n}}\n"
    )
    return StablehloReader().read(Source("program", text.encode()))


LOOKUP = (
    ' %0 = "stablehlo.gather"(%arg1, %arg0) <{dimension_numbers = #stablehlo.gather<offset_dims ='
    " [1], collapsed_slice_dims = [0], start_index_map = [0], index_vector_dim = 1>, slice_sizes ="
    f" array<i64: 1, 8>}}> : ({MATRIX}, tensor<8xi32>) -> {MATRIX}\n"
)
LAYERS = LOOKUP + "".join(
    dot(f"%{place + 1}", f"%{place}", f"%arg{place + 3}") for place in range(4)
)
SCALED = (
    f" %5 = stablehlo.broadcast_in_dim %arg7, dims = [1] : ({ROW}) -> {MATRIX}\n"
    f" %6 = stablehlo.multiply %4, %5 : {MATRIX}\n %7 = stablehlo.add %6, %arg8 : {MATRIX}\n"
)
PLAIN = program(LAYERS + SCALED, "%7")
GUESSED = {"arg1", "arg3", "arg4", "arg5", "arg6", "arg7"}


def test_what_is_multiplied_with_looked_up_in_or_scales_is_guessed() -> None:
    graph = guess_weights(PLAIN)
    assert set(graph.body.stored) == GUESSED
    assert list(graph.body.inputs) == ["arg0", "arg2", "arg8"]
    assert graph.weights_guessed
    (warning,) = graph.warnings
    assert "6 were guessed to be" in warning
    assert "--weights" in warning


def test_a_state_that_is_handed_on_is_no_weight() -> None:
    body = LAYERS + SCALED + dot("%8", "%7", "%arg2")
    assert "arg2" in guess_weights(program(body, "%8")).body.stored
    donated = guess_weights(program(body, "%8", "{tf.aliasing_output = 0 : i32}"))
    assert "arg2" in donated.body.inputs
    returned = guess_weights(program(LAYERS + SCALED, "%arg2"))
    assert "arg2" in returned.body.inputs


def test_what_is_multiplied_with_another_argument_is_no_weight() -> None:
    both = LAYERS + SCALED + dot("%8", "%arg2", "%arg3")
    found = guess_weights(program(both, "%8")).body.inputs
    assert {"arg2", "arg3"} <= found.keys()


FIRST_ROWS = (
    f" %8 = stablehlo.slice %arg2 [0:4, 0:8] : ({MATRIX}) -> tensor<4x8xf32>\n"
    f" %9 = stablehlo.slice %7 [{{}}:4, 0:8] : ({MATRIX}) -> tensor<4x8xf32>\n"
    " %10 = stablehlo.add %8, %9 : tensor<4x8xf32>\n"
    f" %11 = stablehlo.concatenate %10, %10, dim = 0 : (tensor<4x8xf32>,"
    f" tensor<4x8xf32>) -> {MATRIX}\n"
)


def test_a_matrix_of_which_the_first_rows_alone_are_read_is_a_table_of_positions() -> None:
    rows = FIRST_ROWS.format(0)
    assert "arg2" in guess_weights(program(LAYERS + SCALED + rows, "%11")).body.stored
    others_too = rows + f" %12 = stablehlo.add %11, %arg2 : {MATRIX}\n"
    assert "arg2" in guess_weights(program(LAYERS + SCALED + others_too, "%12")).body.inputs
    later = rows.replace("%arg2 [0:4,", "%arg2 [4:8,")
    assert "arg2" in guess_weights(program(LAYERS + SCALED + later, "%11")).body.inputs


def test_weights_are_followed_into_functions_that_are_called(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for limit in ("MAX_WRITTEN_OUT", "MAX_GROWTH", "MAX_SMALL"):
        monkeypatch.setattr(f"cyborg_rr.readers.kit.calling.{limit}", 0)
    function = (
        f"func.func private @layer(%a: {MATRIX}, %w: {MATRIX}) -> {MATRIX} {{\n"
        f"{dot('%0', '%a', '%w')} return %0 : {MATRIX}\n}}\n"
    )
    calls = LOOKUP + "".join(
        f" %{place + 1} = call @layer(%{place}, %arg{place + 3}) :"
        f" ({MATRIX}, {MATRIX}) -> {MATRIX}\n"
        for place in range(4)
    )
    text = (
        f"func.func @main(%arg0: tensor<8xi32>, %arg1: {MATRIX}, %arg2: {MATRIX}, %arg3: {MATRIX},"
        f" %arg4: {MATRIX}, %arg5: {MATRIX}, %arg6: {MATRIX}, %arg7: {ROW}) -> {MATRIX} {{\n"
        f"{calls} return %4 : {MATRIX}\n}}\n{function}"
    )
    graph = guess_weights(StablehloReader().read(Source("calls", text.encode())))
    assert any(node.operation == "call" for node in graph.body.nodes)
    assert set(graph.body.stored) == GUESSED - {"arg7"}


def test_where_nothing_can_be_guessed_it_is_still_said_that_nothing_is_sure() -> None:
    graph = guess_weights(program(f" %0 = stablehlo.add %arg1, %arg8 : {MATRIX}\n", "%0"))
    assert graph.body.stored == {}
    assert graph.weights_guessed


@pytest.mark.parametrize(
    ("wanted", "stored"),
    [
        (["arg3"], {"arg3"}),
        (["3-5", "7"], {"arg3", "arg4", "arg5", "arg7"}),
        (["arg*"], {f"arg{place}" for place in range(9)}),
        (["arg[12]"], {"arg1", "arg2"}),
    ],
)
def test_what_the_caller_says_are_weights_are_all_weights(
    wanted: list[str], stored: set[str]
) -> None:
    graph = state_weights(PLAIN, wanted)
    assert set(graph.body.stored) == stored
    assert not graph.weights_guessed
    assert graph.warnings == ()
    again = state_weights(graph, ["arg4"])
    assert set(again.body.stored) == {"arg4"}
    assert list(again.body.inputs) == [f"arg{place}" for place in range(9) if place != 4]


@pytest.mark.parametrize(
    ("wanted", "message"),
    [
        ("agr3", "no argument has that name"),
        ("arg33", "nearest: .*arg3"),
        ("9", "the numbers 0 to 8"),
        ("5-3", "the numbers 0 to 8"),
        ("w*", "no argument has that name"),
    ],
)
def test_weights_that_are_none_are_refused(wanted: str, message: str) -> None:
    with pytest.raises(InvalidInput, match=message):
        state_weights(PLAIN, [wanted])


def test_inputs_of_a_model_that_stores_weights_may_be_weights_too() -> None:
    """As an ONNX file of which the exporter left some weights out."""
    stored = {"w": StoredTensor(TensorType("f32", (4, 4)), "parameter", "inline")}
    inputs = {"x": TensorType("f32", (1, 4)), "left_out": TensorType("f32", (4,))}
    body = replace(PLAIN.body, inputs=inputs, stored=stored, nodes=(), outputs=("x",))
    graph = replace(PLAIN, body=body, arguments=Arguments())
    for wanted in ("1", "left*"):
        told = state_weights(graph, [wanted]).body
        assert list(told.inputs) == ["x"]
        assert set(told.stored) == {"w", "left_out"}
        assert told.stored["w"] == stored["w"]


def test_a_file_without_arguments_has_none_that_could_be_weights() -> None:
    graph = replace(PLAIN, body=replace(PLAIN.body, inputs={}), arguments=Arguments())
    for wanted in ("0", "name"):
        with pytest.raises(InvalidInput, match=f"'{wanted}': the file states no arguments that"):
            state_weights(graph, [wanted])


def test_of_an_image_and_the_first_kernel_the_kernel_is_the_weight() -> None:
    image, kernel = "tensor<1x8x4x4xf32>", "tensor<8x8x3x3xf32>"
    names = [f"%arg{place}" for place in range(8)]
    kinds = dict.fromkeys(names, kernel) | {"%arg5": image}
    lines, last = [], "%arg5"
    for place, name in enumerate(name for name in names if name != "%arg5"):
        lines.append(
            f" %{place} = stablehlo.convolution({last}, {name}) dim_numbers = [b, f, 0, 1]x[o, i,"
            " 0, 1]->[b, f, 0, 1], window = {pad = [[1, 1], [1, 1]]} {batch_group_count = 1 : i64,"
            f" feature_group_count = 1 : i64}} : ({image}, {kernel}) -> {image}\n"
        )
        last = f"%{place}"
    arguments = ", ".join(f"{name}: {kind}" for name, kind in kinds.items())
    text = (
        f"func.func @main({arguments}) -> {image} {{\n{''.join(lines)} return {last} : {image}\n}}"
    )
    graph = guess_weights(StablehloReader().read(Source("program", text.encode())))
    assert list(graph.body.inputs) == ["arg5"]
