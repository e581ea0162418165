"""Apply one operation to operands written as shapes or values, and look at what comes out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pytest

from cyborg_rr.domain.graph.graph import Dimension, Shape, TensorType
from cyborg_rr.domain.graph.operations.declaring.operation import Cost
from cyborg_rr.domain.graph.operations.declaring.typed_node import Value
from cyborg_rr.domain.graph.operations.registry import REGISTRY
from cyborg_rr.domain.graph.work.costs import find_cost
from tests.unit.graph.building import GraphBuilder

Operand = tuple[Dimension, ...] | TensorType | list[int] | list[float] | int | float | None


@dataclass(frozen=True)
class Applied:
    """Result types, the value of the first result and the cost of one operation."""

    types: tuple[TensorType, ...]
    value: Value | None
    cost: Cost | None

    @property
    def shape(self) -> Shape | None:
        return self.types[0].shape

    @property
    def shapes(self) -> tuple[Shape | None, ...]:
        return tuple(found.shape for found in self.types)

    @property
    def element_type(self) -> str | None:
        return self.types[0].element_type


def apply(operation: str, *operands: Operand, outputs: int = 1, **attributes: Any) -> Applied:
    """A tuple is a float input of that shape, a list or number a constant, None an absent one."""
    builder = GraphBuilder()
    names = []
    for place, operand in enumerate(operands):
        if operand is None:
            names.append("")
        elif isinstance(operand, TensorType):
            builder.inputs[f"x{place}"] = operand
            names.append(f"x{place}")
        elif isinstance(operand, tuple):
            names.append(builder.input(f"x{place}", *operand))
        else:
            first = operand[0] if isinstance(operand, list) and operand else operand
            names.append(builder.constant(operand, "f32" if isinstance(first, float) else "i64"))
    result = builder.node(operation, *names, outputs=outputs, **attributes)
    typed = builder.infer(result)
    node = typed.graph.body.nodes[0]
    return Applied(
        tuple(typed.types[name] for name in node.outputs),
        typed.values.get(result),
        find_cost(REGISTRY[operation], node, typed.body),
    )


def each_case(cases: Sequence[tuple[Any, ...]]) -> pytest.MarkDecorator:
    """Run a test for each case: an operation, its operands, its attributes and what is expected."""
    names = ("operation", "operands", "attributes", "expected")[: len(cases[0])]
    ids = [f"{place}-{case[0]}" for place, case in enumerate(cases)]
    return pytest.mark.parametrize(names, cases, ids=ids)
