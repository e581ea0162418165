"""What calls in a checkpoint's pickle make: tensors of storages, or inert objects."""

from __future__ import annotations

import math
from typing import Final

from cyborg_rr.domain.errors import UnreadableModel
from cyborg_rr.domain.graph.graph import TensorType
from cyborg_rr.domain.graph.naming import quote
from cyborg_rr.domain.words import find_bits
from cyborg_rr.readers.formats.checkpoint.values import (
    Container,
    Name,
    Storage,
    Tensor,
    Value,
    get_element_type,
)
from cyborg_rr.readers.reading.limits import MAX_RANK

MAX_SIZE: Final = 1 << 62
_OF_STORAGE: Final = frozenset({"_rebuild_tensor", "_rebuild_tensor_v2", "_rebuild_qtensor"})
_WITH_DTYPE: Final = "_rebuild_tensor_v3"
_WRAPPED: Final = frozenset({"_rebuild_parameter", "_rebuild_parameter_with_state", "Parameter"})
_FROM_TYPE: Final = frozenset({"_rebuild_from_type", "_rebuild_from_type_v2"})
_WITHOUT_VALUES: Final = "_rebuild_meta_tensor_no_storage"
_AROUND_OTHERS: Final = "_rebuild_wrapper_subclass"
"""Functions of torch/_utils.py and torch/_tensor.py."""

MAX_TYPES_DEEP: Final = 4
"""Subclasses of tensors are wrapped in one call; more than some is no tensor."""


def call(called: Value, arguments: Value) -> Value:
    """What a call stands for; nothing is called."""
    for _ in range(MAX_TYPES_DEEP):
        if not isinstance(called, Name) or not isinstance(arguments, tuple):
            break
        if called.module not in ("torch._utils", "torch._tensor", "torch.nn.parameter"):
            break
        if called.name not in _FROM_TYPE or len(arguments) < 3:
            return _rebuild(called, arguments)
        maker = arguments[0]
        if isinstance(maker, Name) and maker.name == _AROUND_OTHERS and len(arguments) > 3:
            return _open_wrapper(arguments[1], arguments[3])
        called, arguments = maker, arguments[2]
    return Container(called if isinstance(called, Name) else None, {}, [arguments])


def _open_wrapper(kind: Value, state: Value) -> Container:
    """What a tensor is made around (DTensor, those of torchao): its values lie in its state."""
    return Container(kind if isinstance(kind, Name) else None, {}, [state])


def find_storage(identity: Value) -> Value:
    """The storage that a persistent id of PyTorch names; a class that stands with its source."""
    if isinstance(identity, tuple) and len(identity) >= 2 and identity[0] == "module":
        return identity[1]
    if not isinstance(identity, tuple) or len(identity) < 5 or identity[0] != "storage":
        raise UnreadableModel("the pickle has a persistent id that is not of PyTorch")
    key, count = identity[2], _get_size(identity[4], "a storage")
    if not isinstance(key, str) or not 0 < len(key) <= 64:
        raise UnreadableModel("the pickle names a storage that has no key")
    element_type = get_element_type(identity[1], f"storage {quote(key)}")
    return Storage(key, element_type, count * find_bits(element_type) // 8)


def _rebuild(called: Name, given: tuple[Value, ...]) -> Value:
    if called.name in _WRAPPED and given and isinstance(given[0], Tensor):
        return given[0]
    if called.name in _OF_STORAGE and len(given) >= 4:
        return _place(given, None)
    if called.name == _WITH_DTYPE and len(given) >= 7:
        return _place(given, get_element_type(given[6], "a tensor"))
    if called.name == _WITHOUT_VALUES and len(given) >= 2:
        element_type = get_element_type(given[0], "a tensor")
        return Tensor(TensorType(element_type, _get_sizes(given[1])), None)
    return Container(called, {}, [given])


def _place(given: tuple[Value, ...], element_type: str | None) -> Tensor:
    """A view of a storage, held to lie within it."""
    storage, sizes, strides = given[0], _get_sizes(given[2]), _get_sizes(given[3])
    if not isinstance(storage, Storage):
        raise UnreadableModel("a tensor has no storage")
    if len(sizes) != len(strides):
        raise UnreadableModel(f"a tensor of storage {quote(storage.key)} lacks strides")
    kind = TensorType(element_type or storage.element_type, sizes)
    width = find_bits(kind.element_type) // 8
    start = _get_size(given[1], "an offset") * width
    pairs = zip(sizes, strides, strict=True)
    reach = 1 + sum((size - 1) * stride for size, stride in pairs) if math.prod(sizes) else 0
    stop = start + reach * width
    if stop > storage.size_bytes:
        raise UnreadableModel(
            f"a tensor reaches to byte {stop} of storage {quote(storage.key)}, which has "
            f"{storage.size_bytes}"
        )
    return Tensor(kind, storage, start, stop)


def _get_sizes(sizes: Value) -> tuple[int, ...]:
    if isinstance(sizes, Container) and sizes.parts and sizes.maker is not None:
        sizes = sizes.parts[0]  # torch.Size((2, 3))
        if isinstance(sizes, tuple) and len(sizes) == 1 and isinstance(sizes[0], tuple):
            sizes = sizes[0]
    if not isinstance(sizes, tuple) or len(sizes) > MAX_RANK:
        raise UnreadableModel("a tensor's shape is not one")
    found = tuple([_get_size(size, "a dimension") for size in sizes])
    if math.prod(found) > MAX_SIZE:
        raise UnreadableModel("a tensor has more than 2**62 elements")
    return found


def _get_size(value: Value, what: str) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= MAX_SIZE:
        raise UnreadableModel(f"{what} is not a whole number from 0 to 2**62")
    return value
