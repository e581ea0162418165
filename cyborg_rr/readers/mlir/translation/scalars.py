"""Operations of arith, math, complex and index as canonical ones, on tensors or single numbers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from cyborg_rr.readers.kit.steps import Step
from cyborg_rr.readers.mlir.translation.native import (
    NativeMlirNode,
    Rule,
    first,
    table,
    to_result_type,
)

_UNARY: Final = {
    "absf": "abs", "absi": "abs", "acos": "acos", "acosh": "acosh", "asin": "asin",
    "asinh": "asinh", "atan": "atan", "atanh": "atanh", "cbrt": "cbrt", "ceil": "ceil",
    "cos": "cosine", "cosh": "cosh", "ctlz": "clz", "ctpop": "popcnt", "cttz": "clz",
    "erf": "erf", "erfc": "erf", "exp": "exp", "exp2": "exp", "expm1": "exp_minus_one",
    "floor": "floor", "log": "log", "log10": "log", "log1p": "log_plus_one", "log2": "log",
    "negf": "negate", "round": "round", "roundeven": "round", "rsqrt": "rsqrt", "sin": "sine",
    "sinh": "sinh", "sqrt": "sqrt", "tan": "tan", "tanh": "tanh", "trunc": "round",
    "isnan": "is_nan", "isinf": "is_inf", "isfinite": "is_finite", "im": "imag", "re": "real",
    "neg": "negate",
}  # fmt: skip
_BINARY: Final = {
    "add": "add", "addf": "add", "addi": "add", "andi": "and", "atan2": "atan2",
    "ceildivsi": "divide", "ceildivui": "divide", "copysign": "abs", "create": "complex",
    "div": "divide", "divf": "divide", "divsi": "divide", "divui": "divide", "fpowi": "power",
    "floordivsi": "divide", "ipowi": "power", "maximumf": "maximum", "maxf": "maximum",
    "maxnumf": "maximum", "maxsi": "maximum", "maxui": "maximum", "minimumf": "minimum",
    "minf": "minimum", "minnumf": "minimum", "minsi": "minimum", "minui": "minimum",
    "mul": "multiply", "mulf": "multiply", "muli": "multiply", "ori": "or", "powf": "power",
    "remf": "remainder", "remsi": "remainder", "remui": "remainder", "shli": "shift_left",
    "shrsi": "shift_right_arithmetic", "shrui": "shift_right_logical", "sub": "subtract",
    "subf": "subtract", "subi": "subtract", "xori": "xor",
}  # fmt: skip
_CONVERTED: Final = (
    "extf", "extsi", "extui", "fptosi", "fptoui", "index_cast", "index_castui", "sitofp", "truncf",
    "trunci", "uitofp", "casts", "castu", "scaling_extf", "scaling_truncf", "convertf",
)  # fmt: skip
_DIRECTIONS: Final = {"eq": "EQ", "ne": "NE", "ge": "GE", "gt": "GT", "le": "LE", "lt": "LT"}
_BY_NUMBER: Final = {
    "cmpi": ("EQ", "NE", "LT", "LE", "GT", "GE", "LT", "LE", "GT", "GE"),
    "cmpf": ("", "EQ", "GT", "GE", "LT", "LE", "NE", "", "EQ", "GT", "GE", "LT", "LE", "NE"),
}
"""Predicates as the generic form writes them: arith's CmpIPredicate and CmpFPredicate."""


def _compare(node: NativeMlirNode) -> list[Step]:
    """cmpi slt, cmpf ugt: signs and what is not a number change nothing here."""
    words = node.written.words
    word = words[0] if words else ""
    number = node.attribute("predicate")
    stated = _BY_NUMBER.get(node.operation, ())
    if isinstance(number, int) and 0 <= number < len(stated):
        return [node.step("compare", node.inputs[:2], direction=stated[number] or "EQ")]
    return [node.step("compare", node.inputs[:2], direction=_DIRECTIONS.get(word[-2:], "EQ"))]


def _fused(node: NativeMlirNode) -> list[Step]:
    """fma: a product and a sum."""
    product = node.fresh("product")
    return [
        node.step("multiply", node.inputs[:2], (product,), node.between("product", None)),
        node.step("add", (product, node.input(2))),
    ]


def _clamp(node: NativeMlirNode) -> list[Step]:
    return [node.step("clamp", node.inputs[:3])]


SCALARS: Final[Mapping[str, Rule]] = {
    **table(_UNARY, 1),
    **table(_BINARY, 2),
    **dict.fromkeys(_CONVERTED, to_result_type("convert")),
    "abs": first("abs"),
    "bitcast": to_result_type("bitcast_convert"),
    "clampf": _clamp,
    "cmpf": _compare,
    "cmpi": _compare,
    "fma": _fused,
    "select": first("select", 3),
}
"""Operations by their names without the dialect's."""
