"""What an operation is to the analysis: its declaration, with the rules that go with it.

Each family module ends in ``OPERATIONS``; adding an operation is one entry there.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import KW_ONLY, dataclass, field
from typing import Literal, NamedTuple

from cyborg_rr.domain.graph.graph import TensorType
from cyborg_rr.domain.graph.operations.declaring.declarations import Attribute, Declared, Operand
from cyborg_rr.domain.graph.operations.declaring.typed_node import TypedNode, Value
from cyborg_rr.domain.words import WorkKind

View = Literal["none", "first", "each"]
"""Which results share memory with operands: none, result 0 with operand 0, or i with i."""


class Cost(NamedTuple):
    """Work of one execution of a node.

    ``read_bytes`` names operands of which less than the whole is read (by position), and
    ``written_bytes`` stands where less than the whole results is written (updates in place).
    """

    macs: int = 0
    flops_other: int = 0
    transcendentals: int = 0
    read_bytes: Mapping[int, int] | None = None
    written_bytes: int | None = None


FREE = Cost()

ShapeRule = Callable[[TypedNode], Sequence[TensorType]]
CostRule = Callable[[TypedNode], Cost]
FoldRule = Callable[[TypedNode], Value | None]
CompleteRule = Callable[[TypedNode], Mapping[int, TensorType]]


def no_cost(node: TypedNode) -> Cost:
    """Nothing is computed: data only moves."""
    return FREE


@dataclass(frozen=True, slots=True)
class Operation:
    """One canonical operation.

    ``shape`` gives the result types as far as they follow from the operands (missing ones count as
    unknown) and raises ``Contradiction``. ``cost`` is asked only when all types are static.
    ``fold`` gives the elements of a small result. ``complete`` gives types of operands that the
    file leaves open, such as weights of an IR without shapes. ``view`` results take no memory.
    ``updates`` has by the place of a result that of the operand which it is with a part of it
    written anew; with ``updates_if``, a flag, only where that is set.
    A ``repeats`` operation only repeats its operand (or a number) and melts into what reads it.
    The cost of one that ``is_bound`` hangs on data and is the most that it can be.
    One that ``runs_code`` asks something of a toolchain; no other need be covered by it. What
    ``is_known`` false stands for can be judged by nobody here, no toolchain either.
    ``declared`` holds the attributes by name.
    """

    name: str
    _: KW_ONLY
    kind: WorkKind
    summary: str
    operands: tuple[Operand, ...] = ()
    attributes: tuple[Attribute, ...] = ()
    shape: ShapeRule
    cost: CostRule = no_cost
    fold: FoldRule | None = None
    complete: CompleteRule | None = None
    view: View = "none"
    updates: Mapping[int, int] = field(default_factory=dict)
    updates_if: str = ""
    repeats: bool = False
    is_bound: bool = False
    runs_code: bool = True
    is_known: bool = True
    declared: Declared = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "declared", Declared(self.name, self.attributes))
