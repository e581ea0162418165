"""What attributes of MLIR text are in Python: plain values and a few small classes."""

from __future__ import annotations

from dataclasses import dataclass

from cyborg_rr.domain.graph.graph import TensorType
from cyborg_rr.readers.formats.mlir.constants import DenseConstant
from cyborg_rr.readers.formats.mlir.types import FunctionType, OpaqueType


class Symbol(str):
    """A reference such as ``@main``, without the sign."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class DialectAttribute:
    """An attribute in a dialect's own syntax, such as ``#stablehlo.dot<...>``: name and body."""

    name: str
    body: str


@dataclass(frozen=True, slots=True)
class Product:
    """Values between ``x`` and ``->``, as in ``contracting_dims = [1] x [0]``."""

    parts: tuple[Value, ...]


Value = (
    int | float | bool | str | list["Value"] | dict[str, "Value"] | tuple[int, ...]
    | DenseConstant | DialectAttribute | Product | FunctionType | OpaqueType | TensorType | None
)  # fmt: skip
