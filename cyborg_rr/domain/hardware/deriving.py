"""What a found device is offered as: API type, resource class, traits, owner, provider names.

Drivers know none of these; the traits of each family of devices are rows of ``CONVENTIONS``.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import chain, product
from types import MappingProxyType

from cyborg_rr.domain.hardware.capacities import count_fitting
from cyborg_rr.domain.hardware.devices import (
    AttachHandle,
    Deployable,
    Device,
    DeviceFacts,
    physical_network_trait,
    render_trait,
)
from cyborg_rr.domain.hardware.fields import PHYSICAL_NETWORK
from cyborg_rr.domain.hardware.found import FoundDevice, FoundPart
from cyborg_rr.domain.hardware.resource_class import resource_class_of
from cyborg_rr.domain.words import DEVICE_KINDS

OWNER_TRAIT = "OWNER_CYBORG"
"""On every accelerator provider, so that Nova's own PCI and vGPU groups never select one."""

OTHER_DEVICE_TYPE = "AICHIP"
"""The API's type of a kind that nobody knows: its most general accelerator."""


@dataclass(frozen=True, slots=True)
class Convention:
    """How the devices of a family are offered.

    Each pattern gives one custom trait for each combination of the values that it names, so none
    when one of them is not known; of alternatives (``a|b``) the first that gives any counts.
    """

    traits: tuple[str, ...]
    is_owned: bool = True
    has_plain_name: bool = False


ONLY_PLACE = "0"
"""The place of the one handle of a deployable."""

LISTED = Convention(("PCI_{vendor}", "PCI_PRODUCT_ID_{device_id}"))
"""A function that nobody recognised."""

RECOGNISED = Convention(
    (
        "{vendor}_{device_id}_{partition}|{vendor}_{device_id}",
        "{vendor}_{board}",
        "{product}_{partition}|{product}",
    )
)
"""Every other family."""

CONVENTIONS: Mapping[tuple[str, str | None], Convention] = MappingProxyType(
    {
        ("FPGA", None): Convention(
            (
                "FPGA_{vendor}",
                "FPGA_{vendor}_{board}|FPGA_PRODUCT_ID_{device_id}",
                "FPGA_REGION_{vendor}_{region}",
                "FPGA_FUNCTION_ID_{vendor}_{function}",
                "{product}_{partition}|{product}",
            )
        ),
        ("FPGA", "Fake"): Convention(("FAKE_DEVICE",), is_owned=False, has_plain_name=True),
    }
)
"""Families with conventions of their own, by kind and vendor (None: any other)."""

_VALUE = re.compile(r"\{(\w+)\}")
_NOT_IN_PLAIN_NAME = re.compile(r"[^A-Za-z0-9_.:-]", re.ASCII)


def list_shared_identities(found: Mapping[str, Sequence[FoundDevice]]) -> frozenset[str]:
    """The identities that two devices of a host have, and so nobody.

    Functions of one card show the card's serial number, and some vendors give all their cards the
    same.
    """
    counts = Counter(device.identity for devices in found.values() for device in devices)
    return frozenset(identity for identity, count in counts.items() if identity and count > 1)


def derive_devices(
    found: Mapping[str, Sequence[FoundDevice]], hostname: str, shared: Collection[str] = ()
) -> tuple[Device, ...]:
    """All that the drivers of a host found, by driver name, as the host reports it.

    ``shared`` are identities that are nobody's though one device alone has them now: the other one
    has gone, or cannot be read. Of two that both are there it shows.
    """
    every = [device for devices in found.values() for device in devices]
    nobodys = list_shared_identities(found).union(shared)
    units = _name_units(part for device in every for part in device.parts if part.is_joined)
    return tuple(
        derive_device(
            _rename_units(_drop_shared_identity(device, nobodys), units), hostname, driver_name
        )
        for driver_name, devices in found.items()
        for device in devices
    )


def _name_units(joined: Iterable[FoundPart]) -> Mapping[str, str]:
    """What each isolation unit is called that is one with others, since a part lies in them all.

    They have the name of the first of them, which is no address: it stays when the bus is
    numbered anew.
    """
    groups: list[set[str]] = []
    for part in joined:
        units = {handle.unit for handle in part.handles if handle.unit is not None}
        linked = [group for group in groups if group & units]
        groups = [group for group in groups if group not in linked] + [units.union(*linked)]
    return {unit: min(group, key=_number_unit) for group in groups for unit in group}


def _number_unit(unit: str) -> tuple[int, str]:
    return len(unit), unit  # so that group 9 comes before group 12


def _rename_units(device: FoundDevice, units: Mapping[str, str]) -> FoundDevice:
    """The device with what its units are called once some are one."""
    if not units and not any(part.is_joined for part in device.parts):
        return device
    return replace(device, parts=tuple(_rename_units_of(part, units) for part in device.parts))


