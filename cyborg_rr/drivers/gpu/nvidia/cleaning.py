"""What makes a GPU or a part of it clean, and who else must not be touched by it.

A whole GPU is reset by the kernel while NVIDIA's driver does not have it. When a GPU is taken from
that driver, it waits for ever for those who have it open (kernel-open/nvidia/nv-pci.c: "Attempting
to remove device with non-zero usage count"), so nobody may. Of a MIG instance or a vGPU only its
own end is the clean: the card belongs to others too.

That memory is cleared when it is freed is what NVIDIA's driver does by default
(open-gpu-kernel-modules, src/nvidia/src/kernel/gpu/mem_mgr/mem_mgr.c, ``bScrubOnFreeEnabled``; each
GPU instance has a scrubber of its own, ``kmigmgrInitGPUInstanceScrubber``), but not on a host of
vGPUs (``PDB_PROP_GPU_IS_VIRTUALIZATION_MODE_HOST_VGPU``).
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from typing import Any

from cyborg_rr.drivers.driver import CleanFailed, HandleUnusable, NoCleanMethod
from cyborg_rr.drivers.gpu.nvidia import idle
from cyborg_rr.drivers.gpu.nvidia.facts import GpuFacts
from cyborg_rr.drivers.gpu.nvidia.health import name_processes
from cyborg_rr.drivers.gpu.nvidia.nvml import Nvml

INSTANCE_ENDED = "mig_instance_ended"
INSTANCE_IDLE = "mig_instance_idle"
MDEV_REMOVED = "mdev_removed"

IN_USE = "gpu_in_use"
SILENT = "gpu_silent"

FIRST_RESET_ALONE = 80
"""Compute capability (times ten) of the Ampere architecture, from which on a GPU can be reset
without those that it is joined to by NVLink. Source: manual page of nvidia-smi, ``--gpu-reset``
(recalled)."""

HOST_VGPU = 3
"""NVML_GPU_VIRTUALIZATION_MODE_HOST_VGPU."""

_PROCESS = re.compile(r"[0-9]{1,10}", re.ASCII)
_ARCHITECTURE = re.compile(r"sm_([0-9]{2,3})", re.ASCII)


def check_alone(name: str, facts: GpuFacts) -> None:
    """``CleanFailed`` for a GPU that must be reset together with others."""
    match = _ARCHITECTURE.fullmatch(facts.architecture or "")
    if facts.links.peers and (match is None or int(match[1]) < FIRST_RESET_ALONE):
        peers = ", ".join(sorted(facts.links.peers)[:4])
        raise CleanFailed(
            "linked_gpus", f"{name} can be reset only together with {peers}, joined by NVLink"
        )


def check_free(nvml: Nvml, gpu: Any) -> int | None:
    """The number of the GPU's device file; ``StillInUse`` when it cannot be let go."""
    try:
        idle.check_not_cut(nvml, gpu)
    except HandleUnusable as error:
        raise CleanFailed("split", str(error)) from None
    idle.check_whole_idle(nvml, gpu)
    if nvml.ask_number("DeviceGetPersistenceMode", gpu):
        raise idle.StillInUse("persistence mode is on: NVIDIA's driver would not let it go")
    return nvml.ask_number("DeviceGetMinorNumber", gpu)


def check_not_open(name: str, number: int | None, proc: str | None) -> None:
    """``CleanFailed`` when a process that can be seen has the GPU's device file open."""
    if number is None or proc is None:
        return
    holders = sorted(_list_holders(proc, f"/dev/nvidia{number}"))
    if holders:
        text = f"{name}: /dev/nvidia{number} is open in {name_processes(holders)} of the host"
        raise CleanFailed(IN_USE, text)


def _list_holders(proc: str, device_file: str) -> Iterator[int]:
    with suppress(OSError):
        for process in os.listdir(proc):
            if _PROCESS.fullmatch(process) and int(process) != os.getpid():
                files = os.path.join(proc, process, "fd")
                if _has_open(files, device_file):
                    yield int(process)


def _has_open(files: str, device_file: str) -> bool:
    with suppress(OSError):  # of another user, or it has ended
        for number in os.listdir(files):
            with suppress(OSError):
                if os.readlink(os.path.join(files, number)) == device_file:
                    return True
    return False


def check_scrubs(nvml: Nvml, gpu: Any) -> None:
    """``NoCleanMethod`` where the driver does not clear the memory that is freed."""
    if nvml.ask_number("DeviceGetVirtualizationMode", gpu) == HOST_VGPU:
        raise NoCleanMethod("on a host of vGPUs NVIDIA's driver does not clear what is freed")


def check_given(info: Mapping[str, str], reset_suffices: bool) -> str:
    """The method for an instance that stays there, which only the operator can let count."""
    if "uuid" not in info:
        raise idle.StillInUse("there is a MIG instance where it was, which was not made here")
    if not reset_suffices:
        raise NoCleanMethod(f"the MIG instance {info['uuid']} stays: it was not made here")
    return INSTANCE_IDLE
