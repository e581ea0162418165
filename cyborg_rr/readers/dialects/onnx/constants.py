"""Tensors that nodes of an ONNX graph hold: constants, and weights that are kept as such."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Final

from cyborg_rr.domain.errors import UnreadableModel
from cyborg_rr.domain.graph.graph import SMALL_CONSTANT_ELEMENTS, Node, StoredTensor, TensorType
from cyborg_rr.domain.graph.shapes import find_whole
from cyborg_rr.domain.words import find_element_type
from cyborg_rr.readers.dialects.onnx.schema import LongList, OnnxNode
from cyborg_rr.readers.dialects.onnx.scope import Scope
from cyborg_rr.readers.dialects.onnx.tensors import check_size
from cyborg_rr.readers.dialects.onnx.translation.shaping import fill_value

_WEIGHT_INPUTS = {
    "convolution": (1, 2), "convolution_transpose": (1, 2), "gemm": (1, 2), "matmul": (0, 1),
    "batch_normalization": (1, 2, 3, 4), "layer_normalization": (1, 2), "gather": (0,),
    "rms_normalization": (1,), "rnn": (1, 2, 3), "lstm": (1, 2, 3), "gru": (1, 2, 3),
}  # fmt: skip
"""Where a constant tensor is a weight, in models that keep weights in Constant nodes."""


_BIAS_BITS: Final = 32
"""Of the biases of quantised layers, the widest whole numbers that are learned."""


def find_constant(node: OnnxNode, scope: Scope) -> StoredTensor | None:
    """The tensor that a Constant node holds, or a ConstantOfShape whose shape is stored."""
    if node.domain or node.operation not in ("Constant", "ConstantOfShape"):
        return None
    if len(node.outputs) != 1 or not node.outputs[0]:
        raise UnreadableModel(f"{node.place} must have one output")
    if node.operation == "Constant":
        return _constant_value(node)
    shape = scope.stored_of(node.inputs[0]) if node.inputs else None
    sizes = None if shape is None or shape.splat else find_whole(shape.values)
    if sizes is None:
        return None
    element_type, value = fill_value(node.attributes.get("value"))
    known = TensorType(element_type, sizes)
    check_size(known, node.place)
    return StoredTensor(known, "constant", "inline", (value,), splat=True)


def _constant_value(node: OnnxNode) -> StoredTensor:
    for name in ("value", "sparse_value"):
        value = node.attributes.get(name)
        if isinstance(value, StoredTensor):
            return value if value.kind == "constant" else replace(value, kind="constant")
    for name, element_type in (
        ("value_float", "f32"),
        ("value_int", "i64"),
        ("value_string", "str"),
        ("value_floats", "f32"),
        ("value_ints", "i64"),
        ("value_strings", "str"),
    ):
        value = node.attributes.get(name)
        if value is None:
            continue
        if isinstance(value, LongList):
            return StoredTensor(TensorType(element_type, (value.count,)), "constant")
        if isinstance(value, tuple):
            numbers = tuple(item for item in value if isinstance(item, int | float))
            kept = (
                numbers
                if element_type != "str" and len(numbers) <= SMALL_CONSTANT_ELEMENTS
                else None
            )
            return StoredTensor(TensorType(element_type, (len(value),)), "constant", values=kept)
        if isinstance(value, int | float):
            return StoredTensor(TensorType(element_type, ()), "constant", values=(value,))
        if isinstance(value, str):
            return StoredTensor(TensorType(element_type, ()), "constant")
    raise UnreadableModel(f"{node.place} has no value")


def restate_kind(tensor: StoredTensor) -> StoredTensor:
    """An initializer of what nobody learns (shapes, indices, masks, text) as a constant.

    The newer exporter of PyTorch keeps every constant as an initializer.
    """
    known = find_element_type(tensor.type.element_type)
    if tensor.kind != "parameter" or known is None:
        return tensor
    narrow = known.family in ("signed", "unsigned") and known.bits <= _BIAS_BITS
    learned = known.may_be_weights or narrow
    return tensor if learned else replace(tensor, kind="constant")


def mark_weights(nodes: Iterable[Node], scope: Scope) -> None:
    """Call constants that stand where weights stand parameters: some exporters keep them so."""
    for node in nodes:
        for index in _WEIGHT_INPUTS.get(node.operation, ()):
            name = node.inputs[index] if index < len(node.inputs) else ""
            tensor = scope.stored.get(name)
            if tensor is not None and tensor.kind == "constant" and (tensor.type.elements or 0) > 1:
                scope.stored[name] = restate_kind(replace(tensor, kind="parameter"))
