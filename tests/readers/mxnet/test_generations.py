"""Symbols of every generation say the same under other keys and names."""

from __future__ import annotations

import pytest

from cyborg_rr.domain.errors import UnreadableModel
from cyborg_rr.domain.graph.graph import TensorType
from tests.readers.mxnet.files import Stated, bind, count_parameters, read, result, var, write

DENSE: list[Stated] = [
    var("data"),
    var("fc_weight"),
    var("fc_bias"),
    ("FullyConnected", "fc", (0, 1, 2), {"num_hidden": "5"}),
]


@pytest.mark.parametrize(
    ("key", "version", "told"),
    [
        ("param", None, "0.8"),
        ("attr", 905, "0.9.5"),
        ("attr", 10000, "1.0.0"),
        ("attrs", 10401, "1.4.1"),
        ("attrs", 20000, "2.0.0"),
    ],
)
def test_attributes_stand_under_the_key_of_their_generation(
    key: str, version: int | None, told: str
) -> None:
    graph = read(write(*DENSE, key=key, version=version))
    typed = bind(graph, data=(2, 3, 4))
    assert graph.ir.version == told
    assert graph.ir.dialects[0].version == told
    assert result(typed).shape == (2, 5)
    assert count_parameters(typed) == 5 * 12 + 5


def test_a_version_that_never_was_is_refused() -> None:
    with pytest.raises(UnreadableModel, match=r"newer than 2\.0"):
        read(write(*DENSE, version=30000))


def test_numbers_of_python_2_are_read() -> None:
    attributes = {"num_filter": "4L", "kernel": "(3L, 3L)"}
    nodes = [var("data"), var("c_weight"), var("c_bias")]
    graph = read(write(*nodes, ("Convolution", "c", (0, 1, 2), attributes)))
    assert result(bind(graph, data=(1, 2, 5, 5))).shape == (1, 4, 3, 3)


@pytest.mark.parametrize(
    "operation", ["_PlusScalar", "_plus_scalar", "_npi_add_scalar", "_np_add_scalar"]
)
def test_an_operation_keeps_its_meaning_under_its_later_names(operation: str) -> None:
    graph = read(write(var("x"), (operation, "y", (0,), {"scalar": "2"})))
    (node,) = graph.body.nodes
    assert (node.operation, node.native_name) == ("add", operation)


@pytest.mark.parametrize(
    ("operation", "attributes", "shape"),
    [
        ("_npx_reshape", {"newshape": "(-2, -5, -1)"}, (2, 48, 10)),
        ("_npx_reshape", {"newshape": "(-6, 1, 2, -4)"}, (1, 2, 6, 8, 10)),
        ("_npi_reshape", {"newshape": "(4, -1)"}, (4, 240)),
        ("_npi_mean", {"axis": "(2, 3)"}, (2, 6)),
        ("_npx_pooling", {"kernel": "(2, 2)", "stride": "(2, 2)"}, (2, 6, 4, 5)),
        ("_npx_relu", {}, (2, 6, 8, 10)),
    ],
)
def test_operations_of_numpy_are_read(
    operation: str, attributes: dict[str, str], shape: tuple[int, ...]
) -> None:
    """After the operations' documentation: no exporter of 2.0 can be had."""
    graph = read(write(var("x"), (operation, "y", (0,), attributes), version=20000))
    assert result(bind(graph, x=(2, 6, 8, 10))).shape == shape


def test_scales_of_groups_are_for_channels_since_2_0() -> None:
    nodes = [var("x"), var("n_gamma"), var("n_beta")]
    attributes = {"num_groups": "3"}
    old = bind(read(write(*nodes, ("GroupNorm", "n", (0, 1, 2), attributes))), x=(2, 6, 4))
    new = bind(read(write(*nodes, ("_npx_group_norm", "n", (0, 1, 2), attributes))), x=(2, 6, 4))
    assert old.body.types["n_gamma"].shape == (3,)
    assert new.body.types["n_gamma"].shape == (6,)


def test_statistics_that_were_no_variables_before_0_9_are_weights_all_the_same() -> None:
    nodes = [var("x"), var("bn_gamma"), var("bn_beta"), ("BatchNorm", "bn", (0, 1, 2), {})]
    typed = bind(read(write(*nodes, key="param", version=None)), x=(2, 6, 4, 4))
    assert typed.body.types["bn_moving_mean"] == TensorType("f32", (6,))
    assert count_parameters(typed) == 4 * 6
