"""Rules for dense layers, tables, normalisations and recurrent layers."""

from __future__ import annotations

from typing import Final

from cyborg_rr.domain.graph.graph import TensorType
from cyborg_rr.readers.kit.rules import unknown
from cyborg_rr.readers.kit.steps import Step
from cyborg_rr.readers.mxnet.translation.native import Chain, NativeMxnetNode
from cyborg_rr.readers.mxnet.translation.windows import list_weighted

MAX_LAYERS: Final = 64
"""Of one fused recurrent operation; what people train has a handful."""


def multiply_dense(
    node: NativeMxnetNode, inputs: tuple[str, ...], element_type: str | None = None
) -> Step:
    """A dense layer; without ``flatten`` only the last dimension is multiplied."""
    flat = node.flag("flatten", default=True)
    return node.step(
        "gemm",
        inputs,
        node.outputs[:1],
        trans_b=True,
        units=node.demand_integer("num_hidden"),
        units_flatten=flat,
        units_last=not flat,
        element_type=element_type,
    )


def dense(node: NativeMxnetNode) -> list[Step]:
    """FullyConnected."""
    return [multiply_dense(node, list_weighted(node))]


def embedding(node: NativeMxnetNode) -> list[Step]:
    """Embedding: rows of a table whose size is stated."""
    rows, width = node.demand_integer("input_dim"), node.demand_integer("output_dim")
    if rows < 0 or width < 0:
        raise node.refuse(f"a table cannot have {rows} rows of {width}")
    node.scope.restate(node.input(1), (rows, width))
    return [node.step("gather", (node.input(1), node.input(0)), axis=0)]


def batch_normalization(node: NativeMxnetNode) -> list[Step]:
    """BatchNorm: before 0.9 its statistics were no variables, but are there all the same.

    All four vectors are of 32 bits where the data is of 16 (batch_norm.cc).
    """
    operands = list(node.inputs[:5])
    if node.element_type(0) != "f64":
        for name in operands[1:]:
            node.scope.state_element_type(name, "f32")
    for word in ("gamma", "beta", "moving_mean", "moving_var")[max(len(operands) - 1, 0) :]:
        name = f"{node.label}_{word}"
        operands.append(node.scope.add_weight(name, TensorType("f32", None)))
    axis = node.integer("axis", default=1)
    epsilon = node.number("eps", default=1e-3)
    if node.operation == "_contrib_BatchNormWithReLU":
        chain = Chain(node)
        return chain.end(
            "relu", chain.put("batch_normalization", *operands, axis=axis, epsilon=epsilon)
        )
    return [
        node.step(
            "batch_normalization", tuple(operands), node.outputs[:3], axis=axis, epsilon=epsilon
        )
    ]


def layer_normalization(node: NativeMxnetNode) -> list[Step]:
    """LayerNorm: over one dimension, the last one unless it is said."""
    axis, epsilon = node.integer("axis", default=-1), node.number("eps", default=1e-5)
    if axis == -1:
        return [node.step("layer_normalization", node.inputs[:3], axis=-1, epsilon=epsilon)]
    chain = Chain(node)
    turned = chain.put("transpose", node.input(0), swapped=(axis, -1))
    operands = (turned, *node.inputs[1:3])
    found = chain.put("layer_normalization", *operands, axis=-1, epsilon=epsilon)
    return chain.end("transpose", found, swapped=(axis, -1))


def group_normalization(node: NativeMxnetNode) -> list[Step]:
    """GroupNorm: before 2.0 scales are for groups, of which there are fewer than channels."""
    groups = node.integer("num_groups", default=1)
    if not 0 < groups < 1 << 31:
        raise node.refuse(f"channels cannot fall into {groups} groups")
    if not node.operation.startswith("_npx"):
        for name in node.inputs[1:3]:
            node.scope.restate(name, (groups,))
    return [node.step("group_normalization", node.inputs[:3], node.outputs[:1], groups=groups)]


def instance_normalization(node: NativeMxnetNode) -> list[Step]:
    """InstanceNorm."""
    epsilon = node.number("eps", default=1e-3)
    return [node.step("instance_normalization", node.inputs[:3], node.outputs[:1], epsilon=epsilon)]


def length_normalization(node: NativeMxnetNode) -> list[Step]:
    """L2Normalization: each channel, or all of an example together."""
    data, mode = node.input(0), node.text("mode", default="instance")
    if mode == "channel":
        return [node.step("l2_normalization", (data,), node.outputs[:1], axis=1)]
    chain = Chain(node)
    if mode == "spatial":
        flat = chain.put("reshape", data, shape=(0, 0, -1))
        return chain.end(
            "reshape", chain.put("l2_normalization", flat), chain.put("shape_of", data)
        )
    flat = chain.put("flatten", data)
    return chain.end("reshape", chain.put("l2_normalization", flat), chain.put("shape_of", data))


def local_response(node: NativeMxnetNode) -> list[Step]:
    """LRN."""
    size = node.demand_integer("nsize")
    return [node.step("local_response_normalization", None, node.outputs[:1], size=size)]


_MODES: Final = {"lstm": "lstm", "gru": "gru", "rnn_relu": "rnn", "rnn_tanh": "rnn"}


def recurrent(node: NativeMxnetNode) -> list[Step]:
    """RNN: layers of one or two directions, whose weights are one vector in the file.

    Each layer gets weights of its own instead, which have as many elements together.
    """
    mode, layers = node.text("mode"), node.integer("num_layers", default=1)
    hidden = node.demand_integer("state_size")
    if mode not in _MODES or not 0 < layers <= MAX_LAYERS or hidden < 1:
        raise node.refuse(f"a recurrent layer cannot be {mode[:40]!r} with {layers} layers")
    if node.has("projection_size"):
        return unknown(node)
    both = node.flag("bidirectional")
    lengths = ""
    if node.flag("use_sequence_length"):
        lengths = node.inputs[-1] if node.inputs else ""
    chain = Chain(node)
    data, states = node.input(0), []
    for layer in range(layers):
        last = layer == layers - 1
        data, finals = _add_layer(node, chain, layer, (data, lengths), both=both, last=last)
        states.append(finals)
    steps = chain.steps
    joined = [
        node.step("concatenate", tuple(finals[place] for finals in states), (name,), axis=0)
        for place, name in enumerate(node.outputs[1:3])
        if name and place < len(states[0])
    ]
    return [*steps[:-1], *joined, steps[-1]]


def _add_layer(
    node: NativeMxnetNode,
    chain: Chain,
    layer: int,
    given: tuple[str, str],
    *,
    both: bool,
    last: bool,
) -> tuple[str, tuple[str, ...]]:
    """One layer with its directions: its sequence, and the states after the last step."""
    data, lengths = given
    operation = _MODES[node.text("mode")]
    kept = node.element_type(0)
    weights = [
        node.scope.add_weight(f"{node.label}_l{layer}_{word}", TensorType(kept, None))
        for word in ("i2h_weight", "h2h_weight", "bias")
    ]
    words = ("sequence", "state", "cell") if operation == "lstm" else ("sequence", "state")
    results = tuple(node.new(word) for word in words)
    chain.steps.append(
        node.step(
            operation,
            (data, *weights, *((lengths,) if lengths else ())),
            results,
            hidden_size=node.demand_integer("state_size"),
            direction="bidirectional" if both else "forward",
        )
    )
    turned = chain.put("transpose", results[0], permutation=(0, 2, 1, 3))
    if last:
        chain.end("reshape", turned, shape=(0, 0, -1))
        return node.output(0), results[1:]
    return chain.put("reshape", turned, shape=(0, 0, -1)), results[1:]
