"""The part of NVIDIA's management library that cuts GPUs up, with real state.

Instances overlap nothing, no profile is made more often than its card can, and what is in use is
not destroyed: it refuses as the library does. Arrays and counts are passed as with pynvml.
"""

from __future__ import annotations

import ctypes
from dataclasses import dataclass, field
from itertools import count
from types import SimpleNamespace
from typing import Any

from tests.fakes.mig_cards import CARDS, CardProfile
from tests.fakes.nvml_errors import NVMLError

GPU_INSTANCE_PROFILES = {
    "1_SLICE": 0,
    "2_SLICE": 1,
    "3_SLICE": 2,
    "4_SLICE": 3,
    "7_SLICE": 4,
    "8_SLICE": 5,
    "6_SLICE": 6,
    "1_SLICE_REV1": 7,
    "2_SLICE_REV1": 8,
    "1_SLICE_REV2": 9,
    "1_SLICE_GFX": 10,
    "2_SLICE_GFX": 11,
    "4_SLICE_GFX": 12,
    "1_SLICE_NO_ME": 13,
    "2_SLICE_NO_ME": 14,
    "1_SLICE_ALL_ME": 15,
    "2_SLICE_ALL_ME": 16,
}

COMPUTE_SLICES = {0: 1, 1: 2, 2: 3, 3: 4, 4: 7}
"""Slices of a compute instance profile by its number."""


class Placement(ctypes.Structure):
    _fields_ = [("start", ctypes.c_uint), ("size", ctypes.c_uint)]


@dataclass
class Instance:
    """A GPU instance with the numbers of its compute instances."""

    id: int
    profile: CardProfile
    start: int
    uuid: str
    compute: dict[int, int] = field(default_factory=dict)


@dataclass
class MigCard:
    """What a GPU can be cut into, and what it is cut into now."""

    card: str = "H100-80"
    instances: list[Instance] = field(default_factory=list)
    is_privileged: bool = True
    fails_compute: bool = False
    knows_names: bool = True

    def __post_init__(self) -> None:
        self._numbers = count(1)

    @property
    def profiles(self) -> tuple[CardProfile, ...]:
        return CARDS[self.card]

    def get_profile(self, profile_id: int) -> CardProfile:
        for profile in self.profiles:
            if profile.id == profile_id:
                return profile
        raise NVMLError("INVALID_ARGUMENT")

    def make(self, profile: CardProfile, start: int) -> Instance:
        """As an operator would with ``nvidia-smi mig -cgi``."""
        own = [other for other in self.instances if other.profile == profile]
        slices = sum(other.profile.slices for other in self.instances)
        most = max(other.slices for other in self.profiles)
        if start not in profile.starts:
            raise NVMLError("INVALID_ARGUMENT")
        if (
            any(_overlaps(other, profile, start) for other in self.instances)
            or len(own) >= profile.count
            or slices + profile.slices > most
        ):
            raise NVMLError("INSUFFICIENT_RESOURCES")
        number = next(self._numbers)
        instance = Instance(number, profile, start, f"MIG-{number:08d}-0000-5000-8000-000000000000")
        self.instances.append(instance)
        return instance

    def make_whole(self, name: str, start: int) -> Instance:
        """A GPU instance by the name of its profile, with the compute instance that fills it."""
        profile = next(profile for profile in self.profiles if profile.name == name)
        instance = self.make(profile, start)
        instance.compute[0] = profile.slices
        return instance


def _overlaps(other: Instance, profile: CardProfile, start: int) -> bool:
    return other.start < start + profile.size and start < other.start + other.profile.size


@dataclass(frozen=True)
class MigDevice:
    """The library's handle of a MIG device."""

    instance: Instance


