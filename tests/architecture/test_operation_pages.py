"""The pages of the canonical operations are made of what the operations declare."""

import importlib.util
from types import ModuleType

import pytest

from cyborg_rr.domain.graph.operations.declaring.declarations import Attribute, Operand
from cyborg_rr.domain.graph.operations.registry import FAMILIES, REGISTRY, Family
from tests.architecture.tree import ROOT


@pytest.fixture(scope="module")
def pages() -> ModuleType:
    """The extension of the documentation that writes them."""
    path = ROOT / "doc" / "source" / "_ext" / "operation_pages.py"
    found = importlib.util.spec_from_file_location("operation_pages", path)
    assert found is not None
    assert found.loader is not None
    module = importlib.util.module_from_spec(found)
    found.loader.exec_module(module)
    return module


@pytest.mark.parametrize("family", FAMILIES, ids=[family.name for family in FAMILIES])
def test_the_page_of_a_family_has_all_that_it_declares(pages: ModuleType, family: Family) -> None:
    text = pages.render_family(family)
    for operation in family.operations:
        assert f"\n{operation.name}\n{'-' * len(operation.name)}\n" in text
        declarations: tuple[Operand | Attribute, ...] = (*operation.operands, *operation.attributes)
        for declared in declarations:
            assert f"``{declared.name}``" in text
            assert pages.escape(declared.meaning) in text


def test_the_index_lists_every_family_and_counts_the_operations(pages: ModuleType) -> None:
    text = pages.render_index(FAMILIES)
    assert f"into {len(REGISTRY)} operations" in text
    assert all(f"   {family.name}\n" in text for family in FAMILIES)


def test_what_is_markup_elsewhere_is_text_on_the_page(pages: ModuleType) -> None:
    assert pages.escape("x / (1 + |x|) as `a_b`") == r"x / (1 + \|x\|) as ``a_b``"
