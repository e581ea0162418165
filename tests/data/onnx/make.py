"""Writes the small ONNX models here, one for each thing that a reader can get wrong.

python tests/data/onnx/make.py
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import onnx
from onnx import GraphProto, NodeProto, TensorProto, ValueInfoProto, helper
from onnx.helper import make_graph, make_node, make_opsetid

HERE = Path(__file__).resolve().parent
FLOAT, INT64 = TensorProto.FLOAT, TensorProto.INT64
Shape = Sequence[int | str | None]


def value(name: str, shape: Shape | None, code: int = FLOAT) -> ValueInfoProto:
    """A graph input or output."""
    return helper.make_tensor_value_info(name, code, shape)


def weight(name: str, shape: Sequence[int], code: int = FLOAT) -> TensorProto:
    """A tensor of numbers that are easy to tell apart."""
    count = math.prod(shape)
    step = 1 if code != FLOAT else 0.125
    return helper.make_tensor(name, code, shape, [(i % 7) * step for i in range(count)])


def integers(name: str, numbers: Sequence[int]) -> TensorProto:
    """A list of 64-bit integers."""
    return helper.make_tensor(name, INT64, [len(numbers)], numbers)


def write(
    name: str,
    nodes: Sequence[NodeProto],
    inputs: Sequence[ValueInfoProto],
    outputs: Sequence[ValueInfoProto],
    stored: Sequence[TensorProto] = (),
    opset: int = 17,
    ir_version: int = 8,
    domains: Sequence[str] = (),
    **model: Any,
) -> None:
    """Put a model together, check it and write it."""
    graph = make_graph(list(nodes), name, list(inputs), list(outputs), list(stored))
    save(name, graph, opset, ir_version, domains, **model)


def save(
    name: str,
    graph: GraphProto,
    opset: int,
    ir_version: int = 8,
    domains: Sequence[str] = (),
    check: bool = True,
    **model: Any,
) -> None:
    """Write a graph as a model."""
    imports = [make_opsetid("", opset), *(make_opsetid(domain, 1) for domain in domains)]
    made = helper.make_model(
        graph, opset_imports=imports, ir_version=ir_version, producer_name="make.py", **model
    )
    if check:
        onnx.checker.check_model(made)
    (HERE / f"{name}.onnx").write_bytes(made.SerializeToString())


def cnn() -> None:
    """A convolutional net with its weights inside."""
    write(
        "cnn",
        [
            make_node("Conv", ["x", "w1", "b1"], ["c1"], pads=[1, 1, 1, 1], strides=[2, 2]),
            make_node("BatchNormalization", ["c1", "g", "b", "m", "v"], ["n1"]),
            make_node("Relu", ["n1"], ["r1"]),
            make_node("MaxPool", ["r1"], ["p1"], kernel_shape=[3, 3], strides=[2, 2], ceil_mode=1),
            make_node("Conv", ["p1", "w2"], ["c2"], group=8, auto_pad="SAME_UPPER"),
            make_node("AveragePool", ["c2"], ["p2"], kernel_shape=[2, 2], pads=[0, 0, 1, 1]),
            make_node("ConvTranspose", ["p2", "w3"], ["c3"], strides=[2, 2]),
            make_node("GlobalAveragePool", ["c3"], ["p3"]),
            make_node("Flatten", ["p3"], ["f"]),
            make_node("Gemm", ["f", "w4", "b4"], ["y"], transB=1),
        ],
        [value("x", ["batch", 3, 33, 33])],
        [value("y", ["batch", 10])],
        [
            weight("w1", [16, 3, 3, 3]), weight("b1", [16]), weight("g", [16]), weight("b", [16]),
            weight("m", [16]), weight("v", [16]), weight("w2", [16, 2, 3, 3]),
            weight("w3", [16, 4, 2, 2]), weight("w4", [10, 4]), weight("b4", [10]),
        ],
    )  # fmt: skip


def before_seven() -> None:
    """IR version 3 and operator set 6: weights listed as inputs, attributes that are inputs now."""
    write(
        "before_seven",
        [
            make_node("Conv", ["x", "w"], ["c"], kernel_shape=[3, 3], pads=[1, 1, 1, 1]),
            make_node("Add", ["c", "b"], ["a"], axis=1, broadcast=1),
            make_node("Clip", ["a"], ["k"], min=0.0, max=6.0),
            make_node("Pad", ["k"], ["p"], pads=[0, 0, 1, 1, 0, 0, 1, 1]),
            make_node("Slice", ["p"], ["s"], axes=[2, 3], starts=[1, 1], ends=[10, 9]),
            make_node("Split", ["s"], ["h", "i"], axis=1, split=[4, 4]),
            make_node("Unsqueeze", ["h"], ["u"], axes=[0]),
            make_node("Squeeze", ["u"], ["q"], axes=[0]),
            make_node("Concat", ["q", "i"], ["j"], axis=1),
            make_node("ReduceSum", ["j"], ["r"], axes=[2, 3], keepdims=0),
            make_node("Dropout", ["r"], ["d", "mask"], ratio=0.5),
            make_node("Softmax", ["d"], ["y"]),
        ],
        [value("x", [1, 3, 9, 9]), value("w", [8, 3, 3, 3]), value("b", [8])],
        [value("y", [1, 8])],
        [weight("w", [8, 3, 3, 3]), weight("b", [8])],
        opset=6,
        ir_version=3,
    )


def branches() -> None:
    """An If whose branches use values from around them and define the same name."""
    then = make_graph(
        [make_node("MatMul", ["x", "w"], ["out"])], "yes", [], [value("out", ["n", 8])]
    )
    otherwise = make_graph(
        [
            make_node("Constant", [], ["half"], value_float=0.5),
            make_node("Mul", ["x", "half"], ["out"]),
        ],
        "no",
        [],
        [value("out", ["n", 8])],
    )
    write(
        "branches",
        [
            make_node("ReduceSum", ["x"], ["total"], keepdims=0),
            make_node("Constant", [], ["zero"], value_float=0.0),
            make_node("Greater", ["total", "zero"], ["positive"]),
            make_node("If", ["positive"], ["y"], then_branch=then, else_branch=otherwise),
        ],
        [value("x", ["n", 8])],
        [value("y", ["n", 8])],
        [weight("w", [8, 8])],
    )


def loops() -> None:
    """A Loop of five rounds and a Scan over a sequence."""
    step = make_graph(
        [
            make_node("MatMul", ["state", "w"], ["product"]),
            make_node("Tanh", ["product"], ["next"]),
            make_node("Identity", ["go"], ["on"]),
        ],
        "step",
        [value("round", [], INT64), value("go", [], TensorProto.BOOL), value("state", [1, 8])],
        [value("on", [], TensorProto.BOOL), value("next", [1, 8])],
    )
    item = make_graph(
        [make_node("Add", ["sum", "each"], ["more"]), make_node("Identity", ["more"], ["copy"])],
        "item",
        [value("sum", [8]), value("each", [8])],
        [value("more", [8]), value("copy", [8])],
    )
    write(
        "loops",
        [
            make_node("Constant", [], ["five"], value_int=5),
            make_node("Loop", ["five", "", "x"], ["last"], body=step),
            make_node("Scan", ["start", "z"], ["sum", "all"], body=item, num_scan_inputs=1),
        ],
        [value("x", [1, 8]), value("z", ["t", 8])],
        [value("last", [1, 8]), value("sum", [8]), value("all", ["t", 8])],
        [weight("w", [8, 8]), weight("start", [8])],
    )


def functions() -> None:
    """Functions of the model's own, one calling the other, with attributes handed through."""
    opsets = [make_opsetid("", 17), make_opsetid("own", 1)]
    scale = make_node("LeakyRelu", ["x"], ["y"])
    reference = scale.attribute.add()
    reference.name, reference.ref_attr_name = "alpha", "slope"
    reference.type = onnx.AttributeProto.FLOAT
    leaky = helper.make_function("own", "Leaky", ["x"], ["y"], [scale], opsets, ["slope"])
    call = make_node("Leaky", ["h"], ["y"], domain="own")
    handed = call.attribute.add()
    handed.name, handed.ref_attr_name = "slope", "slope"
    handed.type = onnx.AttributeProto.FLOAT
    dense = helper.make_function(
        "own",
        "Dense",
        ["x", "w", "b"],
        ["y", "x"],
        [make_node("Gemm", ["x", "w", "b"], ["h"]), call],
        opsets,
        [],
        [helper.make_attribute("slope", 0.25)],
    )
    write(
        "functions",
        [
            make_node("Dense", ["x", "w", "b"], ["h", "same"], domain="own", slope=0.5),
            make_node("Dense", ["h", "w", ""], ["k"], domain="own", name="second"),
            make_node("Add", ["k", "same"], ["y"]),
        ],
        [value("x", [2, 8])],
        [value("y", [2, 8])],
        [weight("w", [8, 8]), weight("b", [8])],
        domains=["own"],
        functions=[leaky, dense],
        check=False,
    )


