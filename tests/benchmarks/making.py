"""Files of as many layers as are asked for, in each form that a reader reads.

Four or so operations make a layer; what only a compiler writes is repeated from a file of the
tests. They are for measuring: what grows faster than the layers is a mistake.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

from cyborg_rr.readers.formats.protobuf_text import encode_text
from cyborg_rr.readers.formats.protobuf_wire import LENGTH, VARINT, Message
from cyborg_rr.readers.hlo.proto.layers import find_module
from cyborg_rr.readers.tensorflow.textschema import SCHEMA
from tests.benchmarks import making_mlir
from tests.benchmarks.bench_hlo_reader import repeat_entry
from tests.benchmarks.bench_onnx_reader import node as onnx_node
from tests.benchmarks.bench_onnx_reader import value as onnx_value
from tests.benchmarks.bench_stablehlo_reader import repeat_body
from tests.benchmarks.making_compilers import (
    make_dlvm,
    make_mxnet,
    make_ngraph,
    make_nnvm,
    make_nnvm_compiled,
    make_openvino,
    make_relax,
    make_relay,
    make_relay_json,
)
from tests.data.gguf.make import llama
from tests.readers.formats.protobuf import nested, number
from tests.readers.statedict import files as checkpoint
from tests.readers.tensorflow import writing as tensorflow
from tests.readers.tflite import writing as tflite
from tests.readers.torchexport import files as torchexport
from tests.readers.torchscript import files as torchscript

_DATA = Path(__file__).resolve().parents[1] / "data"
_WIDTH = 64
_INSTRUCTIONS = 250
"""About so many has a layer of the compiled encoder, or its program before it is compiled."""


def _list_onnx(layers: int) -> Iterator[tuple[str, list[str], str]]:
    """Layers of a product, an addition and two activations: operation, inputs, output."""
    for n in range(layers):
        yield "MatMul", [f"x{n}", "w"], f"p{n}"
        yield "Add", [f"p{n}", f"x{n}"], f"s{n}"
        yield "Softmax", [f"s{n}"], f"r{n}"
        yield "Relu", [f"r{n}"], f"x{n + 1}"


def make_onnx(layers: int) -> bytes:
    """Nodes without types, and a large weight."""
    nodes = b"".join(onnx_node(*each) for each in _list_onnx(layers))
    weight = b"\x08\x80\x20" * 2 + b"\x10\x01" + nested(8, b"w") + nested(9, bytes(1 << 26))
    graph = nodes + nested(5, weight) + onnx_value(11, "x0") + onnx_value(12, f"x{layers}")
    return b"\x08\x08" + nested(7, graph) + nested(8, b"\x0a\x00\x10\x11")


def make_onnx_text(layers: int) -> bytes:
    """The same in ONNX's own text."""
    lines = [f"{out} = {name} ({', '.join(given)})" for name, given, out in _list_onnx(layers)]
    kind = f"float[8,{_WIDTH}]"
    head = '<ir_version: 8, opset_import: ["" : 17]>\n'
    signature = f"g ({kind} x0, float[{_WIDTH},{_WIDTH}] w) => ({kind} x{layers}) {{\n"
    return (head + signature + "\n".join(lines) + "\n}\n").encode()


def make_onnx_message(layers: int) -> bytes:
    """The same in the text of protobuf."""
    nodes = "".join(
        "  node {\n"
        + "".join(f'    input: "{each}"\n' for each in given)
        + f'    output: "{out}"\n    op_type: "{name}"\n  }}\n'
        for name, given, out in _list_onnx(layers)
    )
    values = "".join(
        f'  {field} {{\n    name: "{name}"\n    type {{ tensor_type {{ elem_type: 1 shape {{'
        f" dim {{ dim_value: {rows} }} dim {{ dim_value: {_WIDTH} }} }} }} }}\n  }}\n"
        for field, name, rows in (
            ("input", "x0", 8),
            ("input", "w", _WIDTH),
            ("output", f"x{layers}", 8),
        )
    )
    version = "opset_import { version: 17 }\n"
    return f"ir_version: 8\ngraph {{\n{nodes}{values}}}\n{version}".encode()


def make_ort(layers: int) -> bytes:
    """The same as ONNX Runtime keeps it, with a type for every value."""
    nodes, values = [], [_ort_value("x0", 8)]
    for place, (name, given, out) in enumerate(_list_onnx(layers)):
        fields: tflite.Fields = {
            0: f"node{place}", 2: "", 3: ("i", 13), 4: ("I", place), 5: name,
            8: given, 9: [out],
        }  # fmt: skip
        nodes.append(fields)
        values.append(_ort_value(out, 8))
    weight = {0: "w", 2: tflite.Longs([_WIDTH] * 2), 3: ("i", 1), 4: bytes(4 * _WIDTH * _WIDTH)}
    graph = {0: [weight], 1: values, 2: nodes, 5: ["x0"], 6: [f"x{layers}"]}
    model = {0: ("q", 8), 1: [{0: "", 1: ("q", 17)}], 7: graph}
    return tflite.write({0: "1", 1: model}, b"ORTM")


