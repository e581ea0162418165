"""What follows from stored tensors alone is reckoned once and kept like them."""

from dataclasses import replace

from cyborg_rr.domain.graph.inference.derived import find_derived, find_derived_bytes
from cyborg_rr.domain.graph.memory.liveness import find_peak
from cyborg_rr.domain.graph.work.workload import find_workload
from tests.unit.graph.building import GraphBuilder


def test_weights_that_are_turned_around_cost_nothing_and_are_no_temporaries() -> None:
    b = GraphBuilder()
    turned = b.node("transpose", b.parameter(16, 8))
    product = b.node("matmul", b.input("x", 4, 8), turned)
    typed = b.infer(b.node("softmax", product, axis=1))
    assert find_derived(typed.body) == {turned}
    kernels = {kernel.kind: kernel for kernel in find_workload(typed).kernels}
    assert "movement" not in kernels
    assert kernels["contraction"].parameter_bytes == 16 * 8 * 4
    peak = find_peak(typed)
    assert peak is not None
    assert peak.total_bytes == 4 * 16 * 4
    assert find_derived_bytes(typed.body) == 0


def test_what_is_kept_beside_the_weights_is_counted() -> None:
    b = GraphBuilder()
    weight = b.parameter(8, 8)
    b.node("add", b.node("transpose", weight), weight, name="both")
    twice = b.node("tile", weight, b.constant([2, 1]))
    b.node("matmul", b.input("x", 4, 8), "both", name="y")
    typed = b.infer(b.node("matmul", b.node("concatenate", "y", "y", axis=1), twice))
    assert find_derived_bytes(typed.body) == 2 * 256 + 256 - 256 - 16


def test_arguments_and_quantised_weights_are_not_reckoned_before() -> None:
    b = GraphBuilder()
    weight = b.parameter(8, 8)
    b.stored[weight] = replace(b.stored[weight], location="absent")
    b.node("transpose", weight, name="t")
    narrow = b.parameter(8, 8, element_type="i8")
    b.node("dequantize", narrow, b.constant(1.0, "f32"), name="wide")
    typed = b.infer(b.node("matmul", b.node("matmul", b.input("x", 4, 8), "t"), "wide"))
    assert not find_derived(typed.body)
