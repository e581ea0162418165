"""Tensors of a program: which are stored, under which names, and which lie within others."""

from __future__ import annotations

import struct
from collections.abc import Iterator, Mapping
from typing import Final

from cyborg_rr.domain.graph.graph import (
    SMALL_CONSTANT_ELEMENTS,
    Scalar,
    StoredTensor,
    TensorType,
)
from cyborg_rr.domain.graph.naming import list_names
from cyborg_rr.domain.words import find_element_type
from cyborg_rr.readers.formats.checkpoint.names import list_tensors
from cyborg_rr.readers.formats.checkpoint.sharing import Counted, count_once
from cyborg_rr.readers.formats.checkpoint.values import Container, Tensor
from cyborg_rr.readers.torchscript.archive import Program
from cyborg_rr.readers.torchscript.element_types import STORED

_SHOWN: Final = 5
_Key = tuple[str, str, int, int]


class Memory:
    """All stored tensors of one program."""

    def __init__(self, program: Program) -> None:
        """Find them; ``UnreadableModel`` where the archive has not what the pickles state."""
        self.stored: dict[str, StoredTensor] = {}
        self._names: dict[_Key, str] = {}
        named = list_tensors(program.model)
        program.check(named.storages, "data")
        tensors = {**named.weights, **named.optimizer}
        for key, group in named.others.items():
            tensors |= {f"{key}.{name.removeprefix(f'{key}.')}": t for name, t in group.items()}
        self._attributes = self._add(tensors, "data")
        listed = list_tensors(Container(None, {}, list(program.constants)))
        program.check(listed.storages, "constants")
        places = {id(value): place for place, value in enumerate(program.constants)}
        constants = {
            f"CONSTANTS.c{places.get(id(tensor), name)}": tensor
            for name, tensor in listed.weights.items()
        }
        self._constants = self._add(constants, "constants")
        for name, tensor in constants.items():
            self._read_values(program, name, tensor)

    def _add(self, tensors: Mapping[str, Tensor], folder: str) -> Counted:
        counted = count_once(tensors)
        for name, kind in counted.tensors.items():
            self.stored[name] = _store(kind, folder == "constants")
        for name, kind in counted.absent.items():
            self.stored[name] = StoredTensor(kind, "parameter", "absent")
        owners: dict[str, str] = {}
        for name, tensor in tensors.items():
            if name in self.stored:
                self._names.setdefault(_key(folder, name, tensor), name)
                if tensor.storage is not None:
                    owners.setdefault(tensor.storage.key, name)
        for name, tensor in tensors.items():  # views find the tensor that counts for them
            if tensor.storage is not None:
                owner = owners.get(tensor.storage.key, "")
                self._names.setdefault(_key(folder, name, tensor), owner)
        return counted

    def _read_values(self, program: Program, name: str, tensor: Tensor) -> None:
        """Small constants keep their values: divisors of sizes, axes, scales."""
        known, storage = self.stored.get(name), tensor.storage
        if known is None or storage is None or known.type != tensor.type:
            return
        code, count = STORED.get(storage.element_type), tensor.type.elements
        whole = tensor.type.byte_size == tensor.stop - tensor.start
        if code is None or count is None or count > SMALL_CONSTANT_ELEMENTS or not whole:
            return
        content = program.read_constant(storage)
        if content is not None and len(content) >= tensor.stop:
            values: tuple[Scalar, ...] = struct.unpack_from(
                f"<{count}{code}", content, tensor.start
            )
            self.stored[name] = StoredTensor(known.type, known.kind, known.location, values)

    def find(self, tensor: Tensor, folder: str, name: str) -> tuple[str, TensorType | None]:
        """The stored tensor that a tensor is or lies in, and its type there; empty for none."""
        owner = self._names.get(_key(folder, name, tensor), "")
        stored = self.stored.get(owner)
        return owner, None if stored is None else stored.type

    def warn(self) -> Iterator[str]:
        """What is to be said of tensors that share their memory."""
        shared = self._attributes.shared + self._constants.shared
        if shared:
            names = list_names(shared, _SHOWN)
            yield f"{len(shared)} tensors share the memory of others and count once: {names}"
        flat = self._attributes.flat + self._constants.flat
        if flat:
            names = list_names(flat, _SHOWN)
            yield f"of views with holes or overlaps the whole storage counts: {names}"
        hidden = self._attributes.hidden_bytes + self._constants.hidden_bytes
        if hidden:
            yield (
                f"{hidden} bytes lie in storages beside the tensors that are views of them: they "
                "take memory when the file is loaded and are no parameters"
            )


def _key(folder: str, name: str, tensor: Tensor) -> _Key:
    if tensor.storage is None:
        return folder, f"#{name}", 0, 0
    return folder, tensor.storage.key, tensor.start, tensor.stop


def _store(kind: TensorType, named_by_code: bool) -> StoredTensor:
    """Numbers that models learn are parameters; a lone number in the code is none."""
    found = find_element_type(kind.element_type)
    learned = found is not None and found.may_be_weights
    if named_by_code and not kind.shape:
        learned = False
    return StoredTensor(kind, "parameter" if learned else "constant", "inline")
