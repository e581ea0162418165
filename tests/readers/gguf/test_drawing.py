"""The graph of a model by its tensors: work counted by hand, and that of known models."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from cyborg_rr.domain.graph.graph import Graph, TensorType
from cyborg_rr.domain.graph.inference.bindings import Bindings
from cyborg_rr.domain.graph.inference.inference import infer
from cyborg_rr.domain.requirement.extraction import extract
from cyborg_rr.domain.requirement.requirement import IRRequirement
from tests.data.gguf import make
from tests.readers.gguf.test_reader import DATA, read
from tests.readers.gguf.writing import Tensor, Writer

TOKENS = 8
SQUARE = 2 * TOKENS * TOKENS
"""Scores of all tokens with all, and their sum over values, for each number of all heads."""


def require(graph: Graph, tokens: int = TOKENS) -> IRRequirement:
    """The requirement of a sequence of so many tokens."""
    bindings = Bindings(batch=None, inputs={"ids": TensorType("i64", (1, tokens))})
    return extract(
        infer(graph, bindings), name="m", sha256=None, size_bytes=0, reader_name="gguf", bindings={}
    )


def count_weights(tensors: Sequence[Tensor]) -> int:
    """Numbers of all matrices."""
    return sum(t.sizes[0] * t.sizes[1] for t in tensors if len(t.sizes) == 2)


def write(metadata: dict[str, Any], tensors: dict[str, tuple[list[int], str]]) -> Graph:
    """The graph of a model with these tensors."""
    listed = [make.tensor(name, sizes, kind) for name, (sizes, kind) in tensors.items()]
    return read(Writer(metadata, listed).file())


def test_the_work_of_a_small_llama() -> None:
    graph = read(make.llama().file())
    requirement = require(graph)
    weights = make.llama().tensors
    # all weights once a token, with the table of tokens as the last one; 2 layers of 32 numbers
    assert requirement.compute.macs == TOKENS * count_weights(weights) + 2 * SQUARE * 32
    assert requirement.memory.parameter_bytes == sum(tensor.size_bytes for tensor in weights)
    assert requirement.memory.parameter_bytes_by_element_type["q4_0"] == 7488
    assert requirement.compute.flops_by_element_type.keys() == {"f32"}  # as ggml adds up
    assert graph.completeness == "full"
    assert graph.warnings == ()


def test_the_work_of_gpt_oss_is_that_of_its_reference() -> None:
    requirement = require(read((DATA / "gpt_oss_20b_header.gguf").read_bytes()), tokens=128)
    # half of what torch's FlopCounterMode counts of the class of transformers 5.24.0
    assert requirement.compute.macs == 464935452672
    assert requirement.memory.parameter_bytes == 12096558336


def test_the_work_of_an_encoder_is_that_of_its_reference() -> None:
    graph = read((DATA / "minilm_header.gguf").read_bytes())
    # half of what torch's FlopCounterMode counts of the class of transformers 5.24.0, less what
    # works on the first vector alone, which GGUF leaves out
    assert require(graph, tokens=128).compute.macs == 1434599424 - 384 * 384
    assert graph.completeness == "full"
    assert len(graph.warnings) == 1  # that it is a header alone


def test_experts_work_for_the_tokens_that_chose_them() -> None:
    metadata = make.describe(
        "qwen3moe", block_count=1, attention__head_count=2, attention__head_count_kv=1,
        expert_count=4, expert_used_count=2, embedding_length=32,
    )  # fmt: skip
    tensors = {
        "token_embd.weight": ([32, 10], "f16"),
        "output.weight": ([32, 10], "f16"),
        "output_norm.weight": ([32], "f32"),
        "blk.0.attn_norm.weight": ([32], "f32"),
        "blk.0.attn_q.weight": ([32, 16], "q8_0"),
        "blk.0.attn_q_norm.weight": ([8], "f32"),
        "blk.0.attn_k.weight": ([32, 8], "q8_0"),
        "blk.0.attn_k_norm.weight": ([8], "f32"),
        "blk.0.attn_v.weight": ([32, 8], "q8_0"),
        "blk.0.attn_output.weight": ([16, 32], "f16"),
        "blk.0.ffn_norm.weight": ([32], "f32"),
        "blk.0.ffn_gate_inp.weight": ([32, 4], "f32"),
        "blk.0.ffn_gate_exps.weight": ([32, 64, 4], "mxfp4"),
        "blk.0.ffn_up_exps.weight": ([32, 64, 4], "mxfp4"),
        "blk.0.ffn_down_exps.weight": ([64, 32, 4], "mxfp4"),
        "blk.0.ffn_gate_shexp.weight": ([32, 64], "q4_0"),
        "blk.0.ffn_up_shexp.weight": ([32, 64], "q4_0"),
        "blk.0.ffn_down_shexp.weight": ([64, 32], "q4_0"),
        "blk.0.ffn_gate_inp_shexp.weight": ([32], "f32"),
    }
    graph = write(metadata, tensors)
    attention = 32 * 16 + 2 * 32 * 8 + 16 * 32
    feed = 32 * 4 + 2 * 3 * 32 * 64 + 3 * 32 * 64 + 32  # router, 2 of 4, the shared one, its gate
    each = attention + feed + 32 * 10
    assert graph.warnings == ()
    assert require(graph).compute.macs == TOKENS * each + SQUARE * 16


def test_experts_in_tensors_of_their_own_work_as_those_in_one() -> None:
    writer = make.llama()
    figures = {"llama.expert_count": 3, "llama.expert_used_count": 2}
    rest = [t for t in writer.tensors if "ffn" not in t.name or "norm" in t.name]
    one, own = list(rest), list(rest)
    for prefix in ("blk.0.ffn", "blk.1.ffn"):
        for listed in (one, own):
            listed.append(make.tensor(f"{prefix}_gate_inp.weight", [32, 3]))
        for part, sizes in (("gate", [32, 64]), ("up", [32, 64]), ("down", [64, 32])):
            one.append(make.tensor(f"{prefix}_{part}_exps.weight", [*sizes, 3], "q4_0"))
            own += [make.tensor(f"{prefix}_{part}.{n}.weight", sizes, "q4_0") for n in range(3)]
    metadata = dict(writer.metadata) | figures
    graphs = [read(Writer(metadata, listed).file()) for listed in (one, own)]
    assert [graph.warnings for graph in graphs] == [(), ()]
    first, second = map(require, graphs)
    assert first.compute.macs == second.compute.macs
    assert first.memory == second.memory
    fewer = read(Writer(metadata, [t for t in own if ".2.w" not in t.name]).file())
    assert "fewer than 3 experts" in fewer.warnings[0]


@pytest.mark.parametrize("is_split", [False, True])
def test_latent_attention_with_keys_and_values_in_one_weight_or_in_two(is_split: bool) -> None:
    metadata = make.describe(
        "deepseek2", block_count=1, attention__head_count=2, embedding_length=64
    )
    joint = {"blk.0.attn_kv_b.weight": ([32, 2 * (16 + 24)], "q8_0")}
    sides = {
        "blk.0.attn_k_b.weight": ([16, 32, 2], "f16"),
        "blk.0.attn_v_b.weight": ([32, 24, 2], "q8_0"),
    }
    tensors = {
        "token_embd.weight": ([64, 10], "f16"),
        "output_norm.weight": ([64], "f32"),
        "blk.0.attn_norm.weight": ([64], "f32"),
        "blk.0.attn_q.weight": ([64, 2 * (16 + 8)], "q8_0"),
        "blk.0.attn_kv_a_mqa.weight": ([64, 32 + 8], "q8_0"),
        "blk.0.attn_kv_a_norm.weight": ([32], "f32"),
        "blk.0.attn_output.weight": ([48, 64], "f16"),
        "blk.0.ffn_norm.weight": ([64], "f32"),
        "blk.0.ffn_gate.weight": ([64, 32], "q8_0"),
        "blk.0.ffn_up.weight": ([64, 32], "q8_0"),
        "blk.0.ffn_down.weight": ([32, 64], "q8_0"),
    }
    graph = write(metadata, tensors | (sides if is_split else joint))
    attention = 64 * 2 * 24 + 64 * 40 + 32 * 2 * 40 + 48 * 64
    each = attention + 3 * 64 * 32 + 64 * 10
    square = TOKENS * TOKENS * (2 * 24 + 2 * 24)
    assert graph.warnings == ()
    assert require(graph).compute.macs == TOKENS * each + square
    assert len(graph.body.stored) == 12 + is_split


def test_a_layer_of_mamba_is_drawn_without_attention() -> None:
    metadata = make.describe(
        "mamba", block_count=1, ssm__conv_kernel=4, ssm__inner_size=64, ssm__state_size=8,
        ssm__time_step_rank=2,
    )  # fmt: skip
    tensors = {
        "token_embd.weight": ([32, 10], "f16"),
        "output_norm.weight": ([32], "f32"),
        "blk.0.attn_norm.weight": ([32], "f32"),
        "blk.0.ssm_in.weight": ([32, 128], "q8_0"),
        "blk.0.ssm_conv1d.weight": ([4, 64], "f32"),
        "blk.0.ssm_conv1d.bias": ([64], "f32"),
        "blk.0.ssm_x.weight": ([64, 18], "q8_0"),
        "blk.0.ssm_dt.weight": ([2, 64], "f32"),
        "blk.0.ssm_dt.bias": ([64], "f32"),
        "blk.0.ssm_a": ([8, 64], "f32"),
        "blk.0.ssm_d": ([64], "f32"),
        "blk.0.ssm_out.weight": ([64, 32], "q8_0"),
    }
    graph = write(metadata, tensors)
    assert graph.warnings == ()
    each = 32 * 128 + 64 * 4 + 64 * 18 + 2 * 64 + 64 * 8 + 64 * 32 + 32 * 10  # 8: the state is read
    assert require(graph).compute.macs == TOKENS * each


def test_a_fused_first_weight_is_gate_and_up_in_one() -> None:
    writer = make.llama()
    fused = [make.tensor("token_embd.weight", [32, 96]), make.tensor("output_norm.weight", [32])]
    for layer in range(2):
        prefix = f"blk.{layer}"
        fused += [
            make.tensor(f"{prefix}.attn_norm.weight", [32]),
            make.tensor(f"{prefix}.attn_qkv.weight", [32, 64]),
            make.tensor(f"{prefix}.attn_qkv.bias", [64]),
            make.tensor(f"{prefix}.attn_output.weight", [32, 32]),
            make.tensor(f"{prefix}.ffn_norm.weight", [32]),
            make.tensor(f"{prefix}.ffn_up.weight", [32, 128]),
            make.tensor(f"{prefix}.ffn_down.weight", [64, 32]),
        ]
    whole = require(read(replace(writer, tensors=fused).file())).compute.macs
    assert whole == require(read(writer.file())).compute.macs


def test_tables_of_angles_and_layers_that_only_draft_have_no_place_and_do_no_harm() -> None:
    writer = make.llama()
    more = [make.tensor("rope_freqs.weight", [4]), make.tensor("blk.2.nextn.eh_proj.weight", [64])]
    metadata = dict(writer.metadata) | {"llama.block_count": 3, "llama.nextn_predict_layers": 1}
    graph = read(replace(writer, tensors=[*writer.tensors, *more], metadata=metadata).file())
    assert graph.warnings == ()
    assert len(graph.body.stored) == len(writer.tensors) + 2
    assert require(graph).compute.macs == require(read(writer.file())).compute.macs


@pytest.mark.parametrize(
    ("change", "cause"),
    [
        ({"more": ("blk.0.strange.weight", [32])}, "blk.0.strange.weight has no place in it"),
        ({"without": "blk.1.attn_k.weight"}, "it would need blk.1.attn_k.weight"),
        ({"without": "blk.1.attn_output.weight"}, "blk.1.attn_output.weight is not there"),
        ({"llama.attention.head_count_kv": 1}, "blk.0.attn_k.weight has another shape"),
        ({"llama.attention.head_count_kv": 3}, "4 heads of layer 0 do not fit"),
        ({"llama.attention.head_count": 64}, "64 heads of layer 0 do not fit"),
        ({"llama.attention.head_count": 2**20}, "heads of layer 0 is not stated"),
        ({"llama.attention.head_count": ("list of u32", [4])}, "heads of layer 1 is not stated"),
        ({"llama.block_count": 2**31}, "number of layers is not stated"),
        ({"llama.block_count": 4000}, "number of layers is not stated"),
    ],
)
def test_a_model_that_does_not_fit_its_architecture_has_parameters_and_the_reason(
    change: dict[str, Any], cause: str
) -> None:
    writer = make.llama()
    tensors = [t for t in writer.tensors if t.name != change.get("without")]
    if "more" in change:
        tensors.append(make.tensor(*change["more"]))
    metadata = dict(writer.metadata) | {k: v for k, v in change.items() if k.startswith("llama")}
    graph = read(Writer(metadata, tensors).file())
    assert graph.completeness == "header"
    assert len(graph.body.stored) == len(tensors)
    assert not graph.body.nodes
    assert any(cause in warning for warning in graph.warnings), graph.warnings


def test_whatever_is_drawn_can_be_reckoned() -> None:
    drawn = []
    for heads in (1, 2, 4, 8, 16, 32):
        for narrow in (1, 2, 4, 8):
            figures = {"llama.attention.head_count": heads, "llama.attention.head_count_kv": narrow}
            metadata = dict(make.llama().metadata) | figures
            graph = read(replace(make.llama(), metadata=metadata).file())
            if graph.completeness == "full":
                drawn.append((heads, narrow))
                assert require(graph).compute.macs is not None
    # heads of 32, 16, 8 and 4 numbers, with keys of 16
    assert drawn == [(2, 1), (4, 2), (8, 4), (16, 8)]
