"""Rules for convolutions, pooling, padding, resizing."""

from __future__ import annotations

from cyborg_rr.domain.graph.graph import AttributeValue
from cyborg_rr.readers.torchscript.translation.call import Call, NoRule, Rule
from cyborg_rr.readers.torchscript.values import Ref, Sequence, Value

_Attributes = dict[str, AttributeValue | None]


def convolution(spatial: int, transposed: bool) -> Rule:
    """conv1d to conv3d(input, weight, bias, stride, padding, dilation, groups) and turned ones."""

    def rule(call: Call) -> Value:
        attributes: _Attributes = {
            "strides": _sizes(call, 3, "stride", spatial, 1),
            **_padding(call, call.get(4, "padding"), spatial),
        }
        if transposed:
            attributes["output_padding"] = _sizes(call, 5, "output_padding", spatial, 0)
            attributes["groups"] = call.integer(6, "groups", 1)
            attributes["dilations"] = _sizes(call, 7, "dilation", spatial, 1)
        else:
            attributes["dilations"] = _sizes(call, 5, "dilation", spatial, 1)
            attributes["groups"] = call.integer(6, "groups", 1)
        return _convolve(call, transposed, attributes)

    return rule


def any_convolution(call: Call) -> Value:
    """_convolution and convolution(input, weight, bias, stride, padding, dilation, transposed...).

    The arguments after are output_padding and groups.
    """
    spatial = call.rank(1, "weight") - 2
    transposed = call.flag(6, "transposed")
    attributes: _Attributes = {
        "strides": _sizes(call, 3, "stride", spatial, 1),
        **_padding(call, call.get(4, "padding"), spatial),
        "dilations": _sizes(call, 5, "dilation", spatial, 1),
        "groups": call.integer(8, "groups", 1),
    }
    if transposed:
        attributes["output_padding"] = _sizes(call, 7, "output_padding", spatial, 0)
    return _convolve(call, transposed, attributes)


def _convolve(call: Call, transposed: bool, attributes: _Attributes) -> Ref:
    data, weight = call.tensor(0, "input"), call.tensor(1, "weight")
    drawing = call.drawing
    rank, element = drawing.ranks.get(weight), drawing.elements.get(weight)
    if drawing.ranks.get(data) not in (None, rank):
        raise NoRule  # one example without a batch
    drawing.know(data, rank, element)
    operands = (data, weight, call.tensor(2, "bias"))
    operation = "convolution_transpose" if transposed else "convolution"
    return call.step(operation, operands, rank, element, **attributes)


def _sizes(call: Call, place: int, name: str, count: int, default: int) -> tuple[int, ...]:
    value = call.get(place, name)
    if value is None or (isinstance(value, Sequence) and not value.parts):
        return (default,) * count
    return call.integers(place, name, count)


def _padding(call: Call, value: Value, spatial: int) -> _Attributes:
    """As many elements on both sides, or a word."""
    if isinstance(value, str):
        return {"auto_pad": "same_upper" if value == "same" else "valid"}
    sides = _sizes(call, 4, "padding", spatial, 0)
    return {"padding": (*sides, *sides)}


def max_pool(spatial: int) -> Rule:
    """max_pool(self, kernel_size, stride, padding, dilation, ceil_mode)."""

    def rule(call: Call) -> Value:
        kernel = call.integers(1, "kernel_size", spatial)
        sides = _sizes(call, 3, "padding", spatial, 0)
        result = _pool(
            call,
            spatial,
            {
                "function": "max",
                "kernel": kernel,
                "strides": _strides(call, kernel),
                "padding": (*sides, *sides),
                "dilations": _sizes(call, 4, "dilation", spatial, 1),
                "ceil_mode": call.flag(5, "ceil_mode"),
            },
        )
        return Sequence([result, result], True) if call.wanted == 2 else result

    return rule


def average_pool(spatial: int) -> Rule:
    """avg_pool(self, kernel_size, stride, padding, ceil_mode, count_include_pad)."""

    def rule(call: Call) -> Value:
        kernel = call.integers(1, "kernel_size", spatial)
        sides = _sizes(call, 3, "padding", spatial, 0)
        attributes: _Attributes = {
            "function": "average",
            "kernel": kernel,
            "strides": _strides(call, kernel),
            "padding": (*sides, *sides),
            "ceil_mode": call.flag(4, "ceil_mode"),
            "count_include_pad": call.flag(5, "count_include_pad", True),
        }
        return _pool(call, spatial, attributes)

    return rule


