"""Write the coverage table of MIGraphX from the one that its project publishes.

    python tools/coverage/migraphx.py onnx_operators.rst > \\
        cyborg_rr/catalogue/coverage/migraphx.json

The argument is docs/dev/onnx_operators.rst of ROCm/AMDMIGraphX. The page says that an operator may
take more element types than it lists: of those it is not known. Limits that a file shows become
conditions, others stand as limits of the verdict.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from probing.tables import Rules, write_table

_TYPES = {
    "BOOL": ["i1"], "UINT8": ["u8"], "UINT16": ["u16"], "UINT32": ["u32"], "UINT64": ["u64"],
    "INT8": ["i8"], "INT16": ["i16"], "INT32": ["i32"], "INT64": ["i64"],
    "FP8": ["f8E4M3FNUZ"], "FP16": ["f16"], "FP32": ["f32"], "FP64": ["f64"],
}  # fmt: skip
"""The page's note: FP8 is E4M3FNUZ alone."""

_MICROSOFT = (
    "BiasGelu", "FastGelu", "Gelu", "QLinearAdd", "QLinearAveragePool", "QLinearConcat",
    "QLinearGlobalAveragePool", "QLinearLeakyRelu", "QLinearMul", "QLinearSigmoid",
)  # fmt: skip
"""Operators of the page that stand in com.microsoft; Gelu is in both sets."""

_PARSED = (
    "Attention", "BiasAdd", "BiasSplitGelu", "DequantizeLinear", "FusedMatMul",
    "GroupQueryAttention",
    "MatMulIntegerToFloat", "MatMulNBits", "MultiHeadAttention", "NhwcConv", "QuantizeLinear",
    "QuickGelu", "RotaryEmbedding", "SkipLayerNormalization", "SkipSimplifiedLayerNormalization",
)  # fmt: skip
"""Operators of com.microsoft that CHANGELOG.md (2.8 to 2.13) and src/onnx name, the page not."""

_PARSED_PLAIN = (
    "BitwiseAnd", "NegativeLogLikelihoodLoss", "SimplifiedLayerNormalization",
    "SoftmaxCrossEntropyLoss",
)  # fmt: skip
"""Operators of ai.onnx that the page leaves out or denies and src/onnx has a parser for
(parse_binary_op.cpp, parse_simplified_layer_normalization.cpp, parse_softmaxcrossentropyloss.cpp).
"""

_PLACES: dict[str, dict[str, tuple[str, ...]]] = {
    "Cast": {"inputs": ("0",), "outputs": ("0",)},
    "CastLike": {"inputs": ("0",), "outputs": ("0",)},
    **{
        name: {"inputs": ("*",)} for name in ("Concat", "Loop", "Max", "Mean", "Min", "Scan", "Sum")
    },
    "OneHot": {"inputs": ("2",)},
    "QLinearConcat": {},
    "Where": {"inputs": ("1",)},
    **{
        name: {"outputs": ("0",)}
        for name in (
            "Constant",
            "ConstantOfShape",
            "EyeLike",
            "If",
            "RandomNormal",
            "RandomNormalLike",
            "RandomUniform",
            "RandomUniformLike",
        )
    },
}
"""Where the element types of the page stand that are not those of the first operand."""

_CONDITIONS: dict[str, list[list[Any]]] = {
    "CumSum": [["constant", "1"]],
    "ConvTranspose": [["attribute", "auto_pad", "in", ["NOTSET", "VALID"], "NOTSET"]],
    "Expand": [["constant", "1"]],
    "GridSample": [["rank", "0", "at most", 4]],
    "MaxPool": [["attribute", "storage_order", "is", 0, 0], ["absent", "out1"]],
    "Pad": [["constant", "1"], ["attribute", "mode", "in", ["constant", "reflect"], "constant"]],
    "Range": [["constant", "0"], ["constant", "1"], ["constant", "2"]],
    "Reshape": [["attribute", "allowzero", "is", 0, 0]],
    "Resize": [
        ["attribute", "mode", "not in", ["cubic"], "nearest"],
        ["attribute", "coordinate_transformation_mode", "not in",
         ["half_pixel_symmetric", "tf_crop_and_resize"], "half_pixel"],
        ["attribute", "exclude_outside", "is", 0, 0],
        ["attribute", "antialias", "is", 0, 0],
        ["attribute", "keep_aspect_ratio_policy", "is", "stretch", "stretch"],
    ],
    "ReverseSequence": [["constant", "1"]],
    "Slice": [["constant", "1"], ["constant", "2"], ["constant", "3"], ["constant", "4"]],
    "Squeeze": [["constant", "1"]],
    "Unsqueeze": [["constant", "1"]],
    "Split": [["constant", "1"]],
    "Tile": [["constant", "1"]],
    "TopK": [["constant", "1"]],
    "Trilu": [["constant", "1"]],
    "OneHot": [["constant", "1"]],
    "Unique": [["attribute", "axis", "is", 0]],
    **{
        f"Reduce{name}": [["constant", "1"]]
        for name in (
            "L1", "L2", "LogSum", "LogSumExp", "Max", "Mean", "Min", "Prod", "Sum", "SumSquare",
        )
    },
}  # fmt: skip
"""Limits of the page that a file shows; "dynamic shape is not supported" of an operand that says a
shape is read as: it must be constant."""

