"""Graphs of recurrent, hybrid and paired models by their tensors, with the work counted by hand."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from cyborg_rr.domain.graph.graph import Graph, TensorType
from cyborg_rr.domain.graph.inference.bindings import Bindings
from cyborg_rr.domain.graph.inference.inference import infer
from cyborg_rr.domain.requirement.extraction import extract
from tests.data.gguf import make
from tests.readers.gguf.test_drawing import SQUARE, TOKENS, require, write

Sizes = dict[str, list[int]]

WIDE, ROWS = 32, 10
ENDS: Sizes = {"token_embd.weight": [WIDE, ROWS], "output_norm.weight": [WIDE]}
ATTENTION: Sizes = {
    "attn_q.weight": [WIDE, 16], "attn_k.weight": [WIDE, 8], "attn_v.weight": [WIDE, 8],
    "attn_output.weight": [16, WIDE],
}  # fmt: skip
FEED: Sizes = {
    "ffn_norm.weight": [WIDE], "ffn_gate.weight": [WIDE, 48], "ffn_up.weight": [WIDE, 48],
    "ffn_down.weight": [48, WIDE],
}  # fmt: skip
# inner 64 in 4 heads, 2 groups of a state of 6
DUALITY: Sizes = {
    "ssm_in.weight": [WIDE, 2 * 64 + 2 * 2 * 6 + 4], "ssm_conv1d.weight": [4, 64 + 2 * 2 * 6],
    "ssm_conv1d.bias": [64 + 2 * 2 * 6], "ssm_dt.bias": [4], "ssm_a": [1, 4], "ssm_d": [1, 4],
    "ssm_norm.weight": [32, 2], "ssm_out.weight": [64, WIDE],
}  # fmt: skip
DUALITY_MACS = WIDE * (2 * 64 + 24 + 4) + 4 * (64 + 24) + 64 * 6 + 64 * WIDE
SCAN: Sizes = {
    "ssm_in.weight": [WIDE, 128], "ssm_conv1d.weight": [4, 64], "ssm_conv1d.bias": [64],
    "ssm_x.weight": [64, 2 + 2 * 8], "ssm_dt.weight": [2, 64], "ssm_dt.bias": [64],
    "ssm_dt_norm.weight": [2], "ssm_b_norm.weight": [8], "ssm_c_norm.weight": [8],
    "ssm_a": [8, 64], "ssm_d": [64], "ssm_out.weight": [64, WIDE],
}  # fmt: skip
SCAN_MACS = WIDE * 128 + 64 * 4 + 64 * 18 + 2 * 64 + 64 * 8 + 64 * WIDE
# 2 heads of keys, 4 of values, all of 8 numbers
DELTA: Sizes = {
    "attn_qkv.weight": [WIDE, 64], "attn_gate.weight": [WIDE, 32], "ssm_ba.weight": [WIDE, 8],
    "ssm_conv1d.weight": [4, 64], "ssm_dt.bias": [4], "ssm_a": [4], "ssm_norm.weight": [8],
    "ssm_out.weight": [32, WIDE],
}  # fmt: skip
CHUNK = 64
DELTA_SCAN = 4 * (CHUNK * CHUNK * (2 * 8 + 8) + 3 * CHUNK * 8 * 8)
"""Of a chunk, which all tokens fit in."""

FIGURES = {
    "attention__head_count": 2, "attention__head_count_kv": 1, "embedding_length": WIDE,
    "rope__dimension_count": 8, "attention__layer_norm_rms_epsilon": ("f32", 1e-5),
}  # fmt: skip
MAMBA2 = {"ssm__time_step_rank": 4, "ssm__group_count": 2, "ssm__state_size": 6,
          "ssm__inner_size": 64, "ssm__conv_kernel": 4}  # fmt: skip
DELTAS = {"ssm__time_step_rank": 4, "ssm__group_count": 2, "ssm__state_size": 8,
          "ssm__inner_size": 32, "ssm__conv_kernel": 4}  # fmt: skip
SCANS = {"ssm__state_size": 8, "ssm__inner_size": 64, "ssm__conv_kernel": 4}
EXPERTS = {"expert_count": 4, "expert_used_count": 2}

ATTENTION_MACS = TOKENS * (WIDE * 16 + 2 * WIDE * 8 + 16 * WIDE) + SQUARE * 16
FEED_MACS = 3 * WIDE * 48
HEAD_MACS = WIDE * ROWS


def build(
    architecture: str, figures: Mapping[str, Any], ends: Sizes, *layers: Sizes, norm: str = "attn"
) -> Graph:
    """A model of these layers, each behind its norm, in f16 but for what is small."""
    tensors = dict(ends)
    for number, layer in enumerate(layers):
        own = {f"{norm}_norm.weight": [WIDE], **layer}
        tensors |= {f"blk.{number}.{name}": sizes for name, sizes in own.items()}
    kinds = {
        name: (sizes, "f16" if len(sizes) > 1 and "conv" not in name else "f32")
        for name, sizes in tensors.items()
    }
    metadata = make.describe(architecture, block_count=len(layers), **{**FIGURES, **figures})
    return write(metadata, kinds)


def count(graph: Graph) -> int | None:
    """The multiply-adds of some tokens; everything has a place in the graph."""
    assert graph.warnings == ()
    assert graph.completeness == "full"
    requirement = require(graph)
    assert [output.shape for output in requirement.outputs] == [(1, TOKENS, ROWS)]
    return requirement.compute.macs


def test_mamba2_goes_token_by_token() -> None:
    graph = build("mamba2", MAMBA2, ENDS, DUALITY)
    assert count(graph) == TOKENS * (DUALITY_MACS + HEAD_MACS)


def test_falcon_h1_adds_up_attention_and_a_state_space() -> None:
    graph = build("falcon-h1", MAMBA2, ENDS, {**DUALITY, **ATTENTION, **FEED})
    each = DUALITY_MACS + FEED_MACS + HEAD_MACS
    assert count(graph) == TOKENS * each + ATTENTION_MACS
    assert [kept.kind for kept in graph.cache] == ["recurrent", "full"]


def test_jamba_norms_its_steps() -> None:
    graph = build("jamba", SCANS, ENDS, {**SCAN, **FEED}, {**ATTENTION, **FEED})
    assert count(graph) == TOKENS * (SCAN_MACS + 2 * FEED_MACS + HEAD_MACS) + ATTENTION_MACS


def test_granite_has_experts_beside_a_shared_part() -> None:
    feed: Sizes = {
        "ffn_norm.weight": [WIDE], "ffn_gate_inp.weight": [WIDE, 4],
        "ffn_gate_exps.weight": [WIDE, 8, 4], "ffn_up_exps.weight": [WIDE, 8, 4],
        "ffn_down_exps.weight": [8, WIDE, 4], "ffn_gate_shexp.weight": [WIDE, 16],
        "ffn_up_shexp.weight": [WIDE, 16], "ffn_down_shexp.weight": [16, WIDE],
    }  # fmt: skip
    graph = build("granitehybrid", {**MAMBA2, **EXPERTS}, ENDS, {**DUALITY, **feed})
    each = WIDE * 4 + 2 * 3 * WIDE * 8 + 3 * WIDE * 16
    assert count(graph) == TOKENS * (DUALITY_MACS + each + HEAD_MACS)


def test_nemotron_h_has_one_part_a_layer() -> None:
    feed: Sizes = {"ffn_up.weight": [WIDE, 48], "ffn_down.weight": [48, WIDE]}
    graph = build("nemotron_h", MAMBA2, ENDS, DUALITY, feed, ATTENTION)
    assert count(graph) == TOKENS * (DUALITY_MACS + 2 * WIDE * 48 + HEAD_MACS) + ATTENTION_MACS


def test_lfm2_ends_with_the_norm_of_its_table() -> None:
    ends = {"token_embd.weight": [WIDE, ROWS], "token_embd_norm.weight": [WIDE]}
    short: Sizes = {
        "shortconv.in_proj.weight": [WIDE, 3 * WIDE], "shortconv.conv.weight": [3, WIDE],
        "shortconv.out_proj.weight": [WIDE, WIDE],
    }  # fmt: skip
    norms: Sizes = {"attn_q_norm.weight": [8], "attn_k_norm.weight": [8]}
    layers = ({**short, **FEED}, {**ATTENTION, **norms, **FEED})
    graph = build("lfm2", {"shortconv__l_cache": 3}, ends, *layers)
    each = 4 * WIDE * WIDE + 3 * WIDE + 2 * FEED_MACS + HEAD_MACS
    assert count(graph) == TOKENS * each + ATTENTION_MACS


def test_plamo2_has_a_step_for_each_head() -> None:
    own = {"ssm_dt.weight": [2, 4], "ssm_dt.bias": [4], "ssm_a": [4], "ssm_d": [4]}
    scan = {name: sizes for name, sizes in {**SCAN, **own}.items() if name != "ssm_conv1d.bias"}
    feed: Sizes = {
        "post_attention_norm.weight": [WIDE], "post_ffw_norm.weight": [WIDE],
        "ffn_norm.weight": [WIDE], "ffn_up.weight": [WIDE, 96], "ffn_down.weight": [48, WIDE],
    }  # fmt: skip
    graph = build("plamo2", SCANS, ENDS, {**scan, **feed})
    assert count(graph) == TOKENS * (SCAN_MACS - 2 * 64 + 2 * 4 + FEED_MACS + HEAD_MACS)


@pytest.mark.parametrize(
    "change",
    [
        {},
        {"attn_qkv.weight": [], "attn_gate.weight": [], "ssm_in.weight": [WIDE, 96]},
        {"ssm_ba.weight": [], "ssm_alpha.weight": [WIDE, 4], "ssm_beta.weight": [WIDE, 4]},
    ],
)
def test_qwen3_next_goes_by_chunks(change: Sizes) -> None:
    delta = {name: sizes for name, sizes in {**DELTA, **change}.items() if sizes}
    after: Sizes = {"post_attention_norm.weight": [WIDE], **FEED}
    del after["ffn_norm.weight"]
    gated = {**ATTENTION, "attn_q.weight": [WIDE, 32], "attn_q_norm.weight": [8],
             "attn_k_norm.weight": [8]}  # fmt: skip
    graph = build("qwen3next", DELTAS, ENDS, {**delta, **after}, {**gated, **after})
    each = WIDE * (64 + 32 + 8) + 4 * 64 + 32 * WIDE + WIDE * 16 + 2 * FEED_MACS + HEAD_MACS
    assert count(graph) == TOKENS * each + DELTA_SCAN + ATTENTION_MACS


RWKV: Sizes = {
    "attn_norm.bias": [WIDE], "attn_norm_2.weight": [WIDE], "attn_norm_2.bias": [WIDE],
    "channel_mix_lerp_k.weight": [WIDE, 1, 1], "channel_mix_key.weight": [WIDE, 48],
    "channel_mix_value.weight": [48, WIDE],
}  # fmt: skip
SQUARES: Sizes = {
    f"time_mix_{side}.weight": [WIDE, WIDE] for side in ("key", "value", "receptance", "output")
}
NORM: Sizes = {"time_mix_ln.weight": [WIDE], "time_mix_ln.bias": [WIDE]}
RWKV_ENDS: Sizes = {
    **ENDS, "output.weight": [WIDE, ROWS], "output_norm.bias": [WIDE],
    "token_embd_norm.weight": [WIDE], "token_embd_norm.bias": [WIDE],
}  # fmt: skip


def test_rwkv6_makes_shares_of_the_token_before() -> None:
    mix: Sizes = {
        **SQUARES, **NORM, "time_mix_gate.weight": [WIDE, WIDE],
        "time_mix_w1.weight": [WIDE, 5 * 3], "time_mix_w2.weight": [3, WIDE, 5],
        "time_mix_lerp_x.weight": [WIDE, 1, 1], "time_mix_lerp_fused.weight": [WIDE, 1, 1, 5],
        "time_mix_first.weight": [8, 4], "time_mix_decay.weight": [WIDE],
        "time_mix_decay_w1.weight": [WIDE, 6], "time_mix_decay_w2.weight": [6, WIDE],
        "channel_mix_lerp_r.weight": [WIDE, 1, 1], "channel_mix_receptance.weight": [WIDE, WIDE],
    }  # fmt: skip
    graph = build("rwkv6", {"wkv__head_size": 8}, RWKV_ENDS, {**RWKV, **mix})
    low = WIDE * 15 + 15 * WIDE + 2 * 6 * WIDE
    each = 5 * WIDE * WIDE + low + WIDE * 8 + 2 * WIDE * 48 + WIDE * WIDE + HEAD_MACS
    assert count(graph) == TOKENS * each


def test_rwkv7_takes_values_of_its_first_layer() -> None:
    mix: Sizes = {
        **SQUARES, **NORM, "time_mix_lerp_fused.weight": [WIDE, 1, 1, 6],
        "time_mix_k_k.weight": [WIDE], "time_mix_k_a.weight": [WIDE],
        "time_mix_r_k.weight": [WIDE],
        "time_mix_g1.weight": [WIDE, 7], "time_mix_g2.weight": [7, WIDE],
    }  # fmt: skip
    for side, rank in (("w", 3), ("a", 4), ("v", 5)):
        mix |= {
            f"time_mix_{side}0.weight": [WIDE],
            f"time_mix_{side}1.weight": [WIDE, rank],
            f"time_mix_{side}2.weight": [rank, WIDE],
        }
    layer = {**RWKV, **mix}
    graph = build("rwkv7", {"wkv__head_size": 8}, RWKV_ENDS, layer, layer)
    each = 4 * WIDE * WIDE + 2 * WIDE * (3 + 4 + 7) + WIDE * 8 + 2 * WIDE * 48
    assert count(graph) == TOKENS * (2 * each + 2 * WIDE * 5 + HEAD_MACS)


def test_t5_is_an_encoder_and_a_decoder() -> None:
    sides = {"attn_q": [WIDE, 16], "attn_k": [WIDE, 16], "attn_v": [WIDE, 16], "attn_o": [16, WIDE]}
    feed = {"ffn_up": [WIDE, 48], "ffn_down": [48, WIDE]}
    tensors: Sizes = {"token_embd.weight": [WIDE, ROWS]}
    for side in ("enc", "dec"):
        own = {**sides, **feed, "attn_norm": [WIDE], "ffn_norm": [WIDE], "attn_rel_b": [2, 12]}
        if side == "dec":
            own |= {f"cross_{name}": sizes for name, sizes in sides.items()}
            own["cross_attn_norm"] = [WIDE]
        tensors |= {f"{side}.blk.0.{name}.weight": sizes for name, sizes in own.items()}
        tensors[f"{side}.output_norm.weight"] = [WIDE]
    metadata = make.describe("t5", block_count=1, attention__head_count=2, embedding_length=WIDE)
    graph = write(metadata, {name: (sizes, "f16") for name, sizes in tensors.items()})
    assert graph.warnings == ()
    names = ("ids", "decoder_ids")
    inputs = {name: TensorType("i64", (1, TOKENS)) for name in names}
    typed = infer(graph, Bindings(batch=None, inputs=inputs))
    found = extract(typed, name="m", sha256=None, size_bytes=0, reader_name="gguf", bindings={})
    attention = TOKENS * 4 * WIDE * 16 + SQUARE * 16
    assert found.compute.macs == 3 * attention + TOKENS * (2 * 2 * WIDE * 48 + HEAD_MACS)
    assert [output.shape for output in found.outputs] == [(1, TOKENS, ROWS)]


def test_the_length_of_a_sequence_goes_through_a_convolution() -> None:
    graph = build("mamba2", MAMBA2, ENDS, DUALITY)
    shapes = [infer(graph).types[name].shape for name in graph.body.outputs]
    assert shapes == [("batch", "sequence", ROWS)]


@pytest.mark.parametrize(
    ("figures", "cause"),
    [
        ({**MAMBA2, "ssm__time_step_rank": 5}, "ssm.time_step_rank 5 does not fit"),
        ({**MAMBA2, "ssm__group_count": 0}, "ssm.group_count is not stated"),
        ({**MAMBA2, "ssm__state_size": 7}, "has another shape than its place"),
    ],
)
def test_a_state_space_that_does_not_fit_has_parameters_and_the_reason(
    figures: dict[str, Any], cause: str
) -> None:
    graph = build("mamba2", figures, ENDS, DUALITY)
    assert graph.completeness == "header"
    assert any(cause in warning for warning in graph.warnings), graph.warnings


def test_gemma3n_has_streams_and_rows_for_each_layer() -> None:
    # 4 streams, rows of 6 numbers, a part of rank 5; layer 20 takes the keys of layer 18
    layer: Sizes = {
        **ATTENTION, **FEED, "attn_q_norm.weight": [8], "attn_k_norm.weight": [8],
        "post_attention_norm.weight": [WIDE], "post_ffw_norm.weight": [WIDE],
        "altup_correct_coef.weight": [4, 4], "altup_correct_scale.weight": [WIDE],
        "altup_predict_coef.weight": [4, 16], "altup_router.weight": [WIDE, 4],
        "altup_router_norm.weight": [WIDE], "laurel_l.weight": [WIDE, 5],
        "laurel_r.weight": [5, WIDE], "laurel_post_norm.weight": [WIDE],
        "inp_gate.weight": [WIDE, 6], "proj.weight": [6, WIDE], "post_norm.weight": [WIDE],
    }  # fmt: skip
    shared = {n: s for n, s in layer.items() if not n.startswith(("attn_k", "attn_v"))}
    ends = {
        **ENDS, "per_layer_token_embd.weight": [21 * 6, ROWS],
        "per_layer_model_proj.weight": [WIDE, 21 * 6], "per_layer_proj_norm.weight": [6],
        "altup_proj.weight": [WIDE, WIDE, 3], "altup_unembd_proj.weight": [WIDE, WIDE, 3],
    }  # fmt: skip
    figures = {"attention__sliding_window": 512, "attention__key_length": 8,
               "attention__value_length": 8}  # fmt: skip
    graph = build("gemma3n", figures, ends, *[layer] * 20, shared)
    streams = 2 * 4 * WIDE + 4 * 16 + 4 * 4 + 4 * 4 * WIDE
    each = streams + 2 * WIDE * 5 + 2 * WIDE * 6 + FEED_MACS
    once = 6 * WIDE * WIDE + WIDE * 21 * 6 + HEAD_MACS
    keys = TOKENS * 2 * WIDE * 8
    assert count(graph) == TOKENS * (21 * each + once) + 21 * ATTENTION_MACS - keys
    assert sum(kept.layers for kept in graph.cache) == 20


@pytest.mark.parametrize("architecture", ["modern-bert", "gemma-embedding"])
def test_an_encoder_with_layers_of_a_decoder_scores_nothing(architecture: str) -> None:
    graph = build(architecture, {}, ENDS, {**ATTENTION, **FEED})
    requirement = require(graph)
    assert [output.shape for output in requirement.outputs] == [(1, TOKENS, WIDE)]
    assert requirement.compute.macs == TOKENS * FEED_MACS + ATTENTION_MACS
    assert graph.cache == ()
