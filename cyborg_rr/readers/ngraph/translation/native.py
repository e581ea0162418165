"""One operation as a rule sees it: its attributes are JSON, choices are numbers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from cyborg_rr.readers.kit.opset.native import OpsetNode
from cyborg_rr.readers.ngraph.types import find_type

_PADS: Final = ("explicit", "same_lower", "same_upper", "valid", "same_upper", "explicit")
_CHOICES: Final[Mapping[str, tuple[str, ...]]] = {
    "auto_pad": _PADS,
    "pad_type": _PADS,
    "pad_mode": ("constant", "edge", "reflect", "symmetric"),
    "rounding_type": ("floor", "ceil"),
    "auto_broadcast": ("none", "numpy", "pdpd"),
    "direction": ("forward", "reverse", "bidirectional"),
}
"""Enumerations of ``op/util/attr_types.hpp`` in their order."""


@dataclass(slots=True)
class NativeOperation(OpsetNode):
    """An operation of a function."""

    def read_type(self, value: object) -> str | None:
        """The element type of a word."""
        return find_type(value)

    def typed(self, *names: str, default: str = "") -> str | None:
        """The element type that an attribute names, as a word or as an object."""
        return find_type(self.attribute(*names)) or find_type(default)

    def text(self, *names: str, default: str = "") -> str:
        """A text; of a choice that is a number, its name."""
        for name in names:
            value = self.attributes.get(name)
            if isinstance(value, int) and name in _CHOICES and 0 <= value < len(_CHOICES[name]):
                return _CHOICES[name][value]
            if isinstance(value, bool):
                return str(value).lower()
            if isinstance(value, str):
                return value.lower() if name in _CHOICES else value
        return default

    def integers(self, *names: str) -> tuple[int, ...] | None:
        """A list of whole numbers."""
        value = self.attribute(*names)
        if value is None:
            return None
        if isinstance(value, list):
            found = tuple(each for each in value if type(each) is int)
            if len(found) == len(value) and all(-(1 << 63) <= each < 1 << 63 for each in found):
                return found
        raise self.wrong(names, "a list of integers")

    def demand(self, *names: str) -> tuple[int, ...]:
        """A list of whole numbers that must be there."""
        found = self.integers(*names)
        if found is None:
            raise self.refuse(f"attribute '{names[0]}' is missing")
        return found

    def sizes(self, index: int) -> tuple[int, ...]:
        """The shape of an input, which must be known."""
        shape = self.static(index)
        if shape is None:
            raise self.refuse(f"the shape of operand {index} is not known")
        return shape
