"""What an operation says of its operands and attributes: the words of a declaration."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal, NamedTuple

from cyborg_rr.domain.graph.graph import AttributeValue

AttributeType = Literal["integer", "number", "flag", "text", "integers", "numbers"]
"""What an attribute holds; a list may hold one number alone."""


class UndeclaredAttribute(Exception):
    """A rule asks for an attribute that its operation does not declare: a mistake of ours."""


class Operand(NamedTuple):
    """One operand, or with ``variadic`` any number of them; an ``optional`` one may be left out."""

    name: str
    meaning: str
    optional: bool = False
    variadic: bool = False


class Attribute(NamedTuple):
    """One attribute of an operation.

    Without a ``default`` the meaning says what an absent one stands for, unless it is ``required``:
    a node without such a one is a contradiction. ``source`` names who defines it, in clauses such
    as "ONNX Pad before 11 `pads`": operations, versions, and the name there where it is another
    (in parentheses what says it, where that is no attribute). ``differs`` is the reason why an
    absent one here does not stand for what it does in ONNX, so that its reader always writes it.
    ``kept`` is the reason to carry one that no rule reads, ``foreseen`` the IR for which it stands
    ready where no reader writes it yet.
    """

    name: str
    type: AttributeType
    meaning: str
    default: AttributeValue | None = None
    source: str = ""
    required: bool = False
    differs: str = ""
    kept: str = ""
    foreseen: str = ""

    def having(
        self,
        *,
        default: AttributeValue | None = None,
        meaning: str | None = None,
        source: str | None = None,
        required: bool | None = None,
        differs: str | None = None,
        foreseen: str | None = None,
    ) -> Attribute:
        """The same attribute as another operation has it."""
        return self._replace(
            default=self.default if default is None else default,
            meaning=self.meaning if meaning is None else meaning,
            source=self.source if source is None else source,
            required=self.required if required is None else required,
            differs=self.differs if differs is None else differs,
            foreseen=self.foreseen if foreseen is None else foreseen,
        )


class Declared(dict[str, Attribute]):
    """The attributes of one operation by name; another name is a mistake in its rules."""

    __slots__ = ("_operation",)

    def __init__(self, operation: str, attributes: Iterable[Attribute]) -> None:
        super().__init__((attribute.name, attribute) for attribute in attributes)
        self._operation = operation

    def __missing__(self, name: str) -> Attribute:
        raise UndeclaredAttribute(f"{self._operation} declares no attribute {name}")
