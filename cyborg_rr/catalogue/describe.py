"""From the product that a device is, and what a driver found on it, to its representation."""

from __future__ import annotations

import hashlib
import math
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field

from cyborg_rr.catalogue.identify import Identity
from cyborg_rr.catalogue.knowledge import Knowledge
from cyborg_rr.catalogue.merging import merge_products
from cyborg_rr.catalogue.partitions import GIB, MIB, parse_partitions
from cyborg_rr.catalogue.products import Product
from cyborg_rr.catalogue.rates import derive_rates
from cyborg_rr.domain.hardware.devices import DeviceFacts
from cyborg_rr.domain.hardware.keys import render_canonical
from cyborg_rr.domain.representation.architectures import normalise_architecture
from cyborg_rr.domain.representation.representation import (
    Constants,
    Link,
    Partition,
    ResourceRepresentation,
)
from cyborg_rr.domain.representation.toolchain import Toolchain

SAME_MEMORY = 0.01
"""Devices whose memory differs by less than this share are of one class."""

USUAL_OF_BEST = 0.93
"""What usual matrix products reach of the best ones measured on the same device."""

HANDED_OUT_AS_IT_IS = "PCI"
"""Kind of what the generic driver offers: its resource class is not that of the product."""

_NOT_IN_NAME = re.compile(r"[^a-z0-9.]+")
_PCIE = re.compile(r"(\d\.\d)x(\d{1,2})")


@dataclass
class _Draft:
    """What is being put together; ``differs`` holds the facts that are not the catalogue's."""

    product: Product
    notes: list[str]
    unknown: list[str] = field(default_factory=list)
    differs: dict[str, object] = field(default_factory=dict)


