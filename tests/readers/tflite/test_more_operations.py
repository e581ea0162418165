"""Operations that keep a state, put elements in places, or come from StableHLO."""

from __future__ import annotations

from typing import Any

import pytest

from cyborg_rr.domain.errors import UnreadableModel
from cyborg_rr.domain.graph.graph import Graph
from cyborg_rr.domain.graph.inference.bindings import Bindings
from cyborg_rr.domain.graph.inference.inference import infer
from cyborg_rr.domain.graph.operations.checking import check_graph
from cyborg_rr.readers.reading.source import Source
from cyborg_rr.readers.tflite.reader import TfliteReader
from tests.readers.tflite.networks import integers
from tests.readers.tflite.test_translation import CODES, Operand, Shape, count_macs, read
from tests.readers.tflite.writing import (
    INT32,
    INT64,
    Fields,
    Longs,
    model,
    operator,
    subgraph,
    tensor,
    write,
)

CASES: list[tuple[str, list[Operand], list[Shape], Any, dict[str, int], list[str]]] = [
    ("SVDF", [(2, 3), (8, 3), (8, 5), (4,), (2, 40)], [(2, 4)], (6, {0: ("i", 2), 1: ("b", 1)}),
     {}, ["gemm", "reshape", "reshape", "slice", "concatenate", "dot_general", "transpose",
          "reshape", "reduce", "add", "relu"]),
    ("RNN", [(2, 3), (4, 3), (4, 4), (4,), (2, 4)], [(2, 4)], (7, {}), {},
     ["unsqueeze", "rnn", "squeeze"]),
    ("LSTM", [(2, 3), (2, 4), (16, 7), (16,), (2, 4)], [(2, 4), (2, 4), (2, 7), (2, 16)],
     (14, {3: ("b", 1)}), {},
     ["concatenate", "gemm", "split", "sigmoid", "tanh", "sigmoid", "sigmoid", "multiply",
      "multiply", "add", "tanh", "multiply"]),
    ("BIDIRECTIONAL_SEQUENCE_RNN",
     [(2, 7, 3), (4, 3), (4, 4), (4,), (2, 4), (5, 3), (5, 5), (5,), (2, 5)],
     [(2, 7, 4), (2, 7, 5)], (70, {}), {}, ["rnn", "squeeze", "rnn", "squeeze"]),
    ("BIDIRECTIONAL_SEQUENCE_RNN",
     [(7, 2, 3), (4, 3), (4, 4), (4,), (2, 4), (5, 3), (5, 5), (5,), (2, 5)],
     [(7, 2, 9)], (70, {0: ("?", True), 2: ("?", True)}), {},
     ["rnn", "squeeze", "rnn", "squeeze", "concatenate"]),
    ("ZEROS_LIKE", [(2, 3)], [(2, 3)], None, {}, ["shape_of", "constant_of_shape"]),
    ("RANK", [(2, 3)], [()], None, {"y0": INT32}, ["shape_of", "size_of", "convert"]),
    ("SCATTER_ND", [(3, 1), (3, 4), [6, 4]], [(6, 4)], None, {"x0": INT32},
     ["constant_of_shape", "scatter_nd"]),
    ("SPARSE_TO_DENSE", [(3, 2), [6, 4], (3,), ()], [(6, 4)], None, {"x0": INT32},
     ["expand", "scatter_nd"]),
    ("SPARSE_TO_DENSE", [(3,), [6], (), ()], [(6,)], None, {"x0": INT32},
     ["expand", "reshape", "broadcast_in_dim", "scatter_nd"]),
    ("SEGMENT_SUM", [(5, 4), (5,)], [(3, 4)], None, {"x1": INT32},
     ["reshape", "slice", "pad", "scatter_nd"]),
    ("SEGMENT_SUM", [(5, 4), [0, 0, 1, 2, 2]], [(3, 4)], None, {},
     ["reshape", "slice", "pad", "scatter_nd"]),
    ("MATRIX_DIAG", [(3,)], [(3, 3)], None, {}, ["pad", "reshape"]),
    ("GATHER", [(2, 9, 4), (2, 3)], [(2, 3, 4)], (23, {0: ("i", 1), 1: ("i", 1)}),
     {"x1": INT32}, ["general_gather"]),
    ("GATHER", [(2, 5, 9, 4), (2, 3, 6)], [(2, 5, 3, 6, 4)],
     (23, {0: ("i", 2), 1: ("i", -2)}), {"x1": INT32}, ["general_gather"]),
    ("UNSORTED_SEGMENT_MAX", [(5, 2, 4), (5, 2), [3]], [(3, 4)], None, {"x1": INT32},
     ["reshape", "reshape", "slice", "pad", "scatter_nd"]),
    ("EMBEDDING_LOOKUP_SPARSE", [(5,), (5, 2), (2,), (5,), (9, 4)], [(3, 4)], (20, {}),
     {"x0": INT32, "x1": INT32, "x2": INT32},
     ["gather", "unsqueeze", "multiply", "slice", "slice", "pad", "scatter_nd"]),
    ("MATRIX_DIAG", [(2, 3)], [(2, 3, 3)], None, {}, ["pad", "reshape"]),
    ("MATRIX_SET_DIAG", [(2, 3, 4), (2, 3)], [(2, 3, 4)], None, {},
     ["eye_like", "unsqueeze", "select"]),
    ("MATRIX_SET_DIAG", [(2, 4, 3), (2, 3)], [(2, 4, 3)], None, {},
     ["eye_like", "unsqueeze", "select"]),
    ("BROADCAST_ARGS", [[2, 1], [1, 3]], [(2,)], None, {"y0": INT32}, ["maximum"]),
    ("REVERSE_SEQUENCE", [(2, 3), (2,)], [(2, 3)], (87, {0: ("i", 1)}), {"x1": INT32},
     ["reverse"]),
    ("DILATE", [(2, 3), [2, 3], ()], [(3, 7)], None, {}, ["pad"]),
    ("FAKE_QUANT", [(2, 3)], [(2, 3)], (58, {2: ("i", 8)}), {}, ["quantize", "dequantize"]),
    ("NON_MAX_SUPPRESSION_V4", [(9, 4), (9,), [5], (), ()], [(5,), ()], None,
     {"y0": INT32, "y1": INT32},
     ["unsqueeze", "unsqueeze", "non_max_suppression", "get_dimension_size", "slice", "reshape",
      "convert"]),
    ("NON_MAX_SUPPRESSION_V5", [(9, 4), (9,), [5], (), (), ()], [(5,), (5,), ()], None,
     {"y0": INT32, "y2": INT32},
     ["unsqueeze", "unsqueeze", "non_max_suppression", "get_dimension_size", "slice", "reshape",
      "convert", "gather"]),
]  # fmt: skip


