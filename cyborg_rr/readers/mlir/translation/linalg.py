"""Named operations of linalg as canonical ones; each name of a convolution says its layouts.

mlir/include/mlir/Dialect/Linalg/IR/LinalgNamedStructuredOps.yaml of LLVM.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from cyborg_rr.domain.graph.graph import AttributeValue
from cyborg_rr.domain.graph.shapes import find_static
from cyborg_rr.readers.formats.mlir.values import DialectAttribute
from cyborg_rr.readers.kit.steps import Step
from cyborg_rr.readers.mlir.translation.contracting import accumulate, contract
from cyborg_rr.readers.mlir.translation.generic import COMBINED, generic
from cyborg_rr.readers.mlir.translation.maps import list_maps
from cyborg_rr.readers.mlir.translation.native import (
    NativeMlirNode,
    Rule,
    first,
    table,
    unknown,
)
from cyborg_rr.readers.mlir.translation.scalars import SCALARS

_ELEMENTWISE: Final = {
    "abs": "abs", "ceil": "ceil", "erf": "erf", "exp": "exp", "floor": "floor", "log": "log",
    "negf": "negate", "reciprocal": "reciprocal", "round": "round", "rsqrt": "rsqrt",
    "sqrt": "sqrt", "tanh": "tanh",
}  # fmt: skip
_PAIRED: Final = {
    "add": "add", "div": "divide", "div_unsigned": "divide", "max": "maximum",
    "max_signed": "maximum", "max_unsigned": "maximum", "min": "minimum", "min_signed": "minimum",
    "min_unsigned": "minimum", "mul": "multiply", "powf": "power", "sub": "subtract",
}  # fmt: skip
_CONVOLUTION: Final = re.compile(
    r"(?P<deep>depthwise_)?+conv_(?P<rank>[123])d(?:_(?P<data>[nchwdgb]++)_(?P<kernel>[nchwdgfm]++))?+"
    r"(?P<quantised>_q)?+"
)
_POOLING: Final = re.compile(r"pooling_([nchwd]++)_(sum|max|min)(?:_unsigned)?+")
_FUNCTIONS: Final = {"sum": "sum", "max": "max", "min": "min"}
_EQUATIONS: Final = {
    "batch_matmul_transpose_a": "bka,bkc->bac", "batch_matmul_transpose_b": "bak,bck->bac",
    "batch_matvec": "bak,bk->ba", "batch_reduce_matmul": "bak,bkc->ac", "batch_vecmat":
    "bk,bkc->bc", "dot": "k,k->", "matmul_transpose_a": "ka,kc->ac",
    "matmul_transpose_b": "ak,ck->ac", "matvec": "ak,k->a", "mmt4d": "mkab,nkcb->mnac",
    "batch_mmt4d": "zmkab,znkcb->zmnac", "vecmat": "k,kc->c",
}  # fmt: skip


def _matmul(node: NativeMlirNode) -> list[Step]:
    """matmul, batch_matmul; maps of its own say that a side is transposed or stretched."""
    maps = list_maps(node.attribute("indexing_maps"))
    if maps is not None and len(maps) == 3 and len(node.inputs) >= 2:
        return contract(node, (node.input(0), node.input(1)), maps) or unknown(node)
    return accumulate(node, [
        node.step("matmul", node.inputs[:2], **node.result_element_type())
    ])  # fmt: skip


def _equation(text: str) -> Rule:
    def rule(node: NativeMlirNode) -> list[Step]:
        return accumulate(node, [node.step("einsum", node.inputs[:2], equation=text)])

    return rule


def _contract(node: NativeMlirNode) -> list[Step]:
    maps = list_maps(node.attribute("indexing_maps"))
    if maps is None or len(maps) != 3 or len(node.inputs) != 2:
        return unknown(node)
    return contract(node, (node.input(0), node.input(1)), maps) or unknown(node)


def _spell(letters: str, kernel: bool) -> str:
    """The letters of a layout in the name as those of canonical operations."""
    spatial = {letter: str(place) for place, letter in enumerate(x for x in "dhw" if x in letters)}
    rest = {"c": "I", "f": "O"} if kernel else {"n": "N", "c": "C"}
    return "".join({**spatial, **rest}.get(letter, letter) for letter in letters)


def convolution(node: NativeMlirNode) -> list[Step]:
    """conv_2d_nhwc_hwcf and its like, with groups, or depthwise."""
    match = _CONVOLUTION.fullmatch(node.operation)
    if match is None or len(node.inputs) < 2:
        return unknown(node)
    attributes: dict[str, AttributeValue | None] = {
        "strides": node.integers("strides"), "dilations": node.integers("dilations"),
        **node.result_element_type(),
    }  # fmt: skip
    if match["data"] is None:
        return _bare(node, int(match["rank"]), attributes)
    if match["deep"]:
        return _depthwise(node, match["data"], match["kernel"], attributes)
    if "g" in match["data"]:
        return _grouped(node, match["data"], match["kernel"], attributes)
    return accumulate(node, [node.step(
        "convolution", node.inputs[:2], data_layout=_spell(match["data"], False),
        kernel_layout=_spell(match["kernel"], True), **attributes,
    )])  # fmt: skip


def _bare(
    node: NativeMlirNode, rank: int, attributes: dict[str, AttributeValue | None]
) -> list[Step]:
    """conv_2d: neither a batch nor channels; steps around it add both and take them off."""
    sizes = find_static(node.result.shape)
    if sizes is None or len(sizes) != rank:
        return unknown(node)
    data, kernel, found = (node.fresh(word) for word in ("data", "kernel", "channel"))
    return accumulate(node, [
        node.step("unsqueeze", node.inputs[:1], (data,), axes=(0, 1)),
        node.step("unsqueeze", node.inputs[1:2], (kernel,), axes=(0, 1)),
        node.step("convolution", (data, kernel), (found,), **attributes),
        node.step("squeeze", (found,), axes=(0, 1)),
    ])  # fmt: skip


def _depthwise(
    node: NativeMlirNode, data: str, kernel: str, attributes: dict[str, AttributeValue | None]
) -> list[Step]:
    """Each channel alone, with a kernel of its own, or with ``m`` of them, that stand last."""
    shape = find_static(node.shape(1))
    result = find_static(node.result.shape)
    if shape is None or result is None or len(shape) != len(kernel):
        return unknown(node)
    sizes = dict(zip(kernel, shape, strict=True))
    channels, many = sizes.get("c", 1), sizes.get("m", 1)
    spatial = [letter for letter in "dhw" if letter in kernel]
    flat, found = node.fresh("kernel"), node.fresh("channels")
    turned: list[Step] = []
    if kernel.startswith("c"):
        wanted = (channels, 1, *(sizes[letter] for letter in spatial))
        layout = "OI" + "".join(str(place) for place in range(len(spatial)))
    else:
        wanted = (*(sizes[letter] for letter in spatial), 1, channels * many)
        layout = "".join(str(place) for place in range(len(spatial))) + "IO"
    turned.append(node.step("reshape", (node.input(1),), (flat,), shape=wanted))
    step = node.step(
        "convolution", (node.input(0), flat), (found,), data_layout=_spell(data, False),
        kernel_layout=layout, groups=max(channels, 1), **attributes,
    )  # fmt: skip
    if "m" not in kernel:
        last = node.step("convolution", step.inputs, **step.attributes)
        return accumulate(node, [*turned, last])
    return [*turned, step, node.step("reshape", (found,), shape=result, allow_zero=True)]


def _grouped(
    node: NativeMlirNode, data: str, kernel: str, attributes: dict[str, AttributeValue | None]
) -> list[Step]:
    """Groups in a dimension of their own, which steps around it join with the channels."""
    shapes = find_static(node.shape(0)), find_static(node.shape(1))
    result = find_static(node.result.shape)
    if shapes[0] is None or shapes[1] is None or result is None:
        return unknown(node)
    if len(shapes[0]) != len(data) or len(shapes[1]) != len(kernel):
        return unknown(node)
    plain, weights = data.replace("g", ""), kernel.replace("g", "")
    if not _stand_together(data, "c") or not _stand_together(kernel, "f"):
        return unknown(node)
    source, flat, found = (node.fresh(word) for word in ("data", "kernel", "channels"))
    groups = shapes[0][data.index("g")]
    return [
        node.step("reshape", node.inputs[:1], (source,), shape=_join(data, shapes[0], "c")),
        node.step("reshape", node.inputs[1:2], (flat,), shape=_join(kernel, shapes[1], "f")),
        node.step("convolution", (source, flat), (found,), data_layout=_spell(plain, False),
                  kernel_layout=_spell(weights, True), groups=max(groups, 1), **attributes),
        node.step("reshape", (found,), shape=result, allow_zero=True),
    ]  # fmt: skip


def _stand_together(letters: str, joined: str) -> bool:
    return f"g{joined}" in letters


def _join(letters: str, shape: tuple[int, ...], joined: str) -> tuple[int, ...]:
    sizes = dict(zip(letters, shape, strict=True))
    return tuple(
        size * sizes["g"] if letter == joined else size
        for letter, size in sizes.items()
        if letter != "g"
    )


def pooling(node: NativeMlirNode) -> list[Step]:
    """pooling_nhwc_max and its like; the second operand is there for its shape alone."""
    match = _POOLING.fullmatch(node.operation)
    window, data = node.shape(1), node.rank(0)
    kernel = find_static(window)
    if match is None or kernel is None or data != len(match[1]):
        return unknown(node)
    spatial = [place for place, letter in enumerate(match[1]) if letter in "dhw"]
    if len(spatial) != len(kernel):
        return unknown(node)

    def spread(numbers: tuple[int, ...] | None) -> tuple[int, ...]:
        if numbers and len(numbers) != len(kernel):
            raise node.refuse(f"has a window of {len(kernel)} dimensions and other numbers for it")
        stated = dict(zip(spatial, numbers or (1,) * len(kernel), strict=True))
        return tuple(stated.get(place, 1) for place in range(len(match[1])))

    step = node.step(
        "reduce_window", node.inputs[:1], function=_FUNCTIONS[match[2]], operands=1,
        window_dimensions=spread(kernel), window_strides=spread(node.integers("strides")),
        window_dilations=spread(node.integers("dilations")),
    )  # fmt: skip
    return [step]


def _transpose(node: NativeMlirNode) -> list[Step]:
    order = node.integers("permutation")
    return unknown(node) if order is None else [
        node.step("transpose", node.inputs[:1], permutation=order)
    ]  # fmt: skip


def _broadcast(node: NativeMlirNode) -> list[Step]:
    """``dimensions`` are those that the operand lacks."""
    added, sizes = node.integers("dimensions"), find_static(node.result.shape)
    if added is None or sizes is None:
        return unknown(node)
    axes = tuple(place for place in range(len(sizes)) if place not in added)
    return [node.step("broadcast_in_dim", node.inputs[:1], shape=sizes, broadcast_dimensions=axes)]


def _reduce(node: NativeMlirNode) -> list[Step]:
    """reduce { arith.addf } dimensions = [1], or with a region."""
    axes = node.integers("dimensions")
    written = node.written
    names = [word for word in written.words if "." in word]
    if written.regions:
        names = [each.name for each in written.regions[0][0].operations[:-1]]
    function = COMBINED.get(names[0].rpartition(".")[2]) if len(names) == 1 else None
    if axes is None or len(node.inputs) != 1:
        return unknown(node)
    return [node.step("reduce", function=function, axes=axes)]


def _map(node: NativeMlirNode) -> list[Step]:
    """map { arith.addf }: one operation for each element."""
    names = [word for word in node.written.words if "." in word]
    if node.written.regions:
        names = [each.name for each in node.written.regions[0][0].operations[:-1]]
    rule = SCALARS.get(names[0].rpartition(".")[2]) if len(names) == 1 else None
    return unknown(node) if rule is None else rule(node)


def _softmax(node: NativeMlirNode) -> list[Step]:
    numbers = [n for n in node.written.numbers if isinstance(n, int)]
    axis = node.integer("dimension", default=numbers[0] if numbers else -1)
    return [node.step("softmax", node.inputs[:1], axis=axis)]


def _elementwise(node: NativeMlirNode) -> list[Step]:
    """elementwise kind=#linalg.elementwise_kind<exp>, later elementwise <exp>."""
    kind = node.attribute("kind")
    word = kind.body if isinstance(kind, DialectAttribute) else next(iter(node.written.bodies), "")
    rule = _BY_KIND.get(word.strip())
    plain = [each.plain for each in list_maps(node.attribute("indexing_maps")) or ()]
    whole = tuple(range(len(node.result.shape or ())))
    return unknown(node) if rule is None or any(each != whole for each in plain) else rule(node)


