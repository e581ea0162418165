"""Elementwise operations of aten that are short formulas of others.

A formula is a chain of words, each an operation on what the one before yields: the operation, then
its second operand. ``x`` and ``y`` are the first two arguments, ``c`` is some number; ``@y`` in
front begins with the second argument. A formula has the steps of PyTorch's own decomposition or of
the definition; its numbers are not kept, and where both branches of a choice are short, one counts.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from cyborg_rr.domain.graph.graph import TensorType
from cyborg_rr.readers.dialects.aten.native import NativeTorchNode, Rule
from cyborg_rr.readers.kit.steps import Step

_FORMULAS: Final[Mapping[str, str]] = {
    "log2": "log, multiply c",
    "log10": "log, multiply c",
    "exp2": "multiply c, exp",
    "special_exp2": "multiply c, exp",
    "erfc": "erf, subtract c",
    "special_erfc": "erf, subtract c",
    "special_ndtr": "multiply c, erf, add c, multiply c",
    "frac": "round, subtract x",
    "deg2rad": "multiply c",
    "rad2deg": "multiply c",
    "sinc": "multiply c, sine, divide x",
    "special_sinc": "multiply c, sine, divide x",
    "logit": "subtract c, divide x, log",
    "special_logit": "subtract c, divide x, log",
    "xlogy": "@y, log, multiply x",
    "special_xlogy": "@y, log, multiply x",
    "special_xlog1py": "@y, log_plus_one, multiply x",
    "special_entr": "log, multiply x, negate",
    "hypot": "multiply x, add c, multiply c, sqrt",
    "logaddexp": "subtract y, abs, negate, exp, log_plus_one, maximum y, add x",
    "logaddexp2": "subtract y, abs, negate, exp, log_plus_one, multiply c, maximum y, add x",
    "copysign": "abs, multiply y",
    "heaviside": "sign, maximum y",
    "ldexp": "@y, exp, multiply x",
    "nan_to_num": "maximum c, minimum c, add c",
    "softshrink": "shrink",
    "hardshrink": "shrink",
    "threshold": "thresholded_relu",
    "log_sigmoid": "negate, softplus, negate",
    "log_sigmoid_forward": "negate, softplus, negate",
    "lerp": "subtract y, multiply c, add x",
    "isposinf": "is_inf",
    "isneginf": "is_inf",
    "signbit": "compare c",
    "isclose": "subtract y, abs, multiply c, add c, abs, compare y",
    "erfinv": "erf",
    "special_erfinv": "erf",
    "mse_loss_elements": "subtract y, multiply x",
    "positive": "identity",
    "resolve_conj": "identity",
    "resolve_neg": "identity",
    "conj_physical": "identity",
    "nextafter": "add y",
    "gcd": "remainder y",
    "lcm": "remainder y, multiply x",
    "float_power": "power y",
    "rrelu": "leaky_relu",
    "rrelu_with_noise_functional": "leaky_relu",
    "alpha_dropout": "dropout",
    "feature_alpha_dropout": "dropout",
    "feature_dropout": "dropout",
    "_prelu_kernel": "prelu y",
    "__xor__": "xor y",
    "__lshift__": "shift_left y",
    "__rshift__": "shift_right_arithmetic y",
    "__iand__": "and y",
    "__ior__": "or y",
    "__ixor__": "xor y",
    "logical_and_": "and y",
    "polygamma": "erf",
    "mvlgamma": "erf",
}

_AS_DEAR: Final = (
    "lgamma", "digamma", "i0", "special_i0", "special_i0e", "special_i1", "special_i1e",
    "special_ndtri", "special_log_ndtr", "special_erfcx", "special_psi", "special_gammaln",
    "special_digamma", "special_bessel_j0", "special_bessel_j1", "special_bessel_y0",
    "special_bessel_y1", "special_spherical_bessel_j0", "igamma", "igammac", "special_gammainc",
    "special_gammaincc", "special_zeta", "special_airy_ai", "special_modified_bessel_i0",
    "special_modified_bessel_i1", "special_modified_bessel_k0", "special_modified_bessel_k1",
    "special_scaled_modified_bessel_k0", "special_scaled_modified_bessel_k1",
)  # fmt: skip
"""Functions without a closed form: each counts as one, as the error function does."""


def _chain(formula: str) -> Rule:
    words = tuple(formula.split(", "))

    def rule(node: NativeTorchNode) -> list[Step]:
        first, second = _operand(node, 0), _operand(node, 1)
        current = first
        steps: list[Step] = []
        wide = node.result_shape()
        for place, word in enumerate(words):
            if word == "@y":
                current = second or first
                continue
            operation, _, other = word.partition(" ")
            operands = (current, *_second(node, other, first, second))
            last = place == len(words) - 1
            result = node.output(0) if last else node.fresh(f"part{place}")
            known = TensorType(node.type_of(first).element_type, wide)
            stated = None if last else {result: known}
            direction = "LT" if operation == "compare" else None
            steps.append(node.step(operation, operands, (result,), stated, direction=direction))
            current = result
        return steps

    return rule


def _operand(node: NativeTorchNode, place: int) -> str:
    """An argument by its place, where it is a tensor or a number."""
    order = node.arguments.order
    return node.operand(order[place]) if place < len(order) else ""


def _second(node: NativeTorchNode, word: str, first: str, second: str) -> tuple[str, ...]:
    if not word:
        return ()
    number = node.constant(1, node.type_of(first).element_type or "f32")
    chosen = {"x": first, "y": second, "c": number}[word]
    return (chosen or number,)


def _loss(formula: str) -> Rule:
    """Losses of two tensors: the formula for each element, then the mean, the sum, or neither."""
    words = tuple(formula.split(", "))

    def rule(node: NativeTorchNode) -> list[Step]:
        shape = node.type_of(node.input(0)).shape
        known = TensorType(node.element_type(0), shape)
        reduction = node.integer("reduction", default=1)
        steps: list[Step] = []
        current, other = node.input(0), node.input(1)
        for place, word in enumerate(words):
            operation, _, second = word.partition(" ")
            last = not reduction and place == len(words) - 1
            result = node.output(0) if last else node.fresh(f"part{place}")
            operands = (current, *_second(node, second, node.input(0), other))
            stated = None if last else {result: known}
            steps.append(node.step(operation, operands, (result,), stated))
            current = result
        if reduction:
            function = "mean" if reduction == 1 else "sum"
            axes = None if shape is None else tuple(range(len(shape)))
            steps.append(
                node.step("reduce", (current,), node.outputs[:1], function=function, axes=axes)
            )
        return steps

    return rule


_LOSSES: Final[Mapping[str, str]] = {
    "mse_loss": "subtract y, multiply x",
    "l1_loss": "subtract y, abs",
    "smooth_l1_loss": "subtract y, abs, multiply c, multiply x, subtract c, select",
    "huber_loss": "subtract y, abs, multiply c, multiply x, subtract c, multiply c",
    "kl_div": "subtract y, multiply y, exp, multiply y",
    "soft_margin_loss": "multiply y, negate, exp, log_plus_one",
    "binary_cross_entropy": "log, subtract y, multiply y, log_plus_one, multiply y, add c",
    "binary_cross_entropy_with_logits": "multiply y, softplus, subtract y, add c",
    "hinge_embedding_loss": "subtract y, maximum c, add y",
    "poisson_nll_loss": "exp, multiply y, subtract y",
}


FORMULAS: Mapping[str, Rule] = MappingProxyType(
    {
        **{name: _chain(formula) for name, formula in _FORMULAS.items()},
        **dict.fromkeys(_AS_DEAR, _chain("erf")),
        **{name: _loss(formula.replace(", select", "")) for name, formula in _LOSSES.items()},
    }
)
"""Operations of aten that are formulas."""
