"""Encoders of sound as Whisper's, in models of text.

Names: ``modeling_qwen2_audio.py`` and ``modeling_voxtral.py`` of transformers.
"""

from __future__ import annotations

from dataclasses import replace

from cyborg_rr.readers.architectures.plans import Attention, Frame, Layer
from cyborg_rr.readers.architectures.towers import Dense, Keep, Norm, Pool, Spectrogram, Step, Tower
from cyborg_rr.readers.huggingface.recipes.encoders import plan_ungated
from cyborg_rr.readers.huggingface.recipes.parts import count_layers, find_hidden
from cyborg_rr.readers.huggingface.settings import Settings
from cyborg_rr.readers.huggingface.towers.drafts import name_sides


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
    query, key, value, output = name_sides(
        "self_attn.{}", ("q_proj", "k_proj", "v_proj", "out_proj"), bias=True
    )
    key = replace(key, bias=False)
    attention = Attention(heads, heads, hidden // heads, query, key, value, output,
                          rotary=False, causal=False)  # fmt: skip
    inner = audio.count("encoder_ffn_dim", "intermediate_size")
    layer = Layer(attention, plan_ungated(audio, inner, "fc1", "fc2"), "self_attn_layer_norm",
                  "final_layer_norm")  # fmt: skip
    pooled = audio.text("model_type") == "qwen2_audio_encoder"
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
