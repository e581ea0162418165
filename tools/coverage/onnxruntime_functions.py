"""Asks ONNX Runtime where it runs operations that it writes out since no provider has a kernel.

    python tools/coverage/onnxruntime_functions.py registry.json > functions.json

Run as ``onnxruntime_registry.py``, whose output it takes, by an interpreter that has ``onnx`` too.
Each sample is loaded alone, in every element type of its operation, and the session's record of
what runs where is asked; nothing is executed.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping
from itertools import product
from pathlib import Path
from typing import Any

import onnx
import onnxruntime
from onnx import TensorProto, helper

_DEVICE = "CUDAExecutionProvider"
_RECORD = "session.record_ep_graph_assignment_info"

LOSS = ({}, {"reduction": "none"}, {"reduction": "sum"}, {"ignore_index": 1})
SAMPLES: Mapping[str, tuple[list[list[int]], tuple[dict[str, Any], ...]]] = {
    "AffineGrid": ([[1, 2, 3], [4]], ({}, {"align_corners": 1})),
    "Bernoulli": ([[2, 3]], ({}, {"seed": 1.0})),
    "CastLike": ([[2, 3], [1]], ({},)),
    "Celu": ([[2, 3]], ({}, {"alpha": 2.0})),
    "CenterCropPad": ([[20, 10, 3], [3]], ({},)),
    "Clip": ([[2, 3], [], []], ({},)),
    "Elu": ([[2, 3]], ({}, {"alpha": 2.0})),
    "GroupNormalization": ([[1, 4, 8, 8], [4], [4]], ({"num_groups": 2},)),
    "HardSwish": ([[2, 3]], ({},)),
    "MeanVarianceNormalization": ([[1, 3, 4, 4]], ({}, {"axes": [2, 3]})),
    "Mish": ([[2, 3]], ({},)),
    "NegativeLogLikelihoodLoss": ([[3, 5], [3], [5]], LOSS),
    "Selu": ([[2, 3]], ({}, {"alpha": 2.0})),
    "SoftmaxCrossEntropyLoss": ([[3, 5], [3], [5]], LOSS),
    "Swish": ([[2, 3]], ({}, {"alpha": 2.0})),
    "ThresholdedRelu": ([[2, 3]], ({}, {"alpha": 2.0})),
    **{
        f"Reduce{kind}": ([[2, 3], [1]], ({}, {"keepdims": 0}))
        for kind in ("L1", "L2", "LogSum", "LogSumExp", "SumSquare")
    },
}
"""Shapes of the inputs and sets of attributes, where those of other operations do not do; the scale
of a GroupNormalization of version 18 is one of groups."""

PLAIN = [2, 3]
"""The shape of each input that must be there of any other operation, which gets no attributes."""

OLD_SCALES = ("GroupNormalization", 18, [[1, 4, 8, 8], [2], [2]])
USUAL = ("tensor(float)", "tensor(int64)")
"""Types that the other inputs have while those of one constraint are tried."""


def list_functions(registry: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """As kernels: each version of an operation with the types in which it is all on the device.

    Inputs that no sample has must be ``absent``.
    """
    sized = {kernel["name"] for kernel in registry["kernels"] if kernel["provider"] == _DEVICE}
    for known in onnx.defs.get_all_schemas_with_history():
        name, since = known.name, known.since_version
        if known.domain or not (known.has_function or known.has_context_dependent_function):
            continue
        shapes, variants = SAMPLES.get(name, ([PLAIN] * known.min_input, ({},)))
        if OLD_SCALES[:2] == (name, since):
            shapes = OLD_SCALES[2]
        types = find_types(known, shapes, variants, sized)
        if types and all(types.values()):
            absent = list(range(len(shapes), len(known.inputs)))
            yield {
                "domain": "ai.onnx", "name": name, "provider": _DEVICE, "since": since,
                "until": None, "types": types, "absent": absent,
            }  # fmt: skip


def find_types(
    schema: Any, shapes: list[list[int]], variants: tuple[dict[str, Any], ...], sized: set[str]
) -> dict[str, list[str]]:
    """By constraint the types that run on the device, in the usual types of all others.

    What has kernels for the device and runs on the host even in the usual types reckons sizes: the
    provider prefers the host for that (GetCpuPreferredNodes). No more may in any other type.
    """
    allowed = {c.type_param_str: sorted(c.allowed_type_strs) for c in schema.type_constraints}
    used = list(dict.fromkeys(entry.type_str for entry in schema.inputs[: len(shapes)]))
    usual = {
        name: next((each for each in USUAL if each in allowed.get(name, ())), name) for name in used
    }
    if not all(each.startswith("tensor(") for each in usual.values()):
        return {}
    samples = list(product(variants, count_inputs(schema, shapes)))
    preferred = [find_host(schema, shapes[:count], usual, variant) for variant, count in samples]
    if not all(host is not None and host <= sized - {schema.name} for host in preferred):
        return {name: [] for name in used}
    found: dict[str, list[str]] = {}
    for name in used:
        found[name] = []
        for each in allowed.get(name, []):
            types = {**usual, name: each}
            hosts = [
                find_host(schema, shapes[:count], types, variant) for variant, count in samples
            ]
            pairs = zip(hosts, preferred, strict=True)
            if all(host is not None and host <= (usually or set()) for host, usually in pairs):
                found[name].append(each)
    return {name: types for name, types in found.items() if name in allowed}


def count_inputs(schema: Any, shapes: list[list[int]]) -> range:
    """Without and with the inputs that may be left out."""
    return range(schema.min_input, len(shapes) + 1)


def find_host(
    schema: Any, shapes: list[list[int]], types: Mapping[str, str], attributes: Mapping[str, Any]
) -> set[str] | None:
    """The operations of a sample that run on the host; None where it does not run at all."""
    inputs = [
        helper.make_tensor_value_info(f"x{place}", read_type(types[entry.type_str]), shape)
        for place, (entry, shape) in enumerate(zip(schema.inputs, shapes, strict=False))
    ]
    node = helper.make_node(schema.name, [each.name for each in inputs], ["y"], **attributes)
    result = [helper.make_empty_tensor_value_info("y")]
    graph = helper.make_graph([node], "sample", inputs, result)
    opset = [helper.make_opsetid("", schema.since_version)]
    model = helper.make_model(graph, opset_imports=opset, ir_version=10)
    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    options.add_session_config_entry(_RECORD, "1")
    try:
        session = onnxruntime.InferenceSession(
            model.SerializeToString(), options, providers=[_DEVICE, "CPUExecutionProvider"]
        )
    except Exception:  # noqa: BLE001  # no kernel, or no such type: each its own class
        return None
    return {
        node.op_type
        for part in session.get_provider_graph_assignment_info()
        if part.ep_name != _DEVICE
        for node in part.get_nodes()
    }


def read_type(text: str) -> int:
    """The number of a type such as ``tensor(float)``."""
    name = text.removeprefix("tensor(").removesuffix(")").upper()
    return int(TensorProto.DataType.Value(name))


def main() -> None:
    """Write the document."""
    onnxruntime.set_default_logger_severity(4)
    registry = json.loads(Path(sys.argv[1]).read_text())
    json.dump(list(list_functions(registry)), sys.stdout, indent=1)


if __name__ == "__main__":
    main()
