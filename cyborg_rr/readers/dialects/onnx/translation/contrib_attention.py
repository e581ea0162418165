"""Attention in its com.microsoft spellings: products fused before it, packed operands, caches.

Descriptions: ContribOperators.md of ONNX Runtime. What is packed is taken apart by reshapes, which
cost nothing, and a split.
"""

from __future__ import annotations

from typing import NamedTuple

from cyborg_rr.domain.graph.graph import TensorType
from cyborg_rr.readers.dialects.onnx.translation.native import NativeOnnxNode, Rule
from cyborg_rr.readers.kit.rules import unknown
from cyborg_rr.readers.kit.steps import Step


class _Operands(NamedTuple):
    """Names of query, key and value, and the steps that make them."""

    names: tuple[str, ...]
    steps: list[Step]


_PARTS = ("query", "key", "value")


def _separate(node: NativeOnnxNode) -> _Operands:
    """Query, key and value as the first three inputs."""
    return _Operands(tuple(node.input(index) for index in range(3)), [])


def _split_heads(
    node: NativeOnnxNode, source: str, shape: tuple[int, ...], heads: tuple[int, ...]
) -> tuple[list[str], list[Step]]:
    """Take apart what holds several tensors in the second dimension from the back.

    ``shape`` is how the source is seen first (0: as it is), ``heads`` what each part gets.
    """
    words = _PARTS[-len(heads) :]
    seen = node.fresh("packed")
    parts = [node.fresh(f"{word}/heads") for word in words]
    flat = [node.fresh(word) for word in words]
    steps = [
        node.step("reshape", (source,), (seen,), shape=shape),
        node.step("split", (seen,), tuple(parts), axis=-2, split=heads),
    ]
    steps.extend(
        node.step("reshape", (part,), (name,), shape=(0, 0, -1))
        for part, name in zip(parts, flat, strict=True)
    )
    return flat, steps


def _unpack_heads(node: NativeOnnxNode, heads: tuple[int, int, int]) -> _Operands:
    """Query, key and value behind one another: (B, S, (heads of all three) x D)."""
    names, steps = _split_heads(node, node.input(0), (0, 0, sum(heads), -1), heads)
    return _Operands(tuple(names), steps)


def _unpack_matrices(node: NativeOnnxNode, index: int, words: tuple[str, ...]) -> list[Step]:
    """Matrices side by side in each head, (B, S, heads, number, D), into (B, S, heads x D)."""
    parts = tuple(node.fresh(f"{word}/heads") for word in words)
    steps = [node.step("split", (node.input(index),), parts, axis=3, num_outputs=len(words))]
    steps.extend(
        node.step("reshape", (part,), (node.fresh(word),), shape=(0, 0, -1))
        for part, word in zip(parts, words, strict=True)
    )
    return steps


def _heads(node: NativeOnnxNode, name: str) -> int:
    """A number of heads, which must be there and positive."""
    count = node.demand_integer(name)
    if count < 1:
        raise node.refuse(f"attribute '{name}' must be positive")
    return count


def _scale(node: NativeOnnxNode) -> float | None:
    """What scores are multiplied with, where the file says it; 0 stands for the usual."""
    return node.number("scale", default=0.0) or None


def _turned(node: NativeOnnxNode, operands: _Operands, tables: tuple[str, ...]) -> _Operands:
    """Query and key turned by their positions."""
    steps = list(operands.steps)
    names = []
    for word, name in zip(_PARTS[:2], operands.names[:2], strict=True):
        turned = node.fresh(f"{word}/turned")
        steps.append(node.step("rotary_embedding", (name, *tables), (turned,)))
        names.append(turned)
    return _Operands((*names, operands.names[2]), steps)


_GROUPED_REST = (5, 11, 12, 13, 14, 15, 16)
"""Lengths, sinks, scales of a cache of few bits, weights of norms: read, their work left out."""


