"""What Placement should have of a host, and what must be done where it has something else. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from cyborg_rr.domain.hardware.deriving import OWNER_TRAIT
from cyborg_rr.domain.hardware.devices import Trouble, render_provider_uuid
from cyborg_rr.domain.hardware.offering.offered import NOT_ATTACHABLE, OfferedHost, OfferedPart
from cyborg_rr.domain.words import DEVICE_KINDS
from cyborg_rr.outside.placement.client import Contents, Inventories

OTHER_OWNER = "OWNER_NOVA"
"""On providers that the compute service manages (os-traits, ``owner.py``): left alone."""

GONE_TRAIT = "CUSTOM_RR_GONE"
"""On a provider whose device is not known any more and that has allocations still."""

MAX_TRAITS = 100
"""Of one provider; more are left out, and said."""

MAX_TOTAL = 2**31 - 1
"""Placement's largest amount (``placement/db/constants.py``)."""

CLASS_PREFIX = "CUSTOM_DEVICE_CLASS_"
_OWN_PREFIXES = (
    CLASS_PREFIX,
    "CUSTOM_RR_",
    "CUSTOM_FPGA_FUNCTION_ID_",
    "CUSTOM_FPGA_REGION_",
)
"""Traits that nobody but we put on a provider of ours; others' are kept."""

_OF_OTHER_HARDWARE = ("CUSTOM_FPGA_", "CUSTOM_PCI_")
"""With those of its vendor: what a provider has of the device that was there before."""

_CUSTOM = re.compile(r"CUSTOM_[A-Z0-9_]{1,248}", re.ASCII)
_STANDARD = re.compile(r"[A-Z0-9_]{1,255}", re.ASCII)
_OWN_CLASSES = frozenset().union(
    *({kind.resource_class, kind.slice_class} for kind in DEVICE_KINDS.values())
)
TRAITS_LEFT_OUT = "traits_left_out"


@dataclass(frozen=True, slots=True)
class WantedProvider:
    """What one deployable should be in Placement; ``trouble`` says what of it cannot be."""

    deployable_id: int
    uuid: str
    name: str
    resource_class: str
    total: int
    reserved: int
    traits: frozenset[str]
    trouble: Trouble | None = None


@dataclass(frozen=True, slots=True)
class SetInventories:
    """Replace the inventories of a provider."""

    inventories: Inventories


@dataclass(frozen=True, slots=True)
class SetTraits:
    """Replace the traits of a provider."""

    traits: frozenset[str]


Step = SetInventories | SetTraits


def list_wanted(host: OfferedHost) -> list[WantedProvider]:
    """The providers of a host, one for each deployable, below its compute node."""
    return [_want(part, reserved) for part, reserved in host.list_parts()]


def _want(part: OfferedPart, reserved: int) -> WantedProvider:
    total = min(part.total, MAX_TOTAL)
    traits, trouble = choose_traits(part.traits)
    if not part.is_attachable:
        kinds = ", ".join(sorted(part.handle_types))
        text = f"it is given out by {kinds} handles, which the compute service ignores"
        trouble = Trouble(NOT_ATTACHABLE, text)
    return WantedProvider(
        part.deployable_id,
        part.provider_uuid,
        part.name,
        part.resource_class,
        total,
        min(reserved, total),
        traits,
        trouble,
    )


def choose_traits(names: Iterable[str]) -> tuple[frozenset[str], Trouble | None]:
    """Those that Placement can take, with who owns the provider; and what was left out.

    Of too many those of the representation come first, then by name.
    """
    all_names = set(names)
    valid = {name for name in all_names if _CUSTOM.fullmatch(name) or _may_be_standard(name)}
    others = valid - {OWNER_TRAIT}
    first = sorted(others, key=lambda name: (not name.startswith(_OWN_PREFIXES), name))
    chosen = frozenset((OWNER_TRAIT, *first[: MAX_TRAITS - 1]))
    left_out = sorted(all_names - chosen)
    if not left_out:
        return chosen, None
    named = ", ".join(name[:60] for name in left_out[:3])
    text = f"{len(left_out)} of its traits cannot be shown there, such as {named}"
    return chosen, Trouble(TRAITS_LEFT_OUT, text)


def _may_be_standard(name: str) -> bool:
    return (
        _STANDARD.fullmatch(name) is not None
        and not name.startswith("CUSTOM_")
        and name != OTHER_OWNER
    )


