"""All canonical operations by name: the one table that the analysis looks things up in."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from importlib import import_module
from pkgutil import iter_modules
from types import MappingProxyType
from typing import Final, NamedTuple

from cyborg_rr.domain.graph import operations
from cyborg_rr.domain.graph.operations.declaring.operation import Operation


class Family(NamedTuple):
    """The operations of one module; its name is that of its tests and of its page too."""

    name: str
    room: str
    meaning: str
    operations: tuple[Operation, ...]


def _find_families() -> Iterator[Family]:
    """Every module in a room of this package that declares ``OPERATIONS``."""
    for room in iter_modules(operations.__path__, f"{operations.__name__}."):
        if not room.ispkg:
            continue
        for found in iter_modules(import_module(room.name).__path__, f"{room.name}."):
            module = import_module(found.name)
            declared: tuple[Operation, ...] = getattr(module, "OPERATIONS", ())
            if declared:
                yield Family(*_last_names(found.name), module.__doc__ or "", declared)


def _last_names(module: str) -> tuple[str, str]:
    """A module's own name and that of its room."""
    _, room, name = module.rsplit(".", 2)
    return name, room


FAMILIES: Final = tuple(_find_families())

REGISTRY: Final[Mapping[str, Operation]] = MappingProxyType(
    {operation.name: operation for family in FAMILIES for operation in family.operations}
)

UNKNOWN_OPERATION: Final = REGISTRY["unknown"]
CUSTOM_CALL: Final = REGISTRY["custom_call"]


def find_operation(name: str) -> Operation:
    """The operation of that canonical name; what is not in the table counts as unknown."""
    return REGISTRY.get(name, UNKNOWN_OPERATION)
