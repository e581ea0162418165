"""A use of a native operation as rules ask about it, place by place."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from cyborg_rr.domain.graph.naming import FUNCTION_CALLS, NAMES_MODELS, OWN_SETS
from cyborg_rr.domain.graph.operands import ABSENT, Operand

ANY_PLACE: Final = "*"
"""Stands in a rule for all places that it does not name."""

OUTPUT: Final = "out"
"""Begins the place of an output where inputs and outputs are named in one way."""


_PLAIN: Final = frozenset({*OWN_SETS.values(), *NAMES_MODELS, "hlo", "tflite"})
"""Operation sets that people leave out of the name."""


@dataclass(frozen=True, slots=True)
class Call:
    """``count`` nodes that call one operation alike, or a model that only names its architecture.

    ``dialect`` is its operation set, ``version`` the one that the file imports (None: not stated).
    Operands or attributes that are None are not known; a value of an attribute that is None is
    there and not known.
    """

    dialect: str
    operation: str
    version: int | None
    inputs: tuple[Operand, ...] | None
    outputs: tuple[Operand, ...] | None
    attributes: Mapping[str, object] | None
    count: int = 1
    macs: int = 0

    @property
    def name(self) -> str:
        """How people call the operation."""
        if self.is_function:
            return "a call of a function of the file"
        return self.operation if self.dialect in _PLAIN else f"{self.dialect}:{self.operation}"

    @property
    def is_model(self) -> bool:
        """Whether it is a whole model, whose operation is its architecture."""
        return self.dialect in NAMES_MODELS

    @property
    def is_function(self) -> bool:
        """Whether it calls functions of the file, whose operations are calls of their own."""
        return self.dialect in FUNCTION_CALLS

    @property
    def results(self) -> tuple[Operand, ...]:
        """The outputs that are there; none where they are not known."""
        return tuple(operand for operand in self.outputs or () if operand.is_present)

    def find(self, place: str) -> Operand | None:
        """The operand at a place such as ``0`` or ``out0``; None where none is known."""
        operands = self.outputs if place.startswith(OUTPUT) else self.inputs
        if operands is None:
            return None
        index = int(place.removeprefix(OUTPUT))
        return operands[index] if index < len(operands) else ABSENT