def grouped_attention(node: NativeOnnxNode) -> list[Step]:
    """GroupQueryAttention: fewer heads of keys, a cache, and positions that may be turned here.

    A present that has the length of its past is the buffer that holds both.
    """
    heads, key_heads = _heads(node, "num_heads"), _heads(node, "kv_num_heads")
    if node.input(1):
        operands = _separate(node)
    else:
        operands = _unpack_heads(node, (heads, key_heads, key_heads))
    if node.flag("do_rotary"):
        tables = tuple(filter(None, (node.input(9), node.input(7), node.input(8))))
        operands = _turned(node, operands, tables)
    past, present = node.shape(3), node.find_type(node.output(1)) if node.output(1) else None
    shared = past is not None and present is not None and past == present.shape and 0 not in past
    window = node.integer("local_window_size", default=-1)
    others = tuple(filter(None, (node.input(index) for index in _GROUPED_REST)))
    return [
        *operands.steps,
        node.step(
            "attention",
            (*operands.names, node.input(10), *node.inputs[3:5], *others),
            q_num_heads=heads,
            kv_num_heads=key_heads,
            softcap=node.number("softcap", default=0.0) or None,
            is_causal=node.flag("causal", default=True),
            scale=_scale(node),
            window=window if window > 0 else None,
            past_is_buffer=shared or None,
        ),
    ]


def multi_head_attention(node: NativeOnnxNode) -> list[Step]:
    """MultiHeadAttention: query, key and value apart, or some of them side by side in each head."""
    heads = _heads(node, "num_heads")
    if node.input(2):
        operands = _separate(node)
    elif node.input(1):
        steps = _unpack_matrices(node, 1, _PARTS[1:])
        operands = _Operands((node.input(0), *map(node.fresh, _PARTS[1:])), steps)
    else:
        operands = _Operands(tuple(map(node.fresh, _PARTS)), _unpack_matrices(node, 0, _PARTS))
    mask = node.input(5) or node.input(4)
    return [
        *operands.steps,
        node.step(
            "attention",
            (*operands.names, mask, node.input(6), node.input(7), *_rest(node.input(3))),
            q_num_heads=heads,
            kv_num_heads=heads,
            is_causal=node.flag("unidirectional"),
            scale=_scale(node),
            past_is_buffer=bool(node.input(8)) or None,
        ),
    ]


def _rest(*names: str) -> tuple[str, ...]:
    """Those operands that are there."""
    return tuple(filter(None, names))


def decoder_attention(node: NativeOnnxNode) -> list[Step]:
    """DecoderMaskedMultiHeadAttention: one new token, and a cache that may be one buffer.

    Without a past, key and value are those of the encoder, head by head.
    """
    heads = _heads(node, "num_heads")
    operands = _separate(node) if node.input(1) else _unpack_heads(node, (heads,) * 3)
    return [
        *operands.steps,
        node.step(
            "attention",
            (
                *operands.names,
                node.input(4) or node.input(3),
                *node.inputs[5:7],
                *_rest(node.input(10)),
            ),
            q_num_heads=heads,
            kv_num_heads=heads,
            is_causal=False,
            scale=_scale(node),
            past_is_buffer=node.flag("past_present_share_buffer") or None,
        ),
    ]


class _Places(NamedTuple):
    """Where the inputs of an attention stand that makes query, key and value by one product."""

    bias: int
    mask: tuple[int, ...]
    past: int | None
    others: tuple[int, ...] = ()


def fused_attention(places: _Places) -> Rule:
    """An attention whose query, key and value one product makes."""

    def rule(node: NativeOnnxNode) -> list[Step]:
        heads = _heads(node, "num_heads")
        product = node.fresh("product")
        quantisation = tuple(node.input(index) for index in places.others)
        element_type = node.element_type(places.bias) if quantisation else None
        stated = {product: TensorType(element_type, None)} if element_type else {}
        steps = [
            node.step(
                "matmul",
                (*node.inputs[:2], *filter(None, quantisation)),
                (product,),
                stated,
                element_type=element_type,
            )
        ]
        if node.input(places.bias):
            biased = node.fresh("biased")
            steps.append(node.step("add", (product, node.input(places.bias)), (biased,)))
            product = biased
        sizes = node.integers("qkv_hidden_sizes") or None
        parts = tuple(map(node.fresh, _PARTS))
        steps.append(node.step("split", (product,), parts, axis=-1, split=sizes, num_outputs=3))
        operands = _Operands(parts, steps)
        if node.flag("do_rotary"):
            operands = _turned(node, operands, ())
        return _with_packed_cache(node, operands, places, heads)

    return rule


