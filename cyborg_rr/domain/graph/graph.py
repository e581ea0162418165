"""A model in neutral form, whatever IR it came in: typed values, nodes with canonical operations.

A reader makes a ``Graph``; nothing here knows any IR. A graph may be incomplete: a value without an
entry in ``types`` has no stated type (NNVM and MXNet state none), a dimension may be a symbol, a
shape may be unknown. ``cyborg_rr.domain.graph.inference.inference`` completes it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Final, Literal

from cyborg_rr.domain.graph.bounds import Bounded, Condition
from cyborg_rr.domain.graph.caches import CachedLayers
from cyborg_rr.domain.graph.shardings import Sharding
from cyborg_rr.domain.words import find_element_type

Dimension = int | str
"""A size in elements, or the name of a symbol (one symbol has one size throughout a graph)."""

Shape = tuple[Dimension, ...]

Scalar = int | float | bool
AttributeValue = Scalar | str | tuple[Scalar, ...] | tuple[str, ...]

Completeness = Literal["full", "partial", "header"]
StoredKind = Literal["parameter", "constant"]
StoredLocation = Literal["inline", "external", "absent"]

SMALL_CONSTANT_ELEMENTS = 4096
"""A reader keeps the values of stored tensors up to this many elements: shapes, axes, scales."""


@dataclass(frozen=True, slots=True)
class TensorType:
    """Element type (None: not stated) and shape (None: rank not stated) of a value."""

    element_type: str | None
    shape: Shape | None

    @property
    def is_static(self) -> bool:
        """Whether the size in bytes is known."""
        if self.element_type is None or self.shape is None:
            return False
        for dimension in self.shape:  # noqa: SIM110  # asked of every value, so it has to be fast
            if not isinstance(dimension, int):
                return False
        return True

    @property
    def is_bounded(self) -> bool:
        """Whether a dimension depends on data and its largest size is known."""
        for dimension in self.shape or ():  # noqa: SIM110  # as above
            if isinstance(dimension, Bounded):
                return True
        return False

    @property
    def at_most(self) -> TensorType:
        """The type at the largest sizes of its bounded dimensions."""
        if self.shape is None or not self.is_bounded:
            return self
        sizes = tuple(d.most if isinstance(d, Bounded) else d for d in self.shape)
        return TensorType(self.element_type, sizes)

    @property
    def elements(self) -> int | None:
        """Number of elements, or None while a dimension is unknown."""
        if self.shape is None:
            return None
        total = 1
        for dimension in self.shape:
            if not isinstance(dimension, int):
                return None
            total *= dimension
        return total

    @property
    def byte_size(self) -> int | None:
        """Bytes that the tensor takes, sub-byte elements packed; None while unknown.

        Where elements are stored in blocks, each row (the last dimension) is whole blocks.
        """
        return _find_byte_size(self.element_type, self.shape)


@lru_cache(maxsize=4096)
def _find_byte_size(name: str | None, shape: Shape | None) -> int | None:
    """Reckoned once for each type: a graph has far fewer types than values."""
    elements = TensorType(name, shape).elements
    element_type = find_element_type(name)
    if elements is None or element_type is None:
        return None
    if element_type.block is None:
        return (elements * element_type.bits + 7) // 8
    row = shape[-1] if shape else 1
    in_block, block_bytes = element_type.block
    if not isinstance(row, int) or row == 0:
        return 0
    return elements // row * -(-row // in_block) * block_bytes


@dataclass(frozen=True, slots=True)
class StoredTensor:
    """A tensor that the file carries or refers to: a parameter (weight) or a constant.

    ``values`` holds the elements in row-major order only while there are at most
    ``SMALL_CONSTANT_ELEMENTS`` of them; weights are never read. ``splat`` marks a tensor of one
    repeated value, whose ``values`` has length 1.
    """

    type: TensorType
    kind: StoredKind
    location: StoredLocation = "inline"
    values: tuple[Scalar, ...] | None = None
    splat: bool = False
    is_repeated: bool = False
    """Whether what runs it repeats the one element wherever it is read and keeps nothing more."""

    def find_bytes(self, tensor: TensorType) -> int | None:
        """What a runtime keeps of it, whose type is as given; None while unknown."""
        if self.is_repeated and tensor.elements:
            return TensorType(tensor.element_type, ()).byte_size
        return tensor.byte_size


@dataclass(slots=True)  # not frozen: as Node
class NativeCall:
    """A node as the file has it: its values in the file's order, and what it says besides.

    ``stated`` are types of operands that the graph has in another form, such as packed weights;
    None where there are none.
    """

    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    attributes: Mapping[str, object]
    stated: Mapping[str, TensorType] | None = None


@dataclass(slots=True)  # not frozen, though nothing changes one: making it takes a fourth so long
class Node:
    """One operation: ``operation`` is a canonical name, ``native_name`` the one of the IR.

    An absent optional input is the empty string. ``attributes`` are those that
    the canonical operation declares. ``native`` is how the file calls the operation, on the node
    that carries its name; None: as the node does.
    """

    operation: str
    native_name: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    attributes: Mapping[str, AttributeValue] = field(default_factory=dict)
    blocks: tuple[Block, ...] = ()
    name: str = ""
    native: NativeCall | None = None


@dataclass(frozen=True, slots=True)
class Block:
    """Nodes in topological order, inputs and outputs; an inner block may use outer values.

    ``aliased_outputs`` names, by the place of an output, the argument whose memory it takes over.
    """

    inputs: Mapping[str, TensorType]
    outputs: tuple[str, ...]
    nodes: tuple[Node, ...]
    stored: Mapping[str, StoredTensor] = field(default_factory=dict)
    types: Mapping[str, TensorType] = field(default_factory=dict)
    aliased_outputs: Mapping[int, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Dialect:
    """An operation set that the file uses and the version that it requires (None: not stated)."""

    name: str
    version: str | None


@dataclass(frozen=True, slots=True)
class IRIdentity:
    """Which IR a file is in: ``family`` such as onnx or stablehlo, and the versions it states."""

    family: str
    version: str | None
    encoding: str = ""
    producer: str | None = None
    producer_version: str | None = None
    dialects: tuple[Dialect, ...] = ()


QUANTIZATION: Final = "quantization"
"""Beside the architecture of a model of the hub: the method that packed its weights, as version."""

LIBRARY: Final = "library"
"""Kind of the target of a graph that calls functions of a compiled library beside it."""


ANY_OF: Final = "any of"
"""Kind of a target whose value lists several, as kind:value, of which one has to be met."""

_OR: Final = " or "


@dataclass(frozen=True, slots=True)
class Target:
    """An exact compile or run target that the file demands, for example kind arch, value sm_90a."""

    kind: str
    value: str

    @property
    def alternatives(self) -> tuple[Target, ...]:
        """The targets of which any one is enough: those of ``ANY_OF``, or the target itself."""
        if self.kind != ANY_OF:
            return (self,)
        parts = (each.partition(":") for each in self.value.split(_OR))
        return tuple(Target(kind, value) for kind, _, value in parts)


def join_targets(targets: Iterable[Target]) -> tuple[Target, ...]:
    """One target that any of these meets; none where there are none.

    Their values must not hold the word that stands between them.
    """
    several = tuple(dict.fromkeys(targets))
    if len(several) < 2:
        return several
    return (Target(ANY_OF, _OR.join(f"{each.kind}:{each.value}" for each in several)),)


PlanSource = Literal["storage_id", "buffer_assignment", "arena"]
"""What states a memory plan: NNVM's storage ids, XLA's buffer assignment, an arena of offsets."""


@dataclass(frozen=True, slots=True)
class MemoryPlan:
    """How many bytes the compiler of the file reserved for temporaries, inputs not counted."""

    temporary_bytes: int
    source: PlanSource


@dataclass(frozen=True, slots=True)
class Arguments:
    """The arguments of the program that a file is, in order: the tensors in each.

    Weights are among them; ``note`` is the warning that says how those were told.
    """

    names: tuple[tuple[str, ...], ...] = ()
    note: str = ""


@dataclass(frozen=True, slots=True)
class Graph:
    """A whole model: one entry block and what the file says about itself.

    ``weights_guessed`` says that nothing tells weights from inputs. ``cache`` is what a sequence
    keeps between its tokens; empty where nothing is known of it. ``bounds`` are the largest sizes
    of symbols, where the file states them; ``conditions`` are what else it asks of sizes, and no
    figure is reckoned from them. ``mesh`` has the axes that the file arranges its devices
    in. ``shardings`` say by name how values are divided among the partitions, ``output_shardings``
    by place how outputs are; what has no entry may be divided in any way, of a graph that
    ``is_divided`` all arguments. ``calls`` count by native name where the file calls functions of
    its own, which the body has written out and compilers may not know.
    """

    ir: IRIdentity
    name: str
    body: Block
    completeness: Completeness = "full"
    replicas: int = 1
    partitions: int = 1
    targets: tuple[Target, ...] = ()
    warnings: tuple[str, ...] = ()
    cache: tuple[CachedLayers, ...] = ()
    memory_plan: MemoryPlan | None = None
    bounds: Mapping[str, int] = field(default_factory=dict)
    conditions: tuple[Condition, ...] = ()
    arguments: Arguments = Arguments()
    weights_guessed: bool = False
    mesh: Mapping[str, int] = field(default_factory=dict)
    shardings: Mapping[str, Sharding] = field(default_factory=dict)
    output_shardings: Mapping[int, Sharding] = field(default_factory=dict)
    is_divided: bool = False
    calls: Mapping[str, int] = field(default_factory=dict)

    @property
    def is_sharded(self) -> bool:
        """Whether the file says that, or how, its values are divided among devices."""
        said = self.shardings or self.output_shardings or self.is_divided
        return bool(self.partitions > 1 and said)
