"""Recurrent layers: in every step each gate multiplies the input and the state by its matrices."""

import pytest

from tests.unit.graph.operations.counting import Case, as_parameters, count

# 5 steps of a batch of 2; inputs are 7 wide, the state is 3 wide.
_INPUT, _STATE = 7, 3
_GATE = (5 * 2 * _STATE) * (_INPUT + _STATE)  # units over all steps x what each is multiplied with
# Of an LSTM per unit: two biases for each of the four gates, then forget, let in, add, let out.
_LSTM_FLOPS = 4 * (1 + 1) + 1 + 1 + 1 + 1
_LSTM_FUNCTIONS = 4 + 1  # one per gate, and one of the cell

CASES = (
    Case("an RNN has one gate", "rnn", [(5, 2, 7), (1, 3, 7), (1, 3, 3), (1, 6)], outputs=2,
         macs=_GATE, uncounted=("flops_other", "transcendentals")),
    Case("a GRU has three gates", "gru", [(5, 2, 7), (1, 9, 7), (1, 9, 3), (1, 18)], outputs=2,
         macs=3 * _GATE, uncounted=("flops_other", "transcendentals")),
    Case("an LSTM has four gates", "lstm", [(5, 2, 7), (1, 12, 7), (1, 12, 3), (1, 24)],
         outputs=3,
         macs=4 * _GATE,
         flops=(5 * 2 * _STATE) * _LSTM_FLOPS, transcendentals=(5 * 2 * _STATE) * _LSTM_FUNCTIONS),
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