def check(graph: Graph, results: list[Shape], steps: list[str], name: str) -> None:
    """The steps are these, declared as they should be, and yield what the file states."""
    assert [node.operation for node in graph.body.nodes] == steps
    assert graph.body.nodes[-1].native_name == name
    assert check_graph(graph) == []
    typed = infer(graph, Bindings())
    assert [text for text in typed.warnings if "disagree" in text] == []
    assert [typed.body.types[output].shape for output in graph.body.outputs] == results


@pytest.mark.parametrize(
    ("name", "operands", "results", "options", "types", "steps"),
    CASES,
    ids=[f"{case[0]}-{place}" for place, case in enumerate(CASES)],
)
def test_an_operation_becomes_canonical_steps_that_fit_the_stated_shapes(
    name: str,
    operands: list[Operand],
    results: list[Shape],
    options: Any,
    types: dict[str, int],
    steps: list[str],
) -> None:
    check(read(name, operands, results, *(options or ()), **types), results, steps, name)


@pytest.mark.parametrize(
    ("case", "macs"),
    [
        (0, 2 * 8 * 3 + 2 * 8 * 5),
        (1, 2 * 4 * (3 + 4)),
        (2, 2 * 16 * 7),
        (3, 2 * 7 * (4 * (3 + 4) + 5 * (3 + 5))),
        (4, 2 * 7 * (4 * (3 + 4) + 5 * (3 + 5))),
    ],
)
def test_multiply_adds_of_layers_with_a_state_are_those_counted_by_hand(
    case: int, macs: int
) -> None:
    name, operands, results, options, types, _ = CASES[case]
    assert count_macs(read(name, operands, results, *options, **types)) == macs


