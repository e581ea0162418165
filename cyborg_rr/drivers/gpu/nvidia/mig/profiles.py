"""Multi-instance GPUs: which profiles a GPU can be cut into, and what each placement takes of it.

A GPU in MIG mode is a row of memory slices. A profile has so many of them, and compute slices and
engines beside; where on the row its instances can lie is the driver's word. So each placement is a
handle that consumes its slices, and what is held rules out what overlaps, whatever its profile.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from cyborg_rr.domain.hardware.addresses import PciAddress
from cyborg_rr.domain.hardware.capacities import ALL_FUNCTIONS, FUNCTIONS, count_fitting
from cyborg_rr.domain.hardware.devices import AttachHandle, DeviceFacts, Trouble
from cyborg_rr.domain.hardware.found import FoundPart

HANDLE_TYPE = "MIG"
MIG_PENDING = "mig_pending"
MIB = 1 << 20

COMPUTE_SLICES = "compute_slices"
ENGINES = ("decoders", "encoders", "jpeg_engines", "optical_flow_engines")
"""Media engines in the order of ``MigProfile.engines``."""


@dataclass(frozen=True, slots=True)
class MigProfile:
    """One profile: its name (``1g.10gb+me``), the driver's number for it and what one takes.

    ``starts`` are the memory slices at which an instance of ``size`` slices can begin, ``count``
    how many instances the driver makes at most, ``engines`` counts as ``ENGINES`` are ordered.
    """

    name: str
    id: int
    size: int
    starts: tuple[int, ...]
    compute_slices: int
    count: int
    memory_mib: int
    engines: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class MigInstance:
    """An instance that is there: its profile and place, and the UUID of its one MIG device.

    ``uuid`` is None for one that is not fit to be handed out: without a compute instance, or with
    several. ``is_busy``: processes of the host use it.
    """

    profile_id: int
    start: int
    size: int
    uuid: str | None = None
    is_busy: bool = False

    @property
    def is_offered(self) -> bool:
        """Whether it can be handed out as it is."""
        return self.uuid is not None and not self.is_busy


@dataclass(frozen=True, slots=True)
class MigState:
    """Whether the GPU is cut up now and will be after a reset, into what, and what there is.

    ``modes`` are the profiles that it could be cut into, also while it is whole; one with other
    media engines than another is not another way to cut it.
    """

    is_enabled: bool
    is_pending: bool
    profiles: tuple[MigProfile, ...] = ()
    instances: tuple[MigInstance, ...] = ()
    modes: tuple[str, ...] = ()


def find_pending(state: MigState | None) -> Trouble | None:
    """The trouble of a GPU whose mode has been switched and that has not been reset since."""
    if state is None or state.is_enabled == state.is_pending:
        return None
    word = "on" if state.is_pending else "off"
    return Trouble(MIG_PENDING, f"MIG mode will be {word} after a reset, which it waits for")


def parse_mig(data: Mapping[str, Any] | None) -> MigState | None:
    """What ``dataclasses.asdict`` made of a state, or of none."""
    if data is None:
        return None
    return MigState(
        bool(data["is_enabled"]),
        bool(data["is_pending"]),
        tuple(
            MigProfile(
                **dict(entry)
                | {"starts": tuple(entry["starts"]), "engines": tuple(entry["engines"])}
            )
            for entry in data["profiles"]
        ),
        tuple(MigInstance(**entry) for entry in data["instances"]),
        tuple(data["modes"]),
    )


def render_place(profile: MigProfile, start: int) -> str:
    """Where an instance lies, whatever the address of its GPU: ``1g.10gb@4``."""
    return f"{profile.name}@{start}"


def count_capacities(profiles: Sequence[MigProfile]) -> dict[str, int]:
    """The totals of a GPU that can be cut into these profiles.

    Some GPUs count engines that the instances share, others those of its own of each; of an engine
    there are as many as the instances of any profile have together, which serves both. Where a
    profile has more places than instances, its name is a capacity of its own.
    """
    slices = max(
        (start + profile.size for profile in profiles for start in profile.starts), default=0
    )
    totals = {f"memory_slice_{index}": 1 for index in range(slices)}
    totals[COMPUTE_SLICES] = max((profile.compute_slices for profile in profiles), default=0)
    for index, engine in enumerate(ENGINES):
        total = max((profile.engines[index] * profile.count for profile in profiles), default=0)
        if total:
            totals[engine] = total
    totals[FUNCTIONS] = ALL_FUNCTIONS
    limits = {
        f"profile_{profile.name}": profile.count
        for profile in profiles
        if count_fitting([_consume(profile, s) for s in profile.starts], totals) > profile.count
    }
    return totals | limits


def _consume(profile: MigProfile, start: int) -> dict[str, int]:
    slices = {f"memory_slice_{index}": 1 for index in range(start, start + profile.size)}
    engines = zip(ENGINES, profile.engines, strict=True)
    return {
        **slices,
        COMPUTE_SLICES: profile.compute_slices,
        **{engine: count for engine, count in engines if count},
        FUNCTIONS: 1,
    }


def consume(profile: MigProfile, start: int, capacities: Mapping[str, int]) -> dict[str, int]:
    """What an instance of a profile at a place takes of a GPU of these capacities."""
    own = f"profile_{profile.name}"
    return _consume(profile, start) | ({own: 1} if own in capacities else {})


def list_parts(
    address: PciAddress,
    device: DeviceFacts,
    state: MigState,
    made: Iterable[str],
) -> tuple[FoundPart, ...]:
    """Each profile of which the GPU can still make an instance, with its places as handles.

    ``made`` are the places of instances that were made for whoever holds them: what these rule out
    is a matter of capacities. An instance that somebody else made is handed out as it is, unless it
    is busy; nothing can be made where it lies.
    """
    capacities = count_capacities(state.profiles)
    own = frozenset(made)
    foreign = [
        instance
        for instance in state.instances
        if not own.intersection(_list_places(instance, state.profiles))
    ]
    parts = (
        FoundPart(
            address.render(),
            tuple(_list_handles(address, profile, state.instances, foreign, capacities)),
            name=profile.name,
            facts=replace(device, memory_bytes=profile.memory_mib * MIB, partition=profile.name),
        )
        for profile in state.profiles
    )
    return tuple(part for part in parts if part.handles)


def list_places(state: MigState) -> frozenset[str]:
    """The places of the instances that are there."""
    return frozenset(
        place for instance in state.instances for place in _list_places(instance, state.profiles)
    )


def _list_places(instance: MigInstance, profiles: Sequence[MigProfile]) -> Iterator[str]:
    for profile in profiles:
        if profile.id == instance.profile_id:
            yield render_place(profile, instance.start)


def _list_handles(
    address: PciAddress,
    profile: MigProfile,
    instances: Sequence[MigInstance],
    foreign: Sequence[MigInstance],
    capacities: Mapping[str, int],
) -> Iterator[AttachHandle]:
    there = {
        instance.start: instance for instance in instances if instance.profile_id == profile.id
    }
    for start in profile.starts:
        instance = there.get(start)
        if any(_overlaps(other, start, profile.size) for other in foreign if other != instance):
            continue
        if instance is not None and instance in foreign and not instance.is_offered:
            continue
        info = {**address.render_handle_info(), "profile": profile.name, "placement": str(start)}
        if instance is not None and instance.uuid is not None:
            info["uuid"] = instance.uuid
        yield AttachHandle(
            HANDLE_TYPE,
            info,
            place=render_place(profile, start),
            consumes=consume(profile, start, capacities),
        )


def _overlaps(instance: MigInstance, start: int, size: int) -> bool:
    return instance.start < start + size and start < instance.start + instance.size
