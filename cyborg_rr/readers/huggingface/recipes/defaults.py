"""What configurations leave out: the defaults of the classes of transformers (their configuration
modules), which published files often do not repeat.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final

_BERT = {
    "vocab_size": 30522, "hidden_size": 768, "num_hidden_layers": 12, "num_attention_heads": 12,
    "intermediate_size": 3072, "max_position_embeddings": 512, "type_vocab_size": 2,
}  # fmt: skip
_LLAMA = {
    "vocab_size": 32000, "hidden_size": 4096, "intermediate_size": 11008,
    "num_hidden_layers": 32, "num_attention_heads": 32,
}  # fmt: skip
_QWEN = {**_LLAMA, "vocab_size": 151936, "intermediate_size": 22016, "num_key_value_heads": 32}
_GEMMA2 = {
    "vocab_size": 256000, "hidden_size": 2304, "intermediate_size": 9216,
    "num_hidden_layers": 26, "num_attention_heads": 8, "num_key_value_heads": 4, "head_dim": 256,
    "sliding_window": 4096,
}  # fmt: skip
_MISTRAL = {**_LLAMA, "intermediate_size": 14336, "num_key_value_heads": 8}

DEFAULTS: Final[Mapping[str, Mapping[str, Any]]] = MappingProxyType(
    {
        "llama": _LLAMA,
        "mistral": {**_MISTRAL, "sliding_window": 4096},
        "mixtral": {**_MISTRAL, "num_local_experts": 8, "num_experts_per_tok": 2},
        "qwen2": _QWEN,
        "qwen3": {**_QWEN, "head_dim": 128},
        "gemma": {
            "vocab_size": 256000, "hidden_size": 3072, "intermediate_size": 24576,
            "num_hidden_layers": 28, "num_attention_heads": 16, "num_key_value_heads": 16,
            "head_dim": 256,
        },
        "gemma2": _GEMMA2,
        "gemma3_text": {**_GEMMA2, "vocab_size": 262208},
        "gpt2": {"vocab_size": 50257, "n_positions": 1024, "n_embd": 768, "n_layer": 12,
                 "n_head": 12},
        "bert": _BERT,
        "roberta": {**_BERT, "vocab_size": 50265},
        "vit": {
            "hidden_size": 768, "num_hidden_layers": 12, "num_attention_heads": 12,
            "intermediate_size": 3072, "image_size": 224, "patch_size": 16, "num_channels": 3,
        },
    }
)  # fmt: skip
"""Settings that stand for those that are not stated, by the model type; null counts as stated."""
