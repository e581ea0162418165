"""Makes the coverage table of ONNX Runtime's CUDA provider from its own kernel registry.

    python -m tools.coverage.onnxruntime_cuda registry.json functions.json 2026-11-27 \\
        > cyborg_rr/catalogue/coverage/onnxruntime-cuda.json

``registry.json`` is what ``onnxruntime_registry.py`` printed, ``functions.json`` what
``onnxruntime_functions.py`` did, the date the day on which they did. What the provider refuses
besides stands below as ``REFUSED``.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

from tools.coverage.writing import Rule, merge, render_table

PROVIDER = "CUDAExecutionProvider"
DIALECTS = Path(__file__).resolve().parents[2] / "cyborg_rr" / "catalogue" / "dialects.yaml"
SETS = ("ai.onnx", "com.microsoft", "ai.onnx.ml", "com.ms.internal.nhwc")

SOURCE = (
    "the kernel registry of the released onnxruntime-gpu (get_all_opkernel_def and"
    " get_all_operator_schema of its Python package); what the provider refuses by attributes:"
    " CUDAExecutionProvider::GetCapability in onnxruntime/core/providers/cuda/"
    "cuda_execution_provider.cc, each condition tried with that release; kernels that hold for a"
    " version: KernelRegistry in onnxruntime/core/framework/kernel_registry.cc; operations that are"
    " written out for want of any kernel: samples of them, whose placement the session recorded"
)

ELEMENT_TYPES = {
    "float": "f32", "double": "f64", "float16": "f16", "bfloat16": "bf16", "bool": "i1",
    "string": "str", "complex64": "c64", "complex128": "c128", "float8e4m3fn": "f8E4M3FN",
    "float8e4m3fnuz": "f8E4M3FNUZ", "float8e5m2": "f8E5M2", "float8e5m2fnuz": "f8E5M2FNUZ",
    "float8e8m0": "f8E8M0FNU", "float4e2m1": "f4E2M1FN",
    **{f"int{bits}": f"i{bits}" for bits in (2, 4, 8, 16, 32, 64)},
    **{f"uint{bits}": f"u{bits}" for bits in (2, 4, 8, 16, 32, 64)},
}  # fmt: skip

LIST = "token"
"""What a requirement calls a list or an optional value."""


def list_activations(*names: str) -> list[list[str]]:
    """The activations of a recurrence that cuDNN has, for one direction or two, however spelt."""
    spelt = [list(names), [name.lower() for name in names]]
    return [each * times for times in (1, 2) for each in spelt]


def refuse_recurrence(*activations: str) -> list[list[Any]]:
    """What every recurrence has to be like to be cuDNN's."""
    return [
        ["attribute", "activation_alpha", "absent"],
        ["attribute", "activation_beta", "absent"],
        ["attribute", "clip", "absent"],
        ["attribute", "activations", "in", list_activations(*activations), list(activations)],
    ]


RENAMED = 20
MODES_BEFORE = [["attribute", "mode", "in", ["bilinear", "bicubic", "nearest"], "bilinear"]]
"""The modes of a GridSample before they were renamed."""

REFUSED: Mapping[str, list[list[Any]]] = {
    "LSTM": [
        *refuse_recurrence("Sigmoid", "Tanh", "Tanh"),
        ["attribute", "input_forget", "is", 0, 0],
        ["absent", "7"],
    ],
    "GRU": [
        *refuse_recurrence("Sigmoid", "Tanh"),
        ["attribute", "linear_before_reset", "is", 1, 0],
    ],
    "RNN": refuse_recurrence("Tanh"),
    "GridSample": [["attribute", "mode", "in", ["linear", "cubic", "nearest"], "linear"]],
    "ConvTranspose": [
        ["attribute", "pads", "symmetric"],
        ["attribute", "auto_pad", "not in", ["SAME_UPPER", "SAME_LOWER"]],
    ],
}
"""What a node must be like beside having a kernel; ``Cast`` to text has none that says so."""

UNFOLDED = {"ai.onnx": ["DequantizeLinear", "QuantizeLinear"]}
"""ONNX Runtime reckons what follows from constants alone before it places nodes, but for these
(optimizer/constant_folding.cc)."""


