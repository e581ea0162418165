"""All canonical operations by name: the one table that the analysis looks things up in."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from importlib import import_module
from pkgutil import iter_modules
from types import MappingProxyType
from typing import Final

from cyborg_rr.domain.graph import operations
from cyborg_rr.domain.graph.operations.declaring.operation import Operation


def _find_families() -> Iterator[tuple[str, tuple[Operation, ...]]]:
    """Name and ``OPERATIONS`` of every module in a room of this package that declares some."""
    for room in iter_modules(operations.__path__, f"{operations.__name__}."):
        if not room.ispkg:
            continue
        for found in iter_modules(import_module(room.name).__path__, f"{room.name}."):
            declared: tuple[Operation, ...] = getattr(import_module(found.name), "OPERATIONS", ())
            if declared:
                yield found.name.rpartition(".")[2], declared


FAMILIES: Final[Mapping[str, tuple[Operation, ...]]] = MappingProxyType(
    dict(sorted(_find_families()))
)
"""The operations by family; a family is a module, and its name that of its tests and its page."""

REGISTRY: Final[Mapping[str, Operation]] = MappingProxyType(
    {operation.name: operation for family in FAMILIES.values() for operation in family}
)

UNKNOWN_OPERATION: Final = REGISTRY["unknown"]


def find_operation(name: str) -> Operation:
    """The operation of that canonical name; what is not in the table counts as unknown."""
    return REGISTRY.get(name, UNKNOWN_OPERATION)
