"""Prints what an installed ONNX Runtime registers: kernels of its providers, and its schemas.

    python tools/coverage/onnxruntime_registry.py > registry.json

Run by an interpreter that has ``onnxruntime-gpu`` (or another build) and nothing of this project.
All providers of the build must load: on a machine without a device, with libraries in the place of
CUDA's and TensorRT's that do nothing, since only the registry is asked.
"""

from __future__ import annotations

import json
import sys
from typing import Any

_OWN_DOMAIN = "ai.onnx"
_OPEN_END = 2**31 - 1


def list_kernels(binding: Any) -> list[dict[str, Any]]:
    """The kernels: operation set, name, provider, versions and types by constraint."""
    return [
        {
            "domain": kernel.domain or _OWN_DOMAIN,
            "name": kernel.op_name,
            "provider": kernel.provider,
            "since": kernel.version_range[0],
            "until": None if kernel.version_range[1] == _OPEN_END else kernel.version_range[1],
            "types": {name: list(types) for name, types in kernel.type_constraints.items()},
        }
        for kernel in binding.get_all_opkernel_def()
    ]


def list_schemas(binding: Any) -> list[dict[str, Any]]:
    """The operations: version, whether it is gone, and parameters with their type constraints."""
    return [
        {
            "domain": schema.domain or _OWN_DOMAIN,
            "name": schema.name,
            "since": schema.since_version,
            "deprecated": schema.deprecated,
            "inputs": [describe(each) for each in schema.inputs],
            "outputs": [describe(each) for each in schema.outputs],
        }
        for schema in binding.get_all_operator_schema()
    ]


def describe(parameter: Any) -> dict[str, str]:
    """The name, the type constraint, and whether it is Single, Optional or Variadic."""
    option = str(parameter.option).rpartition(".")[2]
    return {"name": parameter.name, "type": parameter.typeStr, "option": option}


def main() -> None:
    """Write the document."""
    import onnxruntime
    from onnxruntime.capi import onnxruntime_pybind11_state as binding

    document = {
        "release": onnxruntime.__version__,
        "kernels": list_kernels(binding),
        "schemas": list_schemas(binding),
    }
    json.dump(document, sys.stdout, indent=1)


if __name__ == "__main__":
    main()
