"""What a whole analysis takes of each kind of file, per 1000 operations.

python -m tests.benchmarks.bench_readers [FILE ...]

Files of some thousands of operations are made for each reader (for forms that only a compiler
writes, those of the tests are taken as they are), or FILEs are taken. Each is read, inferred,
extracted and rendered in a fresh process; the median of seven runs there, in processor time, stands
beside the first run, which loads what reads. Of checkpoints the tensors are counted.
"""

from __future__ import annotations

import gc
import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from cyborg_rr import codec
from cyborg_rr.readers.formats.protobuf_text import encode_text
from cyborg_rr.readers.reading.analysis import analyse_by
from cyborg_rr.readers.reading.detection import find_reader
from cyborg_rr.readers.reading.options import AnalysisOptions
from cyborg_rr.readers.reading.source import Source
from cyborg_rr.readers.tensorflow.textschema import SCHEMA
from tests.benchmarks.bench_hlo_reader import repeat_entry
from tests.benchmarks.bench_onnx_reader import node as onnx_node
from tests.benchmarks.bench_onnx_reader import value as onnx_value
from tests.benchmarks.bench_stablehlo_reader import repeat_body
from tests.data.gguf.make import llama
from tests.readers.formats.protobuf import nested
from tests.readers.statedict import files as checkpoint
from tests.readers.tensorflow import writing as tensorflow
from tests.readers.tflite import writing as tflite
from tests.readers.torchexport import files as torchexport

_DATA = Path(__file__).resolve().parents[1] / "data"
_LAYERS = 1000
_RUNS = 7
_WIDTH = 64


def make_onnx() -> bytes:
    """Layers of a product, an addition and an activation."""
    nodes = b""
    for n in range(_LAYERS):
        nodes += onnx_node("MatMul", [f"x{n}", "w"], f"p{n}")
        nodes += onnx_node("Add", [f"p{n}", f"x{n}"], f"s{n}")
        nodes += onnx_node("Softmax", [f"s{n}"], f"r{n}")
        nodes += onnx_node("Relu", [f"r{n}"], f"x{n + 1}")
    weight = b"\x08\x80\x20" * 2 + b"\x10\x01" + nested(8, b"w") + nested(9, bytes(1 << 26))
    graph = nodes + nested(5, weight) + onnx_value(11, "x0") + onnx_value(12, f"x{_LAYERS}")
    return b"\x08\x08" + nested(7, graph) + nested(8, b"\x0a\x00\x10\x11")


def make_stablehlo() -> bytes:
    """The operations of an encoder, over and over."""
    return repeat_body((_DATA / "stablehlo" / "encoder.mlir").read_text(), 1).encode()


def make_hlo() -> bytes:
    """The instructions of a compiled encoder, over and over."""
    return repeat_entry((_DATA / "hlo" / "encoder_compiled.hlo").read_text(), 8).encode()


def make_pt2() -> bytes:
    """Layers of a linear map, an addition and an activation."""
    nodes, types = [], {"x0": torchexport.make_type(8, _WIDTH)}
    for n in range(_LAYERS):
        names = (f"l{n}", f"s{n}", f"r{n}", f"x{n + 1}")
        types |= {name: torchexport.make_type(8, _WIDTH) for name in names}
        nodes += [
            torchexport.make_node("aten.linear.default", [names[0]], input=f"x{n}", weight="w"),
            torchexport.make_node("aten.add.Tensor", [names[1]], self=names[0], other=f"x{n}"),
            torchexport.make_node("aten.relu.default", [names[2]], self=names[1]),
            torchexport.make_node("aten.softmax.int", [names[3]], self=names[2], dim=-1),
        ]
    types["w"] = torchexport.make_type(_WIDTH, _WIDTH)
    outputs = (f"x{_LAYERS}",)
    program = torchexport.make_program(nodes, types, ("x0",), outputs, {"w": "w"})
    weights = {
        "m/data/weights/model_weights_config.json": torchexport.make_weights({"w": "weight_0"}),
        "m/data/weights/weight_0": bytes(4 * _WIDTH * _WIDTH),
    }
    return torchexport.make_package(program, weights)


def make_tflite() -> bytes:
    """Layers of a fully connected one, an addition and an activation."""
    tensors = [tflite.tensor("x", (8, _WIDTH)), tflite.tensor("w", (_WIDTH, _WIDTH), buffer=1)]
    operators = []
    last = 0
    for _ in range(_LAYERS):
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


