"""One vector of an image, which encoders of images make and models of text leave aside."""

from __future__ import annotations

from cyborg_rr.readers.architectures.drawing import Drawing
from cyborg_rr.readers.architectures.plans import Linear
from cyborg_rr.readers.architectures.towers import Custom
from cyborg_rr.readers.huggingface.settings import Settings


def pool_first(norm: str) -> Custom:
    """The norm of the first vector."""

    def draw(drawing: Drawing, value: str, width: int, prefix: str) -> tuple[str, int]:
        value = drawing.apply("slice", value, starts=(0,), ends=(1,), axes=(1,))
        return drawing.norm(value, prefix + norm, width, "layer"), width

    return Custom(draw)


def pool_by_probe(vision: Settings, name: str) -> Custom:
    """A vector that a learnt query gathers (SigLIP)."""
    heads, inner = vision.count("num_attention_heads"), vision.count("intermediate_size")

    def draw(drawing: Drawing, value: str, width: int, prefix: str) -> tuple[str, int]:
        place = prefix + name
        probe = drawing.weight(f"{place}probe", 1, 1, width)
        first = drawing.apply("slice", value, starts=(0,), ends=(1,), axes=(1,))
        query = drawing.apply("add", first, probe)
        mixed = attend_at_once(drawing, query, value, value, f"{place}attention.", width, heads)
        fed = drawing.norm(mixed, f"{place}layernorm", width, "layer")
        fed = drawing.linear(fed, Linear(f"{place}mlp.fc1", True), width, inner)
        fed = drawing.apply("gelu", fed)
        fed = drawing.linear(fed, Linear(f"{place}mlp.fc2", True), inner, width)
        return drawing.apply("add", mixed, fed), width

    return Custom(draw)


def attend_at_once(
    drawing: Drawing, query: str, key: str, stored: str, prefix: str, width: int, heads: int
) -> str:
    """Attention as torch.nn.MultiheadAttention keeps it: one weight for query, key and value."""
    both = drawing.weight(f"{prefix}in_proj_weight", 3 * width, width)
    bias = drawing.weight(f"{prefix}in_proj_bias", 3 * width)
    parts = drawing.apply_many("split", (both,), 3, axis=0, split=(width,) * 3)
    biases = drawing.apply_many("split", (bias,), 3, axis=0, split=(width,) * 3)
    sides = [
        drawing.apply("add", drawing.apply("matmul", side, weight, trans_b=True), row)
        for side, weight, row in zip((query, key, stored), parts, biases, strict=True)
    ]
    mixed = drawing.apply("attention", *sides, q_num_heads=heads, kv_num_heads=heads)
    return drawing.linear(mixed, Linear(f"{prefix}out_proj", True), width, width)
