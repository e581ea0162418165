"""Plans of recurrent layers, read off their tensors: state spaces, delta nets, RWKV, convolutions.

Names are those of gguf-py's ``MODEL_TENSORS``, shapes those of ``load_arch_tensors`` in llama.cpp's
src/models/*.cpp. llama.cpp scans state spaces token by token (``ggml_ssm_scan``), delta nets by
chunks of 64 (src/models/delta-net-base.cpp).
"""

from __future__ import annotations

from typing import Final

from cyborg_rr.readers.architectures.plans import Feed, Mixer
from cyborg_rr.readers.architectures.recurrences import (
    DeltaTimeMix,
    GatedDelta,
    GatedTimeMix,
    LaterChannelMix,
    SelectiveScan,
    ShortConvolution,
    StateSpaceDuality,
)
from cyborg_rr.readers.gguf.figures import Figures
from cyborg_rr.readers.gguf.plans.shapes import NotDrawn, Tensors

NAMES: Final = {
    "in_proj": "ssm_in", "conv1d": "ssm_conv1d", "x_proj": "ssm_x", "dt_proj": "ssm_dt",
    "A_log": "ssm_a", "D": "ssm_d", "out_proj": "ssm_out", "norm": "ssm_norm",
    "dt_bias": "ssm_dt.bias", "dt_layernorm": "ssm_dt_norm", "b_layernorm": "ssm_b_norm",
    "c_layernorm": "ssm_c_norm", "in_proj_qkvz": "ssm_in", "in_proj_ba": "ssm_ba",
    "in_proj_qkv": "attn_qkv", "in_proj_z": "attn_gate", "in_proj_a": "ssm_alpha",
    "in_proj_b": "ssm_beta",
}  # fmt: skip
"""What parts of recurrent layers are called by those who draw them, and what in GGUF."""


def find_recurrent(figures: Figures, own: Tensors, layer: int) -> Mixer | None:
    """What a layer has of recurrent parts; None where it has none."""
    if own.name("ssm_x"):
        return _plan_scan(figures, own)
    if own.name("ssm_ba") or own.name("ssm_alpha"):
        return _plan_delta(figures, own)
    if own.name("ssm_in"):
        return _plan_duality(figures, own)
    if own.name("shortconv.conv"):
        return ShortConvolution(own.sizes("shortconv.conv")[1], prefix="shortconv.")
    if own.name("time_mix_decay_w1"):
        return _plan_gated_mix(figures, own)
    if own.name("time_mix_w1"):
        return _plan_delta_mix(figures, own, layer)
    return None


def find_channel_mix(own: Tensors) -> Feed | None:
    """The feed-forward part of RWKV; None where it is another."""
    if not own.name("channel_mix_key"):
        return None
    width, _ = own.sizes("channel_mix_key")
    return LaterChannelMix(width, gated=bool(own.name("channel_mix_receptance")))


def _get(figures: Figures, key: str) -> int:
    found = figures.find(key)
    if not found:
        raise NotDrawn(f"{key} is not stated")
    return found


def _plan_scan(figures: Figures, own: Tensors) -> SelectiveScan:
    """A layer of the first Mamba; of PLaMo 2 the channels of a head share their steps."""
    steps, rank = own.sizes("ssm_dt")
    inner = own.sizes("ssm_out")[1]
    return SelectiveScan(
        inner=inner,
        state=(own.sizes("ssm_x")[0] - rank) // 2,
        kernel=own.sizes("ssm_conv1d")[1],
        step_rank=rank,
        prefix="",
        convolution_bias=own.has("ssm_conv1d.bias"),
        norms=bool(own.name("ssm_dt_norm")),
        bare_norms=figures.has("ssm.dt_b_c_rms"),
        step_heads=0 if steps == inner else steps,
    )


def _plan_duality(figures: Figures, own: Tensors) -> StateSpaceDuality:
    """A layer of the second Mamba, token by token."""
    heads = _get(figures, "ssm.time_step_rank")
    inner = own.sizes("ssm_out")[1]
    if inner % heads:
        raise NotDrawn(f"ssm.time_step_rank {heads} does not fit the tensors")
    return StateSpaceDuality(
        heads=heads,
        width=inner // heads,
        groups=_get(figures, "ssm.group_count"),
        state=_get(figures, "ssm.state_size"),
        kernel=own.sizes("ssm_conv1d")[1],
        prefix="",
        bias=own.has("ssm_in.bias"),
        output_bias=own.has("ssm_out.bias"),
        convolution_bias=own.has("ssm_conv1d.bias"),
        normed=bool(own.name("ssm_norm")),
    )


def _plan_delta(figures: Figures, own: Tensors) -> GatedDelta:
    """A gated delta net of Qwen's."""
    heads, state = _get(figures, "ssm.time_step_rank"), _get(figures, "ssm.state_size")
    inner = own.sizes("ssm_out")[1]
    if inner % heads:
        raise NotDrawn(f"ssm.time_step_rank {heads} does not fit the tensors")
    fused = not own.name("attn_qkv")
    return GatedDelta(
        key_heads=_get(figures, "ssm.group_count"),
        value_heads=heads,
        key_width=state,
        value_width=inner // heads,
        kernel=own.sizes("ssm_conv1d")[1],
        prefix="",
        fused=fused,
        paired=bool(own.name("ssm_ba")),
    )


def _plan_gated_mix(figures: Figures, own: Tensors) -> GatedTimeMix:
    head = _get(figures, "wkv.head_size")
    width, _ = own.sizes("time_mix_receptance")
    if width % head:
        raise NotDrawn(f"wkv.head_size {head} does not fit the tensors")
    biases = [f"{side}.bias" for side in ("receptance", "key", "value", "gate")
              if own.has(f"time_mix_{side}.bias")]  # fmt: skip
    parts = [part for part in ("first", "ln", "lerp_fused") if own.name(f"time_mix_{part}")]
    return GatedTimeMix(
        width=width,
        keys=own.sizes("time_mix_key")[0],
        head=head,
        rank=own.sizes("time_mix_w1")[0] // 5,
        decay_rank=own.sizes("time_mix_decay_w1")[0],
        has=frozenset(biases + parts),
    )


def _plan_delta_mix(figures: Figures, own: Tensors, layer: int) -> DeltaTimeMix:
    width, _ = own.sizes("time_mix_receptance")
    names = (f"time_mix_{side}1" for side in "wavg")
    decays, rates, firsts, gates = (own.sizes(n)[0] if own.name(n) else 0 for n in names)
    sides = own.shapes.get(f"{own.prefix}time_mix_lerp_fused.weight", ())
    first = sides[0] if sides else 0
    if not isinstance(first, int) or not decays or not rates:
        raise NotDrawn("parts of time_mix are not there")
    return DeltaTimeMix(
        width=width,
        head=_get(figures, "wkv.head_size"),
        ranks=(decays, rates, firsts, gates),
        sides=first,
        normed=bool(own.name("time_mix_ln")),
        takes_first=layer > 0,
    )
