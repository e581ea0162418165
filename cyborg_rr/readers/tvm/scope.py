"""Names of tensors while a program is written out, what is stored, and what is known of types."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import count

from cyborg_rr.domain.graph.graph import Scalar, StoredTensor, TensorType
from cyborg_rr.readers.tvm.frames import Building, Value, flatten_type, spread
from cyborg_rr.readers.tvm.program import Keep
from cyborg_rr.readers.tvm.written.types import TupleType, ValueType


class Scope:
    """Types by name, over all functions; ``home`` is the block that constants are stored in.

    ``absent`` are constants of which not even the size is known.
    """

    def __init__(self) -> None:
        self.types: dict[str, TensorType] = {}
        self._taken: set[str] = set()
        self._numbers = count(1)
        self.root = Building()
        self.home = self.root
        self.absent: dict[str, StoredTensor] = {}

    def claim(self, name: str) -> str:
        """A name that no other tensor has."""
        wanted = name
        while name in self._taken:
            name = f"{wanted}#{next(self._numbers)}"
        self._taken.add(name)
        return name

    def keep(self, statement: Keep) -> Value:
        """A constant, stored once however often it is written out."""
        stored = statement.stored
        few = stored.values is not None and len(stored.values) == 1 and stored.type.shape == ()
        if few and stored.values is not None:
            name = f"{stored.values[0]!r}:{stored.type.element_type}"
        else:
            name = statement.result if statement.result[0] != "." else f"constant{statement.result}"
        if stored.type.shape is None:
            self.absent[name] = stored
        elif name not in self.home.stored:
            self._taken.add(name)
            self.home.stored[name] = stored
            self.types[name] = stored.type
        return name

    def keep_values(self, values: tuple[Scalar, ...], element: str, is_one: bool) -> str:
        """A constant that a rule makes."""
        type_ = TensorType(element, () if is_one else (len(values),))
        name = "" if is_one else f".{values!r}:{element}"
        return str(self.keep(Keep(name or ".", StoredTensor(type_, "constant", values=values))))

    def state_echoed(
        self, inputs: list[str], places: tuple[int, ...], types: tuple[ValueType, ...]
    ) -> None:
        """Operands that come out as they are have the types that are stated of results."""
        for place, type_ in zip(places, types, strict=False):
            name = inputs[place] if place < len(inputs) else ""
            if isinstance(type_, TensorType) and self.absent.pop(name, None) is not None:
                self.types[name] = type_
                self.home.stored[name] = StoredTensor(type_, "parameter", "absent")

    def settle(self, names: Iterable[str]) -> None:
        """Store constants whose size is open, where nothing can be said without it."""
        for name in names:
            stored = self.absent.pop(name, None)
            if stored is not None:
                self.types[name] = stored.type
                self.home.stored[name] = stored

    def name_results(
        self, name: str, type_: ValueType, results: int, building: Building
    ) -> tuple[Value, dict[str, TensorType]]:
        """Names for what a statement yields, and the types that are stated of them."""
        if not isinstance(type_, TupleType) and results > 1:
            type_ = TupleType((type_ if isinstance(type_, TensorType) else None,) * results)
        types = flatten_type(type_)
        name = name if name[0].isalpha() or name[0] == "_" else f"%{name}"
        names = [self.claim(name if len(types) == 1 else f"{name}.{i}") for i in range(len(types))]
        stated: dict[str, TensorType] = {}
        for each, known in zip(names, types, strict=True):
            if known is not None:
                stated[each] = building.types[each] = self.types[each] = known
        return spread(type_, iter(names)), stated

    def name_all(self, name: str, results: int) -> Iterator[str]:
        for place in range(results):
            yield self.claim(f"%{name}" if results == 1 else f"%{name}.{place}")