def make_graphdef() -> bytes:
    """Layers of a product, an addition and an activation."""
    nodes = [
        tensorflow.placeholder("x0", 8, _WIDTH),
        tensorflow.weight("w", _WIDTH, _WIDTH),
    ]
    kind = "type: DT_FLOAT"
    for n in range(_LAYERS):
        nodes += [
            tensorflow.node(f"p{n}", "MatMul", f"x{n} w", T=kind),
            tensorflow.node(f"s{n}", "AddV2", f"p{n} x{n}", T=kind),
            tensorflow.node(f"x{n + 1}", "Relu", f"s{n}", T=kind),
        ]
    return bytes(encode_text("".join(nodes).encode(), SCHEMA, "Graph"))


def make_gguf() -> bytes:
    """A llama of many layers."""
    small = llama()
    inner = [tensor for tensor in small.tensors if tensor.name.startswith("blk.0.")]
    layers = [
        replace(tensor, name=tensor.name.replace("blk.0.", f"blk.{n}."))
        for n in range(_LAYERS // 4)
        for tensor in inner
    ]
    outer = [tensor for tensor in small.tensors if not tensor.name.startswith("blk.")]
    metadata = {**small.metadata, "llama.block_count": _LAYERS // 4}
    return replace(small, metadata=metadata, tensors=[*outer, *layers]).file()


def make_statedict() -> bytes:
    """Many small weights."""
    names = [f"layers.{n}.{kind}" for n in range(_LAYERS) for kind in ("query", "key", "out")]
    count = _WIDTH * _WIDTH
    tensors = {
        name: checkpoint.tensor(checkpoint.storage(str(n), count), (_WIDTH, _WIDTH))
        for n, name in enumerate(names)
    }
    storages = {str(n): 4 * count for n in range(len(names))}
    return checkpoint.save(checkpoint.mapping(tensors), storages)


def make_huggingface() -> bytes:
    """The configuration of a decoder of many layers."""
    return json.dumps(
        {
            "architectures": ["LlamaForCausalLM"], "model_type": "llama", "hidden_size": 64,
            "intermediate_size": 128, "num_attention_heads": 4, "num_key_value_heads": 2,
            "num_hidden_layers": _LAYERS // 4, "vocab_size": 96, "hidden_act": "silu",
            "max_position_embeddings": 2048, "torch_dtype": "bfloat16",
        }
    ).encode()  # fmt: skip


MAKERS: dict[str, Callable[[], bytes]] = {
    "made.onnx": make_onnx,
    "made.mlir": make_stablehlo,
    "made.hlo": make_hlo,
    "made.pt2": make_pt2,
    "made.tflite": make_tflite,
    "made.pb": make_graphdef,
    "made.gguf": make_gguf,
    "made.pt": make_statedict,
    "config.json": make_huggingface,
}
WRITTEN = (
    _DATA / "stablehlo/forms/encoder.bc",
    _DATA / "stablehlo/forms/encoder-1.17.0.vhlo",
    _DATA / "hlo/encoder.hlo.pb",
)
"""Forms that nothing here writes, in the largest file that the tests have of each."""


def measure(path: Path) -> None:
    """Print what one file takes; run in a process of its own."""
    source = Source(path.name, path.read_bytes())
    gc.disable()  # as in the process that reads
    spent = []
    for _ in range(_RUNS + 1):
        start = time.process_time()
        reader = find_reader(source)
        requirement = analyse_by(reader, source, AnalysisOptions())
        document = codec.render(requirement)
        spent.append(1000 * (time.process_time() - start))
        gc.collect()
    count = sum(document["operations"].values())
    if not count:
        stored = reader.read(source).body.stored
        count = len(stored)
    median = statistics.median(spent[1:])
    print(
        f"{reader.family:12} {path.name:24} {len(source.data) / 1024:9.0f} KiB {count:6} operations"
        f" {median:8.1f} ms {1000 * median / count:6.1f} ms per 1000 (first run {spent[0]:.0f} ms)"
    )


def main() -> None:
    """Make the files, or take those given, and measure each."""
    with tempfile.TemporaryDirectory() as scratch:
        files = [Path(argument) for argument in sys.argv[1:]]
        if not files:
            for name, make in MAKERS.items():
                files.append(Path(scratch) / name)
                files[-1].write_bytes(make())
            files += WRITTEN
        for path in files:
            command = [sys.executable, "-m", "tests.benchmarks.bench_readers", "--measure"]
            subprocess.run([*command, str(path)], check=False)


if __name__ == "__main__":
    if sys.argv[1:2] == ["--measure"]:
        measure(Path(sys.argv[2]))
    else:
        main()
