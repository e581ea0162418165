"""All canonical operations by name: the one table that the analysis looks things up in."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from cyborg_rr.domain.graph.operations import (
    assembling,
    attention,
    collectives,
    contraction,
    convolution,
    elementwise,
    indexing,
    linear_algebra,
    normalization,
    pooling,
    recurrence,
    reduction,
    reshaping,
    sizes,
    structure,
)
from cyborg_rr.domain.graph.operations.operation import Operation

_FAMILIES = (
    assembling.OPERATIONS,
    attention.OPERATIONS,
    collectives.OPERATIONS,
    contraction.OPERATIONS,
    convolution.OPERATIONS,
    elementwise.OPERATIONS,
    indexing.OPERATIONS,
    linear_algebra.OPERATIONS,
    normalization.OPERATIONS,
    pooling.OPERATIONS,
    recurrence.OPERATIONS,
    reduction.OPERATIONS,
    reshaping.OPERATIONS,
    sizes.OPERATIONS,
    structure.OPERATIONS,
)

REGISTRY: Final[Mapping[str, Operation]] = MappingProxyType(
    {operation.name: operation for family in _FAMILIES for operation in family}
)

UNKNOWN_OPERATION: Final = REGISTRY["unknown"]


def find_operation(name: str) -> Operation:
    """The operation of that canonical name; what is not in the table counts as unknown."""
    return REGISTRY.get(name, UNKNOWN_OPERATION)
