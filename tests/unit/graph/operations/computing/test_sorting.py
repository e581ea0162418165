"""What is largest and what comes first."""

from typing import Any

import pytest

from cyborg_rr.domain.errors import UnreadableModel
from cyborg_rr.domain.graph.graph import TensorType
from tests.unit.graph.applying import Operand, apply, each_case

REFUSED: list[tuple[str, list[Operand], dict[str, Any]]] = [
    ("top_k", [(5,), [6]], {}),
]  # fmt: skip


@each_case(REFUSED)
def test_operands_that_do_not_fit_are_refused_with_the_node(
    operation: str, operands: list[Operand], attributes: dict[str, Any]
) -> None:
    with pytest.raises(UnreadableModel, match=r"'v0"):
        apply(operation, *operands, **attributes)


def test_top_k_keeps_k() -> None:
    found = apply("top_k", (4, 100), [5], outputs=2, axis=-1, index_type="i32")
    assert found.types == (TensorType("f32", (4, 5)), TensorType("i32", (4, 5)))
