"""Steps become nodes so that a native operation counts once and under its own name."""

from __future__ import annotations

import pytest

from cyborg_rr.domain.graph.graph import Block
from cyborg_rr.domain.graph.naming import (
    is_of_dialect,
    name_operation,
    name_step,
    native_operation,
)
from cyborg_rr.readers.kit.rules import axis, numbers, plain, unknown
from cyborg_rr.readers.kit.steps import make_nodes
from tests.readers.kit.building import make_node


def test_the_last_step_has_the_native_name_and_the_blocks() -> None:
    node = make_node()
    steps = [node.step("matmul", None, ("t",)), node.step("add", ("t", "b"))]
    block = Block({}, (), ())
    first, last = make_nodes(steps, "com.microsoft:FusedMatMul", "n", (block,))
    assert (first.operation, first.native_name) == ("matmul", "com.microsoft:FusedMatMul/matmul")
    assert (last.operation, last.native_name) == ("add", "com.microsoft:FusedMatMul")
    assert (first.blocks, last.blocks) == ((), (block,))
    assert (first.outputs, last.outputs) == (("t",), ("y",))
    assert first.name == last.name == "n"


@pytest.mark.parametrize(
    "name", [name_operation("", "Conv"), name_operation("own", "Op"), "stablehlo.add"]
)
def test_the_name_of_a_step_leads_back_to_its_operation(name: str) -> None:
    assert native_operation(name_step(name, "layer_normalization")) == name
    assert native_operation(name) == name


def test_a_domain_stands_before_the_operation_unless_it_is_the_own_one() -> None:
    assert name_operation("com.microsoft", "Attention") == "com.microsoft:Attention"
    assert name_operation("", "Conv") == "Conv"


def test_an_operation_belongs_to_the_dialect_before_its_name() -> None:
    assert is_of_dialect(name_operation("com.microsoft", "Attention"), "com.microsoft")
    assert is_of_dialect("chlo.erf", "chlo")
    assert not is_of_dialect("chlone.erf", "chlo")
    assert not is_of_dialect(name_operation("", "chlo"), "chlo")


def test_common_rules_keep_the_values_of_the_node() -> None:
    node = make_node(alpha=0.5, dim=1)
    for rule, operation, attributes in (
        (plain("cumulative", function="sum"), "cumulative", {"function": "sum"}),
        (numbers("elu", alpha=1.0, beta=2.0), "elu", {"alpha": 0.5, "beta": 2.0}),
        (axis("softmax", "dim", -1), "softmax", {"axis": 1}),
        (axis("softmax", "axis", -1), "softmax", {"axis": -1}),
        (unknown, "unknown", {}),
    ):
        (step,) = rule(node)
        assert (step.operation, step.attributes) == (operation, attributes)
        assert (step.inputs, step.outputs) == (node.inputs, node.outputs)
