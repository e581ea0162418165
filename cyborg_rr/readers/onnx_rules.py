"""Rules that translate operations of ONNX's own set; ``onnx_operations`` says which is whose.

Where an operation changed between versions, the rule goes by ``call.version``. Descriptions of the
operations: https://onnx.ai/onnx/operators/.
"""

from __future__ import annotations

from cyborg_rr.domain.graph.graph import Attribute, Scalar, StoredTensor, TensorType
from cyborg_rr.readers.onnx_call import Call, Rule, Step
from cyborg_rr.readers.onnx_schema import OnnxNode
from cyborg_rr.readers.onnx_tensors import ELEMENT_TYPES

_AUTO_PAD = {"SAME_UPPER": "same_upper", "SAME_LOWER": "same_lower", "VALID": "valid"}
_ELEMENT_NAMES = {  # Cast before version 6 names its type
    "FLOAT": "f32", "DOUBLE": "f64", "FLOAT16": "f16", "INT64": "i64", "INT32": "i32",
    "INT16": "i16", "INT8": "i8", "UINT64": "u64", "UINT32": "u32", "UINT16": "u16",
    "UINT8": "u8", "BOOL": "i1", "STRING": "str", "COMPLEX64": "c64", "COMPLEX128": "c128",
}  # fmt: skip


def plain(operation: str, **constants: Attribute) -> Rule:
    """The same inputs and outputs, with attributes that are always so."""

    def rule(call: Call) -> list[Step]:
        return [call.step(operation, **constants)]

    return rule


def numbers(operation: str, **defaults: float) -> Rule:
    """A function of one tensor with number attributes and their defaults."""

    def rule(call: Call) -> list[Step]:
        return [
            call.step(operation, **{name: call.number(name, defaults[name]) for name in defaults})
        ]

    return rule


def element_type_attribute(call: Call, name: str) -> str | None:
    """The element type that an attribute gives by number, or by name in old versions."""
    if not call.has(name):
        return None
    value = call.node.attributes[name]
    known = (
        _ELEMENT_NAMES.get(value.upper())
        if isinstance(value, str)
        else ELEMENT_TYPES.get(call.integer(name, 0))
    )
    if known is None:
        raise call.refuse(f"attribute '{name}' names no element type")
    return known


def unknown(call: Call) -> list[Step]:
    """An operation that has no canonical one."""
    return [call.step("unknown")]


def binary(operation: str) -> Rule:
    """Element by element on two tensors. Before version 7 only the second was stretched."""

    def rule(call: Call) -> list[Step]:
        if call.version < 7 and call.flag("broadcast"):
            return [call.step(operation, broadcast_axis=call.integer("axis", -1))]
        return [call.step(operation)]

    return rule


def compare(direction: str) -> Rule:
    """A comparison: element by element into booleans."""

    def rule(call: Call) -> list[Step]:
        legacy = call.version < 7 and call.flag("broadcast")
        axis = call.integer("axis", -1) if legacy else None
        return [call.step("compare", direction=direction, broadcast_axis=axis)]

    return rule


def cast(call: Call) -> list[Step]:
    """Cast, and CastLike where the file states the type of its second input."""
    if call.node.operation == "CastLike":
        known = call.element_type(1)
        return [call.step("convert", element_type=known)]
    return [call.step("convert", element_type=element_type_attribute(call, "to"))]


def bit_cast(call: Call) -> list[Step]:
    """BitCast: the same bits under another element type."""
    return [call.step("bitcast_convert", element_type=element_type_attribute(call, "to"))]


def bit_shift(call: Call) -> list[Step]:
    """BitShift."""
    left = call.text("direction").upper() == "LEFT"
    return [call.step("shift_left" if left else "shift_right_logical")]


def clip(call: Call) -> list[Step]:
    """Clip: the bounds were attributes before version 11."""
    if call.version >= 11:
        return [call.step("clamp")]
    low = call.number("min", 0.0) if call.has("min") else None
    high = call.number("max", 0.0) if call.has("max") else None
    return [call.step("clamp", minimum=low, maximum=high)]


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


def matmul_integer(call: Call) -> list[Step]:
    """MatMulInteger: 8-bit operands, 32-bit result."""
    stated = {call.output(0): TensorType("i32", None)}
    return [call.step("matmul", None, None, stated, element_type="i32")]


def quantized_matmul(call: Call) -> list[Step]:
    """QLinearMatMul."""
    others = tuple(call.input(index) for index in (1, 2, 4, 5, 6, 7))
    result = call.element_type(7)
    stated = {call.output(0): TensorType(result, None)} if result else {}
    return [
        call.step(
            "matmul", (call.input(0), call.input(3), *others), None, stated, element_type=result
        )
    ]


def gemm(call: Call) -> list[Step]:
    """Gemm."""
    return [call.step("gemm", trans_a=call.flag("transA"), trans_b=call.flag("transB"))]


def einsum(call: Call) -> list[Step]:
    """Einsum."""
    return [call.step("einsum", equation=call.text("equation"))]


