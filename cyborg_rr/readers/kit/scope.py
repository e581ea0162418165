"""What is known of the values of a block while it is translated."""

from __future__ import annotations

from dataclasses import dataclass, field

from cyborg_rr.domain.graph.graph import TensorType


@dataclass(slots=True)
class Scope:
    """The values that are there, with their types. An inner block sees those of its outer ones."""

    outer: Scope | None = None
    types: dict[str, TensorType] = field(default_factory=dict)

    def find_type(self, name: str) -> TensorType | None:
        """The type of a value; None where the value is not there."""
        scope: Scope | None = self
        while scope is not None:
            known = scope.types.get(name)
            if known is not None:
                return known
            scope = scope.outer
        return None
