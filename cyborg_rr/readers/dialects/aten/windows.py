"""Rules for operations of aten with windows: convolutions, pooling, padding, resizing."""

from __future__ import annotations

from cyborg_rr.domain.graph.graph import AttributeValue, TensorType
from cyborg_rr.readers.dialects.aten.native import NativeTorchNode, Rule
from cyborg_rr.readers.kit.rules import unknown
from cyborg_rr.readers.kit.steps import Step

_Attributes = dict[str, AttributeValue | None]


def convolution(node: NativeTorchNode) -> list[Step]:
    """conv1d to conv3d, conv_transpose1d to 3d, and convolution, which says which it is."""
    spatial = node.rank("weight") - 2
    transposed = node.flag("transposed") or "transpose" in node.operation
    attributes: _Attributes = {
        "strides": node.sizes("stride", spatial, 1),
        "dilations": node.sizes("dilation", spatial, 1),
        "groups": node.integer("groups", default=1),
        **_padding(node, spatial),
    }
    if transposed:
        attributes["output_padding"] = node.sizes("output_padding", spatial, 0)
    operation = "convolution_transpose" if transposed else "convolution"
    operands = (node.tensor("input"), node.tensor("weight"), node.tensor("bias"))
    return _with_batch(node, operation, operands, spatial, attributes)


def _padding(node: NativeTorchNode, spatial: int) -> _Attributes:
    """As many elements on both sides, or a word."""
    stated = node.attribute("padding")
    if isinstance(stated, str):
        return {"auto_pad": "same_upper" if stated == "same" else "valid"}
    sides = node.sizes("padding", spatial, 0)
    return {"padding": (*sides, *sides)}


def _with_batch(
    node: NativeTorchNode,
    operation: str,
    operands: tuple[str, ...],
    spatial: int,
    attributes: _Attributes,
) -> list[Step]:
    """The operation, of one example alone between steps that add a batch and take it off."""
    first = node.type_of(operands[0])
    if first.shape is None or len(first.shape) != spatial + 1:
        return [node.step(operation, operands, **attributes)]
    result = node.type_of(node.output(0))
    if result.shape is None:
        return unknown(node)
    before, after = node.fresh("batch"), node.fresh("result")
    types = {
        before: TensorType(first.element_type, (1, *first.shape)),
        after: TensorType(result.element_type, (1, *result.shape)),
    }
    return [
        node.step("unsqueeze", operands[:1], (before,), {before: types[before]}, axes=(0,)),
        node.step(
            operation, (before, *operands[1:]), (after,), {after: types[after]}, **attributes
        ),
        node.step("squeeze", (after,), node.outputs[:1], axes=(0,)),
    ]


def pool(function: str, spatial: int) -> Rule:
    """max_pool and avg_pool: a window moves by its own size unless said."""

    def rule(node: NativeTorchNode) -> list[Step]:
        kernel = node.sizes("kernel_size", spatial)
        sides = node.sizes("padding", spatial, 0)
        attributes: _Attributes = {
            "function": function,
            "kernel": kernel,
            "strides": node.sizes("stride", spatial) if node.attribute("stride") else kernel,
            "dilations": node.sizes("dilation", spatial, 1),
            "padding": (*sides, *sides),
            "ceil_mode": node.flag("ceil_mode"),
            "count_include_pad": node.flag("count_include_pad", default=True),
        }
        if node.rank("self") == spatial + 1:
            return unknown(node)
        return [node.step("pool", (node.tensor("self"),), **attributes)]

    return rule


def adaptive_pool(function: str, spatial: int) -> Rule:
    """adaptive_avg_pool, adaptive_max_pool: windows that make up a stated size.

    Where they do not divide evenly they overlap; each has the size of the largest of them here.
    """

    def rule(node: NativeTorchNode) -> list[Step]:
        data = node.type_of(node.tensor("self")).shape
        result = node.result_shape()
        if data is None or result is None or len(data) != spatial + 2:
            return unknown(node)
        if all(size == 1 for size in result[2:]):
            return [node.step("global_pool", (node.tensor("self"),), function=function)]
        kernel, strides = [], []
        for before, after in zip(data[2:], result[2:], strict=True):
            if not isinstance(before, int) or not isinstance(after, int) or not 0 < after <= before:
                return unknown(node)
            strides.append(before // after)
            kernel.append(before - (after - 1) * strides[-1])
        return [
            node.step(
                "pool",
                (node.tensor("self"),),
                function=function,
                kernel=tuple(kernel),
                strides=tuple(strides),
            )
        ]

    return rule


def pad(mode: str) -> Rule:
    """pad, constant_pad_nd, reflection_pad, replication_pad: pairs from the last dimension on."""

    def rule(node: NativeTorchNode) -> list[Step]:
        if _is_symbolic(node):
            return [node.step("pad", (node.tensor("self"),))]
        pairs, rank = node.integers("pad", "padding"), node.rank("self")
        if pairs is None or len(pairs) % 2 or len(pairs) > 2 * rank:
            return unknown(node)
        low, high = [0] * rank, [0] * rank
        for place in range(len(pairs) // 2):
            low[rank - 1 - place], high[rank - 1 - place] = pairs[2 * place : 2 * place + 2]
        said = _MODES.get(node.text("mode", default=mode), mode)
        return [
            node.step(
                "pad",
                (node.tensor("self"),),
                padding_low=tuple(low),
                padding_high=tuple(high),
                mode=said,
            )
        ]

    return rule


_MODES = {"constant": "constant", "reflect": "reflect", "replicate": "edge", "circular": "wrap"}


def _is_symbolic(node: NativeTorchNode) -> bool:
    value = node.attribute("pad", "padding")
    return not isinstance(value, tuple) or not all(isinstance(size, int) for size in value)


def resize(mode: str) -> Rule:
    """upsample_nearest, upsample_bilinear and their like: the factors are those of the sizes."""

    def rule(node: NativeTorchNode) -> list[Step]:
        data = node.type_of(node.tensor("self", "input"))
        result = node.result_shape()
        scales = None
        if data.is_static and result is not None and data.shape is not None:
            pairs = list(zip(result, data.shape, strict=False))
            if all(isinstance(after, int) and before for after, before in pairs):
                scales = tuple(float(int(after) / int(before)) for after, before in pairs)
        inputs = (node.tensor("self", "input"),)
        return [node.step("resize", inputs, mode=mode, scales=scales)]

    return rule
