"""An HLO module as its text and its protobuf both say it: computations of instructions."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from cyborg_rr.domain.errors import UnreadableModel
from cyborg_rr.domain.graph.graph import Scalar, TensorType
from cyborg_rr.readers.reading.limits import MAX_NODES

Key = int | str
"""What an operand is named by: the name in text, the number in protobuf."""

AttributeForm = int | str | tuple[int, ...]


@dataclass(frozen=True, slots=True)
class TupleType:
    """Several values as one; ``leaves`` are all tensors in it, those of inner tuples in order.

    ``ends`` say where each element's leaves end.
    """

    leaves: tuple[TensorType, ...]
    ends: tuple[int, ...]


HloType = TensorType | TupleType

MAX_LEAVES = 65536
"""Tensors in one tuple."""


def make_tuple(elements: Sequence[HloType]) -> TupleType:
    """The tuple of some types; ``UnreadableModel`` where it has too many tensors in it."""
    leaves: list[TensorType] = []
    ends: list[int] = []
    for element in elements:
        leaves.extend(list_leaves(element))
        ends.append(len(leaves))
        if len(leaves) > MAX_LEAVES:
            raise UnreadableModel(f"a tuple has more than {MAX_LEAVES} elements")
    return TupleType(tuple(leaves), tuple(ends))


def list_leaves(type_: HloType) -> tuple[TensorType, ...]:
    """All tensors in a type."""
    return (type_,) if isinstance(type_, TensorType) else type_.leaves


@dataclass(frozen=True, slots=True)
class Literal:
    """The value of a constant: few elements are kept, as in ``StoredTensor``."""

    values: tuple[Scalar, ...] | None
    splat: bool
    elided: bool = False
    """Whether the file leaves the elements out."""


@dataclass(slots=True)  # not frozen: one is made for every instruction of the file
class Instruction:
    """One operation: its opcode as XLA writes it, operands by key, and what it calls.

    ``attributes`` have the names of HLO text; windows, slices and paddings are taken apart.
    ``called`` are computations in the order of HLO's protobuf (a while: body, condition).
    """

    key: Key
    name: str
    opcode: str
    type: HloType
    operands: tuple[Key, ...]
    attributes: Mapping[str, AttributeForm]
    called: tuple[Key, ...]
    position: int
    literal: Literal | None = None
    label: str = ""
    """What a parameter is called in the program that was compiled."""


@dataclass(slots=True)
class Computation:
    """A function: its instructions, each after those that it reads, and which one is its result."""

    key: Key
    name: str
    position: int
    instructions: list[Instruction] = field(default_factory=list)
    root: Instruction | None = None


@dataclass(frozen=True, slots=True)
class Alias:
    """A place of the result, as indices into nested tuples, that a parameter's memory goes to."""

    output: tuple[int, ...]
    parameter: int
    index: tuple[int, ...]


@dataclass(slots=True)
class Module:
    """A whole file; ``place`` says where a position in it is, for messages."""

    name: str
    encoding: str
    place: Callable[[int], str]
    computations: dict[Key, Computation] = field(default_factory=dict)
    entry: Key | None = None
    replicas: int = 1
    partitions: int = 1
    aliases: list[Alias] = field(default_factory=list)
    is_partitioned: bool = False
    """Whether XLA says that it cut the program for one device already."""
    temporary_bytes: int | None = None
    """What a buffer assignment reserves beside arguments, results and constants."""

    def fail(self, cause: str, position: int) -> UnreadableModel:
        """A refusal that says where its cause is."""
        return UnreadableModel(f"{cause} at {self.place(position)}")

    def add(self, computation: Computation) -> None:
        """Note a computation; no two have one name."""
        if computation.key in self.computations:
            raise self.fail(
                f"the computation {computation.name[:60]!r} is there twice", computation.position
            )
        self.computations[computation.key] = computation

    def get_entry(self) -> Computation:
        """The computation that a run begins with; the last one where the file does not say."""
        if self.entry is not None and self.entry in self.computations:
            return self.computations[self.entry]
        if not self.computations or self.entry is not None:
            raise UnreadableModel("the module has no entry computation")
        return next(reversed(self.computations.values()))


def check_size(instructions: int) -> None:
    """Refuse a module of more instructions than any graph may have."""
    if instructions > MAX_NODES:
        raise UnreadableModel(f"the module has more than {MAX_NODES} instructions")
