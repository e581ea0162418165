"""Recurrent layers."""

import pytest

from tests.unit.graph.applying import apply
from tests.unit.graph.operations.counting import Case, as_parameters, count


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


# ---- costs: in every step each gate multiplies the input and the state by its matrices.

# 5 steps of a batch of 2; inputs are 7 wide, the state is 3 wide.
_INPUT, _STATE = 7, 3

_GATE = (5 * 2 * _STATE) * (_INPUT + _STATE)  # units over all steps x what each is multiplied with

_SUMS = 1 + 1  # of a gate per unit: both products, and the bias that its two vectors make

# Of a GRU per unit: the state that is reset; 1 - z, times the new, z times the old, added up.
_RESET, _MIX = 1, 1 + 1 + 1 + 1

# Of an LSTM per unit after its gates: forget, let in, add, let out.
_CELL = 1 + 1 + 1 + 1

_LSTM_FLOPS = 4 * _SUMS + _CELL

_LSTM_FUNCTIONS = 4 + 1  # one per gate, and one of the cell

# Of a scan per token, channel and number of its state: step x decay and its exp, step x side,
# state x decay, + what enters, x the side that reads, + to the sum.
_SCAN = 6

CASES = (
    Case("a scan goes through the state of each channel", "state_scan",
         [(2, 5, 3), (2, 5, 3), (2, 5, 4), (2, 5, 4)], {"state": 4},
         flops=(2 * 5 * 3) * 4 * _SCAN, transcendentals=(2 * 5 * 3) * 4),
    Case("a state that is read by a product", "state_scan",
         [(2, 5, 3), (2, 5, 3)], {"state": 4, "form": "selective"},
         macs=(2 * 5 * 3) * 4, flops=(2 * 5 * 3) * 4 * (_SCAN - 2),
         transcendentals=(2 * 5 * 3) * 4),
    # 5 tokens are 3 chunks of 2; 2 heads of 3 channels, each with 4 numbers
    Case("Mamba 2 goes by chunks", "state_scan", [(7, 5, 6)],
         {"state": 4, "form": "duality", "heads": 2, "chunk": 2},
         macs=7 * 2 * (3 * (2 * 2 * (4 + 3) + 2 * 2 * 12) + 4 * 4 * 12),
         flops=7 * 2 * 3 * (3 * 2 * 2 + 4 * 2 * (3 + 4)), transcendentals=7 * 2 * 3 * 2 * 2),
    Case("a gated delta net goes by chunks", "state_scan", [(7, 5, 6)],
         {"state": 4, "form": "delta", "heads": 2, "chunk": 2},
         macs=7 * 2 * 3 * (2 * 2 * (4 + 4 + 3) + 3 * 2 * 12),
         flops=7 * 2 * 3 * (3 * 2 * 2 + 4 * 2 * (3 + 4)), transcendentals=7 * 2 * 3 * 2 * 2),
    Case("Kimi's delta net scales each number of a key", "state_scan", [(7, 5, 6)],
         {"state": 4, "form": "keyed_delta", "heads": 2, "chunk": 2},
         macs=7 * 2 * 3 * (2 * 2 * (4 + 3 + 3) + 3 * 2 * 12),
         flops=7 * 2 * 3 * (3 * 2 * 2 + 4 * 2 * (3 + 4)), transcendentals=7 * 2 * 3 * 2 * 2),
    # 2 whole chunks, and a token
    Case("the last chunk of lightning attention is shorter", "state_scan", [(7, 5, 6)],
         {"state": 4, "form": "lightning", "heads": 2, "chunk": 2},
         macs=7 * 2 * ((2 * 2 * 2 + 1) * (4 + 3) + 2 * 5 * 12),
         flops=7 * 2 * 3 * (3 * 2 * 2 + 4 * 2 * (3 + 4)), transcendentals=7 * 2 * 3 * 2 * 2),
    Case("the rest behind chunks of xLSTM goes token by token", "state_scan", [(7, 5, 6)],
         {"state": 4, "form": "matrix", "heads": 2, "chunk": 2},
         macs=7 * 2 * (2 * (2 * 2 * (4 + 3) + 2 * (2 * 12 + 4)) + 2 * 12 + 4),
         flops=7 * 2 * 3 * (3 * 2 * 2 + 4 * 2 * (3 + 4)), transcendentals=7 * 2 * 3 * 2 * 2),
    Case("an RNN has one gate", "rnn", [(5, 2, 7), (1, 3, 7), (1, 3, 3), (1, 6)], outputs=2,
         macs=_GATE,
         flops=(5 * 2 * _STATE) * _SUMS, transcendentals=5 * 2 * _STATE),
    Case("an RNN without a bias adds up two products", "rnn",
         [(5, 2, 7), (1, 3, 7), (1, 3, 3)], outputs=2,
         macs=_GATE,
         flops=5 * 2 * _STATE, transcendentals=5 * 2 * _STATE),
    Case("a GRU has three gates", "gru", [(5, 2, 7), (1, 9, 7), (1, 9, 3), (1, 18)], outputs=2,
         macs=3 * _GATE,
         flops=(5 * 2 * _STATE) * (3 * _SUMS + _RESET + _MIX),
         transcendentals=(5 * 2 * _STATE) * 3),
    Case("an LSTM has four gates", "lstm", [(5, 2, 7), (1, 12, 7), (1, 12, 3), (1, 24)],
         outputs=3,
         macs=4 * _GATE,
         flops=(5 * 2 * _STATE) * _LSTM_FLOPS, transcendentals=(5 * 2 * _STATE) * _LSTM_FUNCTIONS),
    Case("an LSTM without a bias", "lstm", [(5, 2, 7), (1, 12, 7), (1, 12, 3)], outputs=3,
         macs=4 * _GATE,
         flops=(5 * 2 * _STATE) * (4 + _CELL),  # each gate only adds up its two products
         transcendentals=(5 * 2 * _STATE) * _LSTM_FUNCTIONS),
    Case("an LSTM backwards", "lstm", [(5, 2, 7), (1, 12, 7), (1, 12, 3), (1, 24)],
         {"direction": "reverse"}, outputs=3,
         macs=4 * _GATE,
         flops=(5 * 2 * _STATE) * _LSTM_FLOPS, transcendentals=(5 * 2 * _STATE) * _LSTM_FUNCTIONS),
    Case("an LSTM in both directions is two", "lstm",
         [(5, 2, 7), (2, 12, 7), (2, 12, 3), (2, 24)],
         {"direction": "bidirectional"}, outputs=3,
         macs=2 * 4 * _GATE,
         flops=2 * (5 * 2 * _STATE) * _LSTM_FLOPS,
         transcendentals=2 * (5 * 2 * _STATE) * _LSTM_FUNCTIONS),
    Case("an LSTM with the batch in front", "lstm", [(2, 5, 7), (1, 12, 7), (1, 12, 3), (1, 24)],
         {"layout": 1, "hidden_size": 3}, outputs=3,
         macs=4 * _GATE,
         flops=(5 * 2 * _STATE) * _LSTM_FLOPS, transcendentals=(5 * 2 * _STATE) * _LSTM_FUNCTIONS),
)  # fmt: skip


@pytest.mark.parametrize("case", as_parameters(CASES))
def test_recurrent_layers_cost_what_a_person_counts(case: Case) -> None:
    assert count(case) == case.expected
