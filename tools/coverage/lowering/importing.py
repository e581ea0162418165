"""Models as the compiler reads them, and what they are about."""

from __future__ import annotations

import functools
import hashlib
import re
from typing import Any

from lowering.versions import Question

_OPERATION = re.compile(r'"?\b((?:stablehlo|chlo|tosa)\.[a-z_0-9]+)')


def read_module(data: bytes) -> str:
    """A module that is text already."""
    return data.decode()


def identify_module(data: bytes) -> Question:
    """What a module is about."""
    found = _OPERATION.search(data.decode().replace("stablehlo.constant", ""))
    return Question(found[1] if found is not None else "", 0, data.decode())


@functools.cache
def _get_context() -> Any:
    """One for all models of a process: it takes longer to make than what is read into it."""
    from iree.compiler import ir

    return ir.Context()


def identify_onnx(data: bytes) -> Question:
    """What a model of one node is about."""
    import onnx

    model = onnx.ModelProto.FromString(data)
    node = model.graph.node[0]
    rest = f"{node.domain}:{hashlib.sha256(model.graph.SerializeToString()).hexdigest()}"
    return Question(str(node.op_type), model.opset_import[0].version, rest)


def give_outputs(model: Any) -> None:
    """Name all results that a schema demands: without them no shape is inferred."""
    from onnx import defs

    for node in model.graph.node:
        version = next(
            (each.version for each in model.opset_import if each.domain == node.domain), 0
        )
        if node.domain == "" and defs.has(node.op_type, version, node.domain):
            least = defs.get_schema(node.op_type, version, node.domain).min_output
            node.output.extend(f"unused{place}" for place in range(len(node.output), least))


def store_raw(graph: Any) -> None:
    """Store floats as exporters do; other types are stored as ``onnx.helper.make_tensor`` does.

    Quantisers write them so, and the importer takes some of them in the other form alone.
    """
    from onnx import TensorProto, numpy_helper

    attributes = [each for node in graph.node for each in node.attribute]
    for tensor in (*graph.initializer, *(each.t for each in attributes if each.HasField("t"))):
        if tensor.data_type in (TensorProto.FLOAT16, TensorProto.BFLOAT16):
            raw = numpy_helper.from_array(numpy_helper.to_array(tensor), tensor.name)
            tensor.CopyFrom(raw)
    for each in attributes:
        if each.HasField("g"):
            store_raw(each.g)


def _evaluate(model: Any) -> list[Any] | None:
    """What it makes of ones, or of zeros where those do not do, as for the axes of a squeeze."""
    import numpy
    from onnx.helper import tensor_dtype_to_np_dtype
    from onnx.reference import ReferenceEvaluator

    for make in (numpy.ones, numpy.zeros):
        given = {}
        for each in model.graph.input:
            tensor = each.type.tensor_type
            shape = [dimension.dim_value for dimension in tensor.shape.dim]
            given[each.name] = make(shape, tensor_dtype_to_np_dtype(tensor.elem_type))
        try:
            return list(ReferenceEvaluator(model).run(None, given))
        except Exception:  # noqa: BLE001, S112  it does not know all operations
            continue
    return None


def state_shapes(model: Any) -> None:
    """Reckon the shapes of outputs that are not inferred, as files state them."""
    outputs = [
        each.type.tensor_type
        for each in model.graph.output
        if each.type.HasField("tensor_type") and not each.type.tensor_type.HasField("shape")
    ]
    if not outputs:
        return
    results = _evaluate(model)
    if results is None:
        return
    import numpy

    for each, result in zip(model.graph.output, results, strict=True):
        tensor = each.type.tensor_type
        if each.type.HasField("tensor_type") and not tensor.HasField("shape"):
            for size in numpy.shape(result):
                tensor.shape.dim.add().dim_value = size
            tensor.shape.SetInParent()


def import_onnx(data: bytes) -> str:
    """An ONNX model as MLIR, by the importer that comes with the compiler."""
    import onnx
    from iree.compiler import ir
    from iree.compiler.extras import onnx_importer

    model = onnx.ModelProto.FromString(data)
    give_outputs(model)
    model = onnx.shape_inference.infer_shapes(model, data_prop=True)
    state_shapes(model)
    store_raw(model.graph)
    info = onnx_importer.ModelInfo(model)
    with _get_context() as context:
        module = ir.Module.create(ir.Location.unknown(context))
        importer = onnx_importer.NodeImporter.define_function(info.main_graph, module.operation)
        importer.import_all()
        return str(module)
