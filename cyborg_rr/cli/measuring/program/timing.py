"""What every runtime is timed with: samples of calls, names of types, memory of the device."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Callable
from statistics import median
from typing import Any

CHAIN = 64
"""Kernels of one compiled program whose time, divided, is that of a launch."""

SAMPLE_SECONDS = 0.012
"""How long one sample takes at least: many times the resolution of clocks and events."""

MOST_CALLS = 2000
LEAST_SAMPLES = 3
MOST_COPIES = 32

TYPES = {
    "f64": "float64", "f32": "float32", "f16": "float16", "bf16": "bfloat16", "i64": "int64",
    "i32": "int32", "i16": "int16", "i8": "int8", "u8": "uint8", "i1": "bool",
    "f8E4M3FN": "float8_e4m3fn", "f8E5M2": "float8_e5m2",
}  # fmt: skip
"""Names of element types in PyTorch and JAX and, but for the narrowest, in NumPy."""

Run = Callable[[int], Any]
"""Calls what is timed; the number chooses the operands."""

Clock = Callable[[Run, int], float]
"""Seconds of so many calls."""


ABOVE_CALL = 3.0
"""What is called must take so many times longer than a call that has nothing to do."""


class Skipped(Exception):
    """This runtime has no such operator or model, or not on this device."""


def sample(run: Run, clock: Clock, repeats: int, until: float) -> list[float]:
    """Seconds of one call, as often as asked; fewer, but at least three, once time is up."""
    clock(run, 1)
    first = clock(run, 2) / 2
    calls = max(1, min(MOST_CALLS, int(SAMPLE_SECONDS / max(first, 1e-7))))
    clock(run, calls)
    found: list[float] = []
    while len(found) < repeats:
        found.append(clock(run, calls) / calls)
        if time.monotonic() > until and len(found) >= LEAST_SAMPLES:
            break
    return found


def take_call_away(seconds: list[float], call_seconds: float, *, waits: bool) -> list[float]:
    """The times without what it takes to call a program of one operator, as no model does.

    Where each call ``waits`` for the device that is part of the time; else calls run ahead of it,
    and count only where they take longer. ``Skipped`` where the operator is too short to tell.
    """
    if median(seconds) < ABOVE_CALL * call_seconds:
        raise Skipped(f"too short to be told from a call, which takes {call_seconds * 1e6:.1f} us")
    return [max(each - call_seconds, each / 2) for each in seconds] if waits else seconds


def count_copies(operand_bytes: int, rotated_bytes: int) -> int:
    """So many sets of operands that caches do not hold them from one call to the next."""
    return max(1, min(MOST_COPIES, -(-rotated_bytes // max(1, operand_bytes))))


def read_used_bytes(index: int) -> int:
    """What all processes hold of a GPU's memory, as NVIDIA's tool tells; 0 where it does not."""
    command = ["nvidia-smi", f"--id={index}", "--query-gpu=memory.used"]
    try:
        told = subprocess.run(
            [*command, "--format=csv,noheader,nounits"],
            capture_output=True, text=True, timeout=20, check=True,
        )  # fmt: skip
        return int(told.stdout.strip()) << 20
    except (OSError, subprocess.SubprocessError, ValueError):
        return 0


def describe_peak_on_host() -> dict[str, Any]:
    """The memory of this process, where the host's processor is the device."""
    import resource

    return {"device_bytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024}
