"""Loops, branches and calls: types of their results, how often they run, what they cost."""

import pytest

from cyborg_rr.domain.errors import UnreadableModel
from cyborg_rr.domain.graph.graph import Block, Node, TensorType
from cyborg_rr.domain.graph.inference.aliases import Aliases
from cyborg_rr.domain.graph.inference.typed import TypedGraph
from cyborg_rr.domain.graph.memory.liveness import find_peak
from cyborg_rr.domain.graph.work.workload import find_workload
from tests.unit.graph.building import GraphBuilder

MATRIX = TensorType("f32", (8, 8))
COUNTER = TensorType("i32", ())


def counted_loop(
    *, start: int = 0, limit: int = 10, step: int = 1, direction: str = "LT", update: str = "add"
) -> TypedGraph:
    """A while loop that squares a matrix each trip."""
    condition = GraphBuilder()
    condition.inputs = {"i": COUNTER, "m": MATRIX}
    condition.node("compare", "i", condition.constant(limit, "i32"), name="go", direction=direction)
    body = GraphBuilder()
    body.inputs = {"bi": COUNTER, "bm": MATRIX}
    body.node(update, "bi", body.constant(step, "i32"), name="next")
    body.node("matmul", "bm", "bm", name="square")
    b = GraphBuilder()
    b.input("x", 8, 8)
    b.node(
        "while", b.constant(start, "i32"), "x",
        outputs=2, name="loop", blocks=(condition.block("go"), body.block("next", "square")),
    )  # fmt: skip
    return b.infer("loop_1")


@pytest.mark.parametrize(
    ("options", "trips"),
    [
        ({}, 10),
        ({"limit": 0}, 0),
        ({"step": 3}, 4),
        ({"direction": "LE"}, 11),
        ({"direction": "NE"}, 10),
        ({"start": 10, "limit": 0, "direction": "GT", "update": "subtract"}, 10),
        ({"start": 10, "limit": 1, "step": -2, "direction": "GE"}, 5),
    ],
)
def test_a_counted_loop_costs_its_trips(options: dict[str, object], trips: int) -> None:
    typed = counted_loop(**options)  # type: ignore[arg-type]
    workload = find_workload(typed)
    assert workload.macs == trips * 512
    assert typed.types["loop_1"] == MATRIX
    assert workload.control_flow == {"while": 1}
    assert not workload.warnings


def joined_loop(*limits: int | None) -> TypedGraph:
    """A while loop that runs while its counter is below all limits; None is one nobody knows."""
    condition = GraphBuilder()
    condition.inputs = {"i": COUNTER, "m": MATRIX, "far": COUNTER}
    for place, limit in enumerate(limits):
        against = "far" if limit is None else condition.constant(limit, "i32")
        condition.node("compare", "i", against, name=f"go{place}", direction="LT")
    last = "go0"
    for place in range(1, len(limits)):
        condition.node("and", last, f"go{place}", name=f"all{place}")
        last = f"all{place}"
    body = GraphBuilder()
    body.inputs = {"bi": COUNTER, "bm": MATRIX, "bf": COUNTER}
    body.node("add", "bi", body.constant(1, "i32"), name="next")
    body.node("matmul", "bm", "bm", name="square")
    b = GraphBuilder()
    b.input("x", 8, 8)
    b.input("limit", element_type="i32")
    b.node(
        "while", b.constant(0, "i32"), "x", "limit",
        outputs=3, name="loop", blocks=(condition.block(last), body.block("next", "square", "bf")),
    )  # fmt: skip
    return b.infer("loop_1")


@pytest.mark.parametrize(("limits", "trips"), [((7, 4), 4), ((3, 9), 3), ((5, 6, 2), 2)])
def test_a_loop_runs_while_all_of_several_comparisons_hold(
    limits: tuple[int, ...], trips: int
) -> None:
    assert find_workload(joined_loop(*limits)).macs == trips * 512


def test_a_loop_with_one_comparison_that_nobody_knows_is_not_counted() -> None:
    assert find_workload(joined_loop(4, None)).warnings


