"""Rules for lists of tensors, which loops fill and take apart: one tensor with a dimension more.

All tensors of a list have one shape in the loops that Keras writes. Operands:
tensorflow/core/ops/list_ops.cc.
"""

from __future__ import annotations

from cyborg_rr.domain.graph.graph import Dimension, StoredTensor, TensorType
from cyborg_rr.domain.graph.shapes import ANY
from cyborg_rr.readers.kit.rules import unknown
from cyborg_rr.readers.kit.steps import Step
from cyborg_rr.readers.tensorflow.translation.native import NativeTensorflowNode

_MAX_RANK = 16


def reserve(node: NativeTensorflowNode) -> list[Step]:
    """TensorListReserve(shape of each, number of them): nothing is there until it is set.

    A size that follows from the first tensor is 0 until then.
    """
    each, count = node.whole(0), node.lone(1)
    element_type = node.element("element_dtype")
    if each is None or len(each) > _MAX_RANK or element_type is None:
        return unknown(node)
    sizes: list[Dimension] = [max(size, 0) for size in each]
    first: Dimension = ANY if count is None or count < 0 else count
    name = node.fresh("sizes")
    node.known.hold(name, StoredTensor(TensorType("i64", (len(each) + 1,)), "constant"))
    known = {node.output(0): TensorType(element_type, (first, *sizes))}
    return [node.step("constant_of_shape", (name,), node.outputs[:1], known,
                      element_type=element_type, value=0)]  # fmt: skip


def hand_over(node: NativeTensorflowNode) -> list[Step]:
    """TensorListFromTensor, TensorListStack: the tensor itself."""
    return [node.step("identity", node.inputs[:1], node.outputs[:1])]


def get_item(node: NativeTensorflowNode) -> list[Step]:
    """TensorListGetItem(list, place, shape)."""
    return [node.step("gather", node.inputs[:2], node.outputs[:1], axis=0)]


def set_item(node: NativeTensorflowNode) -> list[Step]:
    """TensorListSetItem(list, place, tensor): as many as before, each of the tensor's shape."""
    count, each, sizes, alone = (node.fresh(word) for word in ("count", "each", "sizes", "alone"))
    known = dict.fromkeys((count, each, sizes), TensorType("i64", None))
    element_type = node.element("element_dtype")
    return [
        node.step("shape_of", node.inputs[:1], (count,), known, start=0, end=1),
        node.step("shape_of", (node.input(2),), (each,)),
        node.step("concatenate", (count, each), (sizes,), axis=0),
        node.step("unsqueeze", (node.input(2),), (alone,),
                  {alone: TensorType(element_type, None)}, axes=(0,)),
        node.step("expand", (alone, sizes), node.outputs[:1]),
    ]  # fmt: skip
