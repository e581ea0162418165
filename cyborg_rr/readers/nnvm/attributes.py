"""What a compiled graph states of all its results: shape, element type, storage, device.

``GraphRuntime::Load`` of TVM (``src/runtime/graph/graph_runtime.h``) reads them: each attribute of
the graph is a kind (``list_shape``, ``list_str``, ``list_int``) and a list with an entry for each
result of each node.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from cyborg_rr.domain.errors import UnreadableModel
from cyborg_rr.domain.graph.graph import TensorType
from cyborg_rr.domain.graph.naming import shorten
from cyborg_rr.domain.graph.shapes import MAX_ELEMENTS, Contradiction, check_type
from cyborg_rr.readers.formats.json_values import get_integer, get_list, get_text
from cyborg_rr.readers.formats.nnvm.element_types import NUMBERS, find_by_text
from cyborg_rr.readers.reading.limits import MAX_RANK

DEVICES: Final[Mapping[int, str]] = MappingProxyType(
    {
        1: "llvm", 2: "cuda", 4: "opencl", 5: "aocl", 6: "sdaccel", 7: "vulkan", 8: "metal",
        10: "rocm", 12: "ext_dev", 14: "hexagon", 15: "webgpu",
    }
)  # fmt: skip
"""DLDeviceType of dlpack.h (and TVM's own from c_runtime_api.h): what runs there."""

HOST: Final = 1

_PAIR: Final = 2


@dataclass(frozen=True, slots=True)
class Stated:
    """The results of a compiled graph in order: types, storages and devices, None where absent."""

    types: tuple[TensorType, ...]
    storages: tuple[int, ...] | None
    devices: tuple[int, ...] | None


def parse_stated(attributes: Mapping[str, object], count: int) -> Stated:
    """What the attributes of a graph with so many results state.

    Raises ``UnreadableModel`` where shapes or types are missing, or not one for each result.
    """
    shapes = _get(attributes, "shape", count)
    if shapes is None:
        raise UnreadableModel("the compiled graph states no 'shape' of its results")
    types = _list_types(attributes, count)
    known: dict[tuple[str, int, tuple[int, ...]], TensorType] = {}
    found = []
    for (kind, lanes), stated_shape in zip(types, shapes, strict=True):
        key = kind, lanes, _list_sizes(stated_shape)
        if key not in known:  # few differ
            known[key] = _make_type(*key)
        found.append(known[key])
    storages = _get(attributes, "storage_id", count)
    devices = _get(attributes, "device_index", count)
    if devices is None and isinstance(attributes.get("device_type"), list):
        devices = _get(attributes, "device_type", count)
    return Stated(
        tuple(found),
        None if storages is None else _list_integers(storages, "storage_id"),
        None if devices is None else _list_integers(devices, "device_index"),
    )


def _get(attributes: Mapping[str, object], name: str, count: int) -> list[object] | None:
    stated = attributes.get(name)
    if stated is None:
        return None
    what = f"'{name}' of the graph"
    pair = get_list(stated, what)
    if len(pair) == _PAIR and isinstance(pair[0], str) and isinstance(pair[1], list):
        pair = pair[1]
    if len(pair) != count:
        raise UnreadableModel(f"{what} has {len(pair)} entries for {count} results")
    return pair


def _list_integers(stated: list[object], name: str) -> tuple[int, ...]:
    return tuple(get_integer(each, f"an entry of '{name}'") for each in stated)


def _list_types(attributes: Mapping[str, object], count: int) -> list[tuple[str, int]]:
    """Element types with their lanes: by words, or by numbers as before 2017."""
    words, numbers = _get(attributes, "dltype", count), None
    if words is None:
        numbers = _get(attributes, "dtype", count)
    if words is None and numbers is None:
        raise UnreadableModel("the compiled graph states no 'dltype' of its results")
    if words is not None:
        return [_find_type(get_text(each, "an entry of 'dltype'")) for each in words]
    found = []
    for number in _list_integers(numbers or [], "dtype"):
        if number not in NUMBERS:
            raise UnreadableModel(f"the element type {number} is not known")
        found.append((NUMBERS[number], 1))
    return found


def _find_type(word: str) -> tuple[str, int]:
    known, lanes = find_by_text(word)
    if known is None or not lanes:
        raise UnreadableModel(f"the element type '{shorten(word)}' is not known")
    return known, lanes


def _list_sizes(stated: object) -> tuple[int, ...]:
    sizes = get_list(stated, "a shape")
    if len(sizes) >= MAX_RANK:
        raise UnreadableModel(f"a shape has {len(sizes)} dimensions")
    return tuple([get_integer(size, "a size of a shape") for size in sizes])


def _make_type(kind: str, lanes: int, shape: tuple[int, ...]) -> TensorType:
    if min(shape, default=0) < 0:
        raise UnreadableModel("a shape has a size below 0: the graph was compiled for any size")
    try:
        return check_type(TensorType(kind, shape if lanes == 1 else (*shape, lanes)))
    except Contradiction as contradiction:
        raise UnreadableModel(str(contradiction)) from contradiction


def measure_storages(stated: Stated) -> Mapping[int, int] | None:
    """Bytes of each storage: as much as the largest result in it needs."""
    if stated.storages is None:
        return None
    sizes: dict[int, int] = defaultdict(int)
    alone = 0
    for storage, known in zip(stated.storages, stated.types, strict=True):
        if storage < 0:  # left to itself by the planner
            alone -= 1
            storage = alone
        sizes[storage] = max(sizes[storage], known.byte_size or 0)
    if sum(sizes.values()) > MAX_ELEMENTS:
        raise UnreadableModel("the storages of the graph have more than 2**63 bytes")
    return sizes
