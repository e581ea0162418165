"""What operations declare and what their rules ask for are the same."""

from __future__ import annotations

from pathlib import Path

import pytest

from cyborg_rr.domain.graph.graph import Node, TensorType
from cyborg_rr.domain.graph.operations.checking import fits
from cyborg_rr.domain.graph.operations.declaring.declarations import (
    Attribute,
    Declared,
    UndeclaredAttribute,
)
from cyborg_rr.domain.graph.operations.declaring.typed_node import TypedNode
from cyborg_rr.domain.graph.operations.registry import FAMILIES, REGISTRY, Family
from cyborg_rr.domain.graph.shapes import Contradiction
from tests.unit.graph.operations.reading import list_asked, list_texts

HERE = Path(__file__).parent
OPERATIONS = list(REGISTRY.values())
ids = [operation.name for operation in OPERATIONS]


@pytest.mark.parametrize("operation", OPERATIONS, ids=ids)
def test_rules_ask_for_declared_attributes_only(operation) -> None:  # type: ignore[no-untyped-def]
    assert list_asked(operation) - set(operation.declared) == set()


@pytest.mark.parametrize("operation", OPERATIONS, ids=ids)
def test_every_attribute_is_read_by_a_rule_or_kept_for_a_reason(operation) -> None:  # type: ignore[no-untyped-def]
    unread = {each.name for each in operation.attributes if not each.kept} - list_texts(operation)
    assert unread == set()


@pytest.mark.parametrize("operation", OPERATIONS, ids=ids)
def test_what_is_kept_for_a_reason_is_read_by_no_rule(operation) -> None:  # type: ignore[no-untyped-def]
    kept = {each.name for each in operation.attributes if each.kept}
    assert kept & list_asked(operation) == set()


@pytest.mark.parametrize("operation", OPERATIONS, ids=ids)
def test_a_declaration_is_whole(operation) -> None:  # type: ignore[no-untyped-def]
    assert operation.summary.endswith(".")
    assert len(operation.declared) == len(operation.attributes)
    names = [operand.name for operand in operation.operands]
    assert len(set(names)) == len(names)
    assert not any(operand.variadic for operand in operation.operands[:-1])
    for attribute in operation.attributes:
        assert attribute.meaning
        assert attribute.source
        assert attribute.default is None or fits(attribute.type, attribute.default)
        assert attribute.default is None or not attribute.required


def test_an_operation_is_declared_once() -> None:
    assert len(REGISTRY) == sum(len(family.operations) for family in FAMILIES)


@pytest.mark.parametrize("family", FAMILIES, ids=[family.name for family in FAMILIES])
def test_a_family_has_tests_of_its_name(family: Family) -> None:
    assert (HERE / family.room / f"test_{family.name}.py").is_file()


DECLARED = Declared(
    "shift",
    (
        Attribute("by", "integer", "how far", 3),
        Attribute("mode", "text", "how"),
        Attribute("along", "integers", "which dimensions", required=True),
    ),
)


def look_at(**attributes: object) -> TypedNode:
    node = Node("shift", "shift", ("x",), ("y",), attributes)  # type: ignore[arg-type]
    return TypedNode(DECLARED, node, (TensorType("f32", (2,)),), lambda name: None)


def test_an_attribute_that_is_not_stated_has_the_declared_default() -> None:
    assert look_at().integer("by") == 3
    assert look_at(by=5).integer("by") == 5
    assert look_at().text("mode") == ""
    assert not look_at().states("mode")


@pytest.mark.parametrize("accessor", ["integer", "flag", "text", "integers", "numbers", "states"])
def test_asking_for_an_undeclared_attribute_is_a_mistake(accessor: str) -> None:
    with pytest.raises(UndeclaredAttribute, match="shift declares no attribute bye"):
        getattr(look_at(bye=1), accessor)("bye")


@pytest.mark.parametrize(
    "accessor",
    ["integer", "find_integer", "scalar", "flag", "text", "integers", "dimensions", "numbers"],
)
def test_lacking_a_required_attribute_is_a_contradiction_that_names_it(accessor: str) -> None:
    with pytest.raises(Contradiction, match="the attribute along is missing"):
        getattr(look_at(), accessor)("along")


def test_whether_a_required_attribute_is_stated_may_be_asked() -> None:
    assert look_at(along=(1,)).states("along")
    assert not look_at().states("along")


def test_asking_for_a_number_that_nothing_states_is_a_mistake() -> None:
    with pytest.raises(UndeclaredAttribute, match="mode has no default"):
        look_at().integer("mode")


def test_an_attribute_of_another_type_is_a_contradiction() -> None:
    with pytest.raises(Contradiction, match="by should be a number"):
        look_at(by="far").integer("by")
    with pytest.raises(Contradiction, match="by should be numbers"):
        look_at(by="far").integers("by")
