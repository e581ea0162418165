"""One node of a symbol graph as a rule sees it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from cyborg_rr.domain.errors import UnreadableModel
from cyborg_rr.domain.graph.graph import Scalar
from cyborg_rr.domain.graph.naming import quote
from cyborg_rr.readers.formats.nnvm.element_types import NUMBERS, find_by_text
from cyborg_rr.readers.kit.node import NativeNode
from cyborg_rr.readers.kit.steps import Step

_SPATIAL = "DHW"


@dataclass(slots=True)
class NativeNnvmNode(NativeNode):
    """A node whose attributes were text.

    ``constant`` gives the name of stored numbers of an element type: a vector, or one number alone.
    """

    constant: Callable[[Scalar | tuple[int, ...], str], str]

    def refuse(self, cause: str) -> UnreadableModel:
        """The error for a node that cannot be."""
        return UnreadableModel(f"node {quote(self.label)} ({self.operation}): {cause}")

    def sizes(self, *names: str) -> tuple[int, ...]:
        """Whole numbers, of which one alone may stand without brackets; none where left out."""
        value = self.attribute(*names)
        if isinstance(value, int) and not isinstance(value, bool):
            return (value,)
        return self.integers(*names) or ()

    def each(self, name: str, count: int, default: int) -> tuple[int, ...]:
        """A number for each of so many dimensions; one alone is for all of them."""
        stated = self.sizes(name) or (default,)
        if len(stated) not in (1, count):
            raise self.refuse(f"attribute '{name}' has {len(stated)} numbers, not {count}")
        return stated * count if len(stated) == 1 else stated

    def numbers_of(self, name: str) -> tuple[float, ...]:
        """Numbers, of which one alone may stand without brackets; one where it is left out."""
        value = self.attribute(name)
        if isinstance(value, int | float):
            return (float(value),)
        return self.numbers(name) or (1.0,)

    def padding(self, count: int) -> tuple[int, ...]:
        """Before and behind each spatial dimension, of one number, one each, or all befores first.

        ``Conv2DParam`` of nnvm/top/nn.h: two numbers are for both sides, four begin with those
        before.
        """
        stated = self.sizes("padding") or (0,)
        if len(stated) == 2 * count:
            pairs = zip(stated[:count], stated[count:], strict=True)
        else:
            same = self.each("padding", count, 0)
            pairs = zip(same, same, strict=True)
        return tuple(number for pair in pairs for number in pair)

    def layout(self, name: str, usual: str) -> str | None:
        """A layout in canonical letters: spatial ones are digits; None where it is packed."""
        text = self.text(name, default=usual)
        if text == "__undef__":
            text = usual
        if not text.isascii() or not text.isalpha() or not text.isupper():
            return None
        spatial = [letter for letter in _SPATIAL if letter in text]
        digits = {letter: str(place) for place, letter in enumerate(spatial)}
        return "".join(digits.get(letter, letter) for letter in text)

    def wanted_type(self, name: str = "dtype") -> str | None:
        """The element type that an attribute names, by its word or by its number."""
        value = self.attribute(name)
        if isinstance(value, int):
            return NUMBERS.get(value)
        return find_by_text(value)[0] if isinstance(value, str) else None


class Sizes:
    """A shape that is put together from sizes of other values, step by step."""

    def __init__(self, node: NativeNnvmNode) -> None:
        self._node = node
        self.steps: list[Step] = []

    def _fresh(self) -> str:
        return self._node.fresh(f"size{len(self.steps)}")

    def of(self, value: str, start: int, end: int | None = None) -> str:
        """The sizes of a value from one dimension to another."""
        name = self._fresh()
        self.steps.append(
            self._node.step("shape_of", (value,), (name,), None, start=start, end=end)
        )
        return name

    def numbers(self, *sizes: int) -> str:
        """Sizes that are known."""
        return self._node.constant(sizes, "i64")

    def apply(self, operation: str, left: str, right: str) -> str:
        """Sizes reckoned from two others, one by one."""
        name = self._fresh()
        self.steps.append(self._node.step(operation, (left, right), (name,)))
        return name

    def join(self, parts: Sequence[str]) -> str:
        """All of them as one shape."""
        name = self._fresh()
        self.steps.append(self._node.step("concatenate", tuple(parts), (name,), None, axis=0))
        return name
