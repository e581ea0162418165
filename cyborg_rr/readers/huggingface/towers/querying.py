"""Projectors of learnt queries: the Q-Former of BLIP-2, the resampler of Idefics 2.

Names: ``modeling_blip_2.py``, ``modeling_instructblip.py`` and ``modeling_idefics2.py`` of
transformers.
"""

from __future__ import annotations

from typing import Final

from cyborg_rr.domain.errors import UnreadableModel
from cyborg_rr.domain.graph.graph import TensorType
from cyborg_rr.readers.architectures.drawing import Drawing
from cyborg_rr.readers.architectures.feeding import activate, draw_feed_forward
from cyborg_rr.readers.architectures.plans import FeedForward, Linear
from cyborg_rr.readers.architectures.sketching import attend
from cyborg_rr.readers.architectures.towers import Custom, Step
from cyborg_rr.readers.huggingface.recipes.parts import count_layers, find_activation, find_hidden
from cyborg_rr.readers.huggingface.settings import Settings
from cyborg_rr.readers.huggingface.towers.defaults import enter_part

_WIDENS: Final = 4


def repeat_rows(drawing: Drawing, value: str, table: str, rows: int, width: int) -> str:
    """The rows of a table for each image of a value."""
    first = drawing.apply("slice", value, starts=(0, 0), ends=(1, 1), axes=(1, 2))
    return drawing.apply("add", drawing.apply("tile", first, repeats=(1, rows, width)), table)


def project_queried(settings: Settings, vision: Settings, outer: int) -> tuple[Step, ...]:
    """A Q-Former, with the text of the question beside its queries where it is InstructBLIP's."""
    former = enter_part(settings, "qformer_config")
    if former is None:
        raise UnreadableModel("config.json states no qformer_config")
    asked = settings.text("model_type") != "blip-2"
    rows = settings.count("num_query_tokens", default=32)

    def draw(drawing: Drawing, value: str, width: int, prefix: str) -> tuple[str, int]:
        hidden = find_hidden(former)
        table = drawing.weight("query_tokens", 1, rows, hidden)
        queries = repeat_rows(drawing, value, table, rows, hidden)
        text = _embed_question(drawing, former) if asked else ""
        mixed = _draw_former(drawing, queries, text, value, former)
        return drawing.linear(mixed, Linear("language_projection", True), hidden, outer), outer

    return (Custom(draw),)


def _embed_question(drawing: Drawing, former: Settings) -> str:
    hidden = find_hidden(former)
    ids = drawing.input("qformer_ids", TensorType("i64", ("images", "question")))
    sizes = former.count("vocab_size"), former.count("max_position_embeddings")
    tables = [
        drawing.weight(f"qformer.embeddings.{name}_embeddings.weight", count, hidden)
        for name, count in zip(("word", "position"), sizes, strict=True)
    ]
    return drawing.apply("add", *(drawing.apply("gather", table, ids) for table in tables))


def _draw_former(drawing: Drawing, queries: str, text: str, value: str, former: Settings) -> str:
    hidden, rows = find_hidden(former), drawing.stored["query_tokens"].type.shape
    count = int(rows[1]) if rows else 0
    norm = "qformer.embeddings.layernorm" if text else "qformer.layernorm"
    both = drawing.apply("concatenate", queries, text, axis=1) if text else queries
    both = drawing.norm(both, norm, hidden, "layer")
    period = max(former.count("cross_attention_frequency", default=2), 1)
    for number in range(count_layers(former)):
        prefix = f"qformer.encoder.layer.{number}."
        both = _mix(drawing, both, former, f"{prefix}attention.")
        asked = _cut(drawing, both, 0, count) if text else both
        if number % period == 0:
            asked = _mix(drawing, asked, former, f"{prefix}crossattention.", value)
        asked = _feed(drawing, asked, former, prefix, "_query")
        if text:
            rest = _feed(drawing, _cut(drawing, both, count, 2**31), former, prefix, "")
            asked = drawing.apply("concatenate", asked, rest, axis=1)
        both = asked
    return _cut(drawing, both, 0, count) if text else both


def _cut(drawing: Drawing, value: str, start: int, end: int) -> str:
    return drawing.apply("slice", value, starts=(start,), ends=(end,), axes=(1,))


