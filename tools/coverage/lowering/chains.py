"""Operations on lists and optional values, which are asked for among the others that they need."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from onnx import TensorProto, helper

_VERSION = 17
_TYPES = (TensorProto.FLOAT, TensorProto.INT64)


class Chain(NamedTuple):
    """Nodes as operation, inputs and outputs, and the operation that they are there for.

    ``x`` is a tensor, ``i`` a number of a place, ``z`` one that is stored; ``o`` is the result.
    """

    operation: str
    since: int
    nodes: tuple[tuple[str, str, str], ...]
    where: tuple[tuple[str, ...], ...] = ()
    result: str = "x"


_MADE = ("SequenceConstruct", "x x", "s")

CHAINS = (
    Chain("SequenceConstruct", 11, (_MADE, ("SequenceAt", "s z", "o"))),
    Chain("SequenceAt", 11, (_MADE, ("SequenceAt", "s i", "o"))),
    Chain("SequenceAt", 11, (_MADE, ("SequenceAt", "s z", "o")), (("constant", "1"),)),
    Chain("SequenceErase", 11, (_MADE, ("SequenceErase", "s z", "t"), ("SequenceAt", "t z", "o"))),
    Chain("SequenceLength", 11, (_MADE, ("SequenceLength", "s", "o")), (), "size"),
    Chain("ConcatFromSequence", 11, (_MADE, ("ConcatFromSequence", "s", "o")), (), "both"),
    Chain(
        "SequenceInsert", 11, (_MADE, ("SequenceInsert", "s x", "t"), ("SequenceAt", "t z", "o"))
    ),
    Chain(
        "SplitToSequence",
        11,
        (("SplitToSequence", "x", "s"), ("SequenceAt", "s z", "o")),
        (),
        "row",
    ),
    Chain("Optional", 15, (("Optional", "x", "s"), ("OptionalGetElement", "s", "o"))),
    Chain("OptionalGetElement", 15, (("Optional", "x", "s"), ("OptionalGetElement", "s", "o"))),
    Chain(
        "OptionalHasElement",
        15,
        (("Optional", "x", "s"), ("OptionalHasElement", "s", "o")),
        (),
        "is",
    ),
)


def list_rules(
    ask_many: Callable[[Sequence[bytes]], list[str]], latest: int
) -> dict[str, list[dict[str, Any]]]:
    """A rule for each chain that is taken in all types; the first one that is stands for others."""
    models = [_build(chain, number) for chain in CHAINS for number in _TYPES]
    answers = iter(ask_many(models))
    found: dict[str, list[dict[str, Any]]] = {}
    for chain in CHAINS:
        said = [next(answers) for _ in _TYPES]
        if not any(said) and chain.operation not in found:
            rule: dict[str, Any] = {"since": chain.since, "until": latest}
            if chain.where:
                rule["where"] = [list(each) for each in chain.where]
            found[chain.operation] = [rule]
    return found


def _build(chain: Chain, number: int) -> bytes:
    results = {
        "x": (number, [2, 3]),
        "both": (number, [4, 3]),
        "row": (number, [1, 3]),
        "size": (TensorProto.INT64, []),
        "is": (TensorProto.BOOL, []),
    }
    has_axis = ("ConcatFromSequence", "SplitToSequence")
    nodes = [
        helper.make_node(
            name, given.split(), made.split(), **({"axis": 0} if name in has_axis else {})
        )
        for name, given, made in chain.nodes
    ]
    inputs = [
        helper.make_tensor_value_info("x", number, [2, 3]),
        helper.make_tensor_value_info("i", TensorProto.INT64, []),
    ]
    kind, shape = results[chain.result]
    outputs = [helper.make_tensor_value_info("o", kind, shape)]
    stored = [helper.make_tensor("z", TensorProto.INT64, [], [0])]
    graph = helper.make_graph(nodes, "g", inputs, outputs, stored)
    sets = [helper.make_opsetid("", _VERSION)]
    return bytes(helper.make_model(graph, opset_imports=sets, ir_version=8).SerializeToString())