class Describer:
    """Makes representations."""

    def __init__(self, knowledge: Knowledge) -> None:
        self._knowledge = knowledge

    def describe(self, identity: Identity, facts: DeviceFacts) -> ResourceRepresentation:
        """The representation of a device."""
        known = bool(identity.candidates)
        product = merge_products(identity.candidates) if known else _stranger(facts)
        draft = _Draft(product, [*identity.notes, *([product.notes] if product.notes else [])])
        if not known:
            draft.notes.append("the catalogue does not know this device")
        if identity.role == "golden":
            draft.notes.append("the card runs its factory image")
        virtual = identity.role == "vf" and product.kind != "FPGA"
        if virtual:
            draft.notes.append("a virtual function: which share of the card it has is not known")
        architecture = self._architecture(draft, facts)
        partition = self._partition(draft, facts)
        memory, memory_source = self._memory(draft, facts, identity, partition, virtual)
        toolchains = self._toolchains(draft, architecture, known)
        family = next((t.target for t in toolchains if t.target is not None), None)
        rules = self._knowledge.architectures.derived_rates
        rates = derive_rates({} if virtual else product.peak_rates, architecture, rules)
        compute, bandwidth = _shares(partition, virtual)
        kind = product.kind
        if facts.kind == HANDED_OUT_AS_IT_IS and kind != facts.kind:
            kind = draft.differs["kind"] = facts.kind
        if facts.functions:
            draft.differs["functions"] = sorted(facts.functions)
        scaled = {
            element_type: rate * compute
            for element_type, rate in rates.rates.items()
            if compute is not None
        }
        own_bandwidth = _times(product.bandwidth_bytes_per_second, bandwidth)
        _note_unknown(draft, memory, own_bandwidth, scaled, architecture, toolchains)
        return ResourceRepresentation(
            device_class=_class_name(draft, facts, virtual),
            kind=kind,
            vendor=product.vendor,
            name=product.name,
            products=tuple(candidate.id for candidate in identity.candidates),
            pci_ids=tuple(dict.fromkeys(pci_id.render() for pci_id in product.pci_ids)),
            architecture=architecture,
            targets=_targets(toolchains, architecture),
            memory_bytes=memory,
            memory_source=memory_source,
            memory_type=product.memory_type,
            bandwidth_bytes_per_second=own_bandwidth,
            peak_rates=scaled,
            derived_rates=rates.derived,
            least_rates=rates.least,
            measured_rates={
                element_type: rate * compute
                for element_type, rate in product.measured_rates.items()
                if compute is not None
            },
            native_element_types=self._knowledge.native_element_types(architecture),
            constants=self._constants(product, family),
            interconnect=_interconnect(product) if facts.partition is None else None,
            host_link=self._host_link(product),
            partition=partition,
            partitions=product.partitions if facts.partition is None else (),
            functions=tuple(sorted(facts.functions)),
            toolchains=toolchains,
            unknown=tuple(draft.unknown),
            notes=tuple(draft.notes),
            sources=tuple(dict.fromkeys(part for part in product.source.split(";") if part)),
        )

    def _architecture(self, draft: _Draft, facts: DeviceFacts) -> str | None:
        known, found = draft.product.architecture, facts.architecture
        if found is None:
            return known
        if known is not None and normalise_architecture(known) == normalise_architecture(found):
            return known
        draft.differs["architecture"] = normalise_architecture(found)
        return normalise_architecture(found)

    def _partition(self, draft: _Draft, facts: DeviceFacts) -> Partition | None:
        if facts.partition is None:
            return None
        for partition in draft.product.partitions:
            if partition.profile == facts.partition:
                return partition
        parsed = parse_partitions(facts.partition, draft.product.nominal_memory_bytes)
        draft.notes.append(f"the catalogue has no partition {facts.partition} of this product")
        memory = parsed[0].memory_bytes if parsed else None
        return Partition(facts.partition, memory_bytes=memory)

    def _memory(
        self,
        draft: _Draft,
        facts: DeviceFacts,
        identity: Identity,
        partition: Partition | None,
        virtual: bool,
    ) -> tuple[int | None, str | None]:
        """Bytes to count on and where the figure comes from: driver, catalogue, nominal."""
        known, source = self._known_memory(draft, identity, partition, virtual)
        reported, most = facts.memory_bytes, known
        if partition is None and known is not None:
            most = max(known, draft.product.usable_memory_bytes or 0)
        if reported is None or reported <= 0 or _is_of_whole_card(reported, partition):
            return known, source
        if known is not None and most is not None and _lies_within(reported, known, most):
            return known, source
        memory = _round_memory(reported)
        draft.differs["memory_bytes"] = memory
        return memory, "reported by the driver"

    def _known_memory(
        self, draft: _Draft, identity: Identity, partition: Partition | None, virtual: bool
    ) -> tuple[int | None, str | None]:
        product = draft.product
        share = self._knowledge.architectures.usable_memory_share or 1.0
        margin = f"less a margin of {round((1 - share) * 100)} %"
        if virtual:
            return None, None
        if partition is not None:
            if partition.memory_bytes is None:
                return None, None
            return int(partition.memory_bytes * share), f"size of the partition {margin}"
        if product.usable_memory_bytes is not None:
            return self._reported_memory(product, product.usable_memory_bytes)
        nominal = product.nominal_memory_bytes
        if identity.memory_gib is not None:
            nominal = int(identity.memory_gib * GIB)
            if nominal != product.nominal_memory_bytes:
                draft.differs["memory_bytes"] = nominal
        if nominal is None:
            return None, None
        return int(nominal * share), f"nominal size {margin}"

    def _reported_memory(self, product: Product, reported: int) -> tuple[int, str]:
        """What programs can have of a figure that a driver reported."""
        reserve = self._knowledge.architectures.driver_reserve_share or 0.0
        if not product.memory_has_reserve or not reserve:
            return reported, "driver-reported value in the catalogue"
        kept = f"less {round(reserve * 100)} % that the driver keeps"
        return int(reported * (1 - reserve)), f"driver-reported total in the catalogue {kept}"

    def _toolchains(
        self, draft: _Draft, architecture: str | None, known: bool
    ) -> tuple[Toolchain, ...]:
        if known:
            return self._knowledge.toolchains_for(draft.product.toolchains)
        family = self._knowledge.family_of(architecture)
        return () if family is None else self._knowledge.toolchains_by_target(family)

    def _constants(self, product: Product, family: str | None) -> Constants:
        base = asdict(self._knowledge.constants(family))
        contexts = base.pop("context_mib")
        base["context_bytes"] = {runtime: size * MIB for runtime, size in contexts.items()}
        cap = self._knowledge.architectures.power_capped
        peak, measured = product.peak_rates.get("bf16"), product.measured_rates.get("bf16")
        if peak and measured:
            base["best_matrix_efficiency"] = round(measured / peak, 4)
            base["matrix_efficiency"] = round(USUAL_OF_BEST * measured / peak, 4)
            base["source"] += "; best matrix product measured on this device"
        elif cap and product.power_watts is not None and product.power_watts <= cap.watts:
            for name in ("matrix", "simd_matrix", "convolution", "attention"):
                base[f"{name}_efficiency"] = round(base[f"{name}_efficiency"] * cap.factor, 4)
            base["source"] += f"; power-capped at {product.power_watts:g} W ({cap.source})"
        return Constants(**base)

    def _host_link(self, product: Product) -> Link | None:
        if product.pcie is None:
            return None
        match = _PCIE.fullmatch(product.pcie)
        lanes = self._knowledge.architectures.pcie_lane_bytes_per_second
        rate = lanes[match[1]] * int(match[2]) if match and match[1] in lanes else None
        return Link(f"PCIe {product.pcie}", rate)


