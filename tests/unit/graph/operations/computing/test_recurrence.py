"""Recurrent layers."""

from tests.unit.graph.applying import apply


def test_an_lstm_counts_four_gates_per_step_and_direction() -> None:
    found = apply(
        "lstm", (10, 2, 16), (2, 32, 16), (2, 32, 8), outputs=3, direction="bidirectional"
    )
    assert found.shapes == ((10, 2, 2, 8), (2, 2, 8), (2, 2, 8))
    assert found.cost is not None
    assert found.cost.macs == 10 * 2 * 2 * 4 * 8 * (16 + 8)


def test_a_gru_with_the_batch_first() -> None:
    found = apply("gru", (2, 10, 16), (1, 24, 16), (1, 24, 8), outputs=2, layout=1, hidden_size=8)
    assert found.shapes == ((2, 10, 1, 8), (2, 1, 8))
