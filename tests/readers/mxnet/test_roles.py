"""Weights are told from inputs, and what is only for training falls away."""

from __future__ import annotations

import pytest

from cyborg_rr.domain.graph.graph import TensorType
from tests.readers.mxnet.files import array, bind, params, read, result, var, write


def test_a_variable_is_a_weight_where_an_operation_takes_one_whatever_its_name() -> None:
    nodes = [var("a"), var("b"), var("c"), ("FullyConnected", "f", (0, 1, 2), {"num_hidden": "2"})]
    graph = read(write(*nodes))
    assert list(graph.body.inputs) == ["a"]
    assert graph.body.stored["b"].kind == "parameter"


@pytest.mark.parametrize(
    ("name", "attributes", "is_weight"),
    [
        ("mask", {}, False),
        ("scale_gamma", {}, True),
        ("mask", {"__init__": '["zero", {}]'}, True),
        ("mask", {"__shape__": "(3,)", "__wd_mult__": "1.0"}, True),
        ("mask", {"lr_mult": "0.2"}, False),
        ("weighted", {}, False),
    ],
)
def test_other_variables_are_told_by_name_and_attributes(
    name: str, attributes: dict[str, str], is_weight: bool
) -> None:
    nodes = [var("x"), var(name, **attributes), ("broadcast_mul", "y", (0, 1), {})]
    assert (name in read(write(*nodes)).body.stored) == is_weight


def test_a_name_in_the_parameters_beside_makes_a_weight() -> None:
    data = write(var("x"), var("mask"), ("broadcast_mul", "y", (0, 1), {}))
    graph = read(data, model_params=params(array((3,), 2), names=["arg:mask"]))
    assert graph.body.stored["mask"].type == TensorType("f32", (3,))
    assert graph.body.stored["mask"].location == "external"
    assert list(graph.body.inputs) == ["x"]


def test_labels_and_what_prepares_them_are_no_inputs() -> None:
    nodes = [
        var("x"),
        var("label"),
        ("Reshape", "flat", (1,), {"shape": "(-1,)"}),
        ("SoftmaxOutput", "out", (0, 2), {}),
    ]
    graph = read(write(*nodes))
    assert list(graph.body.inputs) == ["x"]
    assert [node.operation for node in graph.body.nodes] == ["softmax"]


def test_hidden_attributes_state_types_and_open_sizes() -> None:
    stated = var("x", __shape__="(0, 3, 8, 8)", __dtype__="2")
    graph = read(write(stated, ("relu", "y", (0,), {})))
    assert graph.body.inputs["x"] == TensorType("f16", ("?", 3, 8, 8))
    assert result(bind(graph, x=(4, 3, 8, 8))) == TensorType("f16", (4, 3, 8, 8))


def test_a_weight_takes_the_type_of_its_data_but_statistics_stay_wide() -> None:
    nodes = [
        var("x"),
        ("Cast", "half", (0,), {"dtype": "float16"}),
        var("c_weight"),
        ("Convolution", "c", (1, 2), {"num_filter": "4", "kernel": "(1, 1)", "no_bias": "True"}),
        *(var(f"bn_{word}") for word in ("gamma", "beta", "moving_mean", "moving_var")),
        ("BatchNorm", "bn", (3, 4, 5, 6, 7), {}),
    ]
    typed = bind(read(write(*nodes)), x=(1, 2, 5, 5))
    assert typed.body.types["c_weight"] == TensorType("f16", (4, 2, 1, 1))
    assert typed.body.types["bn_gamma"] == TensorType("f32", (4,))


def test_a_custom_operation_is_unknown_and_named() -> None:
    graph = read(write(var("x"), ("Custom", "y", (0,), {"op_type": "focal_loss"})))
    assert graph.body.nodes[0].operation == "unknown"
    assert graph.warnings == ("the operation 'Custom' (1 times) is not known",)