def main() -> None:
    """Write the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("registry", type=Path)
    parser.add_argument("functions", type=Path)
    parser.add_argument("date")
    arguments = parser.parse_args()
    registry = json.loads(arguments.registry.read_text())
    registry["kernels"] += json.loads(arguments.functions.read_text())
    header = {
        "release": registry["release"],
        "date": arguments.date,
        "source": SOURCE,
        "otherwise": "host",
        "unfolded": UNFOLDED,
    }
    sys.stdout.write(render_table(header, make_sets(registry)))


def make_sets(registry: Mapping[str, Any]) -> dict[str, dict[str, list[Rule]]]:
    """The rules by operation set and operation."""
    sets: dict[str, dict[str, list[Rule]]] = {name: {} for name in SETS}
    kernels: dict[tuple[str, str], list[Any]] = {}
    for kernel in registry["kernels"]:
        if kernel["provider"] == PROVIDER and kernel["domain"] in sets:
            kernels.setdefault((kernel["domain"], kernel["name"]), []).append(kernel)
    named = yaml.safe_load(DIALECTS.read_text())["native_operations"]
    for (domain, name), own in sorted(kernels.items()):
        if name not in named.get(domain, [name]):
            continue  # an experiment that ONNX took back
        schemas = find_schemas(registry["schemas"], domain, name)
        rules = [rule for each in schemas for rule in make_rules(own, *each)]
        if rules:
            sets[domain][name] = merge(rules)
    return sets


def find_schemas(
    schemas: Sequence[Mapping[str, Any]], domain: str, name: str
) -> Iterator[tuple[Mapping[str, Any], int | None]]:
    """Each version of an operation with the last version of its set that has it so."""
    found = {s["since"]: s for s in schemas if (s["domain"], s["name"]) == (domain, name)}
    versions = sorted(found)
    for version, later in zip(versions, [*versions[1:], None], strict=True):
        if not found[version]["deprecated"]:
            yield found[version], None if later is None else later - 1


def make_rules(
    kernels: Sequence[Mapping[str, Any]], schema: Mapping[str, Any], until: int | None
) -> Iterator[Rule]:
    """The rules of one version of an operation.

    A kernel that states no end is for the version alone in which the operation last changed.
    """
    since = schema["since"]
    known: set[str] = set()
    for kernel in kernels:
        end = kernel["until"]
        if kernel["since"] != since and (end is None or not kernel["since"] < since <= end):
            continue
        types = {each for found in kernel["types"].values() for each in found}
        if "absent" in kernel and types <= known:
            continue  # written out only where there is no kernel, which there is
        known |= types
        inputs, outputs = place_types(kernel["types"], schema)
        where = list_conditions(schema["name"], since)
        where += [["absent", str(place)] for place in kernel.get("absent", ())]
        inputs = {
            place: found
            for place, found in inputs.items()
            if int(place) not in kernel.get("absent", ())
        }
        yield Rule(since, until, inputs, outputs, tuple(map(json.dumps, where)))


def list_conditions(name: str, since: int) -> list[list[Any]]:
    """What a node of an operation must be like beside having a kernel."""
    if name == "GridSample" and since < RENAMED:
        return list(MODES_BEFORE)
    return list(REFUSED.get(name, ()))


def place_types(
    constraints: Mapping[str, Sequence[str]], schema: Mapping[str, Any]
) -> tuple[dict[str, frozenset[str]], dict[str, frozenset[str]]]:
    """Element types by place, from types by the name of a constraint or of a parameter.

    Results are only named where no input that must be there is of the same constraint.
    """
    inputs: dict[str, frozenset[str]] = {}
    outputs: dict[str, frozenset[str]] = {}
    for name, types in constraints.items():
        found = frozenset(map(read_type, types))
        if found == {LIST}:
            continue  # what a list holds is not told
        places = list_places(schema["inputs"], name)
        inputs |= {str(place): found for place, _ in places}
        if all(option == "Optional" for _, option in places):
            outputs |= {str(place): found for place, _ in list_places(schema["outputs"], name)}
    return inputs, outputs


def list_places(parameters: Sequence[Mapping[str, str]], name: str) -> list[tuple[int, str]]:
    """The places of a constraint, each with whether it may be left out."""
    return [
        (place, each["option"])
        for place, each in enumerate(parameters)
        if name in (each["type"], each["name"])
    ]


def read_type(text: str) -> str:
    """The element type of a tensor; lists, optional values and maps are all one."""
    if text.startswith("tensor("):
        return ELEMENT_TYPES[text.removeprefix("tensor(").removesuffix(")")]
    return LIST


if __name__ == "__main__":
    main()
