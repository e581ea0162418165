"""Control flow, calls out of the IR and what no rule covers.

Blocks are entered by ``inference``; the entries here only say that the operations exist.
"""

from __future__ import annotations

from collections.abc import Sequence

from cyborg_rr.domain.graph.graph import TensorType
from cyborg_rr.domain.graph.operations.declaring.declarations import Attribute, Operand
from cyborg_rr.domain.graph.operations.declaring.operation import Cost, Operation
from cyborg_rr.domain.graph.operations.declaring.results import as_stated, tensor
from cyborg_rr.domain.graph.operations.declaring.typed_node import TypedNode
from cyborg_rr.domain.graph.shapes import broadcast


def _map(node: TypedNode) -> Sequence[TensorType]:
    """One result of the operands' shape; its element type is that of the block, as stated."""
    shapes = [operand.shape for operand in node.operands if operand is not None]
    return (tensor(None, broadcast(shapes)),)


def _map_cost(node: TypedNode) -> Cost:
    """The block runs once per element; each of its nodes counts as one flop."""
    steps = sum(len(block.nodes) for block in node.blocks)
    return Cost(0, steps * node.result_elements())


def _tuple(node: TypedNode) -> Sequence[TensorType]:
    return (tensor("token", ()),)


_ANY = (Operand("operands", "as the blocks or the file have them", variadic=True),)
_BY_INFERENCE = "inference reads it as it enters the blocks"
_TRIP_COUNT = Attribute(
    "trip_count",
    "integer",
    "how often the body runs, where the file says so",
    kept=_BY_INFERENCE,
)


def _enters(
    name: str,
    summary: str,
    *attributes: Attribute,
    operands: tuple[Operand, ...] = _ANY,
    runs_code: bool = True,
) -> Operation:
    """An operation whose blocks are entered."""
    return Operation(
        name, kind="other", summary=summary, operands=operands, attributes=attributes,
        shape=as_stated, runs_code=runs_code,
    )  # fmt: skip


def _scanned(name: str, meaning: str) -> Attribute:
    return Attribute(
        name, "integers", f"{meaning}; absent: 0 each", source="ONNX Scan", kept=_BY_INFERENCE
    )


_CONTROL_FLOW = (
    _enters(
        "call",
        "A function of the same file.",
        Attribute(
            "fused",
            "flag",
            "whether it runs as one kernel, so that nothing within it is stored",
            default=False,
            source="XLA HLO fusion",
            kept="memory reads it: what stays within owns no bytes",
        ),
        runs_code=False,
    ),
    _enters("case", "One of several blocks, by an index."),
    _enters("if", "One of two blocks, by a condition."),
    _enters(
        "loop",
        "A block that runs a number of times or while a condition holds.",
        _TRIP_COUNT.having(source="ONNX Loop (its first operand where it is stored)"),
    ),
    _enters(
        "scan",
        "A block that runs once for each slice of its tensors.",
        Attribute(
            "num_scan_inputs",
            "integer",
            "how many of the operands are taken apart; the last ones",
            source="ONNX Scan",
            required=True,
            kept=_BY_INFERENCE,
        ),
        _scanned("scan_input_axes", "dimension along which each is taken apart"),
        _scanned("scan_output_axes", "dimension along which each result is put together"),
        Attribute(
            "batched",
            "flag",
            "whether operand 0 holds lengths and a batch stands in front of all others",
            default=False,
            source="ONNX Scan before 9 (always)",
            kept=_BY_INFERENCE,
        ),
    ),
    _enters(
        "while",
        "Two blocks: the second runs while the first yields true.",
        _TRIP_COUNT.having(source="XLA HLO `known_trip_count`"),
    ),
)

CONTROL_FLOW = frozenset(operation.name for operation in _CONTROL_FLOW)
"""Operations whose blocks are entered."""

OPERATIONS: tuple[Operation, ...] = (
    *_CONTROL_FLOW,
    Operation(
        "map",
        kind="elementwise",
        summary="A block that runs once for each element.",
        operands=(Operand("data", "tensors of one shape", variadic=True),),
        shape=_map,
        cost=_map_cost,
    ),
    Operation(
        "tuple",
        kind="movement",
        summary="Several tensors as one value.",
        operands=(Operand("elements", "the tensors", variadic=True),),
        shape=_tuple,
        repeats=True,
        runs_code=False,
    ),
    Operation(
        "get_tuple_element",
        kind="movement",
        summary="One tensor of a tuple.",
        operands=(Operand("tuple", "the tuple"),),
        attributes=(
            Attribute(
                "index",
                "integer",
                "which one",
                required=True,
                source="XLA HLO get-tuple-element",
                kept="inference reads it for who owns which memory",
                foreseen="XLA HLO; the StableHLO reader takes tuples apart",
            ),
        ),
        shape=as_stated,
        view="first",
        runs_code=False,
    ),
    Operation(
        "custom_call",
        kind="other",
        summary="Something that the compiler of the file knows by its name.",
        operands=_ANY,
        attributes=(
            Attribute(
                "target",
                "text",
                "the name",
                source="StableHLO custom_call `call_target_name`",
                kept="the requirement lists what is unknown by it",
            ),
        ),
        shape=as_stated,
        is_known=False,
    ),
    Operation(
        "unknown",
        kind="other",
        summary="Something that no rule covers.",
        operands=_ANY,
        shape=as_stated,
        is_known=False,
    ),
)
