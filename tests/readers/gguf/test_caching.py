"""The cache by metadata and tensors: figures counted by hand, and those of known models.

The comments give the arithmetic; sizes are those of llama.cpp with its default types.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from cyborg_rr.domain.graph.caches import CachedLayers, find_cache_bytes
from cyborg_rr.readers.gguf.figures import MAX_FIGURE
from cyborg_rr.readers.gguf.reader import GgufReader
from cyborg_rr.readers.reading.source import Source
from tests.data.gguf import make
from tests.readers.gguf.test_reader import DATA, read
from tests.readers.gguf.writing import Writer

LLAMA = {
    "block_count": 2, "embedding_length": 64, "attention__head_count": 4,
    "attention__head_count_kv": 2,
}  # fmt: skip


def cache_of(architecture: str, names: tuple[str, ...] = (), **figures: Any) -> Any:
    """The cache of a model with these figures and tensors of these names."""
    tensors = [make.tensor(name, [8]) for name in names or ("t",)]
    return read(Writer(make.describe(architecture, **figures), tensors).file()).cache


def warnings_of(architecture: str, **figures: Any) -> str:
    """All warnings of a model with these figures."""
    writer = Writer(make.describe(architecture, **figures), [make.tensor("t", [8])])
    return "\n".join(read(writer.file()).warnings)


def full(layers: int, size: int) -> CachedLayers:
    """Layers that keep keys and values of all tokens."""
    return CachedLayers("full", layers, "f16", size)


def test_heads_of_keys_and_values_of_all_layers() -> None:
    # 2 layers x 2 heads x (16 + 16) x 2 bytes
    assert cache_of("llama", **LLAMA) == (full(2, 256),)
    # without figures of their own, keys have as many heads as queries
    without = {key: value for key, value in LLAMA.items() if not key.endswith("kv")}
    assert cache_of("llama", **without) == (full(2, 512),)
    widths = {"attention__key_length": 24, "attention__value_length": 8}
    assert cache_of("llama", **LLAMA, **widths) == (full(2, 2 * 2 * (24 + 8) * 2),)


def test_the_cache_of_a_model_of_windows_and_of_fewer_heads_in_some_layers() -> None:
    cache = read(make.windows().file()).cache
    # gemma3: 5 layers of a window, then a full one; here with 2 heads and with 1
    assert cache == (
        CachedLayers("sliding", 5, "f16", 5 * 2 * 64 * 2, 512),
        full(1, 1 * 64 * 2),
    )


def test_the_cache_of_gpt_oss_is_that_of_its_reference() -> None:
    cache = GgufReader().read(Source("m", (DATA / "gpt_oss_20b_header.gguf").read_bytes())).cache
    # the transformers cache of the same model, filled to so many tokens
    assert [find_cache_bytes(cache, tokens) for tokens in (1, 4096, 32768)] == [
        49152, 103784448, 808427520,
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("architecture", "pattern", "sliding"),
    [
        ("gpt-oss", {}, [0, 2, 4, 6]),
        ("cohere2", {}, [0, 1, 2, 4, 5, 6]),
        ("smallthinker", {}, [1, 2, 3, 5, 6, 7]),
        ("gemma3", {"attention__sliding_window_pattern": 2}, [0, 2, 4, 6]),
        ("anything", {"attention__sliding_window_pattern": 0}, list(range(8))),
        (
            "anything",
            {"attention__sliding_window_pattern": ("list of bool", [False, True, True, True])},
            [1, 2, 3, 5, 6, 7],
        ),
        ("phi3", {}, []),
        ("anything", {}, []),
    ],
)
def test_which_layers_have_the_window(
    architecture: str, pattern: dict[str, Any], sliding: list[int]
) -> None:
    heads = [2**layer for layer in range(8)]  # so that a sum says which layers are in it
    figures = LLAMA | {"block_count": 8, "attention__sliding_window": 128} | pattern
    figures["attention__head_count_kv"] = ("list of u32", heads)
    found = {layers.kind: layers for layers in cache_of(architecture, **figures)}
    size = sum(heads[layer] for layer in sliding) * 32 * 2
    assert (found["sliding"].bytes_per_token if sliding else 0) == size
    assert sum(layers.bytes_per_token for layers in found.values()) == sum(heads) * 32 * 2


def test_a_window_without_a_pattern_is_said_to_be_left_out() -> None:
    figures = LLAMA | {"attention__sliding_window": 128}
    assert "at most what is said" in warnings_of("anything", **figures)
    for architecture in ("gemma2", "phi3"):
        assert "at most" not in warnings_of(architecture, **figures)


def test_heads_of_sliding_layers_may_have_another_width() -> None:
    figures = LLAMA | {
        "attention__sliding_window": 64, "attention__key_length": 32,
        "attention__value_length": 32, "attention__key_length_swa": 8,
        "attention__value_length_swa": 8,
    }  # fmt: skip
    sliding, whole = cache_of("gpt-oss", **figures)
    assert (sliding.bytes_per_token, whole.bytes_per_token) == (2 * 16 * 2, 2 * 64 * 2)


def test_latent_attention_keeps_one_vector() -> None:
    # key_length is that of the vector: 32 of the latent and 16 of the rotated part
    assert read(make.latent().file()).cache == (CachedLayers("latent", 3, "f16", 3 * 48 * 2),)
    # files from before llama.cpp kept it keep all heads' keys and values
    old = {"attention__kv_lora_rank": 32, "attention__key_length": 24}
    assert cache_of("deepseek2", **LLAMA, **old) == (full(2, 2 * 2 * (24 + 16) * 2),)


def test_layers_with_a_state_keep_it_in_f32() -> None:
    # (3 columns x 128 channels + 128 x 16) x 4 bytes, 2 layers
    state = 2 * (3 * 128 + 128 * 16) * 4
    assert read(make.states().file()).cache == (
        CachedLayers("recurrent", 2, "f32", state_bytes=state),
    )


def test_which_layers_attend_and_which_keep_a_state_is_read_off_their_tensors() -> None:
    figures = LLAMA | {
        "block_count": 4, "ssm__conv_kernel": 4, "ssm__inner_size": 8, "ssm__state_size": 2,
        "ssm__group_count": 1,
    }  # fmt: skip
    names = (
        "blk.0.ssm_conv1d.weight", "blk.0.attn_qkv.weight",  # a state, whose inputs are fused
        "blk.1.attn_k.weight",
        "blk.2.ssm_conv1d.weight", "blk.2.attn_k.weight",  # both
        "blk.3.ffn_up.weight",  # neither
    )  # fmt: skip
    recurrent, whole = cache_of("any", names, **figures)
    assert recurrent == CachedLayers(
        "recurrent", 2, "f32", state_bytes=2 * (3 * (8 + 2 * 2) + 16) * 4
    )
    assert whole == full(2, 2 * 128)


def test_layers_of_unknown_tensors_are_told_by_the_figures() -> None:
    assert cache_of("llama", ("blk.0.q", "blk.1.q"), **LLAMA) == (full(2, 256),)


@pytest.mark.parametrize(
    ("figures", "numbers"),
    [
        ({"wkv__head_size": 16}, 64 * 2 + 64 * 16),
        ({"wkv__head_size": 16, "token_shift_count": 1}, 64 + 64 * 16),
        ({"shortconv__l_cache": 3}, 64 * 2),
        ({"kda__head_dim": 8, "ssm__conv_kernel": 4}, 3 * 3 * 4 * 8 + 8 * 8 * 4),
    ],
)
def test_other_states(figures: dict[str, int], numbers: int) -> None:
    names = ("blk.0.time_mix_key.weight", "blk.1.shortconv.conv.weight")
    (found,) = cache_of("any", names, **LLAMA, **figures)
    assert found.state_bytes == 2 * numbers * 4


def test_layers_that_share_keys_or_only_draft_keep_none() -> None:
    ten = LLAMA | {"block_count": 10}
    assert cache_of("gemma4", **ten, attention__shared_kv_layers=4) == (full(6, 6 * 128),)
    assert cache_of("glm4moe", **ten, nextn_predict_layers=1) == (full(9, 9 * 128),)
    assert cache_of("gemma3n", **LLAMA | {"block_count": 30}) == (full(20, 20 * 128),)


def test_encoders_keep_nothing() -> None:
    assert GgufReader().read(Source("m", (DATA / "minilm_header.gguf").read_bytes())).cache == ()
    assert cache_of("bert", **LLAMA) == ()
    assert cache_of("any", **LLAMA, attention__causal=("bool", False)) == ()
    assert read(make.projector().file()).cache == ()


def test_what_is_not_stated_is_named() -> None:
    without = {key: value for key, value in LLAMA.items() if key != "embedding_length"}
    assert "does not state embedding_length" in warnings_of("llama", **without)
    assert cache_of("llama", **without) == ()
    assert "cache" not in warnings_of("flux")


@pytest.mark.parametrize("figure", [MAX_FIGURE + 1, 2**32 - 1])
def test_figures_that_cannot_be_are_not_taken(figure: int) -> None:
    for key in LLAMA:
        cache_of("llama", **LLAMA | {key: figure})
    assert cache_of("llama", **LLAMA | {"block_count": 5000}) == ()


def test_the_largest_figures_fit_a_document() -> None:
    figures = dict.fromkeys(LLAMA, MAX_FIGURE) | {"block_count": 4096}
    widths = {"attention__key_length": MAX_FIGURE, "attention__value_length": MAX_FIGURE}
    for found in cache_of("llama", **figures, **widths):
        assert found.bytes_per_token < 2**63
    states = {"ssm__inner_size": MAX_FIGURE, "ssm__state_size": MAX_FIGURE}
    groups = {"ssm__group_count": MAX_FIGURE, "ssm__conv_kernel": MAX_FIGURE}
    assert cache_of("mamba", block_count=4096, **states, **groups) == ()


def test_a_split_model_has_the_cache_of_the_whole() -> None:
    whole = read(make.llama().file())
    assert whole.cache == (full(2, 2 * 2 * (8 + 8) * 2),)
    files = {name: writer.file() for name, writer in make.parts().items()}
    name = next(iter(files))
    assert read(files[name], name, **files).cache == whole.cache
    assert replace(whole, name="").cache == whole.cache
