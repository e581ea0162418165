"""What a checkpoint's pickle is taken for: names, containers, storages and tensors, all inert."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, TypeAlias

from cyborg_rr.domain.errors import UnreadableModel
from cyborg_rr.domain.graph.graph import TensorType
from cyborg_rr.domain.graph.naming import quote

ELEMENT_TYPES: Final[Mapping[str, str]] = {
    "float64": "f64", "float32": "f32", "float16": "f16", "bfloat16": "bf16",
    "float8_e4m3fn": "f8E4M3FN", "float8_e4m3fnuz": "f8E4M3FNUZ", "float8_e5m2": "f8E5M2",
    "float8_e5m2fnuz": "f8E5M2FNUZ", "float8_e8m0fnu": "f8E8M0FNU",
    "int64": "i64", "int32": "i32", "int16": "i16", "int8": "i8", "bool": "i1",
    "uint64": "u64", "uint32": "u32", "uint16": "u16", "uint8": "u8",
    "complex64": "c64", "complex128": "c128",
    "qint8": "i8", "quint8": "u8", "qint32": "i32",
    "DoubleStorage": "f64", "FloatStorage": "f32", "HalfStorage": "f16",
    "BFloat16Storage": "bf16", "LongStorage": "i64", "IntStorage": "i32", "ShortStorage": "i16",
    "CharStorage": "i8", "ByteStorage": "u8", "BoolStorage": "i1", "ComplexFloatStorage": "c64",
    "ComplexDoubleStorage": "c128", "QInt8Storage": "i8", "QUInt8Storage": "u8",
    "QInt32Storage": "i32", "UntypedStorage": "u8",
}  # fmt: skip
"""PyTorch's dtypes and kinds of storage (torch/storage.py); an untyped one counts bytes."""


@dataclass(frozen=True, slots=True)
class Name:
    """What a pickle would import; it is only a name here."""

    module: str
    name: str

    @property
    def full(self) -> str:
        """Module and name."""
        return f"{self.module}.{self.name}"


@dataclass(eq=False, slots=True)
class Container:
    """A dict, list, set or object: what it was given, by key or in order.

    ``entries`` have keys, ``parts`` have none: elements, arguments and states of objects.
    """

    maker: Name | None = None
    entries: dict[str | int, Value] = field(default_factory=dict)
    parts: list[Value] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Storage:
    """Memory that tensors lie in, by its key in the file."""

    key: str
    element_type: str
    size_bytes: int


@dataclass(frozen=True, eq=False, slots=True)
class Tensor:
    """A tensor and the bytes of its storage from its first element to its last.

    ``storage`` is None for one that was saved without values (device ``meta``).
    """

    type: TensorType
    storage: Storage | None
    start: int = 0
    stop: int = 0


Value: TypeAlias = "str | int | tuple[Value, ...] | Name | Container | Storage | Tensor | None"
"""None stands for everything that says nothing of tensors: floats, bytes, None itself."""


def get_element_type(name: object, what: str) -> str:
    """The element type of a dtype or of a kind of storage."""
    if not isinstance(name, Name) or not name.module.startswith("torch"):
        raise UnreadableModel(f"{what} has no element type of PyTorch")
    found = ELEMENT_TYPES.get(name.name)
    if found is None:
        raise UnreadableModel(f"{what} has the unknown element type {quote(name.full)}")
    return found
