"""Functions for tests as plain JSON."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

Fields = dict[str, Any]


def parameter(
    name: str, shape: Sequence[int | None] | None, kind: str = "float", **more: Any
) -> Fields:
    """An input."""
    fields = {"name": name, "op": "Parameter", "inputs": [], "outputs": [f"{name}_0"]}
    return {**fields, "shape": shape, "element_type": kind, **more}


def constant(name: str, shape: Sequence[int], kind: str, *values: object) -> Fields:
    """A constant, whose values are texts."""
    fields = {"name": name, "op": "Constant", "inputs": [], "outputs": [f"{name}_0"]}
    return {**fields, "shape": shape, "element_type": kind, "value": [str(each) for each in values]}


def operation(
    kind: str, *inputs: object, name: str = "made", outputs: int = 1, **more: Any
) -> Fields:
    """An operation."""
    yielded = [f"{name}_{place}" for place in range(outputs)]
    return {"name": name, "op": kind, "inputs": list(inputs), "outputs": yielded, **more}


def function(name: str, ops: Sequence[Fields], *results: object) -> Fields:
    """A function of all parameters among its operations."""
    parameters = [each["name"] for each in ops if each.get("op") == "Parameter"]
    return {"name": name, "ops": list(ops), "parameters": parameters, "result": list(results)}


def write(*functions: Fields) -> bytes:
    """A file."""
    return json.dumps(list(functions)).encode()
