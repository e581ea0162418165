"""Making a MIG instance for whoever was given its place, and ending it after the release.

An instance is a GPU instance with one compute instance that fills it. The library wants a
privileged caller for both; see ``mig_reading``.
"""

from __future__ import annotations

from collections.abc import Iterator
from ctypes import byref, c_uint
from typing import Any

from cyborg_rr.drivers.driver import HandleUnusable
from cyborg_rr.drivers.gpu.nvidia.health import name_processes
from cyborg_rr.drivers.gpu.nvidia.idle import StillInUse
from cyborg_rr.drivers.gpu.nvidia.mig.profiles import MigProfile
from cyborg_rr.drivers.gpu.nvidia.mig.reading import (
    list_busy_instances,
    list_gpu_instances,
    list_profiles,
)
from cyborg_rr.drivers.gpu.nvidia.nvml import Nvml

MAX_COMPUTE_INSTANCES = 16
"""More compute instances of one profile no GPU instance has."""

ENGINE_SHARED = 0
"""NVML_COMPUTE_INSTANCE_ENGINE_PROFILE_SHARED."""


def get_profile(nvml: Nvml, gpu: Any, name: str) -> MigProfile:
    """The profile of that name; ``HandleUnusable`` when the GPU makes none of it now."""
    mode = nvml.ask("DeviceGetMigMode", gpu)
    if mode is None or not mode[0]:
        raise HandleUnusable("MIG mode is off")
    for profile in list_profiles(nvml, gpu):
        if profile.name == name:
            return profile
    raise HandleUnusable(f"the GPU has no MIG profile {name}")


def find_instance(nvml: Nvml, gpu: Any, profile: MigProfile, start: int) -> tuple[Any, int] | None:
    """The library's handle and number of the instance of a profile at a place."""
    for handle, info in list_gpu_instances(nvml, gpu, profile):
        if info is not None and int(info.placement.start) == start:
            return handle, int(info.id)
    return None


def make_instance(nvml: Nvml, gpu: Any, profile: MigProfile, start: int) -> None:
    """Make the instance whole or not at all; ``HandleUnusable`` when the driver refuses."""
    module = nvml.module
    placement = module.c_nvmlGpuInstancePlacement_t(start, profile.size)
    try:
        instance = module.nvmlDeviceCreateGpuInstanceWithPlacement(
            gpu, profile.id, byref(placement)
        )
    except module.NVMLError as error:
        raise HandleUnusable(f"the GPU instance could not be made: {error}") from None
    try:
        compute = _get_filling_profile(nvml, instance, profile.compute_slices)
        module.nvmlGpuInstanceCreateComputeInstance(instance, compute)
    except (module.NVMLError, HandleUnusable) as error:
        module.nvmlGpuInstanceDestroy(instance)
        raise HandleUnusable(f"the compute instance could not be made: {error}") from None


def _get_filling_profile(nvml: Nvml, instance: Any, slices: int) -> int:
    """The number of the compute instance profile that takes all slices of a GPU instance."""
    for info in _list_compute_profiles(nvml, instance):
        if int(info.sliceCount) == slices:
            return int(info.id)
    raise HandleUnusable(f"no compute instance has {slices} slices")


def _list_compute_profiles(nvml: Nvml, instance: Any) -> Iterator[Any]:
    for number in range(nvml.constant("COMPUTE_INSTANCE_PROFILE_COUNT") or 0):
        info = nvml.ask("GpuInstanceGetComputeInstanceProfileInfo", instance, number, ENGINE_SHARED)
        if info is None:
            info = nvml.ask(
                "GpuInstanceGetComputeInstanceProfileInfo", instance, number, ENGINE_SHARED, 1
            )
        if info is not None:
            yield info


def check_idle(nvml: Nvml, gpu: Any, number: int) -> None:
    """``StillInUse`` when a process of the host runs in the GPU instance of that number."""
    processes = sorted(set(list_busy_instances(nvml, gpu).get(number, ())))
    if processes:
        raise StillInUse(f"{name_processes(processes)} of the host still in the MIG instance")


def end_instance(nvml: Nvml, instance: Any) -> None:
    """Destroy the GPU instance with all that is in it; ``StillInUse`` when the driver refuses."""
    module = nvml.module
    try:
        for compute in list(_list_compute_instances(nvml, instance)):
            module.nvmlComputeInstanceDestroy(compute)
        module.nvmlGpuInstanceDestroy(instance)
    except module.NVMLError as error:
        raise StillInUse(f"the MIG instance could not be destroyed: {error}") from None


def _list_compute_instances(nvml: Nvml, instance: Any) -> Iterator[Any]:
    seen: set[int] = set()
    for info in _list_compute_profiles(nvml, instance):
        if int(info.id) in seen:
            continue
        seen.add(int(info.id))
        instances = (nvml.module.c_nvmlComputeInstance_t * MAX_COMPUTE_INSTANCES)()
        count = c_uint(MAX_COMPUTE_INSTANCES)
        arguments = (instance, int(info.id), instances, byref(count))
        if nvml.ask("GpuInstanceGetComputeInstances", *arguments) is not None:
            yield from instances[: min(count.value, MAX_COMPUTE_INSTANCES)]
