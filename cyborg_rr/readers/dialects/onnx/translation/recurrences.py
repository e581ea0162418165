"""Rules for ONNX operations that carry a state from call to call: caches, linear attention."""

from __future__ import annotations

from cyborg_rr.domain.graph.graph import Shape, TensorType
from cyborg_rr.readers.dialects.onnx.translation.native import NativeOnnxNode
from cyborg_rr.readers.kit.rules import unknown
from cyborg_rr.readers.kit.steps import Step


def write_cache(node: NativeOnnxNode) -> list[Step]:
    """TensorScatter: what is new is written into a cache of fixed length."""
    return [node.step("dynamic_update_slice")]


def causal_convolution(node: NativeOnnxNode) -> list[Step]:
    """CausalConvWithState: a convolution of each channel behind the last positions of before.

    Only the form that ONNX has is read: channels first, one dimension of positions.
    """
    shape = node.shape(1)
    plain = ("dilation", 1), ("ndim", 1), ("channels_last", 0), ("state_window", 0)
    if (
        shape is None
        or len(shape) != 3
        or any(node.integer(name, default=usual) != usual for name, usual in plain)
    ):
        return unknown(node)
    channels, _, kernel = shape
    if not isinstance(channels, int) or not isinstance(kernel, int) or kernel < 1 or channels < 1:
        return unknown(node)
    data, steps, padding = node.input(0), [], (kernel - 1, 0)
    if node.input(3):
        data, padding = node.fresh("joined"), (0, 0)
        steps.append(node.step("concatenate", (node.input(3), node.input(0)), (data,), axis=2))
    if node.output(1):
        steps.extend(_kept_positions(node, data, kernel - 1))
    activated = node.text("activation", default="none") in ("silu", "swish")
    result = node.fresh("convolved") if activated else node.output(0)
    steps.append(
        node.step(
            "convolution",
            (data, node.input(1), node.input(2)),
            (result,),
            groups=channels,
            padding=padding,
        )
    )
    if activated:
        steps.append(node.step("silu", (result,), (node.output(0),)))
    return steps


def _kept_positions(node: NativeOnnxNode, data: str, count: int) -> list[Step]:
    """The last positions, for the next call; fewer than they are, zeros stand before them."""
    steps: list[Step] = []
    if not node.input(3):
        padded = node.fresh("padded")
        steps.append(
            node.step(
                "pad",
                (data,),
                (padded,),
                mode="constant",
                padding_low=(0, 0, count),
                padding_high=(0, 0, 0),
            )
        )
        data = padded
    ends = node.step(
        "slice",
        (data,),
        (node.output(1),),
        starts=(-count if count else 1 << 31,),
        ends=(1 << 31,),
        axes=(2,),
    )
    return [*steps, ends]


def linear_attention(node: NativeOnnxNode) -> list[Step]:
    """LinearAttention: values go through a state of one number for each width of a key.

    As many values are put in as there are heads of the query or of keys, whichever is more; the
    state has the number of heads that keys have.
    """
    heads = node.demand_integer("q_num_heads")
    key_heads = node.demand_integer("kv_num_heads")
    if heads < 1 or key_heads < 1:
        raise node.refuse("the numbers of heads must be positive")
    query, value = node.shape(0), node.shape(2)
    width, also = _find_width(query, heads), _find_width(value, key_heads)
    if query is None or width is None or also is None or node.integer("state_window", default=0):
        return unknown(node)
    batch, length = query[:2]
    element_type = node.element_type(0)
    stated = TensorType(element_type, (batch, length, max(heads, key_heads) * also))
    state = TensorType(node.element_type(3) or element_type, (batch, key_heads, width, also))
    return _scanned(node, stated, state, width)


def _find_width(shape: Shape | None, heads: int) -> int | None:
    """The width of one head of (B, T, heads x width); None where there is none."""
    if shape is None or len(shape) != 3 or not isinstance(shape[2], int) or shape[2] % heads:
        return None
    return shape[2] // heads or None


def _scanned(node: NativeOnnxNode, result: TensorType, state: TensorType, width: int) -> list[Step]:
    """The recurrence over all values; where heads of the query share a state, each reads it."""
    repeats = 1
    value = node.shape(2)
    if value and result.shape and isinstance(result.shape[2], int) and isinstance(value[2], int):
        repeats = result.shape[2] // value[2]
    data, steps = node.input(2), []
    if repeats > 1:
        data = node.fresh("shared")
        steps.append(node.step("tile", (node.input(2),), (data,), repeats=(1, 1, repeats)))
    inputs = (data, *(name for index, name in enumerate(node.inputs) if index != 2 and name))
    stated = {node.output(0): result}
    if node.output(1):
        stated[node.output(1)] = state
    steps.append(node.step("state_scan", inputs, node.outputs[:2], stated, state=width))
    return steps