def external() -> None:
    """Weights said to be in other files, one of them far outside; one weight without any data."""
    tensors = [TensorProto(name=name, data_type=FLOAT, dims=[4, 4]) for name in "uvw"]
    for tensor, place in zip(tensors, ("/etc/passwd", "../../weights.bin"), strict=False):
        tensor.data_location = TensorProto.EXTERNAL
        tensor.external_data.add(key="location", value=place)
        tensor.external_data.add(key="length", value="64")
    write(
        "external",
        [
            make_node("MatMul", ["x", "u"], ["a"]),
            make_node("MatMul", ["a", "v"], ["b"]),
            make_node("MatMul", ["b", "w"], ["y"]),
        ],
        [value("x", [2, 4])],
        [value("y", [2, 4])],
        tensors,
        check=False,
    )


def constants() -> None:
    """Every way in which a Constant node can hold its value."""
    sparse = helper.make_sparse_tensor(weight("values", [2]), integers("indices", [1, 5]), [8])
    write(
        "constants",
        [
            make_node("Constant", [], ["tensor"], value=integers("", [2, 4])),
            make_node("Constant", [], ["float"], value_float=1.5),
            make_node("Constant", [], ["floats"], value_floats=[1.0, 2.0]),
            make_node("Constant", [], ["int"], value_int=-3),
            make_node("Constant", [], ["ints"], value_ints=[1, -2, 3]),
            make_node("Constant", [], ["string"], value_string="text"),
            make_node("Constant", [], ["strings"], value_strings=["a", "b"]),
            make_node("Constant", [], ["sparse"], sparse_value=sparse),
            make_node("Reshape", ["x", "tensor"], ["y"]),
        ],
        [value("x", [8])],
        [value("y", [2, 4])],
        opset=13,
    )


