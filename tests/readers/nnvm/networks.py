"""Writes the samples marked "documentation"; ``python -m tests.readers.nnvm.networks``."""

from __future__ import annotations

from tests.readers.nnvm.writing import Writer, write_parameters
from tests.readers.samples import DATA

HERE = DATA / "nnvm"


def detector() -> bytes:
    """A symbol graph of packed channels, resizing, boxes and reshapes with special numbers."""
    graph = Writer()
    data = graph.variable("data", __shape__="(1, 16, 8, 8)", __dtype__="0")
    weight = graph.variable("head_weight")
    packed = graph.operation(
        "__layout_transform__", "in", [data], src_layout="NCHW", dst_layout="NCHW8c"
    )
    convolved = graph.operation(
        "_contrib_conv2d_NCHWc", "head", [packed, weight], channels=32, kernel_size="(3, 3)",
        padding="(1, 1)", strides="(2, 2)", layout="NCHW8c", kernel_layout="OIHW8i16o",
        out_layout="NCHW16c", use_bias=False,
    )  # fmt: skip
    plain = graph.operation(
        "__layout_transform__", "out", [convolved], src_layout="NCHW16c", dst_layout="NCHW"
    )
    scale, shift, mean, var = (
        graph.variable(f"norm_{word}") for word in ("gamma", "beta", "moving_mean", "moving_var")
    )
    normal = graph.operation("batch_norm", "norm", [plain, scale, shift, mean, var], epsilon=1e-3)
    active = graph.operation("leaky_relu", "active", [(normal, 0)], alpha=0.1)
    larger = graph.operation("upsampling", "larger", [active], scale=2)
    halves = graph.operation("split", "halves", [larger], indices_or_sections="(8,)", axis=1)
    pooled = graph.operation(
        "avg_pool2d", "pooled", [(halves, 1)], pool_size="[2L, 2L]", strides="[2L, 2L]"
    )
    boxes = graph.operation(
        "multibox_prior", "boxes", [pooled], sizes="(0.2, 0.5)", ratios="(1, 2, 0.5)"
    )
    scores = graph.operation("reshape", "scores", [pooled], shape="(0, 4, -1)")
    places = graph.operation("reshape", "places", [pooled], shape="(0, -3, -2)")
    found = graph.operation("multibox_transform_loc", "found", [scores, places, boxes])
    kept = graph.operation("nms", "kept", [(found, 0), (found, 1)])
    first = graph.operation("strided_slice", "first", [(halves, 0)], begin="(0, 0)", end="(1, 4)")
    scaled = graph.operation("__mul_scalar__", "scaled", [first], scalar=0.5)
    score = graph.operation("softmax", "score", [scaled], axis=1)
    return graph.write([kept, score])


def divided() -> bytes:
    """A compiled graph on two kinds of device, with packed and quantised operands."""
    graph = Writer()
    gpu = {"device": 2}
    data = graph.variable("data", (1, 3, 8, 8), **gpu)
    p0 = graph.variable("p0", (16, 3, 3, 3), "int8", **gpu)
    p1 = graph.variable("p1", (16, 1, 1), "int32", **gpu)
    quantised = graph.function(
        "fused_multiply_round_clip_cast", [data], (1, 3, 8, 8), 0, "int8", **gpu
    )
    convolved = graph.function(
        "fused_nn_conv2d_add_fixed_point_multiply_clip_cast", [quantised, p0, p1], (1, 16, 4, 4),
        1, "int8", **gpu,
    )  # fmt: skip
    copied = graph.function("__copy", [convolved], (1, 16, 4, 4), 2, "int8")
    pooled = graph.function("fused_nn_max_pool2d", [copied], (1, 16, 2, 2), 3, "int8")
    real = graph.function("fused_cast_nn_batch_flatten", [pooled], (1, 64), 4)
    p2 = graph.variable("p2", (2, 64, 5))
    p3 = graph.variable("p3", (10,))
    dense = graph.function("fused_nn_contrib_dense_pack_add_2", [real, p2, p3], (1, 10), 3)
    sorted_out = graph.function("dnnl_0", [dense], (1, 10), 5)
    total = graph.function("fused_sum", [sorted_out], (1,), 4)
    return graph.write([total], compiled=True)


def dense() -> bytes:
    """A compiled graph as TVM 0.9 writes it: weights are packed as it runs."""
    graph = Writer()
    data = graph.variable("data", (1, 784))
    first, bias = graph.variable("weight1", (128, 784)), graph.variable("bias1", (128,))
    packed = graph.function(
        "tvmgen_default_fused_layout_transform", [first], (16, 784, 8), 0,
        src_layout="NC", dst_layout="NC8n",
    )  # fmt: skip
    hidden = graph.function(
        "tvmgen_default_fused_nn_contrib_dense_pack_expand_dims_add_nn_relu", [data, packed, bias],
        (1, 128), 1, weight_layout="NC8n",
    )  # fmt: skip
    return graph.write([hidden], compiled=True)


def small() -> bytes:
    """A symbol graph that has its parameters beside it."""
    graph = Writer()
    data, weight = graph.variable("data"), graph.variable("w")
    bias, scale = graph.variable("b"), graph.variable("s")
    convolved = graph.operation(
        "conv2d", "conv", [data, weight, bias], channels=4, kernel_size="(3, 3)", layout="NHWC",
        kernel_layout="HWIO",
    )  # fmt: skip
    scaled = graph.operation("broadcast_mul", "scaled", [convolved, scale])
    return graph.write([graph.operation("global_max_pool2d", "top", [scaled], layout="NHWC")])


PARAMETERS = {
    "w": ("float16", (3, 3, 2, 4)), "b": ("float16", (4,)), "s": ("float16", (1, 1, 1, 4)),
}  # fmt: skip


def main() -> None:
    """Write all of them."""
    for function in (detector, divided, dense):
        (HERE / f"documentation_{function.__name__}.json").write_bytes(function())
    folder = HERE / "folders" / "documentation_small"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "deploy_graph.json").write_bytes(small())
    (folder / "deploy_param.params").write_bytes(write_parameters(PARAMETERS))
    (folder / "deploy_lib.so").write_bytes(b"\x7fELF no program")


if __name__ == "__main__":
    main()