def _square(node: NativeMlirNode) -> list[Step]:
    return [node.step("multiply", node.inputs[:1] * 2)]


def _fill(node: NativeMlirNode) -> list[Step]:
    """One number in every place of the destination."""
    sizes = find_static(node.result.shape)
    if sizes is None:
        return [node.step("unknown")]
    return [node.step("broadcast_in_dim", node.inputs[:1], shape=sizes, broadcast_dimensions=())]


_BY_KIND: Final[Mapping[str, Rule]] = {
    **table(_ELEMENTWISE, 1), **table(_PAIRED, 2), "square": _square,
    "select": first("select", 3),
}  # fmt: skip
"""Kinds of elementwise operations."""

LINALG: Final[dict[str, Rule]] = {
    **table(_ELEMENTWISE, 1),
    **table(_PAIRED, 2),
    **{name: _equation(text) for name, text in _EQUATIONS.items()},
    "batch_matmul": _matmul,
    "broadcast": _broadcast,
    "contract": _contract,
    "copy": first("copy"),
    "elementwise": _elementwise,
    "elemwise_binary": unknown,
    "fill": _fill,
    "generic": generic,
    "map": _map,
    "matmul": _matmul,
    "matmul_unsigned": _matmul,
    "quantized_batch_matmul": _matmul,
    "quantized_matmul": _matmul,
    "reduce": _reduce,
    "select": first("select", 3),
    "softmax": _softmax,
    "square": _square,
    "transpose": _transpose,
}
"""Operations of linalg by their names without the dialect's."""

NAMED: Final[Mapping[str, Rule]] = {"conv_": convolution, "depthwise_": convolution,
                                    "pooling_": pooling}  # fmt: skip
"""What convolutions and pooling are called at their beginning."""
