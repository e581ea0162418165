"""StableHLO convolutions, reductions and windows as canonical operations."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from cyborg_rr.domain.graph.graph import AttributeValue
from cyborg_rr.domain.graph.shapes import find_whole
from cyborg_rr.readers.dialects.mlir.native import NativeModuleNode, Rule
from cyborg_rr.readers.formats.mlir.values import DialectAttribute, Product, Value
from cyborg_rr.readers.kit.rules import unknown
from cyborg_rr.readers.kit.steps import Step

_FUNCTIONS = {
    "add": "sum", "maximum": "max", "minimum": "min", "multiply": "prod", "and": "and", "or": "or",
}  # fmt: skip
_PASSED_OVER = frozenset({"constant", "convert", "return", "reshape", "bitcast_convert"})
_DIMENSION_LIST = re.compile(r"\[([^\[\]]*+)\]")
_LETTERS = {"b": "N", "f": "C", "i": "I", "o": "O"}


def reduce_function(node: NativeModuleNode) -> str | None:
    """What the reducer computes: from ``applies`` or from the region's only operation."""
    words = node.written.words
    if "applies" in words[:-1]:
        named = words[words.index("applies") + 1]
        return _FUNCTIONS.get(named.rpartition(".")[2])
    if not node.written.regions:
        return None
    block = node.written.regions[-1][0]
    inner = [each for each in block.operations if _bare(each.name) not in _PASSED_OVER]
    if len(inner) == 1:
        return _FUNCTIONS.get(_bare(inner[0].name))
    for each in inner:
        if _bare(each.name) == "compare":
            value = each.attributes.get("comparison_direction")
            text = value.body if isinstance(value, DialectAttribute) else ""
            direction = each.words[0] if each.words else text.rpartition(" ")[2]
            return {"G": "max", "L": "min"}.get(direction[:1])
    return None


def _bare(name: str) -> str:
    return name.rpartition(".")[2]


def _function(node: NativeModuleNode) -> dict[str, AttributeValue]:
    function = reduce_function(node)
    return {} if function is None else {"function": function}


def _interleave(node: NativeModuleNode) -> tuple[str, ...]:
    """``(%a init: %x), (%b init: %y)`` names pairs; the canonical order is a, b, x, y."""
    names = node.inputs
    if "init" in node.written.words and len(names) % 2 == 0:
        return (*names[0::2], *names[1::2])
    return names


def _reduce(node: NativeModuleNode) -> list[Step]:
    axes = node.integers("dimensions") or ()
    inputs = _interleave(node)
    attributes: dict[str, AttributeValue] = {
        **_function(node),
        "axes": axes,
        "keep_dimensions": False,
        "noop_with_empty_axes": True,
        "operands": max(len(inputs) // 2, 1),
    }
    return [node.step("reduce", inputs, **attributes)]


def _window(node: NativeModuleNode, rank: int) -> dict[str, AttributeValue]:
    attributes: dict[str, AttributeValue] = {
        "window_dimensions": node.integers("window_dimensions") or (1,) * rank,
        "window_strides": node.integers("window_strides") or (1,) * rank,
        "padding": node.integers("padding") or (0,) * (2 * rank),
    }
    return attributes


def _rank(node: NativeModuleNode) -> int:
    shape = node.shape(0)
    if shape is None:
        raise node.refuse("has an operand without a known rank")
    return len(shape)


def _reduce_window(node: NativeModuleNode) -> list[Step]:
    rank = _rank(node)
    attributes = {
        **_window(node, rank),
        **_function(node),
        "base_dilations": node.integers("base_dilations") or (1,) * rank,
        "window_dilations": node.integers("window_dilations") or (1,) * rank,
        "operands": max(len(node.inputs) // 2, 1),
    }
    return [node.step("reduce_window", **attributes)]


def _select_and_scatter(node: NativeModuleNode) -> list[Step]:
    return [node.step("select_and_scatter", **_window(node, _rank(node)))]


def _convolution(node: NativeModuleNode) -> list[Step]:
    layouts = _layouts(node)
    if layouts is None or len(node.inputs) < 2:
        return unknown(node)
    window = node.attribute("window")
    stated: Mapping[str, Value] = window if isinstance(window, dict) else {}
    spatial = max(len(layouts[0]) - 2, 0)
    padding = _numbers(node, stated, "pad", "padding")
    if len(node.inputs) > 2:  # dynamic_conv
        known = find_whole(node.values(2))
        if known is None:
            return unknown(node)
        padding = known
    attributes: dict[str, AttributeValue] = {
        "data_layout": layouts[0],
        "kernel_layout": layouts[1],
        "result_layout": layouts[2],
        "strides": _numbers(node, stated, "stride", "window_strides") or (1,) * spatial,
        "dilations": _numbers(node, stated, "rhs_dilate", "rhs_dilation") or (1,) * spatial,
        "lhs_dilations": _numbers(node, stated, "lhs_dilate", "lhs_dilation") or (1,) * spatial,
        "padding": padding or (0,) * (2 * spatial),
        "groups": node.integer("feature_group_count", default=1),
        "batch_groups": node.integer("batch_group_count", default=1),
        **node.result_element_type(),
    }
    return [node.step("convolution", node.inputs[:2], **attributes)]


def _numbers(
    node: NativeModuleNode, window: Mapping[str, Value], pretty: str, generic: str
) -> tuple[int, ...]:
    value = window[pretty] if pretty in window else node.attribute(generic)
    return node.flatten(value, generic) or ()


def _layouts(node: NativeModuleNode) -> tuple[str, str, str] | None:
    """Layouts from ``[b, 0, 1, f]x[0, 1, i, o]->[b, 0, 1, f]`` in either form."""
    value = node.attribute("dim_numbers", "dimension_numbers")
    parts: list[Sequence[Value]] = []
    if isinstance(value, Product):
        parts = [part for part in value.parts if isinstance(part, list)]
    elif isinstance(value, DialectAttribute):
        parts = [
            [word.strip() for word in match[1].split(",")]
            for match in _DIMENSION_LIST.finditer(value.body)
        ]
    if len(parts) != 3 or any(len(part) != len(parts[0]) for part in parts):
        return None
    rendered = tuple("".join(_letter(word) for word in part) for part in parts)
    if any(len(set(text)) != len(text) or "?" in text for text in rendered):
        return None
    return rendered[0], rendered[1], rendered[2]


def _letter(word: Value) -> str:
    text = str(word)
    if len(text) == 1:
        return _LETTERS.get(text, text)
    return "?"


WINDOWS: Mapping[str, Rule] = {
    "convolution": _convolution,
    "dynamic_conv": _convolution,
    "reduce": _reduce,
    "reduce_window": _reduce_window,
    "select_and_scatter": _select_and_scatter,
}
