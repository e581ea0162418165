"""Mixtures of experts in com.microsoft: MoE and QMoE.

Descriptions: ContribOperators.md of ONNX Runtime. Weights are (experts, columns, rows), before
ONNX Runtime 1.23 (experts, rows, columns); which one a file has shows where both meet.
"""

from __future__ import annotations

from dataclasses import replace
from typing import NamedTuple

from cyborg_rr.domain.graph.graph import TensorType
from cyborg_rr.readers.dialects.onnx.translation.native import NativeOnnxNode, Rule
from cyborg_rr.readers.kit.rules import unknown
from cyborg_rr.readers.kit.steps import Step

_ACTIVATIONS = {"relu": "relu", "gelu": "gelu", "silu": "silu", "identity": ""}
_GATED = {"swiglu": "silu", "geglu": "gelu"}


class _Places(NamedTuple):
    """Where weights and biases of the three products stand, and how many bits weights have."""

    weights: tuple[int, int, int]
    biases: tuple[int, int, int]
    is_packed: bool


def experts(places: _Places) -> Rule:
    """A mixture of experts: each row goes through those that its router chooses."""

    def rule(node: NativeOnnxNode) -> list[Step]:
        types = [_weight_type(node, places, part) for part in range(3)]
        up, down, _ = types
        activation = node.text("activation_type", default="relu")
        if up is None or down is None or not (activation in _ACTIVATIONS or activation in _GATED):
            return unknown(node)
        is_fused = activation in _GATED and not node.input(places.weights[2])
        shape = node.shape(0)
        row = shape[-1] if shape else None
        layout = _find_layout(up, down, is_fused, row if isinstance(row, int) else None)
        if layout is None:
            return unknown(node)
        return _Mixture(node, places, *layout).steps(
            {
                node.input(places.weights[part]): known
                for part, known in enumerate(types)
                if places.is_packed and known is not None
            }
        )

    return rule


def _weight_type(node: NativeOnnxNode, places: _Places, part: int) -> TensorType | None:
    """What the weights of one product hold, unpacked; None where it is not said."""
    known = node.input_type(places.weights[part])
    if known is None or known.shape is None or len(known.shape) != 3:
        return None
    if not places.is_packed:
        return known
    bits = node.integer("expert_weight_bits", default=4)
    bits = node.integer(f"fc{part + 1}_expert_weight_bits", default=0) or bits
    last = known.shape[2]
    if node.text("quant_type", default="int") != "int" or bits not in (2, 4, 8):
        return None
    if not isinstance(last, int) or known.element_type not in ("u8", "i8"):
        return None
    return TensorType(f"u{bits}", (*known.shape[:2], last * 8 // bits))


def _find_layout(
    up: TensorType, down: TensorType, is_fused: bool, hidden: int | None
) -> tuple[bool, int] | None:
    """Whether the columns stand before the rows, and how many columns go in; None: no layout.

    Both may fit; then the size of a row decides where it is known, else the newer one is meant.
    """
    first, second = up.shape or (), down.shape or ()
    if not all(isinstance(size, int) for size in (*first, *second)):
        return None
    width = 2 if is_fused else 1
    layouts = (
        (True, int(first[2]), second[1], first[1], width * int(second[2])),
        (False, int(first[1]), second[2], first[2], width * int(second[1])),
    )
    for columns_first, taken, given, made, wanted in layouts:
        if taken == given and made == wanted and hidden in (None, taken):
            return columns_first, taken
    return None


class _Mixture:
    """One mixture on its way to steps."""

    def __init__(
        self, node: NativeOnnxNode, places: _Places, columns_first: bool, hidden: int
    ) -> None:
        self._node = node
        self._places = places
        self._columns_first = columns_first
        self._hidden = hidden
        self._steps: list[Step] = []

    def steps(self, restated: dict[str, TensorType]) -> list[Step]:
        """Choose, multiply, and add up what the chosen say."""
        node = self._node
        scores, chosen = self._choose()
        rows = self._apply("rows", "reshape", node.input(0), shape=(-1, 1, self._hidden))
        inner = self._activate(rows, chosen)
        outer = self._multiply("down", 1, inner, chosen)
        weights = self._apply("weights", "unsqueeze", scores, axes=(2,))
        weighted = self._apply("weighted", "multiply", outer, weights)
        self._add_up(weighted)
        first = self._steps[0]
        self._steps[0] = replace(first, restated=restated)
        return self._steps

    def _apply(self, word: str, operation: str, *inputs: str, **attributes: object) -> str:
        result = self._node.fresh(word)
        self._steps.append(self._node.step(operation, inputs, (result,), **attributes))  # type: ignore[arg-type]
        return result

    def _choose(self) -> tuple[str, str]:
        node = self._node
        probabilities = self._apply("probabilities", "softmax", node.input(1), axis=-1)
        scores, chosen = node.fresh("scores"), node.fresh("chosen")
        count = node.integer("k", default=1)
        if count < 1:
            raise node.refuse("attribute 'k' must be positive")
        self._steps.append(node.step("top_k", (probabilities,), (scores, chosen), k=count, axis=-1))
        return scores, chosen

    def _multiply(self, word: str, part: int, rows: str, chosen: str) -> str:
        node = self._node
        weights = node.input(self._places.weights[part])
        result = self._apply(
            word, "indexed_matmul", rows, chosen, weights, trans_b=self._columns_first
        )
        bias = node.input(self._places.biases[part])
        if bias:
            biases = self._apply(f"{word}/bias", "gather", bias, chosen, axis=0)
            result = self._apply(f"{word}/biased", "add", result, biases)
        return result

    def _activate(self, rows: str, chosen: str) -> str:
        """The first product, its activation, and the second product where there is a gate."""
        node = self._node
        value = self._multiply("up", 0, rows, chosen)
        activation = node.text("activation_type", default="relu")
        function = _GATED.get(activation) or _ACTIVATIONS[activation]
        gate = ""
        if node.input(self._places.weights[2]):
            gate = self._multiply("gate", 2, rows, chosen)
        elif activation in _GATED:
            value, gate = node.fresh("left"), node.fresh("right")
            halves = (node.fresh("up/biased" if node.input(self._places.biases[0]) else "up"),)
            self._steps.append(node.step("split", halves, (value, gate), axis=-1, num_outputs=2))
        if function:
            value = self._apply("activated", function, value)
        return self._apply("gated", "multiply", value, gate) if gate else value

    def _add_up(self, weighted: str) -> None:
        node = self._node
        shape = node.shape(0)
        is_flat = shape is not None and len(shape) == 2
        total = node.output(0) if is_flat else node.fresh("total")
        self._steps.append(
            node.step(
                "reduce", (weighted,), (total,), function="sum", axes=(1,), keep_dimensions=False
            )
        )
        if not is_flat:
            sizes = self._apply("sizes", "shape_of", node.input(0))
            self._steps.append(node.step("reshape", (total, sizes), (node.output(0),)))


mixture = experts(_Places((2, 4, 6), (3, 5, 7), is_packed=False))
"""MoE."""

quantized_mixture = experts(_Places((2, 5, 8), (4, 7, 10), is_packed=True))
"""QMoE."""
