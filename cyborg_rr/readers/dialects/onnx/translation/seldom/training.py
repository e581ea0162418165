"""Steps of training (ai.onnx.preview.training): what each optimiser does to an element.

Formulas: https://github.com/onnx/onnx/blob/main/docs/Operators.md, Adagrad, Adam, Momentum. What is
reckoned once for all elements (the rate of this step) is left out.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

from cyborg_rr.readers.dialects.onnx.translation.native import NativeOnnxNode, Rule
from cyborg_rr.readers.kit.steps import Step


class _Sums:
    """Elementwise steps on one tensor of many, with numbers stored as it needs them."""

    def __init__(self, node: NativeOnnxNode, place: int, rate: str) -> None:
        self._node = node
        self._place = place
        self.rate = rate
        self.steps: list[Step] = []

    def number(self, name: str, default: float, less_from: float | None = None) -> str:
        """An attribute as a stored number, or what it leaves of another one."""
        value = self._node.number(name, default=default)
        known = self._node.element_type(2 + self._place) or "f32"
        return self._node.scope.constant(value if less_from is None else less_from - value, known)

    def do(self, operation: str, *operands: str, to: str = "") -> str:
        """One operation; its result by name."""
        result = to or self._node.fresh(f"{self._place}.{len(self.steps)}")
        self.steps.append(self._node.step(operation, operands, (result,)))
        return result

    def regularised(self, weight: str, gradient: str) -> str:
        """The gradient with a part of the weight."""
        part = self.do("multiply", weight, self.number("norm_coefficient", 0.0))
        return self.do("add", part, gradient)


_Update = Callable[[NativeOnnxNode, _Sums, tuple[str, ...], tuple[str, ...]], None]


def _each(groups: int, update: _Update) -> Rule:
    """An update of every tensor: weights, gradients and states come as so many groups."""

    def rule(node: NativeOnnxNode) -> list[Step]:
        tensors, results = node.inputs[2:], node.outputs
        count = len(tensors) // groups
        if not count or len(tensors) % groups or len(results) != count * (groups - 1):
            raise node.refuse(f"it needs {groups} tensors for each weight")
        steps: list[Step] = []
        for place in range(count):
            sums = _Sums(node, place, node.input(0))
            update(node, sums, tensors[place::count], results[place::count])
            steps += sums.steps
        return steps

    return rule


def _momentum(
    node: NativeOnnxNode, sums: _Sums, tensors: tuple[str, ...], results: tuple[str, ...]
) -> None:
    weight, gradient, moved = tensors
    gradient = sums.regularised(weight, gradient)
    kept = sums.do("multiply", moved, sums.number("alpha", 0.9))
    added = sums.do("multiply", gradient, sums.number("beta", 1.0))
    step = sums.do("add", kept, added, to=results[1])
    if node.text("mode", default="standard") == "nesterov":
        ahead = sums.do("multiply", step, sums.number("alpha", 0.9))
        step = sums.do("add", gradient, ahead)
    sums.do("subtract", weight, sums.do("multiply", step, sums.rate), to=results[0])


def _adagrad(
    node: NativeOnnxNode, sums: _Sums, tensors: tuple[str, ...], results: tuple[str, ...]
) -> None:
    weight, gradient, squares = tensors
    gradient = sums.regularised(weight, gradient)
    total = sums.do("add", squares, sums.do("multiply", gradient, gradient), to=results[1])
    root = sums.do("add", sums.do("sqrt", total), sums.number("epsilon", 0.0))
    step = sums.do("divide", sums.do("multiply", gradient, sums.rate), root)
    sums.do("subtract", weight, step, to=results[0])


def _adam(
    node: NativeOnnxNode, sums: _Sums, tensors: tuple[str, ...], results: tuple[str, ...]
) -> None:
    weight, gradient, mean, squares = tensors
    gradient = sums.regularised(weight, gradient)
    moved = sums.do(
        "add",
        sums.do("multiply", mean, sums.number("alpha", 0.9)),
        sums.do("multiply", gradient, sums.number("alpha", 0.9, less_from=1.0)),
        to=results[1],
    )
    square = sums.do("multiply", gradient, gradient)
    total = sums.do(
        "add",
        sums.do("multiply", squares, sums.number("beta", 0.999)),
        sums.do("multiply", square, sums.number("beta", 0.999, less_from=1.0)),
        to=results[2],
    )
    root = sums.do("add", sums.do("sqrt", total), sums.number("epsilon", 0.0))
    step = sums.do("divide", sums.do("multiply", moved, sums.rate), root)
    moved_weight = sums.do("subtract", weight, step)
    sums.do(
        "multiply",
        moved_weight,
        sums.number("norm_coefficient_post", 0.0, less_from=1.0),
        to=results[0],
    )


TRAINING: Mapping[str, Rule] = MappingProxyType(
    {"Adagrad": _each(3, _adagrad), "Adam": _each(4, _adam), "Momentum": _each(3, _momentum)}
)
"""Operations of ai.onnx.preview.training; Gradient, which derives a graph, is unknown."""
