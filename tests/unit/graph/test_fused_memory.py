"""What lies in memory where chains of elementwise nodes run as one kernel."""

from __future__ import annotations

from cyborg_rr.domain.graph.graph import Block, Node, TensorType
from cyborg_rr.domain.graph.memory.fusing import find_fused
from cyborg_rr.domain.graph.memory.liveness import find_least_peak, find_peak
from cyborg_rr.domain.graph.work.workload import find_workload
from tests.unit.graph.building import GraphBuilder

SIZE = 100 * 100 * 4


def peaks(b: GraphBuilder, *outputs: str) -> tuple[int, int]:
    typed = b.infer(*outputs)
    fused, whole = find_least_peak(typed, fuses=True), find_peak(typed)
    assert fused is not None
    assert whole is not None
    return fused.total_bytes, whole.total_bytes


def product(b: GraphBuilder, x: str) -> str:
    return b.node("matmul", x, b.parameter(100, 100))


def test_a_polynomial_written_out_takes_the_memory_of_its_argument() -> None:
    """As exporters write erf: many readers of one square, all of which end in one kernel."""
    b = GraphBuilder()
    x = product(b, b.input("x", 100, 100))
    square = b.node("multiply", x, x)
    y = b.node("exp", square)
    for _ in range(4):
        y = b.node("add", b.node("multiply", y, square), b.constant(1.0, "f32"))
    assert peaks(b, product(b, b.node("multiply", x, y))) == (SIZE, 4 * SIZE)


def test_a_value_that_two_kernels_read_is_stored() -> None:
    b = GraphBuilder()
    shared = b.node("exp", product(b, b.input("x", 100, 100)))
    left, right = product(b, shared), b.node("softmax", shared, axis=1)
    typed = b.infer(b.node("add", left, right))
    assert shared not in find_fused(typed.body)


def test_an_output_and_what_a_call_reads_are_stored() -> None:
    function = Block(
        {"a": TensorType("f32", (100, 100))}, ("r",), (Node("exp", "exp", ("a",), ("r",)),)
    )
    b = GraphBuilder()
    x = product(b, b.input("x", 100, 100))
    first = b.node("exp", x)
    second = b.node("exp", x)
    called = b.node("call", second, blocks=(function,))
    typed = b.infer(first, b.node("add", first, called))
    assert not find_fused(typed.body) & {first, second}


def test_of_branches_that_differ_the_work_is_at_most_that_of_the_dearest() -> None:
    dear = Block({}, ("r",), (Node("matmul", "matmul", ("x", "w0"), ("r",)),))
    cheap = Block({}, ("r",), (Node("exp", "exp", ("x",), ("r",)),))
    for branches, is_open in (((dear, cheap), True), ((dear, dear), False)):
        b = GraphBuilder()
        b.input("x", 100, 100)
        b.parameter(100, 100)
        b.inputs["p"] = TensorType("i1", ())
        workload = find_workload(b.infer(b.node("if", "p", blocks=branches)))
        assert workload.macs == 100**3
        assert bool(workload.choices) is is_open
        assert all(kernel.at_most is is_open for kernel in workload.kernels)
