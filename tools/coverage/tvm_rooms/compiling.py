"""Relax modules as TVM makes CUDA C of them; nothing compiles that further: no device is needed."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import Any

_TARGET = {
    "kind": "cuda",
    "arch": "sm_80",
    "max_threads_per_block": 1024,
    "max_shared_memory_per_block": 49152,
    "thread_warp_size": 32,
    "max_num_threads": 1024,
}


def make_compiler() -> Callable[..., str]:
    """What says why a module is not compiled.

    Modules that are the same once they are legalised are compiled once, and so are those that are
    called ``alike`` where the first one was compiled.
    """
    import tvm
    import tvm_ffi
    from tvm import relax

    tvm_ffi.register_global_func(
        "tvm_callback_cuda_compile", lambda code, *rest: b".version 8.0", override=True
    )
    target = tvm.target.Target(_TARGET)
    known: dict[Hashable, str] = {}

    def compile_module(module: Any, alike: Hashable = None) -> str:
        try:
            with target:
                module = relax.transform.LegalizeOps()(module)
        except Exception as error:  # noqa: BLE001  tools refuse in any way
            return say(error)
        if alike is not None and known.get(alike) == "":
            return ""
        key = tvm_ffi.structural_hash(module)
        if key not in known:
            known[key] = _generate(module, target)
        if alike is not None:
            known[alike] = known[key]
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
        return say(error)
    return ""


def say(error: BaseException) -> str:
    """The last line of what a tool said."""
    lines = str(error).strip().splitlines() or [""]
    return f"{type(error).__name__}: {lines[-1]}"
