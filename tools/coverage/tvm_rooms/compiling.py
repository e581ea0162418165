"""Relax modules as TVM makes code for a GPU of them; nothing compiles or links that: no device."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

_THREADS = {
    "max_threads_per_block": 1024,
    "max_shared_memory_per_block": 49152,
    "max_num_threads": 1024,
}
TARGETS: Mapping[str, Mapping[str, Any]] = {
    "cuda": {"kind": "cuda", "arch": "sm_80", "thread_warp_size": 32, **_THREADS},
    "rocm": {
        "kind": "rocm",
        "mcpu": "gfx942",
        "mtriple": "amdgcn-amd-amdhsa-hcc",
        "thread_warp_size": 64,
        **_THREADS,
    },
    "opencl": {
        "kind": "opencl",
        "thread_warp_size": 1,
        **_THREADS,
        "max_threads_per_block": 256,
        "max_num_threads": 256,
    },
}
"""The devices that code is made for, told in full: TVM would ask the driver."""

CODE = {"cuda": "CUDA C", "rocm": "AMDGPU code of LLVM", "opencl": "OpenCL C"}

IMPORT = "import"
"""In place of a target: models are legalised, as for CUDA, and no code is made."""

GENERATING = "code: "
"""Before what was said once the module was legalised: another target may say something else."""

_STUBS: Mapping[str, Callable[..., Any]] = {
    "tvm_callback_cuda_compile": lambda code, *rest: b".version 8.0",
    "tvm_callback_rocm_bitcode_path": lambda *rest: [],
    "tvm_callback_rocm_link": lambda code, *rest: b"linked",
}
"""In place of compilers and linkers that come with devices."""


def make_compiler(target_name: str) -> Callable[..., str]:
    """What says why a module is not compiled; what is the same once legalised is compiled once."""
    import tvm
    import tvm_ffi
    from tvm import relax

    for name, stub in _STUBS.items():
        tvm_ffi.register_global_func(name, stub, override=True)
    makes_code = target_name != IMPORT
    target = tvm.target.Target(TARGETS[target_name if makes_code else "cuda"])
    known: dict[int, str] = {}

    def compile_module(module: Any) -> str:
        try:
            with target:
                module = relax.transform.LegalizeOps()(module)
        except Exception as error:  # noqa: BLE001  tools refuse in any way
            return say(error)
        if not makes_code:
            return ""
        key = tvm_ffi.structural_hash(module)
        if key not in known:
            known[key] = _generate(module, target)
        return known[key]

    return compile_module


def _generate(module: Any, target: Any) -> str:
    import tvm
    from tvm.s_tir import dlight

    gpu = dlight.gpu
    try:
        with target:
            module = dlight.ApplyDefaultSchedule(
                gpu.Matmul(), gpu.GEMV(), gpu.Reduction(), gpu.GeneralReduction(), gpu.Fallback()
            )(module)
        tvm.compile(module, target=target)
    except Exception as error:  # noqa: BLE001  tools refuse in any way
        return GENERATING + say(error)
    return ""


def say(error: BaseException) -> str:
    """The last line of what a tool said."""
    lines = str(error).strip().splitlines() or [""]
    return f"{type(error).__name__}: {lines[-1]}"
