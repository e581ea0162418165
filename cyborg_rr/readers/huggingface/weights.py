"""The tensors of a folder: one file, or shards under an index; only headers are read."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from cyborg_rr.domain.errors import UnreadableModel
from cyborg_rr.domain.graph.graph import TensorType
from cyborg_rr.readers.formats.safetensors import Index, parse_header, parse_index, show
from cyborg_rr.readers.huggingface.choosing import SUFFIX, WeightSet, list_sets
from cyborg_rr.readers.reading.source import Buffer, Folder

_PICKLED: Final = (".bin", ".pt", ".pth", ".ckpt")


@dataclass(frozen=True, slots=True)
class Weights:
    """All tensors by name, and what there is to say of how they lie there."""

    tensors: Mapping[str, TensorType]
    warnings: tuple[str, ...] = field(default=())
    encoding: str = "safetensors"

    @property
    def size_bytes(self) -> int:
        """Of all tensors together."""
        return sum(tensor.byte_size or 0 for tensor in self.tensors.values())


def find_weights(folder: Folder) -> Weights | None:
    """The tensors of a folder, of the set that libraries take first; None without any."""
    sets = list_sets(folder.files)
    if not sets:
        return None
    chosen, *others = sets
    if chosen.is_index:
        weights = read_shards(folder, parse_index(folder.open(chosen.name)))
    elif chosen.shards:
        weights = _join(folder, chosen)
    else:
        weights = Weights(read_tensors(chosen.name, folder.open(chosen.name)))
    encoding = "pickle" if chosen.is_pickled else "safetensors"
    told = (*weights.warnings, *_tell_others(chosen, others))
    return Weights(weights.tensors, told, encoding)


def explain_pickles(folder: Folder) -> tuple[str, ...]:
    """That weights lie there in a form that is not read."""
    if not any(name.endswith(_PICKLED) for name in folder.files):
        return ()
    return ("weights in files of other names than libraries give them are not read; the figures "
            "are those of the configuration",)  # fmt: skip


def read_tensors(name: str, data: Buffer) -> Mapping[str, TensorType]:
    """The tensors of one file; the error names it."""
    try:
        if name.endswith(SUFFIX):
            return parse_header(data).tensors
        return _walk(data)
    except UnreadableModel as error:
        raise UnreadableModel(f"{show(name)}: {error}") from error


def _walk(data: Buffer) -> Mapping[str, TensorType]:
    """The tensors of a checkpoint in a pickle; seldom needed, and slow to load."""
    from cyborg_rr.readers.formats.checkpoint.files import open_checkpoint
    from cyborg_rr.readers.formats.checkpoint.names import list_tensors
    from cyborg_rr.readers.formats.checkpoint.sharing import count_once

    checkpoint = open_checkpoint(data)
    named = list_tensors(checkpoint.value)
    checkpoint.check(named.storages, data)
    return count_once(named.weights).tensors


def read_shards(folder: Folder, index: Index) -> Weights:
    """The tensors of a checkpoint in shards; a shard that is not there is named."""
    missing = [shard for shard in index.shards if shard not in folder.files]
    if missing:
        raise UnreadableModel(
            f"{len(missing)} of {len(index.shards)} shards are missing, first {show(missing[0])}"
        )
    headers = {shard: read_tensors(shard, folder.open(shard)) for shard in index.shards}
    tensors: dict[str, TensorType] = {}
    twins = 0
    for name, shard in index.shard_of.items():
        found = headers[shard].get(name)
        if found is not None:
            tensors[name] = found
        elif shard.endswith(SUFFIX):
            raise UnreadableModel(f"the shard {show(shard)} lacks tensor {show(name)}")
        else:
            twins += 1
    weights = Weights(tensors)
    return Weights(tensors, tuple(_tell_of_index(index, headers, weights, twins)))


def _tell_of_index(
    index: Index, headers: Mapping[str, Mapping[str, TensorType]], weights: Weights, twins: int
) -> Iterator[str]:
    """Where an index and its shards do not agree."""
    extra = sum(len(header) for header in headers.values()) - len(weights.tensors)
    if extra:
        yield f"{extra} tensors of the shards are not in their index"
    if twins:
        yield f"{twins} tensors of the index share the memory of others, or are not in their shards"
    elif index.total_size is not None and index.total_size != weights.size_bytes:
        yield (
            f"the index states {index.total_size} bytes, its tensors take {weights.size_bytes}: "
            "the tensors were counted"
        )


def _join(folder: Folder, chosen: WeightSet) -> Weights:
    """Shards that no index joins, each of which is there."""
    tensors: dict[str, TensorType] = {}
    for shard in chosen.shards:
        for name, tensor in read_tensors(shard, folder.open(shard)).items():
            if name in tensors:
                raise UnreadableModel(f"tensor {show(name)} is in two shards")
            tensors[name] = tensor
    return Weights(tensors, (f"no index joins the {len(chosen.shards)} shards; all were read",))


def _tell_others(chosen: WeightSet, others: Sequence[WeightSet]) -> tuple[str, ...]:
    """The sets that were not taken."""
    if not others:
        return ()
    names = ", ".join(show(other.name) for other in others[:5])
    more = f" and {len(others) - 5} more" if len(others) > 5 else ""
    return (
        f"of {len(others) + 1} sets of weights {show(chosen.name)} was read, not {names}{more}",
    )
