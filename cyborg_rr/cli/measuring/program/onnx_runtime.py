"""ONNX Runtime, of which each execution provider is a runtime of its own.

An operator is written as a model of one node, in the wire format of protocol buffers; the numbers
of fields are those of onnx/onnx.proto.
"""

from __future__ import annotations

import time
from importlib import import_module
from itertools import pairwise
from typing import Any

from cyborg_rr.cli.measuring.program.timing import (
    CHAIN,
    TYPES,
    Skipped,
    count_copies,
    describe_peak_on_host,
    read_used_bytes,
    sample,
)

_PROVIDERS = {
    "cpu": "CPUExecutionProvider",
    "cuda": "CUDAExecutionProvider",
    "tensorrt": "TensorrtExecutionProvider",
    "rocm": "MIGraphXExecutionProvider",
    "openvino": "OpenVINOExecutionProvider",
}
_TYPE_NUMBERS = {"f32": 1, "f16": 10, "f64": 11}
"""TensorProto.DataType, of the types that NumPy has."""

_IR_VERSION, _OPSET = 8, 17
_SMALL = 32

_NODES = {
    "copy": ("Abs", 1),
    "add": ("Add", 2),
    "softmax": ("Softmax", 1),
    "sum": ("ReduceSum", 1),
}
"""The node of an operator and how many operands of its size it takes."""


class Timed:
    """One provider of ONNX Runtime."""

    waits = True

    def __init__(self, request: dict[str, Any]) -> None:
        self.ort = import_module("onnxruntime")
        self.np = import_module("numpy")
        self.provider = _PROVIDERS[request["runtime"].partition("-")[2]]
        if self.provider not in self.ort.get_available_providers():
            raise Skipped(f"this ONNX Runtime has no {self.provider}")
        kind, _, index = request["device"].partition(":")
        self.on_cuda = kind == "cuda"
        self.index = int(index or 0)
        self.before = read_used_bytes(self.index) if self.on_cuda else 0
        self.rotated = request["rotated_bytes"]
        self.context: int | None = None
        self.call_seconds: float | None = None

    def describe(self) -> dict[str, Any]:
        """The software; the device is known to whoever asks."""
        software = f"onnxruntime {self.ort.__version__}"
        name = "gpu" if self.on_cuda else "cpu"
        return {"software": software, "device": name, "pci": None, "memory_bytes": None}

    def memory(self) -> dict[str, Any]:
        """What the process held once its first session was there."""
        return {"context_bytes": self.context, "loaded_bytes": None}

    def clock(self, run: Any, calls: int) -> float:
        """Seconds of so many calls, each of which waits for the device."""
        begun = time.perf_counter()
        for index in range(calls):
            run(index)
        return time.perf_counter() - begun

    def recover(self) -> None:
        """Nothing is left of what failed."""

    def make(self, operator: dict[str, Any]) -> Any:
        """What calls the operator."""
        if operator["name"] == "launch":
            return self._make(_chain(CHAIN), [[_SMALL, _SMALL]] * 2, [_SMALL, _SMALL], "f32"), CHAIN
        kind = operator["element_type"]
        if kind not in _TYPE_NUMBERS or operator["tf32"] or operator["channels_last"]:
            raise Skipped("not an operator of one node here")
        return self._make(*_make_node(operator), kind)

    def find_call_seconds(self) -> float:
        """What running a model takes that has next to nothing to do."""
        if self.call_seconds is None:
            run = self._make(_node("Add", 2), [[1], [1]], [1], "f32")
            self.call_seconds = min(sample(run, self.clock, 5, 0.0))
        return self.call_seconds

    def _make(self, node: bytes, shapes: list[list[int]], output: list[int], kind: str) -> Any:
        session = self._open(_write_model(node, shapes, output, _TYPE_NUMBERS[kind]))
        dtype = self.np.dtype(TYPES[kind])
        size = sum(int(self.np.prod(s)) for s in shapes) * dtype.itemsize
        bound = [
            self._bind(session, [self.np.random.randn(*s).astype(dtype) for s in shapes])
            for _ in range(count_copies(size, self.rotated))
        ]
        return lambda index: session.run_with_iobinding(bound[index % len(bound)])

    def _open(self, model: Any) -> Any:
        options = self.ort.SessionOptions()
        provider = self.provider
        settings = {"device_id": str(self.index)} if self.on_cuda else {}
        session = self.ort.InferenceSession(model, options, providers=[(provider, settings)])
        if session.get_providers()[0] != provider:
            raise Skipped(f"{provider} did not start, and another would have run it")
        if self.context is None and self.on_cuda:
            self.context = max(0, read_used_bytes(self.index) - self.before)
        return session

    def _bind(self, session: Any, arrays: list[Any]) -> Any:
        place = ("cuda", self.index) if self.on_cuda else ("cpu", 0)
        bound = session.io_binding()
        for declared, array in zip(session.get_inputs(), arrays, strict=True):
            value = self.ort.OrtValue.ortvalue_from_numpy(array, *place)
            bound.bind_ortvalue_input(declared.name, value)
        for declared in session.get_outputs():
            bound.bind_output(declared.name, *place)
        return bound

    def load(self, path: str, inputs: list[dict[str, Any]], tf32: bool) -> Any:
        """What executes an ONNX model."""
        session = self._open(path)
        given = {each["name"]: each for each in inputs}
        arrays = []
        for declared in session.get_inputs():
            if declared.name not in given:
                raise Skipped(f"the shape of the input {declared.name} is not known")
            each = given[declared.name]
            arrays.append(self.np.ones(each["shape"], TYPES[each["element_type"]]))
        bound = self._bind(session, arrays)
        return lambda index: session.run_with_iobinding(bound)

    def peak(self) -> dict[str, Any]:
        """The memory that the process holds: its arena gives nothing back."""
        if not self.on_cuda:
            return describe_peak_on_host()
        return {"device_bytes": max(0, read_used_bytes(self.index) - self.before)}


