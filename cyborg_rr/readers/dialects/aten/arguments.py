"""The arguments of a call of aten: names of values, and what is stated."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Symbol:
    """An argument that is the value of another node: a size, a number or a truth value."""

    name: str


@dataclass(slots=True)
class Arguments:
    """What a node is called with, by the names of the operation's schema, in order.

    ``tensors`` has one name, or a list of them in which an absent one is empty; ``plain`` holds
    all else. ``order`` are the names as they came, ``graphs`` the graphs among the arguments.
    """

    tensors: dict[str, tuple[str, ...]] = field(default_factory=dict)
    plain: dict[str, object] = field(default_factory=dict)
    graphs: tuple[tuple[str, Mapping[str, object]], ...] = ()
    order: list[str] = field(default_factory=list)

    def rename(self, names: Callable[[str], str]) -> None:
        """All values by other names."""
        for key, tensors in self.tensors.items():
            self.tensors[key] = tuple(names(name) for name in tensors)
        for key, value in self.plain.items():
            if isinstance(value, Symbol):
                self.plain[key] = Symbol(names(value.name))
            elif isinstance(value, tuple):
                self.plain[key] = tuple(
                    Symbol(names(item.name)) if isinstance(item, Symbol) else item for item in value
                )

    def list_tensors(self) -> tuple[str, ...]:
        """All tensors, in order."""
        return tuple([name for names in self.tensors.values() for name in names if name])

    def operands(self) -> tuple[str, ...]:
        """All values, in order: tensors and what other nodes reckoned."""
        found: list[str] = []
        for key in self.order:
            if key in self.tensors:
                found.extend(filter(None, self.tensors[key]))
                continue
            value = self.plain.get(key)
            if isinstance(value, Symbol):
                found.append(value.name)
            elif isinstance(value, tuple):
                found.extend(item.name for item in value if isinstance(item, Symbol))
        return tuple(found)
