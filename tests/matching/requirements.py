"""Requirements for tests, made of a few figures."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from cyborg_rr.domain.graph.graph import Dialect, IRIdentity
from cyborg_rr.domain.requirement.requirement import (
    ComputeRequirement,
    IRRequirement,
    MemoryRequirement,
    ReaderIdentity,
    TensorRequirement,
    WorkItem,
)

GIB = 1 << 30

NAMES_IN_ONNX = {"matmul": "MatMul", "relu": "Relu", "convolution": "Conv"}
"""How a file of ONNX spells the operations that these models have."""

NAMES = {
    "onnx": NAMES_IN_ONNX,
    "tflite": {
        "convolution": "CONV_2D", "pool": "MAX_POOL_2D", "softmax": "SOFTMAX", "add": "ADD",
        "reshape": "RESHAPE", "matmul": "FULLY_CONNECTED", "relu": "RELU",
    },
    "stablehlo": {
        "dot_general": "stablehlo.dot_general", "matmul": "stablehlo.dot_general",
        "relu": "stablehlo.maximum",
    },
}  # fmt: skip
"""The same by family."""


def make_requirement(
    *,
    weights: int = 100 << 20,
    activations: int | None = 50 << 20,
    element_type: str = "f16",
    family: str = "onnx",
    dialects: Mapping[str, str | None] | None = None,
    operations: Mapping[str, int] | None = None,
    macs: int | None = 10**9,
    **changes: Any,
) -> IRRequirement:
    """A plain model with one matrix product; ``changes`` replace fields of the requirement."""
    found = operations or {"matmul": 10, "relu": 9}
    if dialects is None:
        dialects = {"ai.onnx": "17"} if family == "onnx" else {}
    fields: dict[str, Any] = {
        "name": "model",
        "sha256": None,
        "size_bytes": weights,
        "ir": IRIdentity(
            family, None, "protobuf", dialects=tuple(Dialect(n, v) for n, v in dialects.items())
        ),
        "reader": ReaderIdentity(family, "full"),
        "inputs": (TensorRequirement("x", element_type, (1, 1024)),),
        "outputs": (TensorRequirement("y", element_type, (1, 1024)),),
        "operations": {
            NAMES.get(family, {}).get(name, name): count
            for name, count in found.items()
            if name != "unknown"
        },
        "canonical_operations": dict(found),
        "unknown_operations": {},
        "element_types": (element_type,),
        "dynamic": False,
        "symbols": (),
        "bindings": {},
        "memory": MemoryRequirement(
            parameter_bytes=weights,
            constant_bytes=0,
            input_bytes=2048,
            output_bytes=2048,
            activation_peak_bytes=activations,
            parameter_bytes_by_element_type={element_type: weights},
            activation_peak_by_element_type={element_type: activations} if activations else {},
        ),
        "compute": ComputeRequirement(
            macs, None if macs is None else 2 * macs, None if macs is None else 0, 0
        ),
        "work": ()
        if macs is None
        else (WorkItem("contraction", element_type, 10, macs // 10, 0, 0, weights // 10, 2048),),
    }
    return IRRequirement(**(fields | changes))
