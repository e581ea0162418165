"""Operations and their result types against what jaxlib's MLIR parser counted (see make.py)."""

from __future__ import annotations

import json
from collections import Counter

import pytest

from cyborg_rr.domain.graph.graph import TensorType
from cyborg_rr.readers.dialects.mlir.calls import list_operations
from cyborg_rr.readers.dialects.mlir.values import result_types
from cyborg_rr.readers.formats.mlir.structure import Operation
from cyborg_rr.readers.formats.mlir.text import parse_module
from cyborg_rr.readers.formats.mlir.types import MlirType
from tests.readers.stablehlo.files import DATA, FILES

SHORT_NAMES = {"call": "func.call", "return": "func.return"}


def render(type_: MlirType) -> str:
    """A type as MLIR writes it."""
    if not isinstance(type_, TensorType):
        return str(getattr(type_, "text", type_))
    element = str(type_.element_type)
    element = {"c64": "complex<f32>", "c128": "complex<f64>"}.get(element, element)
    if element.startswith("u"):
        element = f"ui{element[1:]}"
    return f"tensor<{''.join(f'{size}x' for size in type_.shape or ())}{element}>"


def count(operation: Operation, counts: Counter[str]) -> None:
    """Note an operation; the short form of a reduction stands for its reducer too."""
    name = SHORT_NAMES.get(operation.name, operation.name)
    types = ", ".join(render(type_) for type_ in result_types(operation))
    counts[f"{name} -> {types}"] += 1
    if "applies" in operation.words:
        inner = operation.words[operation.words.index("applies") + 1]
        (operand, *_) = operation.types
        assert isinstance(operand, TensorType)
        counts[f"{inner} -> {render(TensorType(operand.element_type, ()))}"] += 1
        counts["stablehlo.return -> "] += 1


@pytest.mark.parametrize("stem", FILES)
def test_operations_and_types_are_those_that_jaxlib_counts(stem: str) -> None:
    module = parse_module(FILES[stem].read_bytes())
    counts: Counter[str] = Counter({"builtin.module -> ": 1})
    counts["func.func -> "] = len(module.functions)
    for operation in module.operations:
        count(operation, counts)
    for function in module.functions.values():
        for operation in list_operations(function.body or []):
            count(operation, counts)
    assert counts == json.loads((DATA / "oracle" / f"{stem}.json").read_text())
