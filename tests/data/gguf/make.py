"""Writes the GGUF files here: small models of the forms that llama.cpp's converter writes.

python -m tests.data.gguf.make
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from cyborg_rr.domain.graph.graph import TensorType
from tests.readers.gguf.writing import Tensor, Writer

HERE = Path(__file__).resolve().parent

# Numbers of ggml/include/ggml.h, and what our words call the types.
TYPES = {
    "f32": 0, "f16": 1, "q4_0": 2, "q4_1": 3, "q5_0": 6, "q5_1": 7, "q8_0": 8, "q8_1": 9,
    "q2_K": 10, "q3_K": 11, "q4_K": 12, "q5_K": 13, "q6_K": 14, "q8_K": 15, "iq2_xxs": 16,
    "iq2_xs": 17, "iq3_xxs": 18, "iq1_s": 19, "iq4_nl": 20, "iq3_s": 21, "iq2_s": 22,
    "iq4_xs": 23, "i8": 24, "i16": 25, "i32": 26, "i64": 27, "f64": 28, "iq1_m": 29, "bf16": 30,
    "tq1_0": 34, "tq2_0": 35, "mxfp4": 39, "nvfp4": 40, "q1_0": 41, "q2_0": 42,
}  # fmt: skip


def tensor(name: str, sizes: Sequence[int], element_type: str = "f32") -> Tensor:
    """A tensor with the size that its type gives it."""
    size = TensorType(element_type, tuple(reversed(sizes))).byte_size
    assert size is not None
    return Tensor(name, sizes, TYPES[element_type], size)


def describe(architecture: str, **figures: Any) -> dict[str, Any]:
    """Metadata of a model; two underscores stand for the points within a key."""
    general = {
        "general.architecture": architecture,
        "general.type": "model",
        "general.name": f"a small {architecture}",
    }
    own = {f"{architecture}.{key.replace('__', '.')}": value for key, value in figures.items()}
    return general | own


def llama() -> Writer:
    """Two layers of the commonest architecture, with a vocabulary and a template of chats."""
    metadata = describe(
        "llama", block_count=2, context_length=2048, embedding_length=32, feed_forward_length=64,
        attention__head_count=4, attention__head_count_kv=2, rope__dimension_count=8,
        vocab_size=96, rope__freq_base=("f32", 10000.0),
    )  # fmt: skip
    metadata["tokenizer.ggml.model"] = "gpt2"
    metadata["tokenizer.ggml.tokens"] = [f"<t{number}>" for number in range(96)]
    metadata["tokenizer.ggml.scores"] = ("list of f32", [-float(n) for n in range(96)])
    metadata["tokenizer.ggml.token_type"] = ("list of i32", [1] * 96)
    metadata["tokenizer.ggml.add_bos_token"] = ("bool", True)
    tensors = [tensor("token_embd.weight", [32, 96], "q8_0")]
    for layer in range(2):
        prefix = f"blk.{layer}"
        tensors += [
            tensor(f"{prefix}.attn_norm.weight", [32]),
            tensor(f"{prefix}.ffn_down.weight", [64, 32], "q5_1"),
            tensor(f"{prefix}.ffn_gate.weight", [32, 64], "q4_0"),
            tensor(f"{prefix}.ffn_up.weight", [32, 64], "q4_0"),
            tensor(f"{prefix}.ffn_norm.weight", [32]),
            tensor(f"{prefix}.attn_k.weight", [32, 16], "q4_0"),
            tensor(f"{prefix}.attn_output.weight", [32, 32], "q4_0"),
            tensor(f"{prefix}.attn_q.weight", [32, 32], "q4_0"),
            tensor(f"{prefix}.attn_v.weight", [32, 16], "q4_1"),
        ]
    return Writer(metadata, [*tensors, tensor("output_norm.weight", [32])])


def all_types() -> Writer:
    """A tensor of each type, in a file of the other byte order, aligned to a cache line."""
    metadata = describe("made-up") | {"general.alignment": 64}
    metadata["tokenizer.ggml.tokens"] = [f"<a token of number {number}>" for number in range(300)]
    tensors = [tensor(f"as_{name}", [256, 1], name) for name in TYPES]
    return Writer(metadata, tensors, order=">", alignment=64)


def windows() -> Writer:
    """Layers of a sliding window between full ones, and fewer heads in some."""
    metadata = describe(
        "gemma3", block_count=6, embedding_length=64, attention__head_count=4,
        attention__head_count_kv=("list of u32", [2, 2, 2, 2, 2, 1]),
        attention__key_length=32, attention__value_length=32, attention__sliding_window=512,
    )  # fmt: skip
    return Writer(metadata, [tensor("token_embd.weight", [64, 4], "f16")], version=2)


def latent() -> Writer:
    """Latent attention, and more experts than are used."""
    metadata = describe(
        "deepseek2", block_count=3, embedding_length=64, attention__head_count=4,
        attention__head_count_kv=1, attention__kv_lora_rank=32, rope__dimension_count=16,
        attention__key_length=48, attention__value_length=32, attention__key_length_mla=40,
        attention__value_length_mla=24, expert_count=8, expert_used_count=2,
    )  # fmt: skip
    experts = tensor("blk.1.ffn_gate_exps.weight", [64, 2, 8], "mxfp4")
    latents = [tensor(f"blk.{n}.attn_kv_a_mqa.weight", [64, 3], "q8_0") for n in range(3)]
    return Writer(metadata, [*latents, experts, tensor("blk.1.ffn_gate_inp.weight", [64, 8])])


def states() -> Writer:
    """Layers that keep a state of fixed size."""
    metadata = describe(
        "mamba", block_count=2, embedding_length=64, ssm__conv_kernel=4, ssm__inner_size=128,
        ssm__state_size=16, ssm__time_step_rank=4,
    )  # fmt: skip
    return Writer(metadata, [tensor("blk.0.ssm_a", [16, 8])])


def projector() -> Writer:
    """What turns images into tokens of a language model."""
    metadata = describe("clip") | {
        "general.type": "mmproj",
        "clip.has_vision_encoder": ("bool", True),
        "clip.projector_type": "mlp",
    }
    return Writer(metadata, [tensor("mm.0.weight", [16, 8], "f16")])


def adapter() -> Writer:
    """A LoRA adapter."""
    metadata = describe("llama") | {
        "general.type": "adapter",
        "adapter.type": "lora",
        "adapter.lora.alpha": ("f32", 16.0),
    }
    tensors = [tensor("blk.0.attn_q.weight.lora_a", [8, 2]), tensor("x.lora_b", [2, 8])]
    return Writer(metadata, tensors)


def parts(count: int = 3) -> dict[str, Writer]:
    """A model in several files, of which the first has the metadata."""
    whole = llama()
    found = {}
    for place in range(count):
        tensors = whole.tensors[place::count]
        metadata: dict[str, Any] = dict(whole.metadata) if place == 0 else {}
        metadata |= {
            "split.no": ("u16", place),
            "split.count": ("u16", count),
            "split.tensors.count": ("i32", len(whole.tensors)),
        }
        found[f"small-{place + 1:05}-of-{count:05}.gguf"] = Writer(metadata, tensors)
    return found


def main() -> None:
    """Write them all."""
    for make in (llama, all_types, windows, latent, states, projector, adapter):
        (HERE / f"{make.__name__}.gguf").write_bytes(make().file())
    folder = HERE / "folders" / "split"
    folder.mkdir(parents=True, exist_ok=True)
    for name, writer in parts().items():
        (folder / name).write_bytes(writer.file())
    (folder / "mmproj-small.gguf").write_bytes(projector().file())


if __name__ == "__main__":
    main()
