"""The tensors of a folder: one file, or shards under an index; only headers are read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from cyborg_rr.domain.errors import UnreadableModel
from cyborg_rr.domain.graph.graph import TensorType
from cyborg_rr.readers.formats.safetensors import Header, Index, parse_header, parse_index, show
from cyborg_rr.readers.reading.source import Folder

INDEX_SUFFIX: Final = ".safetensors.index.json"
SUFFIX: Final = ".safetensors"

_PREFERRED: Final = ("model", "adapter_model", "diffusion_pytorch_model", "pytorch_model")
_PICKLED: Final = (".bin", ".pt", ".pth", ".ckpt")


@dataclass(frozen=True, slots=True)
class Weights:
    """All tensors by name, and what there is to say of how they lie there."""

    tensors: Mapping[str, TensorType]
    warnings: tuple[str, ...] = field(default=())


def find_weights(folder: Folder) -> Weights | None:
    """The tensors of a folder, of the file that libraries take first; None without any."""
    name = _choose([name for name in folder.files if name.endswith(INDEX_SUFFIX)], INDEX_SUFFIX)
    if name is not None:
        return read_shards(folder, parse_index(folder.open(name)))
    files = [name for name in folder.files if name.endswith(SUFFIX)]
    name = _choose(files, SUFFIX)
    if name is not None:
        return Weights(_parse(folder, name).tensors, _tell_others(files, name))
    return None


def explain_pickles(folder: Folder) -> tuple[str, ...]:
    """That weights lie there in a form that is not read."""
    if not any(name.endswith(_PICKLED) for name in folder.files):
        return ()
    return ("weights in pickles are not read, since they may run code; the figures are those of "
            "the configuration",)  # fmt: skip


def read_shards(folder: Folder, index: Index) -> Weights:
    """The tensors of a checkpoint in shards; a shard that is not there is named."""
    missing = [shard for shard in index.shards if shard not in folder.files]
    if missing:
        raise UnreadableModel(
            f"{len(missing)} of {len(index.shards)} shards are missing, first {show(missing[0])}"
        )
    headers = {shard: _parse(folder, shard).tensors for shard in index.shards}
    tensors: dict[str, TensorType] = {}
    for name, shard in index.shard_of.items():
        found = headers[shard].get(name)
        if found is None:
            raise UnreadableModel(f"the shard {show(shard)} lacks tensor {show(name)}")
        tensors[name] = found
    extra = sum(len(header) for header in headers.values()) - len(tensors)
    warnings = (f"{extra} tensors of the shards are not in their index",) if extra else ()
    return Weights(tensors, warnings)


def _choose(names: list[str], suffix: str) -> str | None:
    """The file that libraries take first."""
    for stem in _PREFERRED:
        if stem + suffix in names:
            return stem + suffix
    return names[0] if names else None


def _tell_others(files: list[str], chosen: str) -> tuple[str, ...]:
    others = [name for name in files if name != chosen]
    if not others:
        return ()
    return (f"of {len(files)} safetensors files {show(chosen)} was read; no index joins them",)


def _parse(folder: Folder, name: str) -> Header:
    try:
        return parse_header(folder.open(name))
    except UnreadableModel as error:
        raise UnreadableModel(f"{show(name)}: {error}") from error
