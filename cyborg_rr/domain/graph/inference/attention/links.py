"""Who makes and who reads the values of one block."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from cyborg_rr.domain.graph.graph import Node
from cyborg_rr.domain.graph.inference.typed import TypedBlock

_OF_SIZES: Final = frozenset({"shape_of", "size_of", "get_dimension_size"})
"""Operations that read the sizes of their operand and nothing of what it holds."""

_FOREVER: Final = -1
"""Stands for whoever reads the outputs of a block."""


@dataclass(slots=True)
class Links:
    """By value the node that makes it and those that read what it holds, in order, each once."""

    typed: TypedBlock
    makers: dict[str, int]
    readers: dict[str, list[int]]

    @property
    def nodes(self) -> Sequence[Node]:
        """The nodes of the block."""
        return self.typed.block.nodes

    def find_reader(self, name: str) -> int | None:
        """The one node that reads a value; None where several do, or what is around the block."""
        found = self.readers.get(name, ())
        return found[0] if len(found) == 1 and found[0] != _FOREVER else None

    def count_elements(self, name: str) -> int:
        """Of how many elements a value is; 0 while that is unknown."""
        return self.typed.type_of(name).elements or 0

    def shape_of(self, name: str) -> tuple[int, ...]:
        """The sizes of a value; empty while one is unknown."""
        shape = self.typed.type_of(name).shape or ()
        sizes = tuple(size for size in shape if isinstance(size, int))
        return sizes if len(sizes) == len(shape) else ()


def link(typed: TypedBlock) -> Links:
    """Walk the nodes of a block once."""
    makers: dict[str, int] = {}
    readers: dict[str, list[int]] = {}
    for index, node in enumerate(typed.block.nodes):
        for name in node.outputs:
            makers[name] = index
        if node.operation in _OF_SIZES:
            continue
        read: set[str] | tuple[str, ...] = node.inputs
        if index in typed.inner:
            read = {*node.inputs, *typed.inner[index].captured}
        for name in read:
            known = readers.get(name)
            if known is None:
                readers[name] = [index]
            elif known[-1] != index:
                known.append(index)
    for name in typed.block.outputs:
        readers.setdefault(name, []).append(_FOREVER)
    return Links(typed, makers, readers)
