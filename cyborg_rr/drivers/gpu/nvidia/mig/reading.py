"""What NVML says of a GPU's MIG mode: the profiles, where they can lie, and the instances.

To list places and instances the library wants a privileged caller (root, or one who may read
``/proc/driver/nvidia/capabilities/mig/config``); to others a GPU in MIG mode has no profiles.
"""

from __future__ import annotations

import math
import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from ctypes import byref, c_uint
from typing import Any

from cyborg_rr.drivers.gpu.nvidia.mig.profiles import MigInstance, MigProfile, MigState
from cyborg_rr.drivers.gpu.nvidia.nvml import Nvml, render_answer

MAX_PROFILES = 32
"""Numbers of profiles that are tried; NVML_GPU_INSTANCE_PROFILE_COUNT says how many there are."""

NO_INSTANCE = 0xFFFFFFFF
"""The GPU instance of a process that runs in none."""

_NAME = re.compile(r"[1-9][0-9]?g\.[0-9]{1,4}gb(?:[+-][a-z.]{1,16})*", re.ASCII)

_VARIANT = re.compile(r"[+-]", re.ASCII)
"""In the name of a profile with other engines than the plain one."""

_SUFFIXES = {
    "1_SLICE_REV1": "+me",
    "2_SLICE_REV1": "+me",
    "1_SLICE_GFX": "+gfx",
    "2_SLICE_GFX": "+gfx",
    "3_SLICE_GFX": "+gfx",
    "4_SLICE_GFX": "+gfx",
    "1_SLICE_NO_ME": "-me",
    "2_SLICE_NO_ME": "-me",
    "1_SLICE_ALL_ME": "+me.all",
    "2_SLICE_ALL_ME": "+me.all",
}
"""How drivers name profiles by their constant; used where one does not say the name."""


def read_mig(nvml: Nvml, gpu: Any) -> MigState | None:
    """The MIG state of a GPU; None for one that cannot be cut up."""
    mode = nvml.ask("DeviceGetMigMode", gpu)
    if mode is None:
        return None
    is_enabled, is_pending = bool(mode[0]), bool(mode[1])
    infos = tuple(_list_infos(nvml, gpu))
    modes = tuple(dict.fromkeys(name for name, _ in infos if _VARIANT.search(name) is None))
    if not is_enabled:
        return MigState(is_enabled, is_pending, modes=modes)
    profiles = tuple(_list_placed(nvml, gpu, infos))
    instances = tuple(_list_instances(nvml, gpu, profiles))
    return MigState(is_enabled, is_pending, profiles, instances, modes)


def list_profiles(nvml: Nvml, gpu: Any) -> Iterator[MigProfile]:
    """The profiles that have a place on the GPU, in the order of the library's numbers."""
    return _list_placed(nvml, gpu, tuple(_list_infos(nvml, gpu)))


def _list_infos(nvml: Nvml, gpu: Any) -> Iterator[tuple[str, Any]]:
    """Name and info of each profile, which the library tells also of a GPU that is whole."""
    names: set[str] = set()
    for number in range(min(nvml.constant("GPU_INSTANCE_PROFILE_COUNT") or 0, MAX_PROFILES)):
        info = nvml.ask("DeviceGetGpuInstanceProfileInfo", gpu, number)
        if info is None:
            info = nvml.ask("DeviceGetGpuInstanceProfileInfo", gpu, number, 1)
        if info is not None:
            name = _find_name(nvml, gpu, number, info)
            if name not in names:
                names.add(name)
                yield name, info


def _list_placed(nvml: Nvml, gpu: Any, infos: Sequence[tuple[str, Any]]) -> Iterator[MigProfile]:
    for name, info in infos:
        places = _list_places(nvml, gpu, int(info.id), int(info.instanceCount))
        if places:
            yield _make_profile(name, info, places)


def _make_profile(name: str, info: Any, places: Sequence[tuple[int, int]]) -> MigProfile:
    return MigProfile(
        name=name,
        id=int(info.id),
        size=places[0][1],
        starts=tuple(start for start, size in places if size == places[0][1]),
        compute_slices=int(info.sliceCount),
        count=int(info.instanceCount),
        memory_mib=int(info.memorySizeMB),
        engines=(
            int(info.decoderCount),
            int(info.encoderCount),
            int(info.jpegCount),
            int(info.ofaCount),
        ),
    )


