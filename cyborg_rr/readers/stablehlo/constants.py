"""Constants of a StableHLO module as stored tensors: which of them are weights."""

from __future__ import annotations

from typing import Final

from cyborg_rr.domain.graph.graph import Scalar, StoredKind, StoredLocation, StoredTensor
from cyborg_rr.domain.words import find_element_type
from cyborg_rr.readers.formats.mlir.constants import DenseConstant

MAX_PLAIN_CONSTANT: Final = 16
"""A floating-point or quantised constant of more elements, not all equal, is a weight."""


def store_constant(value: DenseConstant, resources: frozenset[str]) -> StoredTensor:
    """The stored tensor; ``resources`` are the blobs that stand at the end of the file."""
    location: StoredLocation = value.location
    if value.resource is not None and value.resource not in resources:
        location = "absent"
    elements, element_type = value.type.elements, value.type.element_type
    large = elements is None or elements > MAX_PLAIN_CONSTANT
    known = find_element_type(element_type)
    numeric = known is not None and (known.is_float or known.is_quantised or known.real is not None)
    kind: StoredKind = "parameter" if large and numeric and not value.splat else "constant"
    return StoredTensor(value.type, kind, location, value.values, value.splat)


def scalar_values(value: object) -> tuple[Scalar, ...] | None:
    """The element of a constant that is written as a bare number."""
    return (value,) if isinstance(value, (bool, int, float)) else None
