"""Write the coverage table of TensorRT: what its ONNX parser and its layers take, asked one by one.

    python tools/coverage/tensorrt.py SITE > cyborg_rr/catalogue/coverage/tensorrt.json

SITE is a folder with TensorRT's Python bindings and libraries (of TensorRT for RTX, whose parser is
the same). Parsing a model into a strongly typed network checks each layer and needs no device.
"""

from __future__ import annotations

import ctypes
import sys
from collections.abc import Callable
from pathlib import Path

from probing.asking import Ask, Process
from probing.tables import ask_all, write_table

LEAST = 7
"""The oldest operation set of ONNX that files of today still state."""

LATEST = 28


def start(site: Path) -> Callable[[], Ask]:
    """What makes the tool in a process of its own."""

    def make() -> Ask:
        sys.path.insert(0, str(site))
        for file in ("libtensorrt_rtx.so.1", "libtensorrt_onnxparser_rtx.so.1"):
            ctypes.CDLL(str(site / "tensorrt_rtx_libs" / file), ctypes.RTLD_GLOBAL)
        import tensorrt_rtx_bindings as trt

        log = trt.Logger(trt.Logger.INTERNAL_ERROR)
        builder = trt.Builder(log)
        flags = 1 << int(trt.NetworkDefinitionCreationFlag.STRONGLY_TYPED)

        def ask(model: bytes) -> str:
            network = builder.create_network(flags)
            parser = trt.OnnxParser(network, log)
            if parser.parse(model):
                return ""
            return parser.get_error(0).desc() if parser.num_errors else "refused"

        return ask

    return make


if __name__ == "__main__":
    notes: list[str] = []
    ask = Process(start(Path(sys.argv[1])))
    sets = {
        "ai.onnx": ask_all(ask, (LEAST, LATEST), notes),
        "com.microsoft": ask_all(ask, (1, 1), notes, "com.microsoft"),
    }
    header = {
        "release": "11",
        "date": "2026-11-27",
        "source": "tools/coverage/tensorrt.py: answers of the ONNX parser of TensorRT for RTX"
        " 1.7.1.116 (strongly typed network, layer checks, no device) to one model for each"
        " operation, version, element type, stored operand and attribute of the schemas of onnx",
        "otherwise": "refused",
    }
    print(write_table(header, sets), end="")
    print(*notes, f"{ask.count} models", sep="\n", file=sys.stderr)