def _find_name(nvml: Nvml, gpu: Any, number: int, info: Any) -> str:
    """The driver's own name without ``MIG``, else made as it makes them."""
    name = (render_answer(getattr(info, "name", None)) or "").removeprefix("MIG ").lower()
    if _NAME.fullmatch(name):
        return name
    suffix = next(
        (
            suffix
            for constant, suffix in _SUFFIXES.items()
            if nvml.constant(f"GPU_INSTANCE_PROFILE_{constant}") == number
        ),
        "",
    )
    memory = nvml.ask("DeviceGetMemoryInfo", gpu)
    total = int(memory.total) if memory is not None else int(info.memorySizeMB) << 20
    gigabytes = _round_memory(total, int(info.memorySizeMB) << 20)
    return f"{info.sliceCount}g.{gigabytes}gb{suffix}"


def _round_memory(total_bytes: int, own_bytes: int) -> int:
    """Gigabytes in the name of a profile: its eighths of the card, rounded up, of the card's GiB.

    Source: getMigMemorySizeGB of NVIDIA's go-nvlib (recalled).
    """
    eighths = math.ceil(own_bytes / total_bytes * 8) / 8
    return max(1, round(eighths * math.ceil(total_bytes / (1 << 30))))


def _list_places(nvml: Nvml, gpu: Any, profile_id: int, count: int) -> list[tuple[int, int]]:
    """Start and size of each place, from the left."""
    capacity = c_uint(0)
    question = "DeviceGetGpuInstancePossiblePlacements"
    nvml.ask(question, gpu, profile_id, None, byref(capacity))  # how many there are
    places = (nvml.module.c_nvmlGpuInstancePlacement_t * max(capacity.value, count, 1))()
    capacity = c_uint(len(places))
    if nvml.ask(question, gpu, profile_id, places, byref(capacity)) is None:
        return []
    found = places[: min(capacity.value, len(places))]
    return sorted((int(place.start), int(place.size)) for place in found)


def list_gpu_instances(nvml: Nvml, gpu: Any, profile: MigProfile) -> list[tuple[Any, Any]]:
    """The instances of a profile: the library's handle and info of each."""
    instances = (nvml.module.c_nvmlGpuInstance_t * profile.count)()
    count = c_uint(profile.count)
    if nvml.ask("DeviceGetGpuInstances", gpu, profile.id, instances, byref(count)) is None:
        return []
    found = instances[: min(count.value, profile.count)]
    return [(handle, nvml.ask("GpuInstanceGetInfo", handle)) for handle in found]


def _list_instances(nvml: Nvml, gpu: Any, profiles: Sequence[MigProfile]) -> Iterator[MigInstance]:
    uuids = _list_uuids(nvml, gpu)
    busy = list_busy_instances(nvml, gpu)
    for profile in profiles:
        for _, info in list_gpu_instances(nvml, gpu, profile):
            if info is None:
                continue
            own = uuids[int(info.id)]
            yield MigInstance(
                profile_id=int(info.profileId),
                start=int(info.placement.start),
                size=int(info.placement.size),
                uuid=own[0] if len(own) == 1 else None,
                is_busy=int(info.id) in busy,
            )


def _list_uuids(nvml: Nvml, gpu: Any) -> defaultdict[int, list[str]]:
    """The UUIDs of the MIG devices of each GPU instance by its number."""
    found: defaultdict[int, list[str]] = defaultdict(list)
    for index in range(nvml.ask_number("DeviceGetMaxMigDeviceCount", gpu) or 0):
        try:
            device = nvml.ask("DeviceGetMigDeviceHandleByIndex", gpu, index)
        except nvml.module.NVMLError as error:
            if nvml.name_of(error) != "NOT_FOUND":
                raise
            continue  # the numbers of MIG devices have gaps
        uuid = None if device is None else nvml.ask_text("DeviceGetUUID", device)
        instance = None if device is None else nvml.ask_number("DeviceGetGpuInstanceId", device)
        if uuid and instance is not None:
            found[instance].append(uuid)
    return found


def list_busy_instances(nvml: Nvml, gpu: Any) -> dict[int, list[int]]:
    """The processes in each GPU instance, by its number."""
    busy: defaultdict[int, list[int]] = defaultdict(list)
    for question in ("DeviceGetComputeRunningProcesses", "DeviceGetGraphicsRunningProcesses"):
        for process in nvml.ask(question, gpu) or ():
            if process.gpuInstanceId not in (None, NO_INSTANCE):
                busy[int(process.gpuInstanceId)].append(int(process.pid))
    return busy
