"""Windows that reduce."""

from tests.unit.graph.applying import apply


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
