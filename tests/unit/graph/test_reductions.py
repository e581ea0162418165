"""Reductions, pooling, normalisation and elementwise operations."""

from typing import Any

import pytest

from cyborg_rr.domain.graph.graph import Shape, TensorType
from tests.unit.graph.applying import Operand, apply


@pytest.mark.parametrize(
    ("operands", "attributes", "shape"),
    [
        ([(2, 3, 4)], {"axes": (1,)}, (2, 4)),
        ([(2, 3, 4)], {"axes": (-1,), "keep_dimensions": True}, (2, 3, 1)),
        ([(2, 3, 4)], {}, ()),
        ([(2, 3, 4), [0, 2]], {}, (3,)),
        ([(2, 3, 4)], {"axes": (), "noop_with_empty_axes": True}, (2, 3, 4)),
        ([("n", 3)], {"axes": (1,)}, ("n",)),
    ],
)
def test_a_reduction_drops_or_keeps_its_axes(
    operands: list[Operand], attributes: dict[str, Any], shape: Shape
) -> None:
    assert apply("reduce", *operands, function="sum", **attributes).shape == shape


def test_a_reduction_over_unknown_axes_keeps_only_its_rank() -> None:
    axes = TensorType("i64", (1,))
    kept = apply("reduce", (2, 3), axes, function="sum", keep_dimensions=True)
    assert kept.shape == ("?", "?")
    assert apply("reduce", (2, 3), axes, function="sum").shape is None


def test_positions_have_their_own_type() -> None:
    found = apply("reduce", (2, 3), function="argmax", axes=(1,))
    assert (found.element_type, found.shape) == ("i64", (2,))


def test_several_operands_reduce_together() -> None:
    found = apply(
        "reduce", (2, 3), TensorType("i32", (2, 3)), (), TensorType("i32", ()),
        outputs=2, operands=2, axes=(1,),
    )  # fmt: skip
    assert found.types == (TensorType("f32", (2,)), TensorType("i32", (2,)))


def test_the_work_of_reductions() -> None:
    total = apply("reduce", (10, 20), function="sum", axes=(1,)).cost
    mean = apply("reduce", (10, 20), function="mean", axes=(1,)).cost
    log_sum_exp = apply("reduce", (10, 20), function="log_sum_exp", axes=(1,)).cost
    assert total is not None
    assert mean is not None
    assert log_sum_exp is not None
    assert total.flops_other == 200
    assert mean.flops_other == 210
    assert log_sum_exp.transcendentals == 210


def test_softmax_takes_an_exponential_per_element() -> None:
    cost = apply("softmax", (4, 8), axis=-1).cost
    assert cost is not None
    assert (cost.flops_other, cost.transcendentals) == (128, 32)


def test_top_k_keeps_k() -> None:
    found = apply("top_k", (4, 100), [5], outputs=2, axis=-1, index_type="i32")
    assert found.types == (TensorType("f32", (4, 5)), TensorType("i32", (4, 5)))


def test_pooling_with_ceiling_and_layout() -> None:
    assert apply("pool", (1, 3, 6, 6), kernel=(3, 3), strides=(2, 2), ceil_mode=True).shape == (
        1, 3, 3, 3,
    )  # fmt: skip
    last = apply("pool", (1, 6, 6, 3), kernel=(2, 2), strides=(2, 2), layout="N01C", outputs=2)
    assert last.shapes == ((1, 3, 3, 3), (1, 3, 3, 3))
    assert last.types[1].element_type == "i64"
    assert apply("global_pool", (2, 3, 5, 5)).shape == (2, 3, 1, 1)


def test_the_work_of_pooling_is_its_window() -> None:
    cost = apply("pool", (1, 3, 6, 6), kernel=(2, 2), strides=(2, 2), function="max").cost
    assert cost is not None
    assert cost.flops_other == 27 * 4


def test_windows_over_all_dimensions() -> None:
    found = apply(
        "reduce_window", (1, 8, 8, 3), (),
        operands=1, window_dimensions=(1, 2, 2, 1), window_strides=(1, 2, 2, 1),
        padding=(0, 0, 0, 0, 0, 0, 0, 0),
    )  # fmt: skip
    assert found.shape == (1, 4, 4, 3)
    assert found.cost is not None
    assert found.cost.flops_other == 48 * 3


def test_layer_normalisation_yields_statistics_and_the_sum() -> None:
    found = apply("layer_normalization", (2, 5, 8), (8,), (8,), outputs=4, axis=-1)
    assert found.shapes == ((2, 5, 8), (2, 5, 1), (2, 5, 1), (2, 5, 8))
    assert found.cost is not None
    assert (found.cost.flops_other, found.cost.transcendentals) == (7 * 80, 10)


def test_batch_normalisation_wants_one_number_per_channel() -> None:
    assert apply("batch_normalization", (2, 3, 4), (3,), (3,), (3,), (3,)).shape == (2, 3, 4)
    with pytest.raises(Exception, match="sizes 3 and 4"):
        apply("batch_normalization", (2, 3, 4), (4,), (4,), (4,), (4,))


@pytest.mark.parametrize("operation", ["add", "subtract", "multiply", "maximum", "power", "and"])
def test_binary_operations_broadcast(operation: str) -> None:
    assert apply(operation, (2, 1, 4), (3, 1)).shape == (2, 3, 4)


def test_variadic_operations_work_per_further_operand() -> None:
    cost = apply("add", (2, 3), (2, 3), (2, 3)).cost
    assert cost is not None
    assert cost.flops_other == 12


@pytest.mark.parametrize(
    ("operation", "operands", "attributes", "element_type"),
    [
        ("compare", [(2,), (2,)], {"direction": "LT"}, "i1"),
        ("is_nan", [(2,)], {}, "i1"),
        ("select", [TensorType("i1", (2,)), TensorType("f16", (2,)), TensorType("f16", ())], {},
         "f16"),
        ("convert", [(2,)], {"element_type": "bf16"}, "bf16"),
        ("complex", [(2,), (2,)], {}, "c64"),
        ("real", [TensorType("c128", (2,))], {}, "f64"),
        ("abs", [TensorType("c64", (2,))], {}, "f32"),
        ("quantize", [(2,), (), TensorType("i8", ())], {}, "i8"),
        ("quantize", [(2,), ()], {}, "u8"),
        ("dequantize", [TensorType("i8", (2,)), TensorType("f16", ())], {}, "f16"),
        ("shape_of", [(2,)], {}, "i64"),
        ("get_dimension_size", [(2,)], {}, "i32"),
    ],
)  # fmt: skip
def test_element_types_of_results(
    operation: str,
    operands: list[Operand],
    attributes: dict[str, Any],
    element_type: str,
) -> None:
    assert apply(operation, *operands, **attributes).element_type == element_type


def test_reinterpreting_bits_changes_the_innermost_dimension() -> None:
    wide, narrow = TensorType("f32", (2, 3)), TensorType("i8", (2, 3, 4))
    assert apply("bitcast_convert", wide, element_type="i8").shape == (2, 3, 4)
    assert apply("bitcast_convert", narrow, element_type="f32").shape == (2, 3)
    with pytest.raises(Exception, match="innermost"):
        apply("bitcast_convert", TensorType("i8", (2, 3)), element_type="f32")


def test_activations_count_flops_and_functions() -> None:
    gelu = apply("gelu", (10,)).cost
    relu = apply("relu", (10,)).cost
    assert gelu is not None
    assert relu is not None
    assert (gelu.flops_other, gelu.transcendentals) == (40, 10)
    assert (relu.flops_other, relu.transcendentals) == (10, 0)
