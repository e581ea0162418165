"""Rules for operations that slide a window: convolutions, pools, and what sizes images."""

from __future__ import annotations

from cyborg_rr.domain.graph.graph import AttributeValue
from cyborg_rr.readers.kit.rules import unknown
from cyborg_rr.readers.kit.steps import Step
from cyborg_rr.readers.mxnet.translation.native import Chain, NativeMxnetNode

_DATA_LAYOUTS = {
    "NWC": "N0C", "NHWC": "N01C", "NDHWC": "N012C",
}  # fmt: skip
_KERNEL_LAYOUTS = {"NWC": "O0I", "NHWC": "O01I", "NDHWC": "O012I"}
_POOLS = {"max": "max", "avg": "average", "sum": "average", "lp": "lp"}


def _pair(pads: tuple[int, ...] | None) -> tuple[int, ...] | None:
    """The same padding before and behind each dimension."""
    return None if pads is None else tuple(size for size in pads for _ in range(2))


def _layouts(node: NativeMxnetNode) -> tuple[str | None, str | None]:
    layout = node.text("layout")
    return _DATA_LAYOUTS.get(layout), _KERNEL_LAYOUTS.get(layout)


def convolve(
    node: NativeMxnetNode, inputs: tuple[str, ...], element_type: str | None = None
) -> Step:
    """A convolution whose kernel follows from ``num_filter`` and ``kernel`` if it has to."""
    data_layout, kernel_layout = _layouts(node)
    return node.step(
        "convolution",
        inputs,
        node.outputs[:1],
        strides=node.integers("stride") or None,
        dilations=node.integers("dilate") or None,
        padding=_pair(node.integers("pad") or None),
        groups=node.integer("num_group", default=1),
        data_layout=data_layout,
        kernel_layout=kernel_layout,
        out_channels=node.demand_integer("num_filter"),
        kernel=node.demand_integers("kernel"),
        element_type=element_type,
    )


def list_weighted(node: NativeMxnetNode) -> tuple[str, ...]:
    """Data, weight, and the bias where there is one."""
    return node.inputs[: 2 if node.flag("no_bias") else 3]


def convolution(node: NativeMxnetNode) -> list[Step]:
    """Convolution."""
    return [convolve(node, list_weighted(node))]


def deformable(node: NativeMxnetNode) -> list[Step]:
    """DeformableConvolution: the multiply-adds of a convolution; reading at offsets is left out."""
    modulated = int(node.operation.startswith(("_contrib_Mod", "_npx_mod")))
    weight = 2 + modulated
    bias = "" if node.flag("no_bias") else node.input(weight + 1)
    others = node.inputs[1:weight]
    return [convolve(node, (node.input(0), node.input(weight), bias, *others))]


def deconvolution(node: NativeMxnetNode) -> list[Step]:
    """Deconvolution: without a bias unless it is said."""
    if _layouts(node)[0] is not None:
        return unknown(node)
    has_bias = not node.flag("no_bias", default=True)
    target = node.integers("target_shape")
    return [
        node.step(
            "convolution_transpose",
            node.inputs[: 3 if has_bias else 2],
            strides=node.integers("stride") or None,
            dilations=node.integers("dilate") or None,
            padding=None if target and any(target) else _pair(node.integers("pad") or None),
            output_padding=node.integers("adj") or None,
            output_shape=target if target and any(target) else None,
            groups=node.integer("num_group", default=1),
            out_channels=node.demand_integer("num_filter"),
            kernel=node.demand_integers("kernel"),
        )
    ]


def pool(node: NativeMxnetNode) -> list[Step]:
    """Pooling: with the convention ``full`` a window that is only partly inside counts too.

    It then counts wherever it begins, also in the padding: as if what is missing were padded.
    """
    kind = node.text("pool_type", default="max")
    if kind not in _POOLS:
        raise node.refuse(f"pooling by {kind[:40]!r} is not known")
    order = node.integer("p_value", default=2) if kind == "lp" else None
    layout = _layouts(node)[0]
    if node.flag("global_pool"):
        inputs, function = node.inputs[:1], _POOLS[kind]
        return [
            node.step("global_pool", inputs, None, function=function, order=order, layout=layout)
        ]
    kernel = node.demand_integers("kernel")
    strides = node.integers("stride") or (1,) * len(kernel)
    pads = node.integers("pad") or (0,) * len(kernel)
    if not len(kernel) == len(strides) == len(pads):
        raise node.refuse("its kernel, stride and pad do not fit together")
    convention = node.text("pooling_convention", default="valid")
    extra = [step - 1 if convention == "full" else 0 for step in strides]
    padding = tuple(
        size for pad, more in zip(pads, extra, strict=True) for size in (pad, pad + more)
    )
    return [
        node.step(
            "pool",
            node.inputs[:1],
            node.outputs[:1],
            function=_POOLS[kind],
            order=order,
            kernel=kernel,
            strides=strides,
            padding=None if convention == "same" else padding,
            auto_pad="same_upper" if convention == "same" else None,
            count_include_pad=node.flag("count_include_pad", default=True),
            layout=layout,
        )
    ]


def adaptive_pool(node: NativeMxnetNode) -> list[Step]:
    """AdaptiveAvgPooling2D: one window for all where nothing else is said."""
    sizes = node.integers("output_size") or (1,)
    if any(size != 1 for size in sizes):
        return unknown(node)
    return [node.step("global_pool", function="average")]


def up_sample(node: NativeMxnetNode) -> list[Step]:
    """UpSampling: repeats each element, or spreads it by a kernel that may be learnt."""
    scale = node.demand_integer("scale")
    if not 0 < scale < 1 << 16:
        raise node.refuse(f"images cannot grow {scale} times")
    if node.text("sample_type") == "bilinear":
        return _spread(node, scale)
    if len(node.inputs) > 1:
        return unknown(node)
    factors: AttributeValue = (float(scale), float(scale))
    return [node.step("resize", node.inputs[:1], axes=(2, 3), scales=factors, mode="nearest")]


def _spread(node: NativeMxnetNode, scale: int) -> list[Step]:
    """As MXNet makes a Deconvolution of it (upsampling-inl.h)."""
    channels = node.demand_integer("num_filter")
    size, pad = 2 * scale - scale % 2, scale // 2
    return [
        node.step(
            "convolution_transpose",
            node.inputs[:2],
            strides=(scale, scale),
            padding=_pair((pad, pad)),
            groups=channels,
            out_channels=channels,
            kernel=(size, size),
        )
    ]


def resize(node: NativeMxnetNode) -> list[Step]:
    """BilinearResize2D: to a size, by factors, or to the size of another image."""
    mode = node.text("mode", default="size")
    chain = Chain(node)
    data = node.input(0)
    if mode == "like" and node.input(1):
        shape = chain.put("shape_of", node.input(1))
        size = chain.put("slice", shape, starts=(2,), ends=(4,), axes=(0,))
        return chain.end("resize", data, "", "", size, axes=(2, 3), mode="linear")
    high, wide = node.number("scale_height", default=0), node.number("scale_width", default=0)
    if high and wide:
        factors = (float(high), float(wide))
        return chain.end("resize", data, axes=(2, 3), scales=factors, mode="linear")
    size = node.constant((node.integer("height", default=1), node.integer("width", default=1)))
    return chain.end("resize", data, "", "", size, axes=(2, 3), mode="linear")
