"""Single operations: what they become, and that the rules find the shapes that the file states."""

from __future__ import annotations

from typing import Any

import pytest

from cyborg_rr.domain.errors import UnreadableModel
from cyborg_rr.domain.graph.graph import Graph
from cyborg_rr.domain.graph.inference.bindings import Bindings
from cyborg_rr.domain.graph.inference.inference import infer
from cyborg_rr.domain.graph.operations.checking import check_graph
from cyborg_rr.domain.graph.operations.registry import REGISTRY
from cyborg_rr.domain.requirement.extraction import extract
from cyborg_rr.readers.reading.source import Source
from cyborg_rr.readers.tflite.reader import TfliteReader
from cyborg_rr.readers.tflite.schema import OPERATIONS
from cyborg_rr.readers.tflite.translation.operations import RULES
from cyborg_rr.readers.tflite.translation.untranslated import (
    BRANCHES,
    CALLS,
    LOOPS,
    UNTRANSLATED,
)
from tests.readers.tflite.networks import integers
from tests.readers.tflite.writing import (
    BOOL,
    INT32,
    Fields,
    model,
    operator,
    subgraph,
    tensor,
    write,
)

CODES = {name: number for number, name in OPERATIONS.items()}

Shape = tuple[int, ...]
Operand = Shape | list[int]
"""A shape of an input, or the numbers of a stored operand."""


def read(
    name: str,
    operands: list[Operand],
    results: list[Shape],
    kind: int = 0,
    options: Fields | None = None,
    **types: int,
) -> Graph:
    """The graph of one operation."""
    tensors, buffers, given = [], [], []
    for place, operand in enumerate(operands):
        if isinstance(operand, list):
            buffers.append(integers(*operand))
            tensors.append(tensor(f"c{place}", (len(operand),), INT32, len(buffers)))
        else:
            given.append(place)
            tensors.append(tensor(f"x{place}", operand, types.get(f"x{place}", 0)))
    first = len(tensors)
    for place, shape in enumerate(results):
        tensors.append(tensor(f"y{place}", shape, types.get(f"y{place}", 0)))
    yields = tuple(range(first, len(tensors)))
    step = operator(0, tuple(range(first)), yields, kind, options)
    main = subgraph("main", tensors, tuple(given), yields, [step])
    return TfliteReader().read(Source(name, write(model((CODES[name],), [main], buffers))))


def count_macs(graph: Graph) -> int | None:
    """Multiply-adds of a graph."""
    found = extract(infer(graph, Bindings()), name="", sha256=None, size_bytes=0, reader_name="",
                    bindings={})  # fmt: skip
    return found.compute.macs


WINDOW = {0: ("b", 0), 1: ("i", 2), 2: ("i", 2)}
VALID = {**WINDOW, 0: ("b", 1)}