def _stranger(facts: DeviceFacts) -> Product:
    """A product of which nothing is known but what the driver says."""
    vendor = _NOT_IN_NAME.sub("-", (facts.vendor_id or "unknown").lower())
    device = _NOT_IN_NAME.sub("-", (facts.device_id or facts.kind or "device").lower())
    return Product(
        id=f"{vendor}-{device}",
        name=facts.product_name or f"{vendor}:{device}",
        vendor=vendor,
        kind=facts.kind,
        pci_ids=(),
        nominal_memory_bytes=None,
        usable_memory_bytes=None,
        memory_has_reserve=True,
        memory_type=None,
        bandwidth_bytes_per_second=None,
        peak_rates={},
        measured_rates={},
        interconnect=None,
        interconnect_bytes_per_second=None,
        pcie=None,
        power_watts=None,
        architecture=None,
        partitions=(),
        toolchains=(),
        host_devices=1,
        source="",
        notes="",
    )


def _shares(partition: Partition | None, virtual: bool) -> tuple[float | None, float | None]:
    if virtual:
        return None, None
    if partition is None:
        return 1.0, 1.0
    return partition.compute_share, partition.bandwidth_share


def _times(value: float | None, share: float | None) -> float | None:
    return None if value is None or share is None else value * share


def _lies_within(reported: int, least: int, most: int) -> bool:
    """Whether a device is of the class whose drivers report from the one to the other."""
    return least * (1 - SAME_MEMORY) < reported < most * (1 + SAME_MEMORY)


def _is_of_whole_card(reported: int, partition: Partition | None) -> bool:
    """Whether the driver of a slice reported what the whole card has."""
    own = None if partition is None else partition.memory_bytes
    return own is not None and reported > own * (1 + 2 * SAME_MEMORY)


def _round_memory(reported: int) -> int:
    """The nearest step below on a scale of 1 %, so that like devices are of one class."""
    step = math.floor(math.log(reported) / math.log1p(SAME_MEMORY) + 1e-9)
    return math.floor((1 + SAME_MEMORY) ** step)


def _targets(toolchains: tuple[Toolchain, ...], architecture: str | None) -> tuple[str, ...]:
    families = sorted({t.target for t in toolchains if t.target is not None})
    return tuple(f"{family}:{architecture}" if architecture else family for family in families)


def _interconnect(product: Product) -> Link | None:
    if product.interconnect is None:
        return None
    return Link(product.interconnect, product.interconnect_bytes_per_second)


def _note_unknown(
    draft: _Draft,
    memory: int | None,
    bandwidth: float | None,
    rates: Mapping[str, float],
    architecture: str | None,
    toolchains: tuple[Toolchain, ...],
) -> None:
    present = {
        "memory_bytes": memory is not None,
        "bandwidth_bytes_per_second": bandwidth is not None,
        "peak_rates": bool(rates),
        "architecture": architecture is not None,
        "toolchains": bool(toolchains or draft.product.toolchains),
    }
    draft.unknown += [name for name, known in present.items() if not known]


def _class_name(draft: _Draft, facts: DeviceFacts, virtual: bool) -> str:
    parts = [draft.product.id]
    if facts.partition is not None:
        parts.append(_NOT_IN_NAME.sub("-", facts.partition.lower()))
    if virtual:
        parts.append("vf")
    if draft.differs:
        parts.append(hashlib.sha256(render_canonical(draft.differs).encode()).hexdigest()[:8])
    return "-".join(parts)