def recurrent(operation: str) -> Rule:
    """RNN, LSTM, GRU."""

    def rule(call: Call) -> list[Step]:
        return [
            call.step(
                operation,
                hidden_size=call.integer("hidden_size", 0) if call.has("hidden_size") else None,
                direction=call.text("direction", "forward").lower(),
                layout=call.integer("layout", 0),
            )
        ]

    return rule


def reduction(function: str, axes_input_since: int) -> Rule:
    """ReduceXyz: the axes became an input at some version."""

    def rule(call: Call) -> list[Step]:
        as_input = call.version >= axes_input_since
        return [
            call.step(
                "reduce",
                function=function,
                axes=None if as_input else call.integers("axes"),
                keep_dimensions=call.flag("keepdims", True),
                noop_with_empty_axes=call.flag("noop_with_empty_axes"),
            )
        ]

    return rule


def arg_reduction(function: str) -> Rule:
    """ArgMax, ArgMin."""

    def rule(call: Call) -> list[Step]:
        return [
            call.step(
                "reduce",
                function=function,
                axes=(call.integer("axis", 0),),
                keep_dimensions=call.flag("keepdims", True),
                element_type="i64",
            )
        ]

    return rule


def softmax(operation: str) -> Rule:
    """Softmax, LogSoftmax: before version 13 over everything from the axis on."""

    def rule(call: Call) -> list[Step]:
        if call.version < 13:
            return [call.step(operation, flatten_axis=call.integer("axis", 1))]
        return [call.step(operation, axis=call.integer("axis", -1))]

    return rule


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


def axis(operation: str, default: int, **constants: Attribute) -> Rule:
    """An operation along one axis."""

    def rule(call: Call) -> list[Step]:
        return [call.step(operation, axis=call.integer("axis", default), **constants)]

    return rule


def concatenate(call: Call) -> list[Step]:
    """Concat: the axis was 1 unless said in version 1 and must be said since."""
    if call.version >= 4 and not call.has("axis"):
        raise call.refuse("attribute 'axis' is missing")
    return [call.step("concatenate", axis=call.integer("axis", 1))]


def normalization(operation: str) -> Rule:
    """LayerNormalization, RMSNormalization."""

    def rule(call: Call) -> list[Step]:
        return [
            call.step(
                operation, axis=call.integer("axis", -1), epsilon=call.number("epsilon", 1e-5)
            )
        ]

    return rule


def group_normalization(call: Call) -> list[Step]:
    """GroupNormalization."""
    return [call.step("group_normalization", groups=call.integer("num_groups", 1))]


def reshape(call: Call) -> list[Step]:
    """Reshape: the shape was an attribute before version 5."""
    shape = call.integers("shape") if call.version < 5 else None
    return [call.step("reshape", shape=shape, allow_zero=call.flag("allowzero"))]


def axes(operation: str, input_since: int) -> Rule:
    """Squeeze, Unsqueeze: the axes became an input at version 13."""

    def rule(call: Call) -> list[Step]:
        return [
            call.step(operation, axes=call.integers("axes") if call.version < input_since else None)
        ]

    return rule


def transpose(call: Call) -> list[Step]:
    """Transpose."""
    return [call.step("transpose", permutation=call.integers("perm"))]


def split(call: Call) -> list[Step]:
    """Split: sizes were an attribute until version 13, an input in versions 1 and from 13 on."""
    sizes = call.integers("split") if call.version < 13 else None
    return [
        call.step(
            "split",
            axis=call.integer("axis", 0),
            split=sizes,
            num_outputs=call.integer("num_outputs", len(call.outputs)),
        )
    ]


def slice_(call: Call) -> list[Step]:
    """Slice: all but the data were attributes before version 10."""
    if call.version >= 10:
        return [call.step("slice")]
    return [
        call.step(
            "slice",
            starts=call.integers("starts"),
            ends=call.integers("ends"),
            axes=call.integers("axes"),
        )
    ]


def pad(call: Call) -> list[Step]:
    """Pad: the pads were an attribute before version 11, called paddings in version 1."""
    if call.version >= 11:
        return [call.step("pad", mode=call.text("mode", "constant"))]
    pads = call.integers("pads") or call.integers("paddings") or ()
    if len(pads) % 2:
        raise call.refuse(f"an odd number of pads: {list(pads)}")
    half = len(pads) // 2
    return [
        call.step(
            "pad",
            mode=call.text("mode", "constant"),
            padding_low=pads[:half],
            padding_high=pads[half:],
        )
    ]


def gather_nd(call: Call) -> list[Step]:
    """GatherND."""
    return [call.step("gather_nd", batch_dims=call.integer("batch_dims", 0))]


def tile(call: Call) -> list[Step]:
    """Tile: version 1 takes a count and an axis, which is another operation."""
    return [call.step("tile" if call.version >= 6 else "unknown")]


def top_k(call: Call) -> list[Step]:
    """TopK: k was an attribute before version 10."""
    count = call.integer("k", 1) if call.version < 10 else None
    return [call.step("top_k", k=count, axis=call.integer("axis", -1), index_type="i64")]