def _strides(call: Call, kernel: tuple[int, ...]) -> tuple[int, ...]:
    value = call.get(2, "stride")
    if value is None or (isinstance(value, Sequence) and not value.parts):
        return kernel
    return call.integers(2, "stride", len(kernel))


def _pool(call: Call, spatial: int, attributes: _Attributes) -> Ref:
    _with_batch(call, spatial)
    return call.step("pool", (call.tensor(0, "self"),), spatial + 2, **attributes)


def _with_batch(call: Call, spatial: int) -> None:
    if call.drawing.rank(call.get(0, "self")) == spatial + 1:
        raise NoRule


def adaptive_pool(function: str, spatial: int) -> Rule:
    """adaptive_avg_pool, adaptive_max_pool(self, output_size).

    The windows follow from the sizes of the operand, which the file does not state.
    """

    def rule(call: Call) -> Value:
        _with_batch(call, spatial)
        sizes = call.integers(1, "output_size", spatial)
        if min(sizes) < 1:
            raise NoRule
        return call.step(
            "global_pool", (call.tensor(0, "self"),), spatial + 2, function=function,
            sizes=None if set(sizes) == {1} else sizes,
        )  # fmt: skip

    return rule


def pad(mode: str) -> Rule:
    """pad, constant_pad_nd, reflection_pad(self, pad): pairs from the last dimension on."""

    def rule(call: Call) -> Value:
        parts, rank = call.parts(1, "pad"), call.drawing.rank(call.get(0, "self"))
        said = call.get(2, "mode") if call.operation == "pad" else mode
        how = _MODES.get(said if isinstance(said, str) else mode, mode)
        if len(parts) % 2 or (rank is not None and len(parts) > 2 * rank):
            raise NoRule
        if rank is None or any(isinstance(each, Ref) for each in parts):
            return _pad_last(call, parts, how)
        pairs = call.integers(1, "pad")
        low, high = [0] * rank, [0] * rank
        for place in range(len(pairs) // 2):
            low[rank - 1 - place], high[rank - 1 - place] = pairs[2 * place : 2 * place + 2]
        return call.step(
            "pad",
            (call.tensor(0, "self"),),
            rank,
            padding_low=tuple(low),
            padding_high=tuple(high),
            mode=how,
        )

    return rule


def _pad_last(call: Call, pairs: list[Value], mode: str) -> Ref:
    """Of a tensor of any rank, by amounts that may be reckoned: dimensions from the back."""
    name, rank = call.tensor(0, "self"), call.drawing.rank(call.get(0, "self"))
    if not pairs:
        return call.step("identity", (name,), rank)
    amounts = call.sizes([*pairs[::2], *pairs[1::2]])
    axes = call.drawing.constant(tuple(range(-1, -len(pairs) // 2 - 1, -1)))
    element = call.drawing.elements.get(name)
    return call.step("pad", (name, amounts, "", axes), rank, element, mode=mode)


_MODES = {"constant": "constant", "reflect": "reflect", "replicate": "edge", "circular": "wrap"}


def resize(mode: str, scales_at: int) -> Rule:
    """upsample_nearest, upsample_bilinear(input, output_size, ..., scale_factors)."""

    def rule(call: Call) -> Value:
        data = call.get(0, "input")
        sizes = call.get(1, "output_size")
        factors = call.get(scales_at, "scale_factors")
        listed = sizes if isinstance(sizes, Sequence) else factors
        if not isinstance(listed, Sequence) or not listed.parts:
            raise NoRule
        count = len(listed.parts)
        rank, axes = count + 2, tuple(range(-count, 0))
        if isinstance(sizes, Sequence):
            names = (call.name_of(data), "", "", call.sizes(sizes.parts))
            return call.step("resize", names, rank, mode=mode, axes=axes)
        if not isinstance(factors, Sequence):
            raise NoRule
        known = tuple(float(f) for f in factors.parts if isinstance(f, int | float))
        if len(known) != count:
            raise NoRule
        return call.step("resize", (call.name_of(data),), rank, mode=mode, scales=known, axes=axes)

    return rule
