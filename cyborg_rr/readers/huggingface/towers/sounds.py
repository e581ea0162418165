"""Encoders of sound as Whisper's, in models of text.

Names: ``modeling_qwen2_audio.py`` and ``modeling_voxtral.py`` of transformers.
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import Final

from cyborg_rr.readers.architectures.drawing import Drawing
from cyborg_rr.readers.architectures.plans import Attention, Frame, Layer, Linear
from cyborg_rr.readers.architectures.sketching import convolve, take
from cyborg_rr.readers.architectures.towers import (
    Dense,
    Drawn,
    Keep,
    Norm,
    Pool,
    Spectrogram,
    Step,
    Tower,
)
from cyborg_rr.readers.huggingface.recipes.encoders import plan_ungated
from cyborg_rr.readers.huggingface.recipes.parts import count_layers, find_hidden
from cyborg_rr.readers.huggingface.settings import Settings
from cyborg_rr.readers.huggingface.towers.drafts import name_sides

_SIDES: Final = ("q_proj", "k_proj", "v_proj", "out_proj")


def plan_sound(audio: Settings, prefix: str) -> Tower:
    """The layers of Whisper's encoder; Qwen2-Audio takes the mean of each two vectors."""
    hidden = find_hidden(audio)
    places = audio.count("max_source_positions")
    entry = Spectrogram(
        audio.count("num_mel_bins"),
        2 * places,
        positions=(("embed_positions.weight", (places, hidden)),),
    )
    heads = max(audio.count("encoder_attention_heads", "num_attention_heads"), 1)
    query, key, value, output = name_sides("self_attn.{}", _SIDES, bias=True)
    key = replace(key, bias=False)
    attention = Attention(heads, heads, hidden // heads, query, key, value, output,
                          rotary=False, causal=False)  # fmt: skip
    inner = audio.count("encoder_ffn_dim", "intermediate_size")
    layer = Layer(attention, plan_ungated(audio, inner, "fc1", "fc2"), "self_attn_layer_norm",
                  "final_layer_norm")  # fmt: skip
    pooled = audio.text("model_type") in ("qwen2_audio_encoder", "audioflamingo3_encoder")
    final: tuple[Step, ...] = (Pool(2), Norm("layer_norm")) if pooled else (Norm("layer_norm"),)
    layers = (layer,) * count_layers(audio, "encoder_layers", "num_hidden_layers")
    frame = Frame(hidden, prefix + "layers.{layer}.")
    return Tower(prefix, entry, frame, layers, final=final, input_name="input_features")


def plan_chunks(audio: Settings, prefix: str) -> Tower:
    """Qwen2.5-Omni: sounds come in chunks, each of which is attended to alone."""
    hidden = find_hidden(audio)
    entry = Spectrogram(audio.count("num_mel_bins"), 2 * audio.count("n_window", default=100))
    base = plan_sound(audio, prefix)
    outer = audio.count("output_dim", default=3584)
    table = Keep((("audio_bos_eos_token.weight", (2, outer)),))
    final = (Pool(2), Norm("ln_post"), Dense("proj", outer), table)
    return replace(base, entry=entry, final=final, frame=Frame(hidden, base.frame.layer_prefix))


def plan_windows(audio: Settings, prefix: str) -> Tower:
    """Qwen3-Omni: chunks of sound shrink in three steps; those of a window attend to each other."""
    base = plan_sound(audio, prefix)
    frames = 2 * audio.count("n_window", default=50)
    chunks = max(audio.count("n_window_infer", default=800) // max(frames, 1), 1)
    entry = Drawn(partial(_enter_chunks, audio=audio, frames=frames, chunks=chunks))
    hidden, outer = find_hidden(audio), audio.count("output_dim", default=3584)
    final: tuple[Step, ...] = (Norm("ln_post"),)
    if audio.text("model_type") != "qwen3_asr_encoder":
        final = (*final, Dense("proj1", hidden, True, "gelu"), Dense("proj2", outer))
    query, key, value, output = name_sides("self_attn.{}", _SIDES, bias=True)
    layers = tuple(
        replace(layer, mixer=replace(layer.mixer, query=query, key=key, value=value, output=output))
        for layer in base.layers
        if isinstance(layer.mixer, Attention)
    )
    return replace(base, entry=entry, final=final, layers=layers)


def plan_turned(audio: Settings, prefix: str) -> Tower:
    """GLM-ASR: places are turned, so that sounds may be of any length."""
    hidden, heads = find_hidden(audio), max(audio.count("num_attention_heads"), 1)
    query, key, value, output = name_sides("self_attn.{}_proj", "qkvo", bias=True)
    attention = Attention(heads, audio.count("num_key_value_heads", default=heads),
                          audio.count("head_dim", default=hidden // heads), query,
                          replace(key, bias=False), value, output, causal=False)  # fmt: skip
    feed = plan_ungated(audio, audio.count("intermediate_size"), "mlp.fc1", "mlp.fc2")
    layers = (Layer(attention, feed),) * count_layers(audio)
    entry = Spectrogram(audio.count("num_mel_bins"), "frames")
    frame = Frame(hidden, prefix + "layers.{layer}.")
    final = (Norm("norm"),)
    return Tower(prefix, entry, frame, layers, final=final, input_name="input_features")


def _enter_chunks(
    drawing: Drawing, prefix: str, *, audio: Settings, frames: int, chunks: int
) -> str:
    bands, channels = (
        audio.count("num_mel_bins"),
        audio.count("downsample_hidden_size", default=480),
    )
    value = take(drawing, "input_features", "sounds", bands, frames * chunks)
    value = drawing.apply("reshape", value, shape=(-1, bands, chunks, frames))
    value = drawing.apply("transpose", value, permutation=(0, 2, 1, 3))
    value = drawing.apply("reshape", value, shape=(-1, 1, bands, frames))
    inner, rows, length = 1, bands, frames
    for number in (1, 2, 3):
        value = convolve(
            drawing, value, f"{prefix}conv2d{number}", inner, channels, (3, 3), stride=2
        )
        value = drawing.apply("gelu", value)
        inner, rows, length = channels, (rows + 1) // 2, (length + 1) // 2
    value = drawing.apply("transpose", value, permutation=(0, 3, 1, 2))
    value = drawing.apply("reshape", value, shape=(-1, length, channels * rows))
    hidden = find_hidden(audio)
    value = drawing.linear(value, Linear(f"{prefix}conv_out"), channels * rows, hidden)
    return drawing.apply("reshape", value, shape=(-1, length * chunks, hidden))
