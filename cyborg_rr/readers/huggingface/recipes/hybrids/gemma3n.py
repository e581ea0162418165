"""Gemma 3n and the small ones of Gemma 4, their part for text: rows for each layer, shared keys.

Facts: ``modeling_gemma3n.py`` and ``modeling_gemma4.py`` of transformers.
"""

from __future__ import annotations

from typing import Final

from cyborg_rr.domain.errors import UnreadableModel
from cyborg_rr.readers.architectures.caching import gather_layers, keep_keys
from cyborg_rr.readers.architectures.hybrids.streams import (
    NAMES,
    StreamLayer,
    Streams,
    draw_streams,
)
from cyborg_rr.readers.architectures.plans import Attention
from cyborg_rr.readers.architectures.sketching import Sketch
from cyborg_rr.readers.huggingface.recipes.decoders import ASSUMED_TYPE
from cyborg_rr.readers.huggingface.recipes.gemma4 import enter_layer, plan_mixer
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
_PERIOD_OF_4: Final = 6
_MOST_STREAMS: Final = 64


_WITHIN: Final = "model.language_model."


def find_streams(settings: Settings) -> tuple[Sketch, bool] | None:
    """The model, and whether it is all of it; None where it is another or of another class."""
    model_type = settings.text("model_type")
    inner = settings.enter("text_config")
    kind = model_type.removesuffix("_text")
    if kind not in ("gemma3n", "gemma4"):
        return None
    stated = settings if inner is None else inner
    if kind == "gemma4" and not stated.find_count("hidden_size_per_layer_input"):
        return None
    if inner is not None:
        return _plan(inner, kind, _WITHIN), False
    if name_class(settings) not in ("", "Gemma3nForCausalLM", "Gemma4ForCausalLM"):
        return None
    return _plan(settings, kind, "model."), True


def _plan(settings: Settings, kind: str, prefix: str) -> Sketch:
    is_3n = kind == "gemma3n"
    count = count_layers(settings)
    period = _PERIOD if is_3n else _PERIOD_OF_4
    windows = list_windows(settings, lambda n: bool((n + 1) % period) and (is_3n or n < count - 1))
    attentions = [
        _attend(enter_layer(settings, layer), window, is_3n) for layer, window in enumerate(windows)
    ]
    own = count - settings.count("num_kv_shared_layers", default=15 if is_3n else 0)
    layers = tuple(
        StreamLayer(
            attention,
            plan_gated(settings, _find_width(settings, number, shares=number >= own)),
            None if number < own else _find_source(attentions[:own], attention),
            "" if is_3n else "layer_scalar",
        )
        for number, attention in enumerate(attentions)
    )
    streams = settings.count("altup_num_inputs", default=4) if is_3n else 1
    if not 0 < streams <= _MOST_STREAMS:
        raise UnreadableModel(f"config.json: altup_num_inputs is {streams}")
    plan = Streams(
        hidden=find_hidden(settings),
        vocabulary=settings.count("vocab_size"),
        layers=layers,
        streams=streams,
        rank=settings.count("laurel_rank", default=64) if is_3n else 0,
        row_width=settings.count("hidden_size_per_layer_input", default=256),
        row_count=settings.count("vocab_size_per_layer_input", default=262144),
        head="" if settings.is_tied(True) else "lm_head",
        capped=bool(settings.number("final_logit_softcapping")),
        names={k: name.replace("model.", prefix, 1) for k, name in NAMES.items()},
    )
    element_type = settings.element_type or ASSUMED_TYPE
    kept = [keep_keys(attention, element_type) for attention in attentions[: max(own, 0)]]
    return Sketch(
        element_type,
        lambda drawing: draw_streams(drawing, plan),
        cache=gather_layers(kept, element_type),
    )


def _attend(settings: Settings, window: int | None, is_3n: bool) -> Attention:
    if is_3n:
        bias = settings.flag("attention_bias")
        return plan_attention(settings, window=window, bias=bias, key_norm="head")
    return plan_mixer(settings, window)


def _find_width(settings: Settings, layer: int, *, shares: bool) -> int:
    """The width of a layer's feed-forward part: one number, or one for each layer."""
    listed = settings.numbers("intermediate_size")
    if not listed:
        times = 2 if shares and settings.flag("use_double_wide_mlp") else 1
        return times * settings.count("intermediate_size")
    if len(listed) != count_layers(settings):
        raise UnreadableModel(f"config.json: intermediate_size is of {len(listed)} layers")
    return Settings({"intermediate_size": listed[layer]}).count("intermediate_size")


def _find_source(owners: list[Attention], attention: Attention) -> int:
    """The last layer of the same kind that has keys of its own."""

    def describe(one: Attention) -> tuple[bool, int, int]:
        return one.window is None, one.width, one.kv_heads

    alike = [n for n, other in enumerate(owners) if describe(other) == describe(attention)]
    if not alike:
        raise UnreadableModel("config.json: num_kv_shared_layers leaves no layer to share keys of")
    return alike[-1]