def test_what_a_loop_yields_has_the_type_of_its_last_trip() -> None:
    condition, body, b = GraphBuilder(), GraphBuilder(), GraphBuilder()
    condition.inputs = {"i": COUNTER, "m": TensorType("f32", None)}
    condition.node("compare", "i", condition.constant(3, "i32"), name="go", direction="LT")
    body.inputs = {"bi": COUNTER, "bm": TensorType("f32", None)}
    body.node("add", "bi", body.constant(1, "i32"), name="next")
    body.node("relu", "x", name="made")
    b.input("x", 8, 8)
    b.input("empty", 0, 8)
    b.node(
        "while", b.constant(0, "i32"), "empty",
        outputs=2, name="loop", blocks=(condition.block("go"), body.block("next", "made")),
    )  # fmt: skip
    assert b.infer("loop_1").types["loop_1"] == MATRIX


@pytest.mark.parametrize(
    "options", [{"step": 0}, {"step": -1}, {"direction": "EQ"}, {"update": "multiply"}]
)
def test_a_loop_without_a_known_end_is_counted_once_and_said_so(
    options: dict[str, object],
) -> None:
    workload = find_workload(counted_loop(**options))  # type: ignore[arg-type]
    assert workload.macs == 512
    assert any("how often the loop runs" in warning for warning in workload.warnings)


def test_the_limit_of_a_loop_may_be_carried_around() -> None:
    condition, body = GraphBuilder(), GraphBuilder()
    condition.inputs = {"limit": COUNTER, "i": COUNTER, "m": MATRIX}
    condition.node("compare", "limit", "i", name="go", direction="GT")
    body.inputs = {"limit": COUNTER, "i": COUNTER, "m": MATRIX}
    body.node("add", body.constant(1, "i32"), "i", name="next")
    body.node("matmul", "m", "m", name="square")
    b = GraphBuilder()
    b.input("x", 8, 8)
    b.node(
        "while", b.constant(6, "i32"), b.constant(0, "i32"), "x", outputs=3, name="loop",
        blocks=(condition.block("go"), body.block("limit", "next", "square")),
    )  # fmt: skip
    assert find_workload(b.infer("loop_2")).macs == 6 * 512


def test_values_that_a_loop_hands_on_untouched_take_no_memory_again() -> None:
    condition, body = GraphBuilder(), GraphBuilder()
    condition.inputs = body.inputs = {"i": COUNTER, "w": TensorType("f32", (1000, 1000))}
    condition.node("compare", "i", condition.constant(3, "i32"), name="go", direction="LT")
    body.node("add", "i", body.constant(1, "i32"), name="next")
    b = GraphBuilder()
    b.input("x", 1000, 1000)
    b.node("while", b.constant(0, "i32"), "x", outputs=2, name="loop",
           blocks=(condition.block("go"), body.block("next", "w")))  # fmt: skip
    b.node("reduce", "loop_1", name="out", function="sum")
    peak = find_peak(b.infer("out"))
    assert peak is not None
    assert peak.total_bytes < 100


def branch(*nodes: tuple[str, str], output: str) -> Block:
    """A branch that applies operations to outer values."""
    built = tuple(Node(op, op, (source,), (f"{output}{i}",)) for i, (op, source) in
                  enumerate(nodes))  # fmt: skip
    return Block({}, (f"{output}{len(nodes) - 1}",), built)


def test_of_two_branches_the_dearest_counts() -> None:
    b = GraphBuilder()
    b.input("x", 4, 4)
    b.inputs["p"] = TensorType("i1", ())
    heavy = Block({}, ("h",), (Node("matmul", "MatMul", ("x", "x"), ("h",)),))
    light = branch(("relu", "x"), output="l")
    b.node("if", "p", name="y", blocks=(light, heavy))
    typed = b.infer("y")
    workload = find_workload(typed)
    assert typed.types["y"].shape == (4, 4)
    assert workload.macs == 64
    assert workload.operations == {"if": 1, "MatMul": 1, "relu": 1}


def test_branches_that_disagree_bound_the_dimension() -> None:
    b = GraphBuilder()
    b.input("x", 4, 1)
    b.inputs["p"] = TensorType("i1", ())
    wide = Block({}, ("t",), (Node("concatenate", "c", ("x", "x"), ("t",), {"axis": 1}),))
    b.node("if", "p", name="y", blocks=(branch(("relu", "x"), output="l"), wide))
    typed = b.infer("y")
    assert typed.types["y"].shape == (4, 2)
    assert typed.body.bounded["y"].shape == (4, "?")
    assert not typed.unresolved