CASES: list[tuple[str, list[Operand], list[Shape], Any, list[str]]] = [
    ("CONV_2D", [(1, 8, 8, 4), (6, 3, 3, 2)], [(1, 4, 4, 6)], (1, WINDOW), ["convolution"]),
    ("CONV_2D", [(1, 8, 8, 4), (6, 3, 3, 4)], [(1, 3, 3, 6)], (1, {**VALID, 3: ("b", 4)}),
     ["convolution", "tanh"]),
    ("CONV_3D", [(1, 8, 8, 8, 4), (3, 3, 3, 4, 6)], [(1, 8, 4, 4, 6)],
     (106, {0: ("b", 0), 1: ("i", 1), 2: ("i", 2), 3: ("i", 2)}), ["convolution"]),
    ("TRANSPOSE_CONV", [[1, 8, 8, 6], (6, 3, 3, 4), (1, 4, 4, 4)], [(1, 8, 8, 6)], (49, WINDOW),
     ["convolution"]),
    ("TRANSPOSE_CONV", [[1, 9, 9, 6], (6, 3, 3, 4), (1, 4, 4, 4)], [(1, 9, 9, 6)], (49, VALID),
     ["convolution"]),
    ("MAX_POOL_2D", [(1, 9, 9, 4)], [(1, 4, 4, 4)],
     (5, {**VALID, 3: ("i", 3), 4: ("i", 3)}), ["pool"]),
    ("FULLY_CONNECTED", [(2, 3, 8), (5, 8)], [(6, 5)], (8, {0: ("b", 1)}),
     ["reshape", "gemm", "relu"]),
    ("FULLY_CONNECTED", [(2, 3, 8), (5, 8), (5,)], [(2, 3, 5)], (8, {2: ("?", True)}),
     ["matmul", "add"]),
    ("BATCH_MATMUL", [(2, 3, 8), (2, 5, 8)], [(2, 3, 5)], (101, {1: ("?", True)}), ["matmul"]),
    ("ADD", [(2, 3), (3,)], [(2, 3)], (11, {0: ("b", 3)}), ["add", "clamp"]),
    ("RESHAPE", [(2, 3, 4), [6, -1]], [(6, 4)], None, ["reshape"]),
    ("RESHAPE", [(2, 3, 4)], [(6, 4)], (17, {0: [6, -1]}), ["reshape"]),
    ("TRANSPOSE", [(2, 3, 4), [2, 0, 1]], [(4, 2, 3)], None, ["transpose"]),
    ("SPLIT", [[1], (2, 6)], [(2, 3), (2, 3)], (35, {0: ("i", 2)}), ["split"]),
    ("SPLIT_V", [(2, 6), [2, -1], [1]], [(2, 2), (2, 4)], (79, {0: ("i", 2)}), ["split"]),
    ("SLICE", [(4, 6), [1, 2], [2, -1]], [(2, 4)], None, ["slice"]),
    ("STRIDED_SLICE", [(4, 6, 8), [1, 0, 7], [2, 6, 0], [1, 2, -1]], [(3, 8)],
     (32, {1: ("i", 4), 4: ("i", 1)}), ["slice", "squeeze"]),
    ("STRIDED_SLICE", [(4, 6), [0, 0, 1], [0, 0, 3], [1, 1, 1]], [(4, 1, 2)],
     (32, {2: ("i", 1), 3: ("i", 2)}), ["slice", "unsqueeze"]),
    ("PAD", [(2, 3), [0, 1, 2, 0]], [(3, 5)], None, ["pad"]),
    ("MEAN", [(2, 4, 4, 3), [1, 2]], [(2, 1, 1, 3)], (27, {0: ("?", True)}), ["reduce"]),
    ("GATHER", [(9, 4), [1, 2, 3]], [(3, 4)], None, ["gather"]),
    ("PACK", [(2, 3), (2, 3)], [(2, 2, 3)], (59, {0: ("i", 2), 1: ("i", 1)}),
     ["unsqueeze", "unsqueeze", "concatenate"]),
    ("UNPACK", [(2, 3)], [(3,), (3,)], (64, {0: ("i", 2)}), ["split", "squeeze", "squeeze"]),
    ("DEPTH_TO_SPACE", [(1, 2, 2, 8)], [(1, 4, 4, 2)], (94, {0: ("i", 2)}),
     ["reshape", "transpose", "reshape"]),
    ("SPACE_TO_DEPTH", [(1, 4, 4, 2)], [(1, 2, 2, 8)], (19, {0: ("i", 2)}),
     ["reshape", "transpose", "reshape"]),
    ("RESIZE_BILINEAR", [(1, 4, 4, 2), [8, 6]], [(1, 8, 6, 2)], None, ["resize"]),
    ("TILE", [(2, 3), [2, 1]], [(4, 3)], None, ["tile"]),
    ("EXPAND_DIMS", [(2, 3), [1]], [(2, 1, 3)], None, ["unsqueeze"]),
    ("SQUEEZE", [(2, 1, 3)], [(2, 3)], (30, {0: [1]}), ["squeeze"]),
    ("CONCATENATION", [(2, 3), (2, 1)], [(2, 4)], (10, {0: ("i", -1)}), ["concatenate"]),
    ("SQUARED_DIFFERENCE", [(2, 3), (3,)], [(2, 3)], None, ["subtract", "multiply"]),
    ("UNIDIRECTIONAL_SEQUENCE_RNN", [(2, 7, 3), (4, 3), (4, 4), (4,), (2, 4)], [(2, 7, 4)],
     (31, {}), ["rnn", "squeeze"]),
    ("CUMSUM", [(2, 3), [1]], [(2, 3)], None, ["cumulative"]),
    ("ELU", [(2, 3)], [(2, 3)], None, ["elu"]),
    ("SPACE_TO_BATCH_ND", [(2, 7, 9, 4), [2, 3], [0, 1, 2, 1]], [(12, 4, 4, 4)], None,
     ["pad", "reshape", "transpose", "reshape"]),
    ("SPACE_TO_BATCH_ND", [(2, 6, 4), [3], [0, 0]], [(6, 2, 4)], None,
     ["pad", "reshape", "transpose", "reshape"]),
    ("BATCH_TO_SPACE_ND", [(12, 4, 4, 5), [2, 3], [0, 1, 2, 1]], [(2, 7, 9, 5)], None,
     ["reshape", "transpose", "reshape", "slice"]),
    ("RFFT2D", [(2, 8, 512), [8, 256]], [(2, 8, 129)], None, ["fft"]),
]  # fmt: skip


