"""Triton's operations on the block of one program as canonical ones.

Tensors of addresses are whole numbers of 64 bits. Reading from them is a change of those into what
stands there: so many elements, whose kernel knows how far they lie apart and the file does not.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from cyborg_rr.domain.graph.graph import TensorType
from cyborg_rr.domain.graph.shapes import find_static
from cyborg_rr.readers.dialects.mlir.values import find_tensor
from cyborg_rr.readers.formats.mlir.structure import Operation
from cyborg_rr.readers.formats.mlir.types import OpaqueType
from cyborg_rr.readers.kit.steps import Step
from cyborg_rr.readers.mlir.translation.native import (
    NativeMlirNode,
    Rule,
    first,
    reshape,
    to_result_type,
    unknown,
)

_POINTEE: Final = re.compile(r"!tt\.ptr<\s*+([a-zA-Z0-9]{1,16}+)\s*+[,>]")
_COMBINED: Final = {
    "add": "sum", "addf": "sum", "addi": "sum", "and": "and", "andi": "and", "maximumf": "max",
    "maxnumf": "max", "maxsi": "max", "maxui": "max", "minimumf": "min", "minnumf": "min",
    "minsi": "min", "minui": "min", "mul": "prod", "mulf": "prod", "muli": "prod", "ori": "or",
    "maxf": "max", "minf": "min",
}  # fmt: skip
_LIBRARY: Final = re.compile(r"__(?:nv|ocml)_f?([a-z0-9]++)(?:_f(?:16|32|64))?+")
_FUNCTIONS: Final = {
    "exp": "exp", "expf": "exp", "exp2f": "exp", "logf": "log", "log": "log", "tanhf": "tanh",
    "tanh": "tanh", "erff": "erf", "erf": "erf", "sqrtf": "sqrt", "rsqrtf": "rsqrt", "abs": "abs",
    "sinf": "sine", "cosf": "cosine", "floorf": "floor", "ceilf": "ceil",
}  # fmt: skip

_ANY: Final = 1 << 10

IDS: Final = {"tt.get_program_id": "program_id", "tt.get_num_programs": "num_programs"}
"""What tells one program from the others: inputs of its graph, each by its axis."""


def find_axis(operation: Operation) -> str:
    """The letter of the axis that an operation asks for."""
    if operation.words:
        return operation.words[0][:1]
    number = operation.attributes.get("axis")
    return "xyz"[number] if isinstance(number, int) and 0 <= number < 3 else "x"


def find_loaded(operation: Operation) -> TensorType | None:
    """The type of what is read from the addresses whose type is stated; None for others."""
    types = operation.types
    if operation.has_arrow or not types or not isinstance(types[0], OpaqueType):
        return None
    match = _POINTEE.search(types[0].text)
    if match is None:
        return None
    known = find_tensor(types[0].text)[0]
    element = find_tensor(f"!torch.vtensor<[],{match[1]}>")[0].element_type
    return TensorType(element, known.shape)


def _splat(node: NativeMlirNode) -> list[Step]:
    sizes = find_static(node.result.shape)
    if sizes is None:
        return unknown(node)
    return [node.step("broadcast_in_dim", shape=sizes, broadcast_dimensions=())]


def _broadcast(node: NativeMlirNode) -> list[Step]:
    sizes = find_static(node.result.shape)
    if sizes is None:
        return unknown(node)
    axes = tuple(range(len(sizes)))
    return [node.step("broadcast_in_dim", shape=sizes, broadcast_dimensions=axes)]


def _range(node: NativeMlirNode) -> list[Step]:
    sizes = find_static(node.result.shape)
    if sizes is None:
        return unknown(node)
    return [node.step("iota", (), shape=sizes, axis=0, **node.result_element_type())]


def _dot(node: NativeMlirNode) -> list[Step]:
    """dot(left, right, what it is added to)."""
    product = node.fresh("product")
    known = {product: node.result}
    element = node.result_element_type()
    return [
        node.step("matmul", node.inputs[:2], (product,), known, **element),
        node.step("add", (product, node.input(2))),
    ]


def _reduce(node: NativeMlirNode) -> list[Step]:
    """reduce along an axis, by the only operation of its region."""
    axis = (node.integer("axis", default=0),)
    regions = node.written.regions
    inner = [each for block in (regions[0] if regions else ()) for each in block.operations[:-1]]
    if len(node.inputs) != 1 or len(inner) != 1:
        return _positions(node, axis)
    function = _COMBINED.get(inner[0].name.rpartition(".")[2])
    return [node.step("reduce", function=function, axes=axis)]


def _positions(node: NativeMlirNode, axis: tuple[int, ...]) -> list[Step]:
    """reduce of values with their places: the largest of them, or the smallest, and where."""
    if not node.written.regions:
        return unknown(node)
    if len(node.inputs) != 2 or len(node.outputs) != 2 or len(node.result_types) != 2:
        return unknown(node)
    text = {word for block in node.written.regions[0] for each in block.operations
            for word in each.words}  # fmt: skip
    function = "min" if any(word.endswith("lt") for word in text) else "max"
    place = node.result_types[1].element_type or "i32"
    return [
        node.step("reduce", node.inputs[:1], node.outputs[:1], function=function, axes=axis),
        node.step("reduce", node.inputs[:1], node.outputs[1:], function=f"arg{function}",
                  axes=axis, element_type=place),
    ]  # fmt: skip


def _transpose(node: NativeMlirNode) -> list[Step]:
    order = node.integers("order") or (1, 0)
    return [node.step("transpose", permutation=order)]


def _external(node: NativeMlirNode) -> list[Step]:
    """A function of the maker's library, by the name of its symbol."""
    name = node.attribute("symbol", "symname")
    match = _LIBRARY.fullmatch(name) if isinstance(name, str) else None
    known = _FUNCTIONS.get(match[1]) if match is not None else None
    return unknown(node) if known is None else [node.step(known, node.inputs[:1])]


TRITON: Final[Mapping[str, Rule]] = {
    "addptr": first("add", 2),
    "bitcast": to_result_type("bitcast_convert"),
    "broadcast": _broadcast,
    "clampf": first("clamp", 3),
    "dot": _dot,
    "expand_dims": reshape,
    "extern_elementwise": _external,
    "fp_to_fp": to_result_type("convert"),
    "int_to_ptr": to_result_type("convert"),
    "load": to_result_type("convert"),
    "make_range": _range,
    "mulhiui": first("multiply", 2),
    "precise_divf": first("divide", 2),
    "precise_sqrt": first("sqrt"),
    "ptr_to_int": to_result_type("convert"),
    "reduce": _reduce,
    "reshape": reshape,
    "splat": _splat,
    "trans": _transpose,
    "unsplat": reshape,
    "view": reshape,
    "convert_layout": first("copy"),
    "local_alloc": first("copy"),
    "local_load": first("copy"),
    "memdesc_trans": _transpose,
    "warp_group_dot": _dot,
    "warp_group_dot_wait": first("identity", _ANY),
}
"""Operations of tt by their names without the dialect's, and what ttg and ttng add to them."""
