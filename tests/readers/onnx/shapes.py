"""Types of all values by the reference package, with the model's symbols bound to sizes."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import onnx
from onnx import ModelProto, ValueInfoProto, shape_inference

from cyborg_rr.domain.graph.graph import TensorType
from cyborg_rr.readers.dialects.onnx.tensors import ELEMENT_TYPES


def reference_types(path: Path, sizes: Mapping[str, int]) -> dict[str, TensorType]:
    """What ``onnx.shape_inference`` finds, strictly, from bound inputs and nothing else stated."""
    model = onnx.load(path, load_external_data=False)
    _bind(model, sizes)
    inferred = shape_inference.infer_shapes(
        model, check_type=True, strict_mode=True, data_prop=True
    )
    values = (*inferred.graph.value_info, *inferred.graph.output)
    return {value.name: _tensor_type(value) for value in values}


def _bind(model: ModelProto, sizes: Mapping[str, int]) -> None:
    for value in model.graph.input:
        for dimension in value.type.tensor_type.shape.dim:
            if dimension.dim_param in sizes:
                dimension.dim_value = sizes[dimension.dim_param]
    for value in model.graph.output:
        value.type.tensor_type.ClearField("shape")
    del model.graph.value_info[:]


def _tensor_type(value: ValueInfoProto) -> TensorType:
    known = value.type.tensor_type
    if not known.HasField("shape"):
        return TensorType(ELEMENT_TYPES.get(known.elem_type), None)
    return TensorType(
        ELEMENT_TYPES.get(known.elem_type),
        tuple(
            dimension.dim_value if dimension.HasField("dim_value") else "?"
            for dimension in known.shape.dim
        ),
    )