def is_ours(uuid: str, name: str) -> bool:
    """Whether the uuid of a provider is that which we derive from its name."""
    return render_provider_uuid(name) == uuid


def is_marked(actual: Contents) -> bool:
    """Whether we have published the provider: each of ours has a trait of its representation."""
    return any(name.startswith((CLASS_PREFIX, "CUSTOM_RR_")) for name in actual.traits)


def difference(
    wanted: WantedProvider, actual: Contents, *, keeps_leftovers: bool = False
) -> list[Step]:
    """What makes a provider as it is wanted, in an order in which nothing is offered too early.

    Inventories of others, their traits, and what an operator says of the units of an inventory
    stay. A class of ours that it should not have goes, or with ``keeps_leftovers``, while
    somebody has an allocation of it, is all reserved.
    """
    inventories = _merge_inventories(wanted, actual.inventories, keeps_leftovers)
    traits = _merge_traits(wanted.traits, actual.traits)
    steps: list[Step] = []
    if traits != actual.traits:
        steps.append(SetTraits(traits))
    if inventories != actual.inventories:
        changed = SetInventories(inventories)
        withdraws = _count_open(inventories) < _count_open(actual.inventories)
        steps.insert(0 if withdraws else len(steps), changed)
    return steps


def reserve_all(actual: Contents) -> list[Step]:
    """What keeps a provider from schedulers that cannot be deleted yet, and marks it."""
    inventories = {name: _reserve(record) for name, record in actual.inventories.items()}
    steps: list[Step] = []
    if inventories != actual.inventories:
        steps.append(SetInventories(inventories))
    if GONE_TRAIT not in actual.traits:
        steps.append(SetTraits(actual.traits | {GONE_TRAIT}))
    return steps


def _merge_inventories(
    wanted: WantedProvider, actual: Inventories, keeps_leftovers: bool
) -> dict[str, Mapping[str, Any]]:
    merged: dict[str, Mapping[str, Any]] = {}
    for name, record in actual.items():
        if name == wanted.resource_class or name not in _OWN_CLASSES:
            merged[name] = record
        elif keeps_leftovers:
            merged[name] = _reserve(record)
    if wanted.total > 0:
        merged[wanted.resource_class] = _merge(wanted, actual.get(wanted.resource_class))
    elif keeps_leftovers and wanted.resource_class in merged:
        merged[wanted.resource_class] = _reserve(merged[wanted.resource_class])
    else:
        merged.pop(wanted.resource_class, None)
    return merged


def _merge(wanted: WantedProvider, record: Mapping[str, Any] | None) -> Mapping[str, Any]:
    new = {
        "total": wanted.total,
        "reserved": wanted.reserved,
        "min_unit": 1,
        "max_unit": wanted.total,
        "step_size": 1,
        "allocation_ratio": 1.0,  # a device cannot be given out twice, whatever an operator says
    }
    if record is None:
        return new
    kept = {name: record[name] for name in ("min_unit", "step_size") if name in record}
    if record.get("max_unit") != record.get("total"):
        kept |= {name: record[name] for name in ("max_unit",) if name in record}
    return {**new, **kept}


def _reserve(record: Mapping[str, Any]) -> Mapping[str, Any]:
    return {**record, "reserved": record.get("total", 0)}


def _count_open(inventories: Inventories) -> int:
    return sum(
        int(record.get("total", 0)) - int(record.get("reserved", 0))
        for record in inventories.values()
    )


def _merge_traits(wanted: frozenset[str], actual: frozenset[str]) -> frozenset[str]:
    """The wanted traits with those of others; what we said of it before and do not say now goes."""
    stale = tuple(_OWN_PREFIXES) + _list_prefixes_of_former(wanted, actual)
    return wanted | {name for name in actual if not name.startswith(stale)}


def _list_prefixes_of_former(wanted: frozenset[str], actual: frozenset[str]) -> tuple[str, ...]:
    """What the traits of other hardware begin with, where another was there before."""
    former = [name for name in actual - wanted if name.startswith(CLASS_PREFIX)]
    vendors = (name.removeprefix(CLASS_PREFIX).partition("_")[0] for name in former)
    return (*_OF_OTHER_HARDWARE, *(f"CUSTOM_{vendor}_" for vendor in vendors)) if former else ()
