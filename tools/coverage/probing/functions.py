"""A model that calls a function of its own, which tools may know nothing of."""

from __future__ import annotations

from typing import Any

from onnx import TensorProto, helper
from probing.asking import Ask

FUNCTIONS = "function"
"""The set that stands for calls of functions of an ONNX model; a table without it says nothing."""

_VERSION = 17


def ask_function(ask: Ask) -> dict[str, list[dict[str, Any]]]:
    """The rules of that set: none where the tool takes no such model."""
    return {"call": [] if ask(_build()) else [{}]}


def _build() -> bytes:
    sets = [helper.make_opsetid("", _VERSION), helper.make_opsetid("own", 1)]
    add = helper.make_node("Add", ["x", "x"], ["y"])
    function = helper.make_function("own", "Twice", ["x"], ["y"], [add], sets[:1])
    call = helper.make_node("Twice", ["a"], ["b"], domain="own")
    given, made = (
        helper.make_tensor_value_info(name, TensorProto.FLOAT, [2, 3]) for name in ("a", "b")
    )
    graph = helper.make_graph([call], "g", [given], [made])
    model = helper.make_model(graph, functions=[function], opset_imports=sets, ir_version=8)
    return bytes(model.SerializeToString())
