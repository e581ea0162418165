"""The index of a SavedModel's variables: which tensors stand where in its shards.

An index is a sorted table; the entry without a name is its header. Messages:
tensorflow/core/protobuf/tensor_bundle.proto. Names of shards: tensorflow/core/util/tensor_bundle.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from cyborg_rr.domain.graph.graph import TensorType
from cyborg_rr.domain.graph.naming import list_names
from cyborg_rr.readers.formats.protobuf_wire import LENGTH, VARINT, Message
from cyborg_rr.readers.formats.sstable import list_entries
from cyborg_rr.readers.reading.source import Buffer, Folder
from cyborg_rr.readers.tensorflow.schema import element_type_of
from cyborg_rr.readers.tensorflow.values import read_shape

FOLDER: Final = "variables"
INDEX: Final = "variables.index"
_SHARD: Final = "variables.data-{:05d}-of-{:05d}"
_MAX_SHARDS: Final = 99999
_MAX_NAMED: Final = 16


@dataclass(slots=True)
class Bundle:
    """The tensors of an index by their types, and how far each shard reaches."""

    tensors: Counter[TensorType] = field(default_factory=Counter)
    ends: dict[int, int] = field(default_factory=dict)
    shards: int = 0


def read_bundle(data: Buffer) -> Bundle:
    """The index as it stands in a file."""
    bundle = Bundle()
    for key, value in list_entries(data):
        message = Message(value)
        if not key:
            for number, wire, count, _ in message:
                if number == 1 and wire == VARINT:
                    bundle.shards = count
        else:
            _read_entry(message, bundle)
    return bundle


def _read_entry(message: Message, bundle: Bundle) -> None:
    number_of_type = shard = offset = size = 0
    shape: object = ()
    for number, wire, value, stop in message:
        if number == 2 and wire == LENGTH:
            shape = read_shape(message.message(value, stop))
        elif wire == VARINT:
            if number == 1:
                number_of_type = value
            elif number == 3:
                shard = value
            elif number == 4:
                offset = value
            elif number == 5:
                size = value
    bundle.ends[shard] = max(bundle.ends.get(shard, 0), offset + size)
    element = element_type_of(number_of_type)
    if isinstance(shape, tuple):
        bundle.tensors[TensorType(element, shape)] += 1


@dataclass(slots=True)
class Checked:
    """What a folder says of its variables: whether their bytes are there, and what is not right."""

    is_there: bool = True
    warnings: list[str] = field(default_factory=list)


def check_variables(folder: Folder | None, used: Counter[TensorType]) -> Checked:
    """Hold the variables that the model uses against the index, and the index against shards."""
    checked = Checked()
    if not used:
        return checked
    inner = folder.enter(FOLDER) if folder is not None and FOLDER in folder.folders else None
    if inner is None or INDEX not in inner.files:
        checked.is_there = False
        checked.warnings.append(
            f"the variables are not here ({FOLDER}/{INDEX} is missing): they count by what the "
            "graph says of them"
        )
        return checked
    bundle = read_bundle(inner.open(INDEX))
    _check_shards(bundle, inner.files, checked)
    missing = used - bundle.tensors
    if missing:
        checked.warnings.append(
            f"{missing.total()} variables of the graph have no tensor of their type and shape in "
            f"{FOLDER}/{INDEX}"
        )
    return checked


def _check_shards(bundle: Bundle, files: Mapping[str, int], checked: Checked) -> None:
    missing, short = [], []
    for shard, end in sorted(bundle.ends.items())[:_MAX_SHARDS]:
        name = _SHARD.format(shard, max(bundle.shards, 1))
        if name not in files:
            missing.append(name)
        elif files[name] < end:
            short.append(f"{name} ({end - files[name]} bytes)")
    if missing:
        checked.is_there = False
        checked.warnings.append(
            f"files of variables are missing: {list_names(missing, _MAX_NAMED)}"
        )
    if short:
        checked.is_there = False
        checked.warnings.append(f"files of variables are cut off: {list_names(short, _MAX_NAMED)}")
