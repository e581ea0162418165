"""Gemma 3n, its part for text.

Facts: ``modeling_gemma3n.py`` of transformers.
"""

from __future__ import annotations

from typing import Final

from cyborg_rr.domain.errors import UnreadableModel
from cyborg_rr.readers.architectures.caching import gather_layers, keep_keys
from cyborg_rr.readers.architectures.hybrids.streams import StreamLayer, Streams, draw_streams
from cyborg_rr.readers.architectures.sketching import Sketch
from cyborg_rr.readers.huggingface.recipes.decoders import ASSUMED_TYPE
from cyborg_rr.readers.huggingface.recipes.heads import name_class
from cyborg_rr.readers.huggingface.recipes.parts import (
    count_layers,
    find_hidden,
    list_windows,
    plan_attention,
    plan_gated,
)
from cyborg_rr.readers.huggingface.settings import Settings

_PERIOD: Final = 5
_MOST_STREAMS: Final = 64


def plan_gemma3n(settings: Settings) -> Sketch | None:
    """The model; None for another class than that of scores of tokens."""
    if name_class(settings) not in ("", "Gemma3nForCausalLM"):
        return None
    windows = list_windows(settings, lambda layer: bool((layer + 1) % _PERIOD))
    attentions = [
        plan_attention(settings, window=window, bias=settings.flag("attention_bias"),
                       key_norm="head")
        for window in windows
    ]  # fmt: skip
    own = len(windows) - settings.count("num_kv_shared_layers", default=15)
    layers = tuple(
        StreamLayer(
            attention,
            plan_gated(settings, _find_width(settings, number)),
            None if number < own else _find_source(windows[:own], windows[number]),
        )
        for number, attention in enumerate(attentions)
    )
    streams = settings.count("altup_num_inputs", default=4)
    if not 1 < streams <= _MOST_STREAMS:
        raise UnreadableModel(f"config.json: altup_num_inputs is {streams}")
    plan = Streams(
        hidden=find_hidden(settings),
        vocabulary=settings.count("vocab_size"),
        layers=layers,
        streams=streams,
        rank=settings.count("laurel_rank", default=64),
        row_width=settings.count("hidden_size_per_layer_input", default=256),
        row_count=settings.count("vocab_size_per_layer_input", default=262144),
        head="" if settings.is_tied(True) else "lm_head",
    )
    element_type = settings.element_type or ASSUMED_TYPE
    kept = [keep_keys(attention, element_type) for attention in attentions[:own]]
    return Sketch(
        element_type,
        lambda drawing: draw_streams(drawing, plan),
        cache=gather_layers(kept, element_type),
    )


def _find_width(settings: Settings, layer: int) -> int:
    """The width of a layer's feed-forward part: one number, or one for each layer."""
    listed = settings.numbers("intermediate_size")
    if not listed:
        return settings.count("intermediate_size")
    if len(listed) != count_layers(settings):
        raise UnreadableModel(f"config.json: intermediate_size is of {len(listed)} layers")
    return Settings({"intermediate_size": listed[layer]}).count("intermediate_size")


def _find_source(windows: list[int | None], window: int | None) -> int:
    """The last layer of the same kind that has keys of its own."""
    alike = [place for place, other in enumerate(windows) if (other is None) == (window is None)]
    if not alike:
        raise UnreadableModel("config.json: num_kv_shared_layers leaves no layer to share keys of")
    return alike[-1]
