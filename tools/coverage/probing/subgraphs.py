"""Graphs that operations of control flow hold, as small as can be."""

from __future__ import annotations

from typing import Any

from onnx import TensorProto, helper


def make_graphs(kind: str, number: int) -> dict[str, Any]:
    """The attributes of an operation of control flow, over tensors of an element type."""
    if kind == "branches":
        return {name: _make_branch(name, number) for name in ("then_branch", "else_branch")}
    if kind == "loop":
        return {"body": _make_loop(number)}
    if kind == "scan":
        return {"body": _make_scan(number)}
    raise SystemExit(f"no graphs: {kind!r}")


def _make_branch(name: str, number: int) -> Any:
    value: list[Any] = [b"a", b"a"] if number == TensorProto.STRING else [1, 1]
    tensor = helper.make_tensor(f"{name}_value", number, [2], value)
    node = helper.make_node("Constant", [], [f"{name}_out"], value=tensor)
    return helper.make_graph([node], name, [], [_info(f"{name}_out", number, [2])])


def _make_loop(number: int) -> Any:
    nodes = [
        helper.make_node("Identity", ["cond_in"], ["cond_out"]),
        helper.make_node("Identity", ["x_in"], ["x_out"]),
    ]
    inputs = [
        _info("i", TensorProto.INT64, []),
        _info("cond_in", TensorProto.BOOL, []),
        _info("x_in", number, [2, 3]),
    ]
    outputs = [_info("cond_out", TensorProto.BOOL, []), _info("x_out", number, [2, 3])]
    return helper.make_graph(nodes, "body", inputs, outputs)


def _make_scan(number: int) -> Any:
    nodes = [
        helper.make_node("Identity", ["state_in"], ["state_out"]),
        helper.make_node("Identity", ["x_in"], ["x_out"]),
    ]
    inputs = [_info("state_in", number, [3]), _info("x_in", number, [3])]
    outputs = [_info("state_out", number, [3]), _info("x_out", number, [3])]
    return helper.make_graph(nodes, "body", inputs, outputs)


def _info(name: str, number: int, shape: list[int]) -> Any:
    return helper.make_tensor_value_info(name, number, shape)
