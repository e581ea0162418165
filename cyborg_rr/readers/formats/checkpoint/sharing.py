"""Which tensors are counted where several lie in one storage."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from cyborg_rr.domain.graph.graph import TensorType
from cyborg_rr.domain.words import find_bits
from cyborg_rr.readers.formats.checkpoint.values import Storage, Tensor


@dataclass(slots=True)
class Counted:
    """Tensors whose bytes count, each once.

    ``shared`` lie within others. ``flat`` stand for views with holes or overlaps, for which the
    whole storage is taken. ``hidden_bytes`` are in storages and in none of their tensors.
    """

    tensors: dict[str, TensorType] = field(default_factory=dict)
    absent: dict[str, TensorType] = field(default_factory=dict)
    shared: list[str] = field(default_factory=list)
    flat: list[str] = field(default_factory=list)
    hidden_bytes: int = 0


def count_once(named: Mapping[str, Tensor]) -> Counted:
    """The tensors in their order, less those whose memory another has."""
    counted = Counted()
    groups: dict[str, list[str]] = {}
    for name, tensor in named.items():
        if tensor.storage is None:
            counted.absent[name] = tensor.type
        else:
            groups.setdefault(tensor.storage.key, []).append(name)
    chosen: dict[str, TensorType] = {}
    for names in groups.values():
        storage = named[names[0]].storage
        if storage is not None:
            _count_storage(storage, names, named, chosen, counted)
    counted.tensors = {name: chosen[name] for name in named if name in chosen}
    return counted


def _count_storage(
    storage: Storage,
    names: list[str],
    named: Mapping[str, Tensor],
    chosen: dict[str, TensorType],
    counted: Counted,
) -> None:
    """Take the tensors of one storage that lie side by side and drop those within others."""
    taken: list[str] = []
    shared: list[str] = []
    end, whole = 0, True
    for name in sorted(names, key=lambda name: (named[name].start, -named[name].stop)):
        tensor = named[name]
        whole = whole and tensor.type.byte_size == tensor.stop - tensor.start
        if tensor.start >= end or tensor.start == tensor.stop:
            taken.append(name)
        elif tensor.stop <= end:
            shared.append(name)
        else:
            whole = False
        end = max(end, tensor.stop)
    if whole:
        chosen.update({name: named[name].type for name in taken})
        counted.shared += shared
        used = sum(named[name].type.byte_size or 0 for name in taken)
        counted.hidden_bytes += storage.size_bytes - used
        return
    first, *rest = names
    width = find_bits(storage.element_type) // 8
    chosen[first] = TensorType(storage.element_type, (storage.size_bytes // width,))
    counted.flat.append(first)
    counted.shared += rest
