"""The graph of a decoder whose tensors are those that its plan wants, each in its own type."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from cyborg_rr.domain.graph.graph import Block, Node, Shape, StoredTensor, TensorType
from cyborg_rr.domain.graph.naming import shorten
from cyborg_rr.readers.architectures.decoder import draw_decoder
from cyborg_rr.readers.architectures.drawing import Drawing
from cyborg_rr.readers.architectures.encoder import draw_encoder
from cyborg_rr.readers.architectures.hybrids.streams import draw_streams
from cyborg_rr.readers.gguf.figures import Figures
from cyborg_rr.readers.gguf.plans.layers import is_encoder, plan_decoder, plan_encoder
from cyborg_rr.readers.gguf.plans.pairs import is_pair, plan_pair
from cyborg_rr.readers.gguf.plans.recurring import NAMES
from cyborg_rr.readers.gguf.plans.shapes import ACTIVATION_TYPE, NotDrawn
from cyborg_rr.readers.gguf.plans.streams import is_streams, plan_streams

_UNUSED = re.compile(r"(?:blk\.[0-9]+\.)?(?:rope_freqs|rope_factors_long|rope_factors_short|"
                     r"attn_rot_embd)\.weight")  # fmt: skip
"""Tables that runtimes look angles up in: parameters that no operation of the graph names."""

_OF_LAYER = re.compile(r"(blk\.([0-9]{1,4})\.)([A-Za-z0-9_]+)(.*)")

# What parts of layers are called by those who draw them, and what in GGUF.
_PARTS = {
    "q_proj": "attn_q", "q_a_proj": "attn_q_a", "q_a_layernorm": "attn_q_a_norm",
    "q_b_proj": "attn_q_b", "kv_a_proj_with_mqa": "attn_kv_a_mqa",
    "kv_a_layernorm": "attn_kv_a_norm", "kv_b_proj": "attn_kv_b", "o_proj": "attn_output",
    **NAMES,
}  # fmt: skip


def draw(figures: Figures, stored: Mapping[str, StoredTensor]) -> Block:
    """The graph with the weights of the file, to the last; raises ``NotDrawn``."""
    shapes = {name: tensor.type.shape or () for name, tensor in stored.items()}
    drawn, layers = _draw_plan(figures, shapes)
    wanted = {name: tensor.type for name, tensor in drawn.stored.items()}
    nodes = tuple(_split_latents(drawn.nodes, wanted, stored))
    own: dict[str, StoredTensor] = {}
    taken: set[str] = set()
    for name, tensor in wanted.items():
        found = _find_name(name)
        own[name] = _fit(found, tensor, stored.get(found))
        taken.add(found)
    for name, other in stored.items():
        if name not in taken:
            _check_unused(name, layers)
            own[name] = other
    return replace(drawn, nodes=tuple(_convert_rows(nodes, own)), stored=own)


def _draw_plan(figures: Figures, shapes: Mapping[str, Shape]) -> tuple[Block, int]:
    """The graph as it is planned, and of how many layers it is."""
    if is_pair(shapes):
        pair = plan_pair(figures, shapes)
        return draw_encoder(pair), len(pair.encoder.layers)
    if is_streams(shapes):
        streams = plan_streams(figures, shapes)
        drawing = Drawing(ACTIVATION_TYPE)
        return drawing.finish(draw_streams(drawing, streams)), len(streams.layers)
    if is_encoder(shapes):
        encoder = plan_encoder(figures, shapes)
        return draw_encoder(encoder), len(encoder.encoder.layers)
    decoder = plan_decoder(figures, shapes)
    return draw_decoder(decoder), len(decoder.layers)


def _find_name(drawn: str) -> str:
    """What the file calls a weight: biases of stacked experts are named after their weight."""
    if drawn.endswith(".weight_bias"):
        return drawn.removesuffix(".weight_bias") + ".bias"
    match = _OF_LAYER.fullmatch(drawn)
    return drawn if match is None else match[1] + _PARTS.get(match[3], match[3]) + match[4]


def _fit(name: str, wanted: TensorType, found: StoredTensor | None) -> StoredTensor:
    """The weight of the file in the shape of its place, which is the same but for sizes of 1."""
    if found is None:
        raise NotDrawn(f"it would need {shorten(name)}")
    fitted = TensorType(found.type.element_type, wanted.shape)
    same = fitted.elements == found.type.elements and fitted.byte_size == found.type.byte_size
    if not same or not _is_alike(wanted, found.type):
        raise NotDrawn(f"{shorten(name)} has another shape than its place")
    return replace(found, type=fitted)


def _is_alike(wanted: TensorType, found: TensorType) -> bool:
    """Whether shapes are the same but for sizes of 1, and for heads or groups one by one."""
    left, right = ([size for size in tensor.shape or () if size != 1] for tensor in (wanted, found))
    return left == right or (len(left), len(right)) in ((2, 3), (1, 2))


def _check_unused(name: str, layers: int) -> None:
    """Whether a weight has no place because it is a table, or of a layer that only drafts."""
    match = _OF_LAYER.fullmatch(name)
    behind = match is not None and int(match[2]) >= layers
    if not behind and _UNUSED.fullmatch(name) is None:
        raise NotDrawn(f"{shorten(name)} has no place in it")


def _split_latents(
    nodes: tuple[Node, ...], wanted: dict[str, TensorType], stored: Mapping[str, StoredTensor]
) -> Iterator[Node]:
    """Keys and values from two weights where the file has two: ``wanted`` changes with it."""
    rest = iter(nodes)
    for node in rest:
        name = node.inputs[1] if node.operation == "matmul" else ""
        prefix = name.removesuffix("kv_b_proj.weight")
        sides = (f"{prefix}attn_k_b.weight", f"{prefix}attn_v_b.weight")
        if prefix == name or any(side not in stored for side in sides):
            yield node
            continue
        split = next(rest)
        rank = (wanted.pop(name).shape or (0,))[-1]
        heights = split.attributes["split"]
        for side, height, result in zip(sides, _list_sizes(heights), split.outputs, strict=True):
            wanted[side] = TensorType(ACTIVATION_TYPE, (height, rank))
            yield replace(node, inputs=(node.inputs[0], side), outputs=(result,))


def _list_sizes(value: object) -> tuple[int, ...]:
    values = value if isinstance(value, tuple) else ()
    return tuple(size for size in values if isinstance(size, int))


def _convert_rows(nodes: Iterable[Node], stored: Mapping[str, StoredTensor]) -> Iterator[Node]:
    """Rows that are looked up become numbers of the type that is computed in."""
    for node in nodes:
        table = stored.get(node.inputs[0]) if node.operation == "gather" else None
        if table is None or table.type.element_type == ACTIVATION_TYPE:
            yield node
            continue
        (result,) = node.outputs
        rows = f"{result}/rows"
        yield replace(node, outputs=(rows,))
        attributes = {"element_type": ACTIVATION_TYPE}
        yield Node("convert", "convert", (rows,), (result,), attributes)
