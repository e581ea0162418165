"""Rules for ONNX operations that slide a window: convolutions and pools."""

from __future__ import annotations

from cyborg_rr.domain.graph.graph import AttributeValue, TensorType
from cyborg_rr.readers.dialects.onnx.translation.native import NativeOnnxNode, Rule
from cyborg_rr.readers.kit.steps import Step

_AUTO_PAD = {"SAME_UPPER": "same_upper", "SAME_LOWER": "same_lower", "VALID": "valid"}


def paired(pads: tuple[int, ...] | None, node: NativeOnnxNode) -> tuple[int, ...] | None:
    """ONNX pads (all begins, then all ends) as low, high of each dimension in turn."""
    if pads is None:
        return None
    if len(pads) % 2:
        raise node.refuse(f"an odd number of pads: {list(pads)}")
    half = len(pads) // 2
    return tuple(pads[index // 2 + (half if index % 2 else 0)] for index in range(len(pads)))


def window(node: NativeOnnxNode) -> dict[str, AttributeValue | None]:
    """What convolutions and pools say about their window."""
    auto_pad = _AUTO_PAD.get(node.text("auto_pad", default="NOTSET"))
    return {
        "strides": node.integers("strides"),
        "dilations": node.integers("dilations"),
        "padding": None if auto_pad else paired(node.integers("pads"), node),
        "auto_pad": auto_pad,
    }


def convolve(
    node: NativeOnnxNode,
    inputs: tuple[str, ...] | None = None,
    element_type: str | None = None,
    **extra: AttributeValue | None,
) -> Step:
    """A convolution over data, weight and bias; the result type only where it is another."""
    stated = {node.output(0): TensorType(element_type, None)} if element_type else {}
    return node.step(
        "convolution",
        inputs,
        None,
        stated,
        groups=node.integer("group", default=1),
        element_type=element_type,
        **window(node),
        **extra,
    )


def convolution(node: NativeOnnxNode) -> list[Step]:
    """Conv."""
    return [convolve(node)]


def integer_convolution(node: NativeOnnxNode) -> list[Step]:
    """ConvInteger: 8-bit operands, 32-bit result."""
    return [convolve(node, (*node.inputs[:2], "", *node.inputs[2:]), "i32")]


def quantized_convolution(node: NativeOnnxNode) -> list[Step]:
    """QLinearConv: the type of the result is that of its zero point."""
    inputs = (node.input(0), node.input(3), node.input(8))
    others = tuple(node.input(index) for index in (1, 2, 4, 5, 6, 7))
    return [convolve(node, (*inputs, *others), node.element_type(7))]


def deformable_convolution(node: NativeOnnxNode) -> list[Step]:
    """DeformConv: the multiply-adds of a convolution; reading at offsets is left out."""
    return [convolve(node, (*node.inputs[:2], node.input(3), node.input(2), node.input(4)))]


def transposed_convolution(node: NativeOnnxNode) -> list[Step]:
    """ConvTranspose."""
    return [
        node.step(
            "convolution_transpose",
            groups=node.integer("group", default=1),
            output_padding=node.integers("output_padding"),
            output_shape=node.integers("output_shape"),
            **window(node),
        )
    ]


def pool(function: str) -> Rule:
    """AveragePool, MaxPool, LpPool."""

    def rule(node: NativeOnnxNode) -> list[Step]:
        node.demand("kernel_shape")
        return [
            node.step(
                "pool",
                function=function,
                order=node.integer("p", default=2) if function == "lp" else None,
                kernel=node.integers("kernel_shape"),
                ceil_mode=node.flag("ceil_mode"),
                count_include_pad=node.flag("count_include_pad"),
                **window(node),
            )
        ]

    return rule


def global_length_pool(node: NativeOnnxNode) -> list[Step]:
    """GlobalLpPool."""
    return [node.step("global_pool", function="lp", order=node.integer("p", default=2))]


def roi_align(node: NativeOnnxNode) -> list[Step]:
    """RoiAlign."""
    return [
        node.step(
            "roi_align",
            output_height=node.integer("output_height", default=1),
            output_width=node.integer("output_width", default=1),
            sampling_ratio=node.integer("sampling_ratio", default=0),
            mode=node.text("mode", default="avg"),
        )
    ]


def grid_sample(node: NativeOnnxNode) -> list[Step]:
    """GridSample: version 16 said bilinear and bicubic."""
    mode = node.text("mode", default="linear")
    return [node.step("grid_sample", mode=mode.removeprefix("bi"))]
