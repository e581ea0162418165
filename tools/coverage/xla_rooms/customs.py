"""Custom calls of XLA: which targets a compiler knows, by its registry and by its answers."""

from __future__ import annotations

import importlib
import json
import re
import sys
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from probing.stablehlo import Call, render_module
from writing import Rule
from xla_rooms.rules import UNSTATED

AskText = Callable[[str], str]
"""What a compiler says against a module; nothing when it takes it."""

_PLUGIN = "jax_cuda13_plugin"
_MODULES = ("_hybrid", "_linalg", "_prng", "_rnn", "_solver", "_sparse", "_triton")

_KNOWN = (
    "AllocateBuffer", "Cholesky", "Eigh", "LayoutConstraint", "LuDecomposition", "MoveToDevice",
    "MoveToHost", "PinToDevice", "ProductOfElementaryHouseholderReflectors", "Qr",
    "SPMDFullToShardShape", "SPMDShardToFullShape", "Sharding", "TopK", "X64Combine",
    "X64SplitHigh", "X64SplitLow",
    "__cublas$gemm", "__cublas$lt$matmul", "__cublas$lt$matmul$f8",
    "__cudnn$convBiasActivationForward",
    "__cudnn$convForward", "__cudnn$fmhaSoftmax", "__gpu$xla.gpu.triton", "__onednn$matmul",
    "annotate_device_placement", "inspect_sharding", "mhlo.erf", "mhlo.topk", "mosaic_gpu_v2",
    "ragged_all_to_all", "shape_assertion", "tpu_custom_call", "xla.sdy.FuncResultSharding",
    "xla.sdy.GlobalToLocalShape", "xla.sdy.LocalToGlobalShape", "xla_buffer_python_gpu_callback",
    "xla_ffi_partitioned_python_cpu_callback", "xla_ffi_partitioned_python_gpu_callback",
    "xla_ffi_python_cpu_callback", "xla_ffi_python_gpu_callback", "xla_python_cpu_callback",
    "xla_python_gpu_callback",
)  # fmt: skip
"""Targets beside those that JAX promises to keep: XLA's own and its libraries', and callbacks."""

_STATED = {
    "Eigh": 'backend_config = "1,1,100,1e-6", ',
    "annotate_device_placement": 'mhlo.frontend_attributes = {_xla_buffer_placement = "device"}, ',
    "mhlo.erf": "mhlo.attributes = {}, mhlo.version = 1 : i64, ",
    "mhlo.topk": "mhlo.attributes = {k = 3 : i64, largest = true}, mhlo.version = 1 : i64, ",
}
"""What a call of the target states beside its operands."""

_OUT_OF_CONTEXT = frozenset(
    {"inspect_sharding", "shape_assertion", "stablehlo.dynamic_approx_top_k",
     "stablehlo.dynamic_reduce_window", "stablehlo.dynamic_rng_bit_generator",
     "stablehlo.dynamic_top_k"}
)  # fmt: skip
"""Targets that only mean something to passes over a whole program: no single call can be tried."""

_PROGRAMS = dict.fromkeys(
    ("xla.sdy.GlobalToLocalShape", "xla.sdy.LocalToGlobalShape"), "shard-map.mlir"
)
"""Targets that stand together in a program that is tried as a whole."""

_FORMS = (
    (("4xf32",), ("4xf32",)),
    (("4x4xf32",), ("4x4xf32",)),
    (("4x4xf32",), ("4x4xf32", "4xf32")),
    (("4x4xf32",), ("4x4xf32", "4xi32", "4xi32")),
    (("4x4xf32", "4xf32"), ("4x4xf32",)),
    (("2x6xf32",), ("2x3xf32", "2x3xi32")),
    ((), ("4xf32",)),
)
"""Operands and results with which a target is tried."""

_LIBRARY = re.compile(r"(cu|hip|lapack_|xla_)[a-z_0-9]+")
"""Functions of libraries: compilers look these up by name alone, whatever their operands are."""

_MISSING = ("not found", "No registered implementation", "No FFI handler", "not supported on")
"""How compilers say that they have no such target."""


def list_registered(site: Path) -> list[str]:
    """The targets that JAX's plug-in for CUDA registers with the compiler."""
    sys.path.insert(0, str(site))
    found: set[str] = set()
    for name in _MODULES:
        found |= set(importlib.import_module(f"{_PLUGIN}.{name}").registrations())
    extension = importlib.import_module(f"{_PLUGIN}.cuda_plugin_extension")
    return sorted(found | set(extension.ffi_handlers()))


def list_candidates() -> list[str]:
    """Targets that exported programs may hold."""
    from jax._src.export import _export

    return sorted({*_KNOWN, *_export._CUSTOM_CALL_TARGETS_GUARANTEED_STABLE})


def list_tries(target: str) -> Iterator[Call]:
    """Calls of a target, in both conventions and with several operands."""
    for version in ("API_VERSION_TYPED_FFI", "API_VERSION_STATUS_RETURNING"):
        for operands, results in _FORMS[:1] if _LIBRARY.fullmatch(target) else _FORMS:
            inputs = tuple(f"tensor<{each}>" for each in operands)
            outputs = tuple(f"tensor<{each}>" for each in results)
            names = ", ".join(f"%a{place}" for place in range(len(inputs)))
            made = ", ".join(f"%r{place}" for place in range(len(outputs)))
            number = 4 if version == "API_VERSION_TYPED_FFI" else 2
            stated = _STATED.get(target, "")
            config = "backend_config = {}, " if number == 4 and "config" not in stated else ""
            body = (
                f'  {made} = "stablehlo.custom_call"({names}) {{call_target_name = "{target}",'
                f" {config}{stated}api_version = {number} : i32}} : ({', '.join(inputs)})"
                f" -> ({', '.join(outputs)})\n  func.return {made} : {', '.join(outputs)}"
            )
            yield Call("stablehlo.custom_call", (), inputs, outputs, body, "", (), ())


def judge_target(ask: AskText, target: str) -> str:
    """``taken``, ``open`` where only its operands are refused, or ``refused``."""
    if target in _OUT_OF_CONTEXT:
        return "open"
    said = []
    for text in _list_texts(target):
        answer = ask(text)
        if not answer:
            return "taken"
        said.append(answer)
    is_missing = all(any(text in each for text in _MISSING) for each in said)
    return "refused" if is_missing else "open"


def _list_texts(target: str) -> Iterator[str]:
    if target in _PROGRAMS:
        file = Path(__file__).parents[1] / "probing" / _PROGRAMS[target]
        yield file.read_text(encoding="utf-8")
        return
    for call in list_tries(target):
        yield render_module([call])


def write_customs(ask: AskText, candidates: Iterable[str], registered: Iterable[str]) -> list[Rule]:
    """Rules by target; of one that was never asked about nobody knows whose it is."""
    own = set(registered)
    judged = {name: "taken" if name in own else judge_target(ask, name) for name in candidates}
    taken = sorted(own | {name for name, said in judged.items() if said == "taken"})
    refused = sorted(name for name, said in judged.items() if said == "refused")
    return [
        Rule(where=(json.dumps(["attribute", "target", "in", taken]),)),
        Rule(where=(json.dumps(["attribute", "target", "not in", refused]), UNSTATED)),
    ]
