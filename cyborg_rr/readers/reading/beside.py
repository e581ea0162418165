"""Which files of a folder are a model by themselves, and which are weights of a model of the hub.

A folder of the hub often holds one model in several forms. What loads it takes the weights by their
names; where there are none, its files with a graph are what runs, not what the configuration says.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import Final

_GRAPHS: Final = (".onnx", ".gguf", ".tflite", ".pt2", ".mlmodel", ".engine", ".plan")
_INDEX: Final = re.compile(r"\.(?:safetensors|bin)\.index(?:\.\w+)?\.json\Z")
_PICKLED: Final = re.compile(
    r"((?:model|diffusion_pytorch_model|pytorch_model|adapter_model)(?:[.-][\w-]+)?)\.bin"
)
"""``utils/__init__.py`` of transformers and of diffusers, ``pytorch_model.bin`` and its like."""


def list_graphs(files: Collection[str]) -> list[str]:
    """Names of the files that state a graph; of OpenVINO the ``.xml`` with its ``.bin`` beside."""
    return [
        name
        for name in files
        if name.endswith(_GRAPHS)
        or (name.endswith(".xml") and f"{name.removesuffix('.xml')}.bin" in files)
    ]


def holds_weights(files: Collection[str]) -> bool:
    """Whether there are weights under a name by which libraries look for them."""
    return any(
        name.endswith(".safetensors")
        or _INDEX.search(name)
        or ((found := _PICKLED.fullmatch(name)) and f"{found[1]}.xml" not in files)
        for name in files
    )