def light() -> None:
    """Weights that hide: made by ConstantOfShape, held by Constant nodes, or sparse."""
    graph = make_graph(
        [
            make_node(
                "ConstantOfShape",
                ["w_shape"],
                ["w"],
                value=helper.make_tensor("", FLOAT, [1], [0.5]),
            ),
            make_node("Conv", ["x", "w"], ["c"]),
            make_node("Constant", [], ["k"], value=weight("", [16, 1, 1])),
            make_node("Mul", ["c", "k"], ["m"]),
            make_node("Constant", [], ["w2"], value=weight("", [8, 16, 1, 1])),
            make_node("Conv", ["m", "w2"], ["d"]),
            make_node("Shape", ["d"], ["s"]),
            make_node("ConstantOfShape", ["s"], ["zeros"]),
            make_node("Add", ["d", "zeros"], ["e"]),
            make_node("MatMul", ["e", "dense"], ["y"]),
        ],
        "light",
        [value("x", [1, 4, 8, 8])],
        [value("y", [1, 8, 6, 6])],
        [integers("w_shape", [16, 4, 3, 3])],
    )
    graph.sparse_initializer.append(
        helper.make_sparse_tensor(weight("dense", [2]), integers("where", [3, 20]), [6, 6])
    )
    save("light", graph, 17)