def _make_node(operator: dict[str, Any]) -> tuple[bytes, list[list[int]], list[int]]:
    """The node, the shapes of its operands and that of its result."""
    name, shape = operator["name"], operator["shape"]
    if name == "matmul":
        batch, m, n, k = shape
        lead = [batch] if batch > 1 else []
        return _node("MatMul", 2), [[*lead, m, k], [*lead, k, n]], [*lead, m, n]
    if name == "convolution":
        n, c, h, w, filters, window, stride, groups = shape
        pad = window // 2
        attributes = (
            _integers("pads", [pad] * 4)
            + _integers("strides", [stride] * 2)
            + _integer("group", groups)
        )
        out = [n, filters, -(-h // stride), -(-w // stride)]
        operands = [[n, c, h, w], [filters, c // groups, window, window]]
        return _node("Conv", 2, attributes), operands, out
    if name not in _NODES:
        raise Skipped("not an operator of one node here")
    node, operands_count = _NODES[name]
    size = shape
    attributes = _integer("keepdims", 1) if name == "sum" else b""
    return _node(node, operands_count, attributes), [size] * operands_count, [
        1 for _ in size
    ] if name == "sum" else size  # fmt: skip


def _varint(number: int) -> bytes:
    out = bytearray()
    while number > 127:
        out.append(number & 127 | 128)
        number >>= 7
    out.append(number)
    return bytes(out)


def _number(field: int, value: int) -> bytes:
    return _varint(field << 3) + _varint(value)


def _block(field: int, content: bytes) -> bytes:
    return _varint(field << 3 | 2) + _varint(len(content)) + content


def _integer(name: str, value: int) -> bytes:
    """An attribute of a node: its name (1), value (3) and type INT (20: 2)."""
    return _block(5, _block(1, name.encode()) + _number(3, value) + _number(20, 2))


def _integers(name: str, values: list[int]) -> bytes:
    """The same of several: values (8), type INTS (7)."""
    content = b"".join(_number(8, value) for value in values)
    return _block(5, _block(1, name.encode()) + content + _number(20, 7))


def _node(operation: str, operands: int, attributes: bytes = b"") -> bytes:
    """A GraphProto's node (1), which is a NodeProto of the graph's inputs."""
    names = [f"x{index}" for index in range(operands)]
    return _connect(operation, names, "y", attributes)


def _connect(operation: str, names: list[str], result: str, attributes: bytes = b"") -> bytes:
    """A NodeProto: inputs (1), output (2), operation (4), attributes (5)."""
    inputs = b"".join(_block(1, name.encode()) for name in names)
    return _block(
        1, inputs + _block(2, result.encode()) + _block(4, operation.encode()) + attributes
    )


def _chain(count: int) -> bytes:
    """So many small products, each of the one before."""
    names = ["x0", *(f"t{index}" for index in range(1, count)), "y"]
    return b"".join(_connect("MatMul", [one, "x1"], other) for one, other in pairwise(names))


def _value(name: str, shape: list[int], type_number: int) -> bytes:
    """A ValueInfoProto: name (1), type (2) with tensor_type (1) of element type and shape."""
    dimensions = b"".join(_block(1, _number(1, size)) for size in shape)
    tensor = _number(1, type_number) + _block(2, dimensions)
    return _block(1, name.encode()) + _block(2, _block(1, tensor))


def _write_model(
    node: bytes, shapes: list[list[int]], output: list[int], type_number: int
) -> bytes:
    """A ModelProto: ir_version (1), graph (7), opset_import (8)."""
    inputs = b"".join(
        _block(11, _value(f"x{index}", shape, type_number)) for index, shape in enumerate(shapes)
    )
    result = _block(12, _value("y", output, type_number))
    graph = node + _block(2, b"one") + inputs + result
    opset = _block(8, _block(1, b"") + _number(2, _OPSET))
    return _number(1, _IR_VERSION) + _block(7, graph) + opset