@pytest.mark.parametrize(
    ("name", "operands", "results", "options", "steps"),
    CASES,
    ids=[f"{case[0]}-{place}" for place, case in enumerate(CASES)],
)
def test_an_operation_becomes_canonical_steps_that_fit_the_stated_shapes(
    name: str, operands: list[Operand], results: list[Shape], options: Any, steps: list[str]
) -> None:
    graph = read(name, operands, results, *(options or ()))
    assert [node.operation for node in graph.body.nodes] == steps
    assert graph.body.nodes[-1].native_name == name
    assert check_graph(graph) == []
    typed = infer(graph, Bindings())
    assert [text for text in typed.warnings if "disagree" in text] == []
    assert [typed.body.types[output].shape for output in graph.body.outputs] == results


@pytest.mark.parametrize(
    ("case", "macs"),
    [
        (0, 4 * 4 * 6 * 3 * 3 * 2),
        (2, 8 * 4 * 4 * 6 * 27 * 4),
        (3, 4 * 4 * 6 * 3 * 3 * 4),
        (4, 4 * 4 * 6 * 3 * 3 * 4),
        (6, 6 * 5 * 8),
        (7, 6 * 5 * 8),
        (8, 2 * 3 * 5 * 8),
        (31, 2 * 7 * 4 * (3 + 4)),
    ],
)
def test_multiply_adds_of_an_operation_are_those_counted_by_hand(case: int, macs: int) -> None:
    name, operands, results, options, _ = CASES[case]
    assert count_macs(read(name, operands, results, *(options or ()))) == macs


def test_a_sequence_lstm_counts_its_four_gates_and_one_with_a_projection_is_unknown() -> None:
    plain = [(2, 7, 3), *[(4, 3)] * 4, *[(4, 4)] * 4, *[(4,)] * 4, (2, 4), (2, 7, 4)]
    tensors = [tensor(f"t{place}", shape) for place, shape in enumerate(plain)]
    for projection, macs in ((-1, 4 * 2 * 7 * 4 * (3 + 4)), (1, None)):
        inputs = (*range(9), -1, -1, -1, 9, 10, 11, 12, projection, -1, 13, 13)
        step = operator(0, inputs, (14,), 71, {})
        main = subgraph("main", tensors, tuple(range(14)), (14,), [step])
        data = write(model((CODES["UNIDIRECTIONAL_SEQUENCE_LSTM"],), [main]))
        graph = TfliteReader().read(Source("lstm", data))
        if macs is None:
            assert graph.body.nodes[-1].operation == "unknown"
        else:
            assert count_macs(graph) == macs
            assert check_graph(graph) == []


def test_a_comparison_and_a_choice_have_truth_values() -> None:
    graph = read("GREATER_EQUAL", [(2, 3), (2, 3)], [(2, 3)], y0=BOOL)
    assert graph.body.types["y0"].element_type == "i1"
    assert graph.body.nodes[0].attributes == {"direction": "GE"}
    chosen = read("SELECT_V2", [(2, 3), (2, 3), (2, 3)], [(2, 3)], x0=BOOL)
    assert check_graph(chosen) == []


def test_every_operation_of_the_schema_is_translated_or_listed_with_a_reason() -> None:
    blocks = {*CALLS, *BRANCHES, *LOOPS}
    assert set(RULES) | blocks | set(UNTRANSLATED) == set(CODES)
    assert len(RULES) + len(blocks) + len(UNTRANSLATED) == len(CODES) == 210
    assert all(UNTRANSLATED.values())
    assert [CODES[name] for name in ("CONV_2D", "WHILE", "GELU", "DILATE", "STABLEHLO_CASE")] == [
        3, 119, 150, 203, 209,
    ]  # fmt: skip


@pytest.mark.parametrize("name", sorted(RULES))
def test_an_operation_without_operands_is_refused_or_makes_them_itself(name: str) -> None:
    if name in ("RANDOM_STANDARD_NORMAL", "RANDOM_UNIFORM", "STABLEHLO_IOTA",
                "STABLEHLO_CUSTOM_CALL", "VAR_HANDLE"):  # fmt: skip
        assert {node.operation for node in read(name, [], [(1,)]).body.nodes} <= set(REGISTRY)
        return
    with pytest.raises(UnreadableModel, match=r"operator 0 .* lacks number 0"):
        read(name, [], [(1,)])