def _ort_value(name: str, rows: int) -> tflite.Fields:
    sizes = [{0: {0: ("b", 1), 1: ("q", size)}} for size in (rows, _WIDTH)]
    return {0: name, 2: {1: ("B", 1), 2: {0: ("i", 1), 1: {0: sizes}}}}


def make_stablehlo(layers: int) -> bytes:
    """The operations of an encoder, over and over."""
    text = (_DATA / "stablehlo" / "encoder.mlir").read_text()
    return repeat_body(text, -(-layers // 1000)).encode()


def make_hlo(layers: int) -> bytes:
    """The instructions of a compiled encoder, over and over."""
    text = (_DATA / "hlo" / "encoder_compiled.hlo").read_text()
    return repeat_entry(text, -(-8 * layers // 1000)).encode()


def make_hlo_message(layers: int) -> bytes:
    """The instructions of an encoder in protobuf, over and over."""
    count = -(-4 * layers // _INSTRUCTIONS)
    module = find_module(Message((_DATA / "hlo" / "encoder.hlo.pb").read_bytes())).module
    computations, rest = [], b""
    for field, wire, value, stop in module:
        if field == 3:
            computations.append(module.message(value, stop))
        else:
            rest += _copy(module, field, wire, value, stop)
    *called, entry = computations
    parts = [nested(3, bytes(each.raw(each.start, each.end))) for each in called]
    return rest + b"".join(parts) + nested(3, _repeat_computation(entry, count))


def _repeat_computation(entry: Message, count: int) -> bytes:
    kept, repeated = b"", []
    for field, wire, value, stop in entry:
        if wire == LENGTH and field == 2:
            repeated.append(entry.message(value, stop))
        else:
            kept += _copy(entry, field, wire, value, stop)
    given = {_find_key(each) for each in repeated if b"parameter" in each.raw(each.start, each.end)}
    step = max(map(_find_key, repeated)) + 1
    copies = [
        nested(2, _renumber(each, given, n * step))
        for n in range(count)
        for each in repeated
        if not n or _find_key(each) not in given
    ]
    return kept + b"".join(copies)


def _find_key(instruction: Message) -> int:
    return next(value for field, _, value, _ in instruction if field == 35)


def _renumber(instruction: Message, kept: set[int], offset: int) -> bytes:
    """The instruction with other numbers for itself and what it reads, parameters excepted."""
    out = b""
    for field, wire, value, stop in instruction:
        if field in (35, 36):
            keys = instruction.integers(wire, value, stop)
            moved = [key if key in kept else key + offset for key in keys]
            out += b"".join(number(field, key) for key in moved)
        else:
            out += _copy(instruction, field, wire, value, stop)
    return out


def _copy(message: Message, field: int, wire: int, value: int, stop: int) -> bytes:
    if wire == VARINT:
        return number(field, value)
    assert wire == LENGTH
    return nested(field, bytes(message.raw(value, stop)))


def make_pt2(layers: int) -> bytes:
    """Layers of a linear map, an addition and an activation."""
    nodes, types = [], {"x0": torchexport.make_type(8, _WIDTH)}
    for n in range(layers):
        names = (f"l{n}", f"s{n}", f"r{n}", f"x{n + 1}")
        types |= {name: torchexport.make_type(8, _WIDTH) for name in names}
        nodes += [
            torchexport.make_node("aten.linear.default", [names[0]], input=f"x{n}", weight="w"),
            torchexport.make_node("aten.add.Tensor", [names[1]], self=names[0], other=f"x{n}"),
            torchexport.make_node("aten.relu.default", [names[2]], self=names[1]),
            torchexport.make_node("aten.softmax.int", [names[3]], self=names[2], dim=-1),
        ]
    types["w"] = torchexport.make_type(_WIDTH, _WIDTH)
    outputs = (f"x{layers}",)
    program = torchexport.make_program(nodes, types, ("x0",), outputs, {"w": "w"})
    weights = {
        "m/data/weights/model_weights_config.json": torchexport.make_weights({"w": "weight_0"}),
        "m/data/weights/weight_0": bytes(4 * _WIDTH * _WIDTH),
    }
    return torchexport.make_package(program, weights)


def make_torchscript(layers: int) -> bytes:
    """The same as a program of one method, with values of one size."""
    lines = []
    for n in range(layers):
        before = f"x{n}" if n else "x"
        lines += [
            f"_{3 * n} = torch.matmul({before}, self.w)",
            f"_{3 * n + 1} = torch.add(_{3 * n}, {before})",
            f"_{3 * n + 2} = torch.softmax(_{3 * n + 1}, -1)",
            f"x{n + 1} = torch.relu(_{3 * n + 2})",
        ]
    square = checkpoint.tensor(checkpoint.storage("0", _WIDTH * _WIDTH), (_WIDTH, _WIDTH))
    code = torchscript.forward(*lines, f"return x{layers}")
    state = checkpoint.mapping({"w": square})
    return torchscript.save(code, state, **{"data/0": bytes(4 * _WIDTH * _WIDTH)})


def make_tflite(layers: int) -> bytes:
    """Layers of a fully connected one, an addition and an activation."""
    tensors = [tflite.tensor("x", (8, _WIDTH)), tflite.tensor("w", (_WIDTH, _WIDTH), buffer=1)]
    operators = []
    last = 0
    for _ in range(layers):
        first = len(tensors)
        tensors += [tflite.tensor(f"t{first + n}", (8, _WIDTH)) for n in range(3)]
        operators += [
            tflite.operator(0, [last, 1, -1], [first], 8, {}),
            tflite.operator(1, [first, last], [first + 1], 11, {}),
            tflite.operator(2, [first + 1], [first + 2]),
        ]
        last = first + 2
    main = tflite.subgraph("main", tensors, [0], [last], operators)
    return tflite.write(tflite.model([9, 0, 19], [main], [bytes(4 * _WIDTH * _WIDTH)]))


def make_graphdef(layers: int) -> bytes:
    """Layers of a product, an addition and an activation."""
    nodes = [
        tensorflow.placeholder("x0", 8, _WIDTH),
        tensorflow.weight("w", _WIDTH, _WIDTH),
    ]
    kind = "type: DT_FLOAT"
    for n in range(layers):
        nodes += [
            tensorflow.node(f"p{n}", "MatMul", f"x{n} w", T=kind),
            tensorflow.node(f"s{n}", "AddV2", f"p{n} x{n}", T=kind),
            tensorflow.node(f"x{n + 1}", "Relu", f"s{n}", T=kind),
        ]
    return bytes(encode_text("".join(nodes).encode(), SCHEMA, "Graph"))


def make_gguf(layers: int) -> bytes:
    """A llama of many layers."""
    small = llama()
    inner = [tensor for tensor in small.tensors if tensor.name.startswith("blk.0.")]
    blocks = [
        replace(tensor, name=tensor.name.replace("blk.0.", f"blk.{n}."))
        for n in range(layers // 4)
        for tensor in inner
    ]
    outer = [tensor for tensor in small.tensors if not tensor.name.startswith("blk.")]
    metadata = {**small.metadata, "llama.block_count": layers // 4}
    return replace(small, metadata=metadata, tensors=[*outer, *blocks]).file()


def make_statedict(layers: int) -> bytes:
    """Many small weights."""
    names = [f"layers.{n}.{kind}" for n in range(layers) for kind in ("query", "key", "out")]
    count = _WIDTH * _WIDTH
    tensors = {
        name: checkpoint.tensor(checkpoint.storage(str(n), count), (_WIDTH, _WIDTH))
        for n, name in enumerate(names)
    }
    storages = {str(n): 4 * count for n in range(len(names))}
    return checkpoint.save(checkpoint.mapping(tensors), storages)


def make_huggingface(layers: int) -> bytes:
    """The configuration of a decoder of many layers."""
    return json.dumps(
        {
            "architectures": ["LlamaForCausalLM"], "model_type": "llama", "hidden_size": 64,
            "intermediate_size": 128, "num_attention_heads": 4, "num_key_value_heads": 2,
            "num_hidden_layers": layers // 4, "vocab_size": 96, "hidden_act": "silu",
            "max_position_embeddings": 2048, "torch_dtype": "bfloat16",
        }
    ).encode()  # fmt: skip


MAKERS: dict[str, Callable[[int], bytes]] = {
    "made.onnx": make_onnx,
    "made.onnxtxt": make_onnx_text,
    "made.textproto": make_onnx_message,
    "made.ort": make_ort,
    "made.mlir": make_stablehlo,
    "tosa.mlir": making_mlir.make_tosa,
    "linalg.mlir": making_mlir.make_linalg,
    "torch.mlir": making_mlir.make_torch,
    "onnx.mlir": making_mlir.make_onnx_dialect,
    "made.hlo": make_hlo,
    "made.hlo.pb": make_hlo_message,
    "made.pt2": make_pt2,
    "script.pt": make_torchscript,
    "made.tflite": make_tflite,
    "made.pb": make_graphdef,
    "made.gguf": make_gguf,
    "made.pt": make_statedict,
    "config.json": make_huggingface,
    "symbol.json": make_nnvm,
    "deploy_graph.json": make_nnvm_compiled,
    "made-symbol.json": make_mxnet,
    "made.relay": make_relay,
    "relay.json": make_relay_json,
    "made.py": make_relax,
    "made.xml": make_openvino,
    "function.json": make_ngraph,
    "made.dl": make_dlvm,
}