def _rename_units_of(part: FoundPart, units: Mapping[str, str]) -> FoundPart:
    """A joined part that lies in no unit, on a host without IOMMU, is one by itself."""
    named = [None if handle.unit is None else units.get(handle.unit) for handle in part.handles]
    if part.is_joined:
        own = next((unit for unit in named if unit is not None), f"module:{part.address}")
        named = [own for _ in named]
    handles = tuple(
        handle if unit is None else replace(handle, unit=unit)
        for handle, unit in zip(part.handles, named, strict=True)
    )
    return replace(part, handles=handles)


def _drop_shared_identity(device: FoundDevice, nobodys: Collection[str]) -> FoundDevice:
    return replace(device, identity=None) if device.identity in nobodys else device


def derive_device(found: FoundDevice, hostname: str, driver_name: str) -> Device:
    """What one device of a host is offered as; ``driver_name`` says who acts on it later."""
    return Device(
        type=_find_type(found.facts.kind),
        control_path=found.control_path,
        facts=found.facts,
        deployables=tuple(
            _derive_deployable(found, part, hostname, driver_name) for part in found.parts
        ),
        fields=found.fields,
        identity=found.identity,
        capacities=found.capacities,
        trouble=found.trouble,
    )


def _find_type(kind: str) -> str:
    known = DEVICE_KINDS.get(kind)
    return OTHER_DEVICE_TYPE if known is None else known.type


def _derive_deployable(
    found: FoundDevice, part: FoundPart, hostname: str, driver_name: str
) -> Deployable:
    """What one part is offered as.

    A listed function that is a device of its own has the resource class of its kind, also when it
    is a virtual one: so the first release offered it, and allocations and profiles name that class.
    """
    facts = part.facts or found.facts
    is_part = found.is_recognised or part.facts is not None
    offer = _derive_offer(
        facts,
        resource_class_of(facts.kind, facts.partition if is_part else None),
        found.vendor_name,
        found.board,
        found.is_recognised,
        part.regions,
    )
    name = f"{hostname}_{part.address}"  # unique in the cloud, and how existing ones are called
    if part.name:
        name = f"{name}_{part.name}"
    consumptions = [handle.consumes for handle in part.handles]
    network = part.attributes.get(PHYSICAL_NETWORK)
    return Deployable(
        name=_NOT_IN_PLAIN_NAME.sub("_", name) if offer.has_plain_name else name,
        resource_class=offer.resource_class,
        handles=_place_handles(part.handles),
        traits=offer.traits if network is None else _add_network(offer.traits, network),
        driver_name=driver_name,
        attributes=part.attributes,
        part=part.name,
        num_accelerators=count_fitting(consumptions, found.capacities),
        part_facts=part.facts,
    )


@lru_cache(maxsize=1024)
def _add_network(traits: tuple[str, ...], network: str) -> tuple[str, ...]:
    return (*traits, physical_network_trait(network))


def _place_handles(handles: tuple[AttachHandle, ...]) -> tuple[AttachHandle, ...]:
    """Handles whose driver does not say where they are: one is all there is, others by address."""
    if all(handle.place for handle in handles):
        return handles
    if len(handles) == 1:
        return (replace(handles[0], place=ONLY_PLACE),)
    return tuple(
        handle if handle.place else replace(handle, place=handle.key) for handle in handles
    )


@dataclass(frozen=True, slots=True)
class _Offer:
    """What equal parts of equal devices have in common, wherever they are."""

    resource_class: str
    traits: tuple[str, ...]
    has_plain_name: bool


@lru_cache(maxsize=1024)
def _derive_offer(
    facts: DeviceFacts,
    resource_class: str,
    vendor_name: str | None,
    board: str | None,
    is_recognised: bool,
    regions: tuple[str, ...],
) -> _Offer:
    single = {
        "vendor": vendor_name,
        "board": board,
        "device_id": facts.device_id,
        "product": facts.product,
        "partition": facts.partition,
    }
    values: dict[str, tuple[str, ...]] = {"region": regions, "function": facts.functions}
    values |= {name: (value,) if value else () for name, value in single.items()}
    convention = _choose_convention(facts.kind, vendor_name) if is_recognised else LISTED
    traits = (_render_traits(pattern, values) for pattern in convention.traits)
    return _Offer(
        resource_class,
        tuple(chain((OWNER_TRAIT,) if convention.is_owned else (), *traits)),
        convention.has_plain_name,
    )


def _choose_convention(kind: str, vendor_name: str | None) -> Convention:
    return CONVENTIONS.get((kind, vendor_name)) or CONVENTIONS.get((kind, None), RECOGNISED)


def _render_traits(pattern: str, values: Mapping[str, tuple[str, ...]]) -> tuple[str, ...]:
    for alternative in pattern.split("|"):
        names = _VALUE.findall(alternative)
        traits = tuple(
            render_trait(alternative.format_map(dict(zip(names, combination, strict=True))))
            for combination in product(*(values[name] for name in names))
        )
        if traits:
            return traits
    return ()