def test_a_case_index_outside_takes_the_last_branch() -> None:
    b = GraphBuilder()
    b.input("x", 4)
    branches = (branch(("relu", "x"), output="a"), branch(("exp", "x"), ("relu", "x"), output="b"))
    b.node("case", b.constant(7, "i32"), name="y", blocks=branches)
    work = find_workload(b.infer("y"))
    assert sum(step.transcendentals * n for step, n in work.kernels.items()) == 4


def onnx_loop(limit: int | None) -> GraphBuilder:
    """A Loop that doubles a value and stacks what it had."""
    body = GraphBuilder()
    body.inputs = {
        "i": TensorType("i64", ()), "go": TensorType("i1", ()), "s": TensorType("f32", (4,)),
    }  # fmt: skip
    body.node("add", "s", "s", name="double")
    b = GraphBuilder()
    b.input("x", 4)
    count = b.constant(limit) if limit is not None else b.input("n", element_type="i64")
    b.node("loop", count, "", "x", outputs=2, name="y", blocks=(body.block("go", "double", "s"),))
    return b


def test_a_loop_stacks_one_slice_per_trip() -> None:
    typed = onnx_loop(5).infer("y", "y_1")
    assert typed.types["y"].shape == (4,)
    assert typed.types["y_1"].shape == (5, 4)
    assert sum(s.flops_other * n for s, n in find_workload(typed).kernels.items()) == 20


def steered_loop(first: bool | None, further: bool | None, limit: int | None = 5) -> TypedGraph:
    """A Loop that squares a matrix; its conditions are known, or None decided by data."""
    body = GraphBuilder()
    body.inputs = {"i": TensorType("i64", ()), "go": TensorType("i1", ()), "s": MATRIX}
    body.node("matmul", "s", "s", name="square")
    on = "far" if further is None else body.constant(further, "i1")
    b = GraphBuilder()
    b.input("x", 8, 8)
    b.input("near", element_type="i1")
    b.input("far", element_type="i1")
    count = b.constant(limit) if limit is not None else b.input("n", element_type="i64")
    begin = "near" if first is None else b.constant(first, "i1")
    b.node("loop", count, begin, "x", outputs=2, name="y",
           blocks=(body.block(on, "square", "square"),))  # fmt: skip
    return b.infer("y", "y_1")


@pytest.mark.parametrize(
    ("first", "further", "limit", "trips", "at_most"),
    [
        (True, True, 5, 5, False),
        (None, True, 5, 5, True),
        (True, None, 5, 5, True),
        (True, False, 5, 1, False),
        (True, False, 2**63 - 1, 1, False),
        (True, False, None, 1, True),
        (None, False, 5, 1, True),
        (True, False, 0, 0, False),
        (False, True, 5, 0, False),
        (False, None, None, 0, False),
        (False, False, 2**63 - 1, 0, False),
    ],
)
def test_a_loop_ends_where_its_conditions_are_known_to_be_false(
    first: bool | None, further: bool | None, limit: int | None, trips: int, at_most: bool
) -> None:
    typed = steered_loop(first, further, limit)
    workload = find_workload(typed)
    assert workload.macs == trips * 512
    assert typed.has_bounded == at_most
    assert typed.types["y_1"].shape == (trips, 8, 8)
    peak = find_peak(typed)
    assert peak is not None
    assert trips or not peak.total_bytes
    assert not workload.warnings


def flagged_loop(first: bool | None, further: bool | None, tested: str) -> TypedGraph:
    """A while loop that a truth steers, which is carried around or stands in its condition."""
    condition, body = GraphBuilder(), GraphBuilder()
    condition.inputs = {"go": TensorType("i1", ()), "i": COUNTER, "m": MATRIX}
    condition.node("compare", "i", condition.constant(7, "i32"), name="below", direction="LT")
    test = "go" if tested == "carried" else condition.constant(tested == "true", "i1")
    condition.node("and", "below", test, name="all")
    body.inputs = {"go": TensorType("i1", ()), "i": COUNTER, "m": MATRIX}
    body.node("add", "i", body.constant(1, "i32"), name="next")
    body.node("matmul", "m", "m", name="square")
    on = "go" if further is None else body.constant(further, "i1")
    b = GraphBuilder()
    b.input("x", 8, 8)
    b.input("near", element_type="i1")
    begin = "near" if first is None else b.constant(first, "i1")
    b.node("while", begin, b.constant(0, "i32"), "x", outputs=3, name="loop",
           blocks=(condition.block("all"), body.block(on, "next", "square")))  # fmt: skip
    return b.infer("loop_2")


