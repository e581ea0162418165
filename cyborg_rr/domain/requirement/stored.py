"""What a file stores: parameters and constants, those of branches that never run included."""

from __future__ import annotations

from collections import Counter

from cyborg_rr.domain.graph.graph import Block, StoredLocation, StoredTensor, TensorType
from cyborg_rr.domain.graph.inference.typed import TypedBlock
from cyborg_rr.domain.graph.naming import list_names


class Stored:
    """Bytes of what the file stores, nested blocks included, each block counted once."""

    def __init__(self) -> None:
        self.parameters: Counter[str] = Counter()
        self.parameter_count = 0
        self.constant_bytes = 0
        self.locations: set[StoredLocation] = set()
        self.open: list[str] = []
        self._seen: set[int] = set()

    @classmethod
    def collect(cls, body: TypedBlock) -> Stored:
        """Walk all blocks from the entry."""
        stored = cls()
        stored._visit(body)
        return stored

    @property
    def location(self) -> StoredLocation:
        """Where the weights are; the place that needs most care wins when they are spread."""
        if "absent" in self.locations:
            return "absent"
        if "external" in self.locations:
            return "external"
        return "inline"

    def explain_open(self) -> list[str]:
        """A warning when sizes are not known, so that the sums are lower bounds."""
        if not self.open:
            return []
        return [
            f"the sizes of {len(self.open)} stored tensors are not known "
            f"({list_names(self.open)}); parameter bytes are a lower bound"
        ]

    def _visit(self, typed: TypedBlock) -> None:
        if id(typed.block) in self._seen:
            return
        self._seen.add(id(typed.block))
        for name, tensor in typed.block.stored.items():
            self._add(name, tensor, typed.types[name])
        for inner in typed.inner.values():
            for block in inner.blocks:
                self._visit(block)
            for skipped in inner.skipped:
                self._visit_skipped(skipped)

    def _visit_skipped(self, skipped: Block) -> None:
        """A branch that never runs is still loaded with what it stores."""
        waiting = [skipped]
        while waiting:
            block = waiting.pop()
            if id(block) in self._seen:
                continue
            self._seen.add(id(block))
            for name, tensor in block.stored.items():
                self._add(name, tensor, tensor.type)
            waiting.extend(inner for node in block.nodes for inner in node.blocks)

    def _add(self, name: str, stored: StoredTensor, tensor: TensorType) -> None:
        size = stored.find_bytes(tensor)
        if size is None:
            self.open.append(name)
        elif stored.kind == "parameter":
            self.parameters[tensor.element_type or ""] += size
            self.parameter_count += tensor.elements or 0
            self.locations.add(stored.location)
        else:
            self.constant_bytes += size
