"""Rules for ONNX operations that slide a window: convolutions and pools."""

from __future__ import annotations

from cyborg_rr.domain.graph.graph import Attribute, TensorType
from cyborg_rr.readers.onnx.translation.call import Call, Rule, Step

_AUTO_PAD = {"SAME_UPPER": "same_upper", "SAME_LOWER": "same_lower", "VALID": "valid"}


def paired(pads: tuple[int, ...] | None, call: Call) -> tuple[int, ...] | None:
    """ONNX pads (all begins, then all ends) as low, high of each dimension in turn."""
    if pads is None:
        return None
    if len(pads) % 2:
        raise call.refuse(f"an odd number of pads: {list(pads)}")
    half = len(pads) // 2
    return tuple(pads[index // 2 + (half if index % 2 else 0)] for index in range(len(pads)))


def window(call: Call) -> dict[str, Attribute | None]:
    """What convolutions and pools say about their window."""
    auto_pad = _AUTO_PAD.get(call.text("auto_pad", "NOTSET"))
    return {
        "strides": call.integers("strides"),
        "dilations": call.integers("dilations"),
        "padding": None if auto_pad else paired(call.integers("pads"), call),
        "auto_pad": auto_pad,
    }


def convolve(
    call: Call,
    inputs: tuple[str, ...] | None = None,
    element_type: str | None = None,
    **extra: Attribute | None,
) -> Step:
    """A convolution over data, weight and bias; the result type only where it is another."""
    stated = {call.output(0): TensorType(element_type, None)} if element_type else {}
    return call.step(
        "convolution",
        inputs,
        None,
        stated,
        groups=call.integer("group", 1),
        element_type=element_type,
        **window(call),
        **extra,
    )


def convolution(call: Call) -> list[Step]:
    """Conv."""
    return [convolve(call)]


def integer_convolution(call: Call) -> list[Step]:
    """ConvInteger: 8-bit operands, 32-bit result."""
    return [convolve(call, (*call.inputs[:2], "", *call.inputs[2:]), "i32")]


def quantized_convolution(call: Call) -> list[Step]:
    """QLinearConv: the type of the result is that of its zero point."""
    inputs = (call.input(0), call.input(3), call.input(8))
    others = tuple(call.input(index) for index in (1, 2, 4, 5, 6, 7))
    return [convolve(call, (*inputs, *others), call.element_type(7))]


def deformable_convolution(call: Call) -> list[Step]:
    """DeformConv: the multiply-adds of a convolution; reading at offsets is left out."""
    return [convolve(call, (*call.inputs[:2], call.input(3), call.input(2), call.input(4)))]


def transposed_convolution(call: Call) -> list[Step]:
    """ConvTranspose."""
    return [
        call.step(
            "convolution_transpose",
            groups=call.integer("group", 1),
            output_padding=call.integers("output_padding"),
            output_shape=call.integers("output_shape"),
            **window(call),
        )
    ]


def pool(function: str) -> Rule:
    """AveragePool, MaxPool, LpPool."""

    def rule(call: Call) -> list[Step]:
        return [
            call.step(
                "pool",
                function=function,
                kernel=call.integers("kernel_shape"),
                ceil_mode=call.flag("ceil_mode"),
                count_include_pad=call.flag("count_include_pad"),
                **window(call),
            )
        ]

    return rule


def roi_align(call: Call) -> list[Step]:
    """RoiAlign."""
    return [
        call.step(
            "roi_align",
            output_height=call.integer("output_height", 1),
            output_width=call.integer("output_width", 1),
            sampling_ratio=call.integer("sampling_ratio", 0),
        )
    ]
