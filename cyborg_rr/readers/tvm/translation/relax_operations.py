"""Which canonical operation each operation of Relax means; adding one is one line here.

Names: the operators registered below src/relax/op of TVM 0.12 to 0.27, without ``relax.``.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from cyborg_rr.readers.kit.fused.calls import Summing
from cyborg_rr.readers.kit.steps import Step
from cyborg_rr.readers.tvm.program import KERNEL_MARK, PACKED_MARK, Apply
from cyborg_rr.readers.tvm.translation import contractions, making, picking, shaping
from cyborg_rr.readers.tvm.translation.kernels import kernel
from cyborg_rr.readers.tvm.translation.making import first, plain, reduce, then
from cyborg_rr.readers.tvm.translation.native import NativeTvmNode, Rule, as_unknown
from cyborg_rr.readers.tvm.translation.operations import COMMON, count_results


def _relu6(node: NativeTvmNode) -> list[Step]:
    return [node.step("clamp", node.operands(0), minimum=0.0, maximum=6.0)]


def _square(node: NativeTvmNode) -> list[Step]:
    return [node.step("multiply", (node.operand(0), node.operand(0)))]


def _pixels(node: NativeTvmNode) -> list[Step]:
    size = node.integer("upscale_factor", default=0)
    if not 0 < size < 4096:
        raise node.refuse("attribute 'upscale_factor' is not a positive number")
    return [node.step("depth_to_space", node.operands(0), blocksize=size)]


def _outer(node: NativeTvmNode) -> list[Step]:
    column = node.fresh("column")
    return [
        node.step("unsqueeze", node.operands(0), (column,), axes=(1,)),
        node.step("multiply", (column, node.operand(1))),
    ]


def _fused_multiply_add(node: NativeTvmNode) -> list[Step]:
    product = node.fresh("product")
    return [
        node.step("multiply", node.operands(0, 1), (product,)),
        node.step("add", (product, node.operand(2))),
    ]


def _gather_nd(node: NativeTvmNode) -> list[Step]:
    return [node.step("gather_nd", node.operands(0, 1),
                      batch_dims=node.integer("batch_dims", default=0))]  # fmt: skip


def _all_reduce(node: NativeTvmNode) -> list[Step]:
    function = {"sum": "sum", "prod": "prod", "min": "min", "max": "max", "avg": "mean"}
    word = function.get(node.text("op_type", default="sum"), "sum")
    return [node.step("all_reduce", node.operands(0), function=word)]


def _checked(node: NativeTvmNode) -> list[Step]:
    """match_cast: the same value, of a type that is checked."""
    return [node.step("identity", node.operands(0), node.outputs[:1])]


RELAX: Final[Mapping[str, Rule]] = MappingProxyType(
    {
        **COMMON,
        "permute_dims": shaping.transpose, "concat": shaping.concatenate,
        "astype": making.cast, "flip": shaping.reverse, "matmul": contractions.matmul(False),
        "linear": as_unknown, "strided_slice": picking.sliced, "take": picking.take,
        "gather_elements": picking.gather("gather_elements"), "gather_nd": _gather_nd,
        "index_tensor": picking.picked, "shape_to_tensor": _checked,
        "tensor_to_shape": _checked, "flatten": shaping.flatten_all, "square": _square,
        "floor_mod": plain("remainder"), "floor_divide": then("divide", "floor"),
        "bitwise_not": first("not"), "logical_not": first("not"),
        "tril": shaping.triangle, "triu": shaping.triangle, "argmax": reduce("argmax", "i64"),
        "argmin": reduce("argmin", "i64"), "nonzero": first("non_zero"),
        "nn.relu6": _relu6, "nn.attention": contractions.attention,
        "nn.attention_bias": contractions.attention, "nn.pixel_shuffle": _pixels,
        "quantize": contractions.quantize, "dequantize": contractions.dequantize,
        "match_cast": _checked, "to_vdevice": shaping.copied,
        "hint_on_device": shaping.same, "builtin.stop_lift_params": shaping.same,
        "stop_lift_params": shaping.same, "annotate.smooth": shaping.same,
        "dist.annotate_sharding": shaping.same, "dist.redistribute": as_unknown,
        "wrap_param": shaping.same, "ccl.allreduce": _all_reduce, "tile": shaping.tile,
        "gather": picking.gather("gather_elements"), "rsqrt": first("rsqrt"),
        "full": making.filled(None, True), "emit": shaping.same,
        "unique": as_unknown, "outer": _outer, "ewise_fma": _fused_multiply_add,
        "atan2": plain("atan2"),
    }
)  # fmt: skip


def _library(name: str) -> Rule:
    """A function that something outside of the module brings."""

    def rule(node: NativeTvmNode) -> list[Step]:
        return [node.step("custom_call", target=name[:200])]

    return rule


def find_relax_rule(operation: str, summings: Mapping[str, Summing]) -> Rule:
    """The rule of an operation, a kernel or a packed function; equations are by kernels' names."""
    if operation.startswith(KERNEL_MARK):
        name = operation.removeprefix(KERNEL_MARK)
        return kernel(name, summings.get(name))
    if operation == f"{PACKED_MARK}vm.builtin.reshape":
        return kernel("reshape")
    if operation.startswith(PACKED_MARK):
        return _library(operation.removeprefix(PACKED_MARK))
    return RELAX.get(operation, as_unknown)


def name_relax(operation: str) -> str:
    """The native name of an operation: Relax's own begin with its name."""
    if operation.startswith(KERNEL_MARK):
        return f"call_tir:{operation.removeprefix(KERNEL_MARK)}"[:200]
    if operation.startswith(PACKED_MARK):
        return operation.removeprefix(PACKED_MARK)[:200] or "packed"
    return f"relax.{operation}"


def count_relax_results(call: Apply, inputs: int) -> int:
    """How many tensors an operation yields whose type the script does not state."""
    return count_results(call, inputs)