def _mix(drawing: Drawing, value: str, former: Settings, prefix: str, source: str = "") -> str:
    hidden, heads = find_hidden(former), former.count("num_attention_heads")
    sides = [Linear(f"{prefix}attention.{name}", True) for name in ("query", "key", "value")]
    names = (sides[0], sides[1], sides[2], Linear(f"{prefix}output.dense", True))
    width = former.count("encoder_hidden_size") if source else 0
    mixed = attend(drawing, value, names, heads, hidden, source=source, source_width=width)
    mixed = drawing.apply("add", value, mixed)
    return drawing.norm(mixed, f"{prefix}output.LayerNorm", hidden, "layer")


def _feed(drawing: Drawing, value: str, former: Settings, prefix: str, end: str) -> str:
    hidden, inner = find_hidden(former), former.count("intermediate_size")
    name = f"{prefix}intermediate{end}.dense"
    fed = drawing.linear(value, Linear(name, True), hidden, inner)
    fed = activate(drawing, fed, find_activation(former, "gelu"))
    fed = drawing.linear(fed, Linear(f"{prefix}output{end}.dense", True), inner, hidden)
    summed = drawing.apply("add", value, fed)
    return drawing.norm(summed, f"{prefix}output{end}.LayerNorm", hidden, "layer")


def project_resampled(settings: Settings, vision: Settings, outer: int) -> tuple[Step, ...]:
    """Idefics 2: a gated part as wide as the text's, then learnt vectors ask for what is there."""
    resampler, text = enter_part(settings, "perceiver_config"), enter_part(settings, "text_config")
    if resampler is None or text is None:
        raise UnreadableModel("config.json states no perceiver_config or no text_config")

    def draw(drawing: Drawing, value: str, width: int, prefix: str) -> tuple[str, int]:
        inner, kind = text.count("intermediate_size"), find_activation(text)
        place = f"{prefix}modality_projection."
        sides = [drawing.linear(value, Linear(f"{place}{side}_proj"), width, inner)
                 for side in ("gate", "up")]  # fmt: skip
        fed = drawing.apply("multiply", activate(drawing, sides[0], kind), sides[1])
        value = drawing.linear(fed, Linear(f"{place}down_proj"), inner, outer)
        return _resample(drawing, value, resampler, f"{prefix}perceiver_resampler.", outer), outer

    return (Custom(draw),)


def _resample(drawing: Drawing, value: str, plan: Settings, prefix: str, width: int) -> str:
    rows = plan.count("resampler_n_latents")
    asked = repeat_rows(
        drawing, value, drawing.weight(f"{prefix}latents", rows, width), rows, width
    )
    kind = find_activation(plan)
    up, down, gate = (Linear(f"mlp.{side}_proj") for side in ("up", "down", "gate"))
    feed = FeedForward(_WIDENS * width, up, down, gate, activation=kind)
    for number in range(count_layers(plan, "resampler_depth")):
        layer = f"{prefix}layers.{number}."
        mixed = _ask(drawing, asked, value, plan, layer, width)
        asked = drawing.apply("add", asked, mixed)
        normed = drawing.norm(asked, f"{layer}post_attention_layernorm", width, "rms")
        fed = draw_feed_forward(drawing, normed, feed, layer, width)
        asked = drawing.apply("add", asked, fed)
    return drawing.norm(asked, f"{prefix}norm", width, "rms")


def _ask(drawing: Drawing, asked: str, value: str, plan: Settings, layer: str, width: int) -> str:
    heads, head = plan.count("resampler_n_heads"), plan.count("resampler_head_dim")
    kv_heads = plan.count("num_key_value_heads")
    asked = drawing.norm(asked, f"{layer}input_latents_norm", width, "rms")
    value = drawing.norm(value, f"{layer}input_context_norm", width, "rms")
    whole = drawing.apply("concatenate", value, asked, axis=1)
    prefix = f"{layer}self_attn."
    query = drawing.linear(asked, Linear(f"{prefix}q_proj"), width, heads * head)
    sides = [drawing.linear(whole, Linear(f"{prefix}{side}_proj"), width, kv_heads * head)
             for side in "kv"]  # fmt: skip
    mixed = drawing.apply("attention", query, *sides, q_num_heads=heads, kv_num_heads=kv_heads)
    return drawing.linear(mixed, Linear(f"{prefix}o_proj"), heads * head, width)