_LIMITS = {
    "GRU": "no activations but those that MIGraphX has",
    "LSTM": "no activations but those that MIGraphX has",
    "RNN": "no activations but those that MIGraphX has",
    "NonMaxSuppression": "the output is of the most possible size unless use_dyn_output is set",
    "NonZero": "the output is of the most possible size unless use_dyn_output is set",
    "Loop": "the number of iterations is bounded",
    "Scan": "the number of iterations is bounded",
    "Einsum": "no operand with more than one diagonal",
    "LpPool": "not on the GPU by MIOpen",
}

_EXCEPTIONS: dict[str, tuple[list[Any], str]] = {
    "Reshape": (
        [["attribute", "allowzero", "is", 1, 0]],
        "allowzero is not supported: no size of the new shape may be 0",
    ),
}
"""Calls that break a condition above and mean the same all the same, but for the limit."""


def read_rows(text: str) -> dict[str, tuple[bool, str]]:
    """Whether each operator of the page is supported, and in which types."""
    found: dict[str, tuple[bool, str]] = {}
    cells: list[str] = []
    for line in [*text.splitlines(), "+"]:
        if line.startswith("+") or (
            cells and cells[0] and line.startswith("| ") and line[2] != " "
        ):
            if cells and cells[1] in ("✅", "❌"):
                name = cells[0].replace(" ", "").removesuffix("(deprecated)")
                found[name] = cells[1] == "✅", cells[2]
            cells = []
        if line.startswith("|"):
            parts = [each.strip() for each in line.strip().strip("|").split("|")]
            cells = [f"{a} {b}".strip() for a, b in zip(cells or [""] * 4, parts, strict=False)]
    return found


def make_rules(name: str, types: str) -> list[dict[str, Any]]:
    """The rules of a supported operator: types that are listed, and of others nobody says."""
    rule: dict[str, Any] = {}
    if types != "Any":
        listed = [t for each in types.split(",") for t in _TYPES[each.strip()]]
        for key, places in _PLACES.get(name, {"inputs": ("0",)}).items():
            rule[key] = dict.fromkeys(places, listed)
    if name in _CONDITIONS:
        rule["where"] = _CONDITIONS[name]
    if name in _LIMITS:
        rule["limit"] = _LIMITS[name]
    if name in _EXCEPTIONS:
        where, limit = _EXCEPTIONS[name]
        exception = [{**rule, "where": where, "limit": limit}]
    else:
        exception = []
    rest = {"where": [*_CONDITIONS.get(name, []), ["unstated"]]}
    return [rule, *exception, rest] if {"inputs", "outputs"} & rule.keys() else [rule, *exception]


def main() -> None:
    """Print the table."""
    rows = read_rows(Path(sys.argv[1]).read_text(encoding="utf-8"))
    rules: Rules = {n: make_rules(n, types) for n, (taken, types) in rows.items() if taken}
    plain = {name: each for name, each in rules.items() if name not in _MICROSOFT or name == "Gelu"}
    plain |= {name: [{}] for name in _PARSED_PLAIN}
    microsoft = {name: rules[name] for name in _MICROSOFT} | {name: [{}] for name in _PARSED}
    header = {
        "release": "2.13",
        "date": "2026-11-27",
        "source": "ROCm/AMDMIGraphX docs/dev/onnx_operators.rst at 0a3b385; for com.microsoft also"
        " CHANGELOG.md (2.8 to 2.13) and the operators that src/onnx/parse_*.cpp name, which for"
        " ai.onnx add four that the page lacks",
        "otherwise": "refused",
    }
    print(write_table(header, {"ai.onnx": plain, "com.microsoft": microsoft}), end="")


if __name__ == "__main__":
    main()
