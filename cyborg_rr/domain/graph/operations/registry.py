"""All canonical operations by name: the one table that the analysis looks things up in."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from importlib import import_module
from types import MappingProxyType, ModuleType
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
    for room in _list_names(operations):
        if "." in room:
            continue
        package = import_module(f"{operations.__name__}.{room}")
        for name in _list_names(package):
            if name.endswith(".py"):
                module = import_module(f"{package.__name__}.{name.removesuffix('.py')}")
                declared: tuple[Operation, ...] = getattr(module, "OPERATIONS", ())
                if declared:
                    yield Family(*_last_names(module.__name__), module.__doc__ or "", declared)


def _list_names(package: ModuleType) -> list[str]:
    """What lies in a package, in order; ``pkgutil`` would take a cold process 2 ms."""
    return sorted(name for name in os.listdir(package.__path__[0]) if not name.startswith("_"))


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