def test_filters_of_an_svdf_that_make_no_whole_unit_are_refused() -> None:
    with pytest.raises(UnreadableModel, match="do not make units of 3"):
        read("SVDF", [(2, 3), (8, 3), (8, 5), (4,), (2, 40)], [(2, 4)], 6, {0: ("i", 3)})


WEIGHTS = [*[(4, 3)] * 4, *[(4, 4)] * 4, *[(4,)] * 4]


def read_lstm(name: str, data: Shape, states: int, result: Shape, options: Fields) -> Graph:
    """An LSTM of width 4 with a set of weights for each direction, all of them operands."""
    shapes = [data]
    inputs = [0]
    for _ in range(states // 2):
        first = len(shapes)
        shapes += WEIGHTS
        inputs += [*range(first, first + 8), -1, -1, -1, *range(first + 8, first + 12), -1, -1]
    inputs += range(len(shapes), len(shapes) + states)
    shapes += [(2, 4)] * states
    tensors = [tensor(f"t{place}", shape) for place, shape in enumerate((*shapes, result))]
    last = len(shapes)
    kind = 14 if name == "LSTM" else 69
    step = operator(0, inputs, (last,), kind, options)
    main = subgraph("main", tensors, tuple(range(last)), (last,), [step])
    return TfliteReader().read(Source("lstm", write(model((CODES[name],), [main]))))


def test_one_step_of_an_lstm_is_a_sequence_of_one() -> None:
    graph = read_lstm("LSTM", (2, 3), 2, (2, 4), {})
    check(graph, [(2, 4)], ["unsqueeze", "lstm", "squeeze"], "LSTM")
    assert count_macs(graph) == 4 * 2 * 4 * (3 + 4)


def test_an_lstm_in_both_directions_counts_each() -> None:
    merged = {3: ("?", True), 4: ("?", False)}
    name = "BIDIRECTIONAL_SEQUENCE_LSTM"
    graph = read_lstm(name, (2, 7, 3), 4, (2, 7, 8), merged)
    steps = ["lstm", "squeeze", "lstm", "squeeze", "concatenate"]
    check(graph, [(2, 7, 8)], steps, name)
    assert count_macs(graph) == 2 * 4 * 2 * 7 * 4 * (3 + 4)


def test_what_differs_has_no_more_elements_than_there_are() -> None:
    tensors = [tensor("x", (6,)), tensor("y", (1,), signature=(-1,)), tensor("at", (6,), INT32)]
    main = subgraph("main", tensors, (0,), (1, 2), [operator(0, (0,), (1, 2))])
    graph = TfliteReader().read(Source("unique", write(model((CODES["UNIQUE"],), [main]))))
    assert check_graph(graph) == []
    typed = infer(graph, Bindings())
    assert typed.body.types["at"].shape == (6,)
    assert typed.body.types["y"].shape == (6,)


def embed(
    name: str,
    operands: list[Shape],
    results: list[Shape],
    kind: int = 0,
    options: Fields | None = None,
    reducer: int | str = "",
    **types: int,
) -> Graph:
    """The graph of one operation of StableHLO, with the operation of its subgraph."""
    shapes = [*operands, *results]
    tensors = [
        tensor(f"t{place}", shape, types.get(f"t{place}", 0)) for place, shape in enumerate(shapes)
    ]
    first = len(operands)
    yields = tuple(range(first, len(shapes)))
    step = operator(0, tuple(range(first)), yields, kind, options, second=True)
    pair = [tensor("a", ()), tensor("b", ()), tensor("c", ())]
    inner = subgraph("inner", pair, (0, 1), (2,), [operator(1, (0, 1), (2,))])
    codes = (CODES[name], CODES[str(reducer) or "ADD"])
    main = subgraph("main", tensors, tuple(range(first)), yields, [step])
    return TfliteReader().read(Source(name, write(model(codes, [main, inner]))))


LAYOUT = {
    0: Longs([2, 2]), 1: Longs([1, 1, 1, 1]), 5: ("q", 0), 6: ("q", 1), 7: Longs([2, 3]),
    8: ("q", 1), 9: ("q", 0), 10: Longs([2, 3]), 11: ("q", 0), 12: ("q", 1), 13: Longs([2, 3]),
    14: ("q", 1), 15: ("q", 1),
}  # fmt: skip

EMBEDDED: list[tuple[str, list[Shape], list[Shape], Any, dict[str, Any], str]] = [
    ("STABLEHLO_CLAMP", [(), (2, 3), ()], [(2, 3)], (), {}, "clamp"),
    ("STABLEHLO_CONCATENATE", [(2, 3), (2, 1)], [(2, 4)], (1, {0: ("q", 1)}), {}, "concatenate"),
    ("STABLEHLO_BROADCAST_IN_DIM", [(3,)], [(2, 3)], (2, {0: Longs([1])}), {},
     "broadcast_in_dim"),
    ("STABLEHLO_SLICE", [(4, 6)], [(2, 2)],
     (3, {0: Longs([1, 0]), 1: Longs([3, 4]), 2: Longs([1, 2])}), {}, "slice"),
    ("STABLEHLO_CONVOLUTION", [(1, 3, 8, 8), (6, 3, 3, 3)], [(1, 6, 4, 4)], (4, LAYOUT), {},
     "convolution"),
    ("STABLEHLO_REDUCE", [(2, 3), ()], [(2,)], (6, {0: Longs([1]), 1: ("i", 1)}),
     {"reducer": "STABLEHLO_ADD"}, "reduce"),
    ("STABLEHLO_SCATTER", [(6, 4), (3, 1), (3, 4)], [(6, 4)], (7, {6: ("i", 1)}),
     {"reducer": "STABLEHLO_ADD", "t1": INT32}, "scatter"),
    ("STABLEHLO_COMPARE", [(2, 3), (2, 3)], [(2, 3)], (8, {0: ("I", 4)}), {"t2": 6}, "compare"),
    ("STABLEHLO_DYNAMIC_SLICE", [(4, 6), (), ()], [(2, 6)], (9, {0: Longs([2, 6])}),
     {"t1": INT32, "t2": INT32}, "dynamic_slice"),
    ("STABLEHLO_DYNAMIC_UPDATE_SLICE", [(4, 6), (1, 6), (), ()], [(4, 6)], (),
     {"t2": INT32, "t3": INT32}, "dynamic_update_slice"),
    ("STABLEHLO_PAD", [(2, 3), ()], [(4, 5)],
     (10, {0: Longs([1, 0]), 1: Longs([1, 0]), 2: Longs([0, 1])}), {}, "pad"),
    ("STABLEHLO_IOTA", [], [(5, 2)], (11, {0: ("q", 1)}), {}, "iota"),
    ("STABLEHLO_DOT_GENERAL", [(2, 3, 8), (2, 5, 8)], [(2, 3, 5)],
     (12, {0: Longs([0]), 1: Longs([0]), 2: Longs([2]), 3: Longs([2])}), {}, "dot_general"),
    ("STABLEHLO_REDUCE_WINDOW", [(4, 6), ()], [(2, 3)],
     (13, {0: Longs([2, 2]), 1: Longs([2, 2]), 5: ("i", 1)}), {"reducer": "STABLEHLO_MAXIMUM"},
     "reduce_window"),
    ("STABLEHLO_SORT", [(4, 6)], [(4, 6)], (14, {0: ("q", 1), 2: ("i", 1)}), {}, "sort"),
    ("STABLEHLO_GATHER", [(9, 4), (3, 1)], [(3, 4)],
     (16, {0: Longs([1]), 1: Longs([0]), 3: ("q", 1), 4: Longs([1, 4])}), {"t1": INT64},
     "general_gather"),
    ("STABLEHLO_TRANSPOSE", [(2, 3)], [(3, 2)], (17, {0: Longs([1, 0])}), {}, "transpose"),
    ("STABLEHLO_RNG_BIT_GENERATOR", [(2,)], [(2,), (4,)], (), {}, "rng_bit_generator"),
    ("STABLEHLO_CUSTOM_CALL", [(2, 3)], [(2, 3)], (5, {0: "mine"}), {}, "custom_call"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("name", "operands", "results", "options", "more", "operation"),
    EMBEDDED,
    ids=[case[0] for case in EMBEDDED],
)
def test_an_operation_of_stablehlo_becomes_its_canonical_one(
    name: str,
    operands: list[Shape],
    results: list[Shape],
    options: Any,
    more: dict[str, Any],
    operation: str,
) -> None:
    check(embed(name, operands, results, *options, **more), results, [operation], name)


def test_what_stablehlo_states_of_an_operation_is_read() -> None:
    by_name = {case[0]: case for case in EMBEDDED}

    def attributes(name: str) -> Any:
        _, operands, results, options, more, _ = by_name[name]
        return embed(name, operands, results, *options, **more).body.nodes[0].attributes

    assert attributes("STABLEHLO_REDUCE")["function"] == "sum"
    assert attributes("STABLEHLO_SCATTER")["reduction"] == "sum"
    assert attributes("STABLEHLO_REDUCE_WINDOW")["function"] == "max"
    assert attributes("STABLEHLO_COMPARE")["direction"] == "LE"
    assert attributes("STABLEHLO_CUSTOM_CALL") == {"target": "mine"}
    assert attributes("STABLEHLO_CONVOLUTION")["kernel_layout"] == "OI01"


@pytest.mark.parametrize(
    ("name", "macs"),
    [("STABLEHLO_DOT_GENERAL", 2 * 3 * 5 * 8), ("STABLEHLO_CONVOLUTION", 6 * 4 * 4 * 3 * 9)],
)
def test_products_of_stablehlo_are_counted(name: str, macs: int) -> None:
    _, operands, results, options, more, _ = next(case for case in EMBEDDED if case[0] == name)
    assert count_macs(embed(name, operands, results, *options, **more)) == macs


@pytest.mark.parametrize("cause", ["reduces", "not each named once", "comparison 9"])
def test_an_operation_of_stablehlo_that_contradicts_itself_is_refused(cause: str) -> None:
    cases: dict[str, tuple[str, list[Shape], list[Shape], int, Fields]] = {
        "reduces": ("STABLEHLO_REDUCE", [(2, 3), ()], [(2,)], 6, {1: ("i", 7)}),
        "not each named once": (
            "STABLEHLO_CONVOLUTION", [(1, 3, 8, 8), (6, 3, 3, 3)], [(1, 6, 4, 4)], 4,
            {**LAYOUT, 6: ("q", 0)},
        ),
        "comparison 9": (
            "STABLEHLO_COMPARE", [(2, 3), (2, 3)], [(2, 3)], 8, {0: ("I", 9)},
        ),
    }  # fmt: skip
    with pytest.raises(UnreadableModel, match=cause):
        embed(*cases[cause])


def test_a_window_is_reduced_with_stored_sizes() -> None:
    tensors = [
        tensor("x", (4, 6)), tensor("first", ()), tensor("sizes", (2,), INT64, 1),
        tensor("steps", (2,), INT64, 2), tensor("gaps", (2,), INT64, 3), tensor("y", (2, 3)),
    ]  # fmt: skip
    step = operator(0, (0, 1, 2, 3, 4), (5,), 20, {0: ("i", 4)}, second=True)
    main = subgraph("main", tensors, (0, 1), (5,), [step])
    two, one = integers(2, 0, 2, 0), integers(1, 0, 1, 0)
    data = write(model((CODES["REDUCE_WINDOW"],), [main], [two, two, one]))
    graph = TfliteReader().read(Source("window", data))
    check(graph, [(2, 3)], ["reduce_window"], "REDUCE_WINDOW")
    assert graph.body.nodes[0].attributes["function"] == "max"


def test_one_of_several_subgraphs_is_a_case_and_a_loop_of_stablehlo_a_while() -> None:
    pair = [tensor("a", (2, 4)), tensor("b", (2, 4))]
    branch = subgraph("branch", pair, (0,), (1,), [operator(1, (0,), (1,))])
    tensors = [tensor("index", (), INT32), tensor("x", (2, 4)), tensor("y", (2, 4))]
    step = operator(0, (0, 1), (2,), 23, {0: [1, 2]}, second=True)
    main = subgraph("main", tensors, (0, 1), (2,), [step])
    codes = (CODES["STABLEHLO_CASE"], CODES["STABLEHLO_TANH"])
    graph = TfliteReader().read(Source("case", write(model(codes, [main, branch, branch]))))
    check(graph, [(2, 4)], ["case"], "STABLEHLO_CASE")
    assert [len(block.nodes) for block in graph.body.nodes[0].blocks] == [1, 1]


def test_parts_along_a_dimension_that_is_not_there_are_unknown() -> None:
    graph = read("SPLIT_V", [(2, 6), [2, -1], [-9]], [(2, 2), (2, 4)], 79, {0: ("i", 2)})
    assert [node.operation for node in graph.body.nodes] == ["unknown"]
