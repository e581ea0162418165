"""Which nodes become one kernel, and what traffic is left."""

from collections import Counter

from cyborg_rr.domain.graph.graph import TensorType
from cyborg_rr.domain.graph.work.fusion import Kernel, fuse_block
from tests.unit.graph.building import GraphBuilder


def kernels(builder: GraphBuilder, *outputs: str) -> Counter[Kernel]:
    fused = fuse_block(builder.infer(*outputs).body)
    assert fused.uncosted == []
    return fused.kernels


def only(found: Counter[Kernel]) -> Kernel:
    assert sum(found.values()) == 1, found
    return next(iter(found))


def test_bias_and_activation_join_the_product() -> None:
    b = GraphBuilder()
    x = b.input("x", 4, 8)
    y = b.node("matmul", x, b.parameter(8, 16))
    y = b.node("gelu", b.node("add", y, b.parameter(16)))
    kernel = only(kernels(b, y))
    assert kernel == Kernel(
        "contraction",
        "f32",
        macs=4 * 8 * 16,
        flops_other=64 + 4 * 64,
        transcendentals=64,
        bytes_read=4 * (4 * 8 + 8 * 16 + 16),
        bytes_written=4 * 64,
        parameter_bytes=4 * (8 * 16 + 16),
        fused=1,
        inner_bytes=4 * 64,
    )


def test_a_result_that_two_read_is_not_fused_away() -> None:
    b = GraphBuilder()
    y = b.node("matmul", b.input("x", 4, 8), b.parameter(8, 16))
    left, right = b.node("relu", y), b.node("exp", y)
    found = kernels(b, b.node("concatenate", left, right, axis=0))
    # the product stays a kernel; both activations join the copy that reads them
    assert sorted(kernel.kind for kernel in found) == ["contraction", "movement"]


def test_an_output_of_the_graph_is_written() -> None:
    b = GraphBuilder()
    y = b.node("matmul", b.input("x", 4, 8), b.parameter(8, 16))
    z = b.node("relu", y)
    assert sum(kernels(b, y, z).values()) == 2


def test_a_sum_joins_one_of_two_products() -> None:
    b = GraphBuilder()
    x = b.input("x", 4, 8)
    left, right = (b.node("matmul", x, b.parameter(8, 16)) for _ in range(2))
    found = kernels(b, b.node("add", left, right))
    assert sum(found.values()) == 2
    assert sorted(kernel.flops_other for kernel in found) == [0, 64]
    reads = sorted(kernel.bytes_read for kernel in found)
    assert reads == [4 * (32 + 128), 4 * (32 + 128 + 64)]


def test_each_operand_is_read_once_per_kernel() -> None:
    b = GraphBuilder()
    x = b.input("x", 100)
    kernel = only(kernels(b, b.node("add", b.node("multiply", x, x), b.node("exp", x))))
    assert (kernel.bytes_read, kernel.bytes_written) == (400, 400)
    assert (kernel.kind, kernel.flops_other, kernel.transcendentals) == ("elementwise", 200, 100)


def test_views_cost_nothing_and_do_not_stop_fusion() -> None:
    b = GraphBuilder()
    y = b.node("matmul", b.input("x", 4, 8), b.parameter(8, 16))
    y = b.node("reshape", y, b.constant([2, 2, 16]))
    assert only(kernels(b, b.node("relu", y))).kind == "contraction"


def test_a_stretched_operand_is_read_at_its_own_size() -> None:
    b = GraphBuilder()
    x = b.input("x", 64, 1000)
    wide = b.node("broadcast_in_dim", b.parameter(1000), shape=(64, 1000),
                  broadcast_dimensions=(1,))  # fmt: skip
    kernel = only(kernels(b, b.node("add", x, wide)))
    assert kernel.bytes_read == 4 * (64_000 + 1000)
    assert kernel.parameter_bytes == 4000


def test_a_stretched_operand_of_a_product_is_written_first() -> None:
    b = GraphBuilder()
    wide = b.node("expand", b.input("k", 1, 8), b.constant([64, 8]))
    found = kernels(b, b.node("matmul", b.input("x", 4, 64), wide))
    assert sorted(kernel.kind for kernel in found) == ["contraction", "movement"]


def test_a_reduction_takes_what_leads_to_it_but_not_what_spreads_it() -> None:
    b = GraphBuilder()
    x = b.input("x", 4, 100)
    total = b.node("reduce", b.node("exp", x), function="sum", axes=(1,), keep_dimensions=True)
    found = kernels(b, b.node("divide", x, total))
    assert sorted(kernel.kind for kernel in found) == ["elementwise", "reduction"]
    reduction = next(kernel for kernel in found if kernel.kind == "reduction")
    assert (reduction.bytes_read, reduction.bytes_written) == (1600, 16)


def test_a_product_reads_narrow_weights_through_their_widening() -> None:
    b = GraphBuilder()
    weight = b.node("dequantize", b.parameter(8, 16, element_type="i8"), b.parameter())
    kernel = only(kernels(b, b.node("matmul", b.input("x", 4, 8), weight)))
    assert kernel.parameter_bytes == 128 + 4


def test_shape_arithmetic_is_no_kernel() -> None:
    b = GraphBuilder()
    x = b.input("x", 4, 8)
    target = b.node("concatenate", b.node("shape_of", x, end=1), b.constant([2, 4]), axis=0)
    assert only(kernels(b, b.node("relu", b.node("reshape", x, target)))).bytes_read == 128


def test_equal_kernels_are_counted_together() -> None:
    b = GraphBuilder()
    x = b.input("x", 8, 8)
    for _ in range(5):
        x = b.node("relu", b.node("matmul", x, b.parameter(8, 8)))
    assert list(kernels(b, x).values()) == [5]


def test_a_lookup_reads_rows_only() -> None:
    b = GraphBuilder()
    b.inputs["ids"] = TensorType("i64", (3,))
    kernel = only(kernels(b, b.node("gather", b.parameter(30522, 768), "ids", axis=0)))
    assert kernel.bytes_read == 3 * 768 * 4 + 24
    assert kernel.parameter_bytes == 3 * 768 * 4


def test_the_element_type_is_that_of_the_arithmetic() -> None:
    b = GraphBuilder()
    x = b.input("x", 4, 8, element_type="i8")
    y = b.node("matmul", x, b.parameter(8, 16, element_type="i8"), element_type="i32")
    y = b.node("convert", y, element_type="f32")
    assert only(kernels(b, y)).element_type == "i8"


def test_an_operation_without_static_types_is_not_costed() -> None:
    b = GraphBuilder()
    y = b.node("relu", b.input("x", "n", 4))
    assert [node.operation for node in fuse_block(b.infer(y).body).uncosted] == ["relu"]
