"""What a folder or a file of the hub is recognised by."""

from __future__ import annotations

import re
from typing import Final

from cyborg_rr.domain.errors import UnreadableModel
from cyborg_rr.readers.huggingface.choosing import SUFFIX, list_sets
from cyborg_rr.readers.reading.beside import holds_weights, list_graphs
from cyborg_rr.readers.reading.source import HEAD_BYTES, Folder

QUANTISED: Final = "hf_quant_config.json"
"""How weights are packed, where ModelOpt says it beside the configuration."""

CONFIG: Final = "config.json"
PIPELINE: Final = "model_index.json"
ADAPTER: Final = "adapter_config.json"
_CONFIG_KEYS: Final = re.compile(rb'"(?:model_type|architectures|_class_name|peft_type)"\s*:')
_INDEX_KEY: Final = re.compile(rb'"weight_map"\s*:\s*\{')
_OTHER_WEIGHTS: Final = ".gguf"
"""Weights of another form, of whose sizes the configuration beside them says nothing."""


def is_model_folder(folder: Folder) -> bool:
    """Whether a folder has weights of the hub or the configuration of a model."""
    if any(name.endswith(SUFFIX) for name in folder.files):
        return True
    if any(one.is_index for one in list_sets(folder.files)):
        return True
    if any(name.endswith(_OTHER_WEIGHTS) for name in folder.files):
        return False
    if list_graphs(folder.files) and not holds_weights(folder.files):
        return False
    try:
        return any(
            name in folder.files and is_config(folder.open(name)[:HEAD_BYTES])
            for name in (CONFIG, PIPELINE, ADAPTER)
        )
    except UnreadableModel:
        return False


def is_config(head: bytes) -> bool:
    """Whether a file begins as a configuration."""
    return head.lstrip()[:1] == b"{" and _CONFIG_KEYS.search(head) is not None


def is_index(head: bytes) -> bool:
    """Whether a file begins as an index of shards."""
    return head.lstrip()[:1] == b"{" and _INDEX_KEY.search(head) is not None