class MigAnswers:
    """The library's functions on MIG; mixed into the fake of the library."""

    NVML_GPU_INSTANCE_PROFILE_COUNT = 18
    NVML_COMPUTE_INSTANCE_PROFILE_COUNT = 9
    c_nvmlGpuInstancePlacement_t = Placement  # noqa: N815 - the library's own names
    c_nvmlGpuInstance_t = ctypes.c_void_p  # noqa: N815
    c_nvmlComputeInstance_t = ctypes.c_void_p  # noqa: N815

    def _card(self, gpu: Any, needs_privilege: bool = False, needs_mode: bool = True) -> MigCard:
        gpu = self._ask(gpu)  # type: ignore[attr-defined]
        if gpu.mig_mode is None or (needs_mode and not gpu.mig_mode[0]):
            raise NVMLError("NOT_SUPPORTED")
        if needs_privilege and not gpu.mig.is_privileged:
            raise NVMLError("NO_PERMISSION")
        return gpu.mig  # type: ignore[no-any-return]

    def _find(self, key: int) -> tuple[MigCard, Instance]:
        for gpu in self.gpus.values():  # type: ignore[attr-defined]
            for instance in gpu.mig.instances:
                if id(instance) == key:
                    return gpu.mig, instance
        raise NVMLError("INVALID_ARGUMENT")

    def nvmlDeviceGetGpuInstanceProfileInfo(
        self, gpu: Any, number: int, version: int = 2
    ) -> SimpleNamespace:
        card = self._card(gpu, needs_mode=False)
        if version == 2 and not card.knows_names:
            raise NVMLError("FUNCTION_NOT_FOUND")
        for profile in card.profiles:
            if GPU_INSTANCE_PROFILES[profile.constant] == number:
                return _describe_profile(profile, version)
        raise NVMLError("NOT_SUPPORTED")

    def nvmlDeviceGetGpuInstancePossiblePlacements(
        self, gpu: Any, profile_id: int, places: Any, number: Any
    ) -> int:
        profile = self._card(gpu, needs_privilege=True).get_profile(profile_id)
        if places is not None:
            for index, start in enumerate(profile.starts):
                places[index] = Placement(start, profile.size)
        number._obj.value = len(profile.starts)
        return 0

    def nvmlDeviceGetGpuInstances(
        self, gpu: Any, profile_id: int, instances: Any, number: Any
    ) -> int:
        card = self._card(gpu, needs_privilege=True)
        found = [one for one in card.instances if one.profile.id == profile_id]
        if len(found) > number._obj.value:
            raise NVMLError("INSUFFICIENT_SIZE")
        for index, instance in enumerate(found):
            instances[index] = id(instance)
        number._obj.value = len(found)
        return 0

    def nvmlGpuInstanceGetInfo(self, key: int) -> SimpleNamespace:
        _, instance = self._find(key)
        place = Placement(instance.start, instance.profile.size)
        return SimpleNamespace(id=instance.id, profileId=instance.profile.id, placement=place)

    def nvmlDeviceCreateGpuInstanceWithPlacement(
        self, gpu: Any, profile_id: int, place: Any
    ) -> int:
        card = self._card(gpu, needs_privilege=True)
        profile = card.get_profile(profile_id)
        assert place._obj.size == profile.size
        return id(card.make(profile, place._obj.start))

    def nvmlGpuInstanceGetComputeInstanceProfileInfo(
        self, key: int, number: int, engine: int, version: int = 2
    ) -> SimpleNamespace:
        card, instance = self._find(key)
        if version == 2 and not card.knows_names:
            raise NVMLError("FUNCTION_NOT_FOUND")
        slices = COMPUTE_SLICES.get(number, 99)
        if slices > instance.profile.slices:
            raise NVMLError("NOT_SUPPORTED")
        return SimpleNamespace(id=number, sliceCount=slices, instanceCount=1)

    def nvmlGpuInstanceCreateComputeInstance(self, key: int, profile_id: int) -> int:
        card, instance = self._find(key)
        if card.fails_compute:
            raise NVMLError("INSUFFICIENT_RESOURCES")
        taken = sum(instance.compute.values())
        if taken + COMPUTE_SLICES[profile_id] > instance.profile.slices:
            raise NVMLError("INSUFFICIENT_RESOURCES")
        number = next(i for i in range(8) if i not in instance.compute)
        instance.compute[number] = COMPUTE_SLICES[profile_id]
        return id(instance) + number + 1

    def nvmlGpuInstanceGetComputeInstances(
        self, key: int, profile_id: int, instances: Any, number: Any
    ) -> int:
        _, instance = self._find(key)
        slices = COMPUTE_SLICES[profile_id]
        found = [n for n, own in instance.compute.items() if own == slices]
        for index, own in enumerate(found):
            instances[index] = id(instance) + own + 1
        number._obj.value = len(found)
        return 0

    def nvmlComputeInstanceDestroy(self, key: int) -> int:
        for gpu in self.gpus.values():  # type: ignore[attr-defined]
            for instance in gpu.mig.instances:
                for number in instance.compute:
                    if id(instance) + number + 1 == key:
                        self._check_unused(gpu, instance)
                        del instance.compute[number]
                        return 0
        raise NVMLError("INVALID_ARGUMENT")

    def nvmlGpuInstanceDestroy(self, key: int) -> int:
        card, instance = self._find(key)
        if instance.compute:
            raise NVMLError("IN_USE")
        card.instances.remove(instance)
        return 0

    @staticmethod
    def _check_unused(gpu: Any, instance: Instance) -> None:
        if any(process.gpuInstanceId == instance.id for process in gpu.processes):
            raise NVMLError("IN_USE")

    def nvmlDeviceGetMaxMigDeviceCount(self, gpu: Any) -> int:
        return 1 + sum(profile.count for profile in self._card(gpu).profiles[:1]) * 2

    def nvmlDeviceGetMigDeviceHandleByIndex(self, gpu: Any, index: int) -> MigDevice:
        card = self._card(gpu)
        devices = [MigDevice(one) for one in card.instances for _ in one.compute]
        if index == 0 or index > len(devices):  # the numbers may have gaps: here 0 is one
            raise NVMLError("NOT_FOUND")
        return devices[index - 1]

    def nvmlDeviceGetGpuInstanceId(self, device: MigDevice) -> int:
        return device.instance.id


def _describe_profile(profile: CardProfile, version: int) -> SimpleNamespace:
    decoders, encoders, jpegs, ofas = profile.engines
    info = SimpleNamespace(
        id=profile.id,
        sliceCount=profile.slices,
        instanceCount=profile.count,
        decoderCount=decoders,
        encoderCount=encoders,
        jpegCount=jpegs,
        ofaCount=ofas,
        memorySizeMB=profile.memory,
    )
    if version == 2:
        info.name = f"MIG {profile.name}".encode()
    return info