def quantized() -> None:
    """A QDQ convolution, and the integer operations of ONNX."""
    u8, i8 = TensorProto.UINT8, TensorProto.INT8
    write(
        "quantized",
        [
            make_node("QuantizeLinear", ["x", "s", "z"], ["xq"]),
            make_node("DequantizeLinear", ["xq", "s", "z"], ["xd"]),
            make_node("DequantizeLinear", ["w8", "s", "zi"], ["wd"]),
            make_node("Conv", ["xd", "wd"], ["c"], pads=[1, 1, 1, 1]),
            make_node("QuantizeLinear", ["c", "s"], ["cq"]),
            make_node("QLinearConv", ["cq", "s", "z", "w8", "s", "zi", "s", "z", "b"], ["d"]),
            make_node("ConvInteger", ["d", "w8", "z", "zi"], ["e"]),
            make_node("DynamicQuantizeLinear", ["f"], ["fq", "fs", "fz"]),
            make_node("MatMulInteger", ["fq", "m8", "fz"], ["g"]),
            make_node("QLinearMatMul", ["fq", "s", "z", "m8", "s", "zi", "s", "z"], ["h"]),
        ],
        [value("x", [1, 4, 9, 9]), value("f", ["n", 4])],
        [
            value("e", [1, 4, 5, 5], TensorProto.INT32), value("g", ["n", 6], TensorProto.INT32),
            value("h", ["n", 6], u8),
        ],
        [
            helper.make_tensor("s", FLOAT, [], [0.1]), helper.make_tensor("z", u8, [], [128]),
            helper.make_tensor("zi", i8, [], [0]), weight("w8", [4, 4, 3, 3], i8),
            weight("m8", [4, 6], i8), weight("b", [4], TensorProto.INT32),
        ],
        opset=13,
    )  # fmt: skip


