"""That nobody on the host uses a GPU, before it is handed out and after it has come back."""

from __future__ import annotations

from typing import Any

from cyborg_rr.drivers.driver import HandleUnusable
from cyborg_rr.drivers.gpu.nvidia.health import (
    GpuCondition,
    describe_use,
    read_processes,
    read_used_bytes,
)
from cyborg_rr.drivers.gpu.nvidia.nvml import Nvml


class StillInUse(HandleUnusable):
    """Somebody on the host has what is to be handed out, or did not let go of it at its release."""

    code = "handle_still_in_use"


def check_whole_idle(nvml: Nvml, gpu: Any) -> None:
    """``StillInUse`` when a process has the GPU, or more of its memory is taken than when idle."""
    used = describe_use(
        GpuCondition(processes=read_processes(nvml, gpu), used_bytes=read_used_bytes(nvml, gpu))
    )
    if used is not None:
        raise StillInUse(used)


def check_not_cut(nvml: Nvml, gpu: Any) -> None:
    """``HandleUnusable`` when the GPU has been put into MIG mode: no whole GPU is left then."""
    mode = nvml.ask("DeviceGetMigMode", gpu)
    if mode is not None and mode[0]:
        raise HandleUnusable("the GPU has been put into MIG mode")