@pytest.mark.parametrize(
    ("first", "further", "tested", "trips"),
    [
        (True, True, "carried", 7),
        (True, None, "carried", 7),
        (True, False, "carried", 1),
        (False, True, "carried", 0),
        (None, None, "false", 0),
        (None, None, "true", 7),
    ],
)
def test_a_while_ends_where_a_truth_is_known_to_be_false(
    first: bool | None, further: bool | None, tested: str, trips: int
) -> None:
    workload = find_workload(flagged_loop(first, further, tested))
    assert workload.macs == trips * 512
    assert not workload.warnings


def test_a_while_that_data_ends_is_not_counted() -> None:
    workload = find_workload(flagged_loop(None, True, "carried"))
    assert any("how often the loop runs" in warning for warning in workload.warnings)


def test_what_a_loop_without_a_trip_yields_is_what_it_was_given() -> None:
    body = GraphBuilder()
    body.inputs = {
        "i": TensorType("i64", ()), "go": TensorType("i1", ()), "s": TensorType(None, None),
    }  # fmt: skip
    body.node("concatenate", "s", "s", name="more", axis=0)
    b = GraphBuilder()
    b.input("x", 4)
    b.node("loop", b.constant(5), b.constant(False, "i1"), "x", name="y",
           blocks=(body.block("go", "more"),))  # fmt: skip
    assert b.infer("y").types["y"].shape == (4,)


@pytest.mark.parametrize("limit", [None, 2**63 - 1])
def test_a_loop_without_a_count_stacks_an_unknown_number(limit: int | None) -> None:
    typed = onnx_loop(limit).infer("y", "y_1")
    assert typed.types["y_1"].shape == ("?", 4)
    assert typed.unresolved == ("y_1",)


def test_a_loop_whose_value_grows_is_not_believed_to_stay() -> None:
    body = GraphBuilder()
    body.inputs = {
        "i": TensorType("i64", ()), "go": TensorType("i1", ()), "s": TensorType(None, None),
    }  # fmt: skip
    body.node("concatenate", "s", "s", name="more", axis=0)
    b = GraphBuilder()
    b.input("x", 4)
    b.node("loop", b.constant(5), "", "x", name="y", blocks=(body.block("go", "more"),))
    assert b.infer("y").types["y"].shape == ("?",)


def empty_then(operation: str, *inputs: str, **attributes: object) -> TypedGraph:
    """A loop of 5 trips whose value has nothing in it before the first."""
    body = GraphBuilder()
    body.inputs = {
        "i": TensorType("i64", ()), "go": TensorType("i1", ()), "s": TensorType(None, None),
    }  # fmt: skip
    body.node(operation, *inputs, name="made", **attributes)
    b = GraphBuilder()
    b.input("x", 4, 8, 6)
    b.input("empty", 4, 0)
    b.node("loop", b.constant(5), "", "empty", name="y", blocks=(body.block("go", "made"),))
    return b.infer("y")


def test_what_is_empty_before_a_loop_has_the_rank_that_a_trip_gives_it() -> None:
    assert empty_then("relu", "x").types["y"].shape == (4, 8, 6)


def test_a_rank_that_grows_with_each_trip_is_not_believed_to_stay() -> None:
    assert empty_then("unsqueeze", "s", axes=(0,)).types["y"].shape is None


def test_a_scan_walks_along_an_axis() -> None:
    body = GraphBuilder()
    body.inputs = {"state": TensorType("f32", (8,)), "slice": TensorType("f32", (8,))}
    body.node("add", "state", "slice", name="total")
    b = GraphBuilder()
    b.input("s", 8)
    b.input("x", 8, 6)
    b.node("scan", "s", "x", outputs=2, name="y", num_scan_inputs=1, scan_input_axes=(1,),
           scan_output_axes=(-1,), blocks=(body.block("total", "total"),))  # fmt: skip
    typed = b.infer("y", "y_1")
    assert typed.types["y"].shape == (8,)
    assert typed.types["y_1"].shape == (8, 6)
    assert sum(s.flops_other * n for s, n in find_workload(typed).kernels.items()) == 48