def element_types() -> None:
    """A weight of nine elements of every element type, once raw and once in its typed field."""
    tensors: list[TensorProto] = []
    for code, name in sorted((code, name) for name, code in TensorProto.DataType.items()):
        if name in ("UNDEFINED", "STRING"):
            continue
        numbers = [0, 1, 1, 0, 1, 0, 0, 1, 1]
        tensors.append(helper.make_tensor(f"{name}_typed", code, [3, 3], numbers))
        bits = {"UINT4": 4, "INT4": 4, "FLOAT4E2M1": 4, "UINT2": 2, "INT2": 2}.get(name)
        bits = bits or (6 if name.startswith("FLOAT6") else 0)
        if not bits:
            bits = helper.tensor_dtype_to_np_dtype(code).itemsize * 8
        raw = bytes(range(1, 1 + (9 * bits + 7) // 8)) if name != "BOOL" else bytes(numbers)
        tensors.append(TensorProto(name=f"{name}_raw", data_type=code, dims=[3, 3], raw_data=raw))
    tensors.append(helper.make_tensor("STRING", TensorProto.STRING, [2], [b"a", b"b"]))
    write(
        "element_types",
        [make_node("Identity", ["x"], ["y"])],
        [value("x", [1])],
        [value("y", [1])],
        tensors,
        opset=28,
        ir_version=14,
        check=False,
    )


def fused() -> None:
    """Operations of ONNX Runtime's own domain, as its transformer optimiser leaves them."""

    def own(operation: str, inputs: list[str], outputs: list[str], **attributes: Any) -> NodeProto:
        return make_node(operation, inputs, outputs, domain="com.microsoft", **attributes)

    write(
        "fused",
        [
            own("EmbedLayerNormalization", ["ids", "kinds", "we", "pe", "se", "g", "b", "mask"],
                ["x", "lengths"]),
            own("Attention", ["x", "wqkv", "bqkv", "lengths"], ["a"], num_heads=4),
            own("SkipLayerNormalization", ["a", "x", "g", "b", "bo"], ["n", "", "", "sum"]),
            own("FusedMatMul", ["n", "wt"], ["h"], transB=1),
            own("BiasGelu", ["h", "bf"], ["gelu"]),
            own("FastGelu", ["gelu"], ["fast"]),
            own("QuickGelu", ["fast"], ["quick"]),
            make_node("MatMul", ["quick", "wo"], ["o"]),
            own("SkipSimplifiedLayerNormalization", ["o", "sum", "g"], ["r"]),
            own("MultiHeadAttention", ["r", "x", "x"], ["m"], num_heads=4),
            own("RotaryEmbedding", ["m", "pos", "cos", "sin"], ["t"]),
            own("GroupQueryAttention", ["t", "kv", "kv", "", "", "seq", "total"],
                ["q", "pk", "pv"], num_heads=4, kv_num_heads=2),
            own("MatMulNBits", ["q", "w4", "s4"], ["y"], K=32, N=16, bits=4, block_size=16),
            make_node("CastLike", ["y", "ids"], ["like"]),
            own("SomethingElse", ["like"], ["z"]),
        ],
        [
            value("ids", ["batch", 6], TensorProto.INT32),
            value("kinds", ["batch", 6], TensorProto.INT32),
            value("mask", ["batch", 6], TensorProto.INT32), value("kv", ["batch", 6, 16]),
            value("pos", ["batch", 6], INT64), value("seq", ["batch"], TensorProto.INT32),
            value("total", [1], TensorProto.INT32),
        ],
        [value("z", ["batch", 6, 16])],
        [
            weight("we", [50, 32]), weight("pe", [16, 32]), weight("se", [2, 32]),
            weight("g", [32]), weight("b", [32]), weight("wqkv", [32, 96]), weight("bqkv", [96]),
            weight("bo", [32]), weight("wt", [64, 32]), weight("bf", [64]), weight("wo", [64, 32]),
            weight("cos", [16, 4]), weight("sin", [16, 4]),
            weight("w4", [16, 2, 8], TensorProto.UINT8), weight("s4", [32]),
        ],
        domains=["com.microsoft"],
        check=False,
    )  # fmt: skip


def unsorted() -> None:
    """Nodes in the wrong order, one of them reading through the graph within it."""
    inner = make_graph([make_node("Neg", ["late"], ["o"])], "in", [], [value("o", [2])])
    same = make_graph([make_node("Abs", ["late"], ["o"])], "in", [], [value("o", [2])])
    write(
        "unsorted",
        [
            make_node("Relu", ["c"], ["y"]),
            make_node("If", ["yes"], ["c"], then_branch=inner, else_branch=same),
            make_node("Constant", [], ["yes"], value=helper.make_tensor("", 9, [], [True])),
            make_node("Exp", ["x"], ["late"]),
        ],
        [value("x", [2])],
        [value("y", [2])],
        check=False,
    )


def open_shapes() -> None:
    """Dimensions without a name, an input without a rank, and values that are no tensors."""
    sequence = helper.make_tensor_sequence_value_info("seq", FLOAT, None)
    write(
        "open_shapes",
        [
            make_node("SequenceAt", ["seq", "index"], ["item"]),
            make_node("MatMul", ["x", "w"], ["y"]),
            make_node("Add", ["item", "any"], ["z"]),
        ],
        [value("x", [None, -1, "t", 4]), value("any", None), sequence, value("index", [], INT64)],
        [value("y", [None, None, "t", 5]), value("z", None)],
        [weight("w", [4, 5])],
        check=False,
    )


def main() -> None:
    """Write them all."""
    for make in (
        cnn, before_seven, branches, loops, functions, external, constants, light, quantized,
        element_types, fused, unsorted, open_shapes,
    ):  # fmt: skip
        make()


if __name__ == "__main__":
    main()
