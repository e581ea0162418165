"""Which files of a folder are a model by themselves, and which are weights of a model of the hub.

A folder of the hub often holds one model in several forms. What loads it takes the weights by their
names; where there are none, its files with a graph are what runs, not what the configuration says.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from typing import Final

from cyborg_rr.domain.errors import UnreadableModel
from cyborg_rr.domain.graph.naming import list_names
from cyborg_rr.readers.reading.source import HEAD_BYTES, Folder, Source

_GRAPHS: Final = (".onnx", ".gguf", ".tflite", ".pt2", ".mlmodel", ".engine", ".plan")
_TOKENIZER: Final = "tokenizer.xml"
"""How the names of the networks end that optimum-intel writes for texts, beside the model."""

_SAVED: Final = ("saved_model.pb", "saved_model.pbtxt")
_CONFIG: Final = "config.json"
_CONFIG_KEYS: Final = re.compile(rb'"(?:model_type|architectures)"\s*:')
_FAMILIES: Final[Mapping[str, str]] = {
    ".onnx": "onnx", ".gguf": "gguf", ".tflite": "tflite", ".pt2": "pt2", ".xml": "openvino",
    "saved_model.pb": "graphdef", "saved_model.pbtxt": "graphdef", "config.json": "huggingface",
}  # fmt: skip
"""Whose reader reads a file, by how its name ends."""

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


def explain_others(source: Source, family: str) -> tuple[str, ...]:
    """That a folder, which was read as one family's, holds models of others; nothing for a file."""
    if not source.is_folder or source.folder is None:
        return ()
    own, others = list[str](), list[str]()
    for name in _list_models(source.folder):
        (own if _find_family(name) == family else others).append(name)
    if not others:
        return ()
    read = list_names(own) if own else f"the model of {family}"
    verb, them = ("are models", "one of them") if others[1:] else ("is a model", "that")
    return (
        f"of the folder {read} was read; {list_names(others)} beside it {verb} too: give {them} by "
        "itself to read it instead",
    )


def _list_models(folder: Folder) -> Iterator[str]:
    yield from (name for name in list_graphs(folder.files) if not name.endswith(_TOKENIZER))
    yield from (name for name in _SAVED if name in folder.files)
    if _CONFIG in folder.files:
        try:
            if _CONFIG_KEYS.search(folder.open(_CONFIG)[:HEAD_BYTES]) is not None:
                yield _CONFIG
        except (OSError, UnreadableModel):
            return


def _find_family(name: str) -> str:
    """Whose reader reads a file of that name."""
    return next((family for end, family in _FAMILIES.items() if name.endswith(end)), "")


def holds_weights(files: Collection[str]) -> bool:
    """Whether there are weights under a name by which libraries look for them."""
    return any(
        name.endswith(".safetensors")
        or _INDEX.search(name)
        or ((found := _PICKLED.fullmatch(name)) and f"{found[1]}.xml" not in files)
        for name in files
    )