def test_a_batched_scan_runs_for_each_part_of_the_batch() -> None:
    body = GraphBuilder()
    body.input("s0", 2)
    body.input("x0", 2)
    body.node("add", "s0", "x0", name="total")
    b = GraphBuilder()
    b.input("s", 5, 2)
    b.input("x", 5, 3, 2)
    b.node("scan", "", "s", "x", outputs=2, name="y", num_scan_inputs=1, batched=True,
           blocks=(body.block("total", "total"),))  # fmt: skip
    typed = b.infer("y", "y_1")
    assert typed.types["y"].shape == (5, 2)
    assert typed.types["y_1"].shape == (5, 3, 2)
    assert sum(k.flops_other * n for k, n in find_workload(typed).kernels.items()) == 5 * 3 * 2


def test_a_batched_scan_hands_on_the_state_and_not_the_lengths() -> None:
    body = GraphBuilder()
    body.input("s0", 2)
    body.input("x0", 2)
    body.node("exp", "x0", name="e")
    b = GraphBuilder()
    b.inputs["lengths"] = TensorType("i64", (5,))
    b.input("s", 5, 2)
    b.input("x", 5, 3, 2)
    b.node("scan", "lengths", "s", "x", outputs=2, name="y", num_scan_inputs=1, batched=True,
           blocks=(body.block("s0", "e"),))  # fmt: skip
    typed = b.infer("y", "y_1")
    aliases = Aliases()
    aliases.note_loop(typed.graph.body.nodes[0])
    assert typed.types["y"].shape == (5, 2)
    assert aliases.root("y") == "s"


def callee() -> Block:
    built = GraphBuilder()
    built.inputs = {"a": TensorType(None, None), "w": TensorType(None, None)}
    built.node("matmul", "a", "w", name="p")
    return built.block("p")


def test_a_function_is_typed_and_costed_per_call() -> None:
    shared = callee()
    b = GraphBuilder()
    b.input("x", 2, 8)
    weight = b.parameter(8, 8)
    first = b.node("call", "x", weight, blocks=(shared,))
    second = b.node("call", first, weight, blocks=(shared,))
    third = b.node("call", second, b.parameter(8, 3), blocks=(shared,))
    typed = b.infer(third)
    workload = find_workload(typed)
    assert typed.types[third].shape == (2, 3)
    assert workload.macs == 2 * 128 + 48
    assert workload.operations == {"call": 3, "matmul": 3}
    assert typed.body.inner[0].blocks[0] is typed.body.inner[1].blocks[0]
    assert sum(s.parameter_bytes * n for s, n in workload.kernels.items()) == 2 * 256 + 96


def test_calls_of_calls_do_not_multiply_the_analysis() -> None:
    block = callee()
    inputs = {"a": TensorType(None, None), "w": TensorType(None, None)}
    for _ in range(40):
        block = Block(
            inputs, ("z",),
            (
                Node("call", "call", ("a", "w"), ("y",), {}, (block,)),
                Node("call", "call", ("y", "w"), ("z",), {}, (block,)),
            ),
        )  # fmt: skip
    b = GraphBuilder()
    b.input("x", 1, 1)
    b.node("call", "x", b.parameter(1, 1), name="out", blocks=(block,))
    assert find_workload(b.infer("out")).macs == 2**40


def test_nesting_has_a_limit() -> None:
    block = branch(("relu", "x"), output="a")
    for depth in range(100):
        node = Node("if", "If", ("p",), (f"d{depth}",), {}, (block,))
        block = Block({}, (f"d{depth}",), (node,))
    b = GraphBuilder()
    b.input("x", 4)
    b.inputs["p"] = TensorType("i1", ())
    b.nodes = list(block.nodes)
    with pytest.raises(UnreadableModel, match="nested more than 64"):
        b.infer(block.outputs[0])


def test_work_beyond_all_numbers_is_refused() -> None:
    block = Block({"m": MATRIX}, ("m2",), (Node("matmul", "mm", ("m", "m"), ("m2",)),))
    for depth in range(3):
        name = f"o{depth}"
        node = Node("while", "while", ("m",), (name,), {"trip_count": 2**30},
                    (Block({"m": MATRIX}, (), ()), block))  # fmt: skip
        block = Block({"m": MATRIX}, (name,), (node,))
    b = GraphBuilder()
    b.input("m", 8, 8)
    b.nodes = list(block.nodes)
    with pytest.raises(UnreadableModel, match=r"exceeds 2\*\*63"):
        find_workload(b.infer("o2"))