def resize(call: Call) -> list[Step]:
    """Resize and its forerunner Upsample, whose scales stood elsewhere."""
    mode = call.text("mode", "nearest")
    if call.node.operation == "Resize" and call.version >= 11:
        policy = call.text("keep_aspect_ratio_policy", "stretch")
        axes = call.integers("axes")
        return [call.step("resize", axes=axes, mode=mode, keep_aspect_ratio_policy=policy)]
    if len(call.inputs) > 1:
        return [call.step("resize", (call.input(0), "", call.input(1)), mode=mode)]
    scales = call.floats("scales")
    if scales is None:
        scales = (1.0, 1.0, call.number("height_scale", 1.0), call.number("width_scale", 1.0))
    return [call.step("resize", scales=scales, mode=mode)]


def unique(call: Call) -> list[Step]:
    """Unique: over all elements unless an axis is said."""
    return [call.step("unique", axis=call.integer("axis", 0) if call.has("axis") else None)]


def block_size(operation: str) -> Rule:
    """DepthToSpace, SpaceToDepth."""

    def rule(call: Call) -> list[Step]:
        return [call.step(operation, blocksize=call.integer("blocksize", 1))]

    return rule


def shape_of(call: Call) -> list[Step]:
    """Shape."""
    end = call.integer("end", 0) if call.has("end") else None
    return [call.step("shape_of", start=call.integer("start", 0), end=end)]


def random(call: Call) -> list[Step]:
    """RandomNormal and the like: a shape of their own, or that of the input."""
    element_type = element_type_attribute(call, "dtype")
    if call.inputs:
        return [call.step("random", element_type=element_type or call.element_type(0))]
    return [call.step("random", shape=call.integers("shape"), element_type=element_type or "f32")]


def fill_value(node: OnnxNode) -> tuple[str, Scalar]:
    """Element type and value of a ConstantOfShape: a float zero unless it says otherwise."""
    value = node.attributes.get("value")
    if not isinstance(value, StoredTensor):
        return "f32", 0.0
    return value.type.element_type or "f32", value.values[0] if value.values else 0.0


def constant_of_shape(call: Call) -> list[Step]:
    """ConstantOfShape whose shape is not stored."""
    element_type, value = fill_value(call.node)
    stated = {call.output(0): TensorType(element_type, None)}
    return [
        call.step("constant_of_shape", None, None, stated, element_type=element_type, value=value)
    ]


def eye_like(call: Call) -> list[Step]:
    """EyeLike."""
    return [call.step("eye_like", element_type=element_type_attribute(call, "dtype"))]


def quantize(call: Call) -> list[Step]:
    """QuantizeLinear: the type is said, or that of the zero point, else u8."""
    said = element_type_attribute(call, "output_dtype") if call.integer("output_dtype", 0) else None
    known = said or call.element_type(2) or ("u8" if not call.input(2) else None)
    return [call.step("quantize", element_type=known, axis=call.integer("axis", 1))]


def dequantize(call: Call) -> list[Step]:
    """DequantizeLinear: the type is said, or that of the scale."""
    said = element_type_attribute(call, "output_dtype") if call.integer("output_dtype", 0) else None
    known = said or call.element_type(1)
    return [call.step("dequantize", element_type=known, axis=call.integer("axis", 1))]


def roi_align(call: Call) -> list[Step]:
    """RoiAlign."""
    return [
        call.step(
            "roi_align",
            output_height=call.integer("output_height", 1),
            output_width=call.integer("output_width", 1),
        )
    ]


def fft(call: Call) -> list[Step]:
    """DFT."""
    return [
        call.step(
            "fft",
            axis=call.integer("axis", 1) if call.version < 20 else None,
            onesided=call.flag("onesided"),
            inverse=call.flag("inverse"),
        )
    ]


def attention(call: Call) -> list[Step]:
    """Attention of ONNX 23 on: query, key, value, mask, past key, past value."""
    heads = call.integer("q_num_heads", 0)
    key_heads = call.integer("kv_num_heads", heads)
    return [
        call.step(
            "attention",
            q_num_heads=heads or None,
            kv_num_heads=key_heads or None,
            is_causal=call.flag("is_causal"),
        )
    ]


def gated_silu(call: Call) -> list[Step]:
    """SwiGLU: the swish of the first input times the second."""
    gate = call.fresh("gate")
    return [
        call.step("silu", call.inputs[:1], (gate,)),
        call.step("multiply", (gate, call.input(1))),
    ]


def loop(call: Call) -> list[Step]:
    """Loop: how often it runs is known where its count is stored."""
    count = call.values(0)
    trips = count[0] if count and isinstance(count[0], int) and 0 <= count[0] < 1 << 31 else None
    return [call.step("loop", trip_count=trips)]


def scan(call: Call) -> list[Step]:
    """Scan: version 8 had a batch dimension and sequence lengths besides."""
    return [
        call.step(
            "scan",
            num_scan_inputs=call.integer("num_scan_inputs", 0),
            scan_input_axes=call.integers("scan_input_axes"),
            scan_output_axes=call.integers("scan_output_axes"),
            batched=True if call.version < 9 else None,
        )
    ]