def _with_packed_cache(
    node: NativeOnnxNode, operands: _Operands, places: _Places, heads: int
) -> list[Step]:
    """The attention itself, with keys and values of before in one tensor (2, B, H, P, D)."""
    steps = operands.steps
    past = "" if places.past is None else node.input(places.past)
    shared = bool(past) and node.flag("past_present_share_buffer")
    caches = tuple(node.fresh(f"past_{word}") for word in _PARTS[1:]) if past else ()
    if past:
        halves = tuple(f"{name}/half" for name in caches)
        steps.append(node.step("split", (past,), halves, axis=0, num_outputs=2))
        steps.extend(
            node.step("squeeze", (half,), (name,), axes=(0,))
            for half, name in zip(halves, caches, strict=True)
        )
    if shared and node.output(1):
        steps.append(node.step("identity", (past,), (node.output(1),)))
    keeps = bool(node.output(1)) and not shared
    results = tuple(node.fresh(f"present_{word}") for word in _PARTS[1:]) if keeps else ()
    mask = next((node.input(index) for index in places.mask if node.input(index)), "")
    attention = node.step(
        "attention",
        (*operands.names, mask, *caches),
        (node.output(0), *results),
        q_num_heads=heads,
        kv_num_heads=heads,
        is_causal=node.flag("unidirectional"),
        scale=_scale(node),
        past_is_buffer=shared or None,
    )
    return [*steps, attention, *_packed(node, results)]


def _packed(node: NativeOnnxNode, results: tuple[str, ...]) -> list[Step]:
    """Keys and values behind one another."""
    if not results:
        return []
    halves = tuple(f"{name}/half" for name in results)
    steps = [
        node.step("unsqueeze", (name,), (half,), axes=(0,))
        for name, half in zip(results, halves, strict=True)
    ]
    return [*steps, node.step("concatenate", halves, (node.output(1),), axis=0)]


attention = fused_attention(_Places(bias=2, mask=(5, 3), past=4))
"""Attention, DecoderMaskedSelfAttention."""

quantized_attention = fused_attention(_Places(bias=2, mask=(5,), past=8, others=(3, 4, 6, 7)))
"""QAttention: 8-bit operands, and a bias of the type that its result has."""


def _stating(node: NativeOnnxNode, *sources: int) -> list[Step]:
    """An operation whose results have the types of some inputs, and whose work is not known."""
    stated = {}
    for place, source in enumerate(sources):
        known = node.input_type(source)
        if known is not None and node.output(place):
            stated[node.output(place)] = known
    (step,) = unknown(node)
    return [node.step(step.operation, step.inputs, step.outputs, stated)]


def paged_attention(node: NativeOnnxNode) -> list[Step]:
    """PagedAttention: how long each sequence is stands in values that are not known here."""
    if not node.input(1):
        return unknown(node)
    return _stating(node, 0, 3, 4)


def packed_attention(node: NativeOnnxNode) -> list[Step]:
    """PackedMultiHeadAttention: how long each sequence is stands in values, as its work does."""
    return _stating(node, 2) if node.input(2) else unknown(node)


def window_attention(node: NativeOnnxNode) -> list[Step]:
    """LongformerAttention: each position sees a window before and behind it.

    What few positions see of all the others depends on values and is left out, as are their
    products.
    """
    window = node.demand_integer("window")
    product, biased = node.fresh("product"), node.fresh("biased")
    parts = tuple(map(node.fresh, _PARTS))
    heads = _heads(node, "num_heads")
    return [
        node.step("matmul", node.inputs[:2], (product,)),
        node.step("add", (product, node.input(2)), (biased,)),
        node.step("split", (biased,), parts, axis=-1, num_outputs=3),
        node.step(
            "attention",
            (*parts, node.input(3)),
            q_num_heads=heads,
            kv_num_heads=heads,
            window=2 * window + 1 if window > 0 else None,
        ),
    ]
