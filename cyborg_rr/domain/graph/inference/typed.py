"""A graph with the types that inference found, as the later passes walk it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from cyborg_rr.domain.graph.graph import Block, Graph, StoredTensor, TensorType
from cyborg_rr.domain.graph.inference.recognised import Attention
from cyborg_rr.domain.graph.operations.declaring.folding import count_of
from cyborg_rr.domain.graph.operations.declaring.operation import Operation
from cyborg_rr.domain.graph.operations.declaring.typed_node import Value
from cyborg_rr.domain.graph.operations.registry import find_operation
from cyborg_rr.domain.graph.shapes import UNKNOWN


@dataclass(slots=True)
class InnerBlocks:
    """The blocks of one control-flow node.

    ``trips`` is how often a loop's blocks run (None: unknown); with ``at_most`` they may run less
    often, as the data has it. ``skipped`` are branches that a
    known predicate rules out; exporters write one for each shape that might come, so they need not
    make sense with those that do.
    """

    blocks: tuple[TypedBlock, ...]
    trips: int | None = 1
    skipped: tuple[Block, ...] = ()
    at_most: bool = False

    @property
    def captured(self) -> frozenset[str]:
        """Names of outer values that the blocks use; a called function uses none."""
        blocks = [block for block in self.blocks if block.outer is not None]
        return frozenset().union(*(block.captured for block in blocks))


@dataclass(slots=True)
class TypedBlock:
    """A block with the types and small values of all that is defined in it.

    ``parameters`` are the names that stand for stored parameters here. ``taint`` grades values
    that depend on bound inputs: 1 a size that the file left open, 2 one that it fixes. ``bounded``
    are the types of values whose sizes depend on data; ``types`` has them at their largest.
    ``derived`` are the values that follow from stored ones alone, and ``attentions`` what was
    recognised, once they were looked for.
    """

    block: Block
    outer: TypedBlock | None
    types: dict[str, TensorType] = field(default_factory=dict)
    values: dict[str, Value] = field(default_factory=dict)
    inner: dict[int, InnerBlocks] = field(default_factory=dict)
    parameters: set[str] = field(default_factory=set)
    taint: dict[str, int] = field(default_factory=dict)
    bounded: dict[str, TensorType] = field(default_factory=dict)
    derived: frozenset[str] | None = None
    attentions: tuple[Attention, ...] | None = None
    _captured: frozenset[str] | None = None
    _operations: tuple[Operation, ...] | None = None
    _sizes: dict[str, int | None] | None = None

    @property
    def operations(self) -> tuple[Operation, ...]:
        """What each node's operation is, in the order of the nodes."""
        if self._operations is None:
            self._operations = tuple([find_operation(node.operation) for node in self.block.nodes])
        return self._operations

    @property
    def sizes(self) -> Mapping[str, int | None]:
        """Bytes of what is defined here, None while unknown: reckoned once all have their types."""
        if self._sizes is None:
            self._sizes = {name: tensor.byte_size for name, tensor in self.types.items()}
        return self._sizes

    def size_of(self, name: str) -> int | None:
        """Bytes of a value visible here; None while unknown."""
        if name in self.types:
            return self.sizes[name]
        owner = self.find_owner(name)
        return None if owner is None else owner.sizes[name]

    @property
    def captured(self) -> frozenset[str]:
        """Names of outer values that this block, inner blocks included, makes use of."""
        if self._captured is None:
            used: set[str] = set(self.block.outputs)
            for index, node in enumerate(self.block.nodes):
                used.update(node.inputs)
                if index in self.inner:
                    used |= self.inner[index].captured
            self._captured = frozenset(name for name in used if name and name not in self.types)
        return self._captured

    def find_owner(self, name: str) -> TypedBlock | None:
        """The block, from here outwards, that defines a value."""
        scope: TypedBlock | None = self
        while scope is not None and name not in scope.types:
            scope = scope.outer
        return scope

    def type_of(self, name: str) -> TensorType:
        """The type of a value visible here; ``UNKNOWN`` where nothing is known."""
        found = self.types.get(name)
        if found is not None:
            return found
        owner = self.find_owner(name)
        return UNKNOWN if owner is None else owner.types[name]

    def value_of(self, name: str) -> Value | None:
        """The elements of a small value visible here, when known."""
        owner = self if name in self.types else self.find_owner(name)
        if owner is None:
            return None
        value = owner.values.get(name)
        if value is None and name in owner.block.stored:
            value = _stored_value(owner.block.stored[name])
            if value is not None:
                owner.values[name] = value
        return value

    def is_bounded(self, name: str) -> bool:
        """Whether the size of a value visible here depends on data."""
        owner = self if name in self.types else self.find_owner(name)
        return owner is not None and name in owner.bounded

    def taint_of(self, name: str) -> int:
        """How far a value depends on bound inputs."""
        owner = self if name in self.types else self.find_owner(name)
        return 0 if owner is None else owner.taint.get(name, 0)

    def is_parameter(self, name: str) -> bool:
        """Whether a value visible here is a stored parameter."""
        owner = self if name in self.types else self.find_owner(name)
        return owner is not None and name in owner.parameters


def _stored_value(stored: StoredTensor) -> Value | None:
    values = stored.values
    if values is None:
        return None
    count = count_of(stored.type.shape)
    if stored.splat and len(values) == 1:
        return None if count is None else values * count
    return values if count == len(values) else None


@dataclass(frozen=True, slots=True)
class TypedGraph:
    """A graph whose values have types.

    ``unresolved`` names the values whose type is not static; ``cause`` says in one sentence where
    that began. ``sizes`` holds the symbols' sizes. ``found`` says for each size that depends on
    data where it comes from, loops that data may end early included; ``has_bounded`` whether a
    size is among them.
    """

    graph: Graph
    body: TypedBlock
    sizes: Mapping[str, int]
    unresolved: tuple[str, ...]
    cause: str | None
    warnings: tuple[str, ...]
    found: tuple[str, ...] = ()
    has_bounded: bool = False

    @property
    def input_names(self) -> list[str]:
        """The inputs that a caller supplies; old files list stored tensors among them too."""
        block = self.body.block
        return [name for name in block.inputs if name not in block.stored]

    @property
    def types(self) -> Mapping[str, TensorType]:
        """Types of the values of the entry block."""
        return self.body.types

    @property
    def values(self) -> Mapping[str, Value]:
        """Small known values of the entry block."""
        return self.body.values
