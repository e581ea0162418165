"""Hand-counted work of single operations: what a person counts, beside what the rule answers.

A family's cases stand in ``CASES`` of its ``test_<family>.py``. Only this module knows how a
node is typed and asked for its cost; the mutation check takes the words of rules from here.
"""

from __future__ import annotations

import importlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import pytest

from cyborg_rr.domain.graph.graph import AttributeValue, Block, Node, TensorType
from cyborg_rr.domain.graph.inference.typed import TypedBlock
from cyborg_rr.domain.graph.operations.declaring.operation import Cost, CostRule, Operation
from cyborg_rr.domain.graph.operations.registry import FAMILIES, REGISTRY
from cyborg_rr.domain.graph.work.costs import find_cost
from tests.unit.graph.building import GraphBuilder

__all__ = [
    "Case", "Cost", "CostRule", "Operation", "TypedCase", "as_parameters", "count",
    "list_cases", "type_case",
]  # fmt: skip

Operand = tuple[int, ...] | TensorType | list[int] | list[float] | int | float | None
"""A tuple is an f32 tensor of that shape, a list or number a constant, None an absent operand."""

Count = int | Mapping[int, int] | None


@dataclass(frozen=True)
class Case:
    """One node and the work that a person counts for it.

    ``read_bytes`` says by operand of which less than the whole is read, ``written_bytes`` what is
    written when that is less than the results. ``yields`` are result types that the file states.
    """

    sentence: str
    operation: str
    operands: Sequence[Operand] = ()
    attributes: Mapping[str, AttributeValue] = field(default_factory=dict)
    macs: int = 0
    flops: int = 0
    transcendentals: int = 0
    read_bytes: Mapping[int, int] | None = None
    written_bytes: int | None = None
    outputs: int = 1
    yields: Sequence[TensorType] = ()
    blocks: tuple[Block, ...] = ()

    @property
    def expected(self) -> dict[str, Count]:
        """The counts by their names in the rule's answer."""
        return {
            "macs": self.macs,
            "flops_other": self.flops,
            "transcendentals": self.transcendentals,
            "read_bytes": self.read_bytes,
            "written_bytes": self.written_bytes,
        }


@dataclass(frozen=True)
class TypedCase:
    """A case whose node was typed once, so that many rules can be asked about it."""

    case: Case
    node: Node
    scope: TypedBlock

    def ask(self, operation: Operation) -> dict[str, Count] | None:
        """The rule's answer; None when it has none."""
        cost = find_cost(operation, self.node, self.scope)
        return None if cost is None else cost._asdict()


def type_case(case: Case) -> TypedCase:
    """Build the graph of one node and complete its types."""
    builder = GraphBuilder()
    names = [_add_operand(builder, place, operand) for place, operand in enumerate(case.operands)]
    outputs = max(case.outputs, len(case.yields))
    results = tuple(f"y{place}" for place in range(outputs))
    operation = case.operation
    node = Node(operation, operation, tuple(names), results, case.attributes, case.blocks, "v")
    builder.nodes.append(node)
    builder.types.update(zip(results, case.yields, strict=False))
    typed = builder.infer(*results)
    return TypedCase(case, node, typed.body)


def _add_operand(builder: GraphBuilder, place: int, operand: Operand) -> str:
    if operand is None:
        return ""
    if isinstance(operand, TensorType):
        builder.inputs[f"x{place}"] = operand
        return f"x{place}"
    if isinstance(operand, tuple):
        return builder.input(f"x{place}", *operand)
    first = operand[0] if isinstance(operand, list) and operand else operand
    return builder.constant(operand, "f32" if isinstance(first, float) else "i64")


def count(case: Case) -> dict[str, Count] | None:
    """What the operation's own rule answers."""
    return type_case(case).ask(REGISTRY[case.operation])


def as_parameters(cases: Sequence[Case]) -> list[object]:
    """One pytest parameter per case, named by its sentence."""
    return [pytest.param(case, id=case.sentence) for case in cases]


def list_cases() -> list[Case]:
    """The cases of every family."""
    package = __name__.rpartition(".")[0]
    homes = [f"{package}.{family.room}.test_{family.name}" for family in FAMILIES]
    return [case for home in homes for case in importlib.import_module(home).CASES]
