"""From the product that a device is, and what a driver found on it, to its representation."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from cyborg_rr.catalogue.describing.draft import Draft, name_class, start_draft
from cyborg_rr.catalogue.describing.identify import Identity
from cyborg_rr.catalogue.describing.links import find_host_link, find_interconnect
from cyborg_rr.catalogue.describing.memory import find_bandwidth, find_memory
from cyborg_rr.catalogue.describing.parts import find_partitions
from cyborg_rr.catalogue.describing.rates import derive_rates
from cyborg_rr.catalogue.knowledge import Knowledge
from cyborg_rr.catalogue.partitions import find_partition, parse_partitions
from cyborg_rr.catalogue.products import Product
from cyborg_rr.domain.hardware.devices import DeviceFacts
from cyborg_rr.domain.representation.architectures import normalise_architecture
from cyborg_rr.domain.representation.representation import (
    Constants,
    Partition,
    ResourceRepresentation,
)
from cyborg_rr.domain.representation.toolchain import Toolchain

USUAL_OF_BEST = 1.0
"""What usual matrix products reach of the best ones measured on the same device."""

HANDED_OUT_AS_IT_IS = "PCI"
"""Kind of what the generic driver offers: its resource class is not that of the product."""


class Describer:
    """Makes representations."""

    def __init__(self, knowledge: Knowledge) -> None:
        self._knowledge = knowledge

    def describe(self, identity: Identity, facts: DeviceFacts) -> ResourceRepresentation:
        """The representation of a device."""
        draft = start_draft(identity, facts)
        product = draft.product
        architecture = self._architecture(draft, facts)
        partition = self._partition(draft, facts)
        derivations = self._knowledge.architectures
        memory = find_memory(derivations, draft, facts, identity, partition)
        toolchains = self._toolchains(draft, architecture)
        family = next((t.target for t in toolchains if t.target is not None), None)
        stated = {} if draft.is_virtual else product.peak_rates
        rates = derive_rates(stated, architecture, derivations.derived_rates)
        compute, bandwidth = _shares(partition, draft.is_virtual)
        kind = _find_kind(draft, facts)
        if facts.functions:
            draft.differs["functions"] = sorted(facts.functions)
        if facts.platforms:
            draft.differs["platforms"] = sorted(facts.platforms)
        scaled = _scale(rates.rates, compute)
        own_bandwidth = _times(find_bandwidth(draft, facts), bandwidth)
        _note_unknown(draft, memory.size, own_bandwidth, scaled, architecture, toolchains)
        interconnect = find_interconnect(draft, facts) if facts.partition is None else None
        host_link = find_host_link(draft, facts, derivations)
        partitions = find_partitions(draft, facts) if facts.partition is None else ()
        return ResourceRepresentation(
            device_class=name_class(draft, facts),
            kind=kind,
            vendor=product.vendor,
            name=product.name,
            products=tuple(candidate.id for candidate in identity.candidates),
            pci_ids=tuple(dict.fromkeys(pci_id.render() for pci_id in product.pci_ids)),
            architecture=architecture,
            targets=_targets(toolchains, architecture),
            memory_bytes=memory.size,
            memory_source=memory.source,
            memory_type=product.memory_type,
            bandwidth_bytes_per_second=own_bandwidth,
            peak_rates=scaled,
            derived_rates=rates.derived,
            least_rates=rates.least,
            measured_rates=_scale(product.measured_rates, compute),
            native_element_types=self._knowledge.native_element_types(architecture),
            constants=self._constants(product, family, architecture),
            interconnect=interconnect,
            host_link=host_link,
            partition=partition,
            partitions=partitions,
            functions=tuple(sorted(facts.functions)),
            toolchains=toolchains,
            unknown=tuple(draft.unknown),
            notes=tuple(draft.notes),
            sources=tuple(dict.fromkeys(part for part in product.source.split(";") if part)),
            fact_sources=draft.name_sources(facts),
            platforms=tuple(sorted(facts.platforms)),
            nominal_memory_bytes=memory.nominal,
            compute_units=_share_units(product.compute_units, compute),
        )

    def _architecture(self, draft: Draft, facts: DeviceFacts) -> str | None:
        known, found = draft.product.architecture, facts.architecture
        if found is None:
            return known
        if known is not None and normalise_architecture(known) == normalise_architecture(found):
            return known
        draft.differs["architecture"] = normalise_architecture(found)
        return normalise_architecture(found)

    def _partition(self, draft: Draft, facts: DeviceFacts) -> Partition | None:
        if facts.partition is None:
            return None
        if draft.is_virtual:
            return Partition(facts.partition)  # start_draft has noted that no more is known
        known = find_partition(draft.product.partitions, facts.partition)
        if known is not None:
            return known
        parsed = parse_partitions(facts.partition, draft.product.nominal_memory_bytes)
        draft.notes.append(f"the catalogue has no partition {facts.partition} of this product")
        memory = parsed[0].memory_bytes if parsed else None
        return Partition(facts.partition, memory_bytes=memory)

    def _toolchains(self, draft: Draft, architecture: str | None) -> tuple[Toolchain, ...]:
        if draft.is_known:
            return self._knowledge.toolchains_for(draft.product.toolchains)
        family = self._knowledge.family_of(architecture)
        return () if family is None else self._knowledge.toolchains_by_target(family)

    def _constants(
        self, product: Product, family: str | None, architecture: str | None
    ) -> Constants:
        base = self._knowledge.constants(family, architecture)
        cap = self._knowledge.architectures.power_capped
        peak, measured = product.peak_rates.get("bf16"), product.measured_rates.get("bf16")
        if peak and measured:
            return replace(
                base,
                best_matrix_efficiency=round(measured / peak, 4),
                simd_matrix_efficiency=_slow_down(base, measured / peak),
                matrix_efficiency=round(USUAL_OF_BEST * measured / peak, 4),
                source=f"{base.source}; best matrix product measured on this device",
            )
        if cap and product.power_watts is not None and product.power_watts <= cap.watts:
            return replace(
                base,
                matrix_efficiency=round(base.matrix_efficiency * cap.factor, 4),
                simd_matrix_efficiency=round(base.simd_matrix_efficiency * cap.factor, 4),
                attention_efficiency=round(base.attention_efficiency * cap.factor, 4),
                source=f"{base.source}; power-capped at {product.power_watts:g} W ({cap.source})",
            )
        return base


def _slow_down(base: Constants, best: float) -> float:
    """What products on vector units reach where the power of the device lets matrix units reach
    another share than is usual: the clocks are the same."""
    return round(min(1.0, base.simd_matrix_efficiency * best / base.best_matrix_efficiency), 4)


def _share_units(units: int | None, share: float | None) -> int | None:
    """The compute units of a partition; None where they, or its share, are not known."""
    return None if units is None or share is None else max(1, int(units * share))


def _find_kind(draft: Draft, facts: DeviceFacts) -> str:
    if facts.kind == HANDED_OUT_AS_IT_IS and facts.kind != draft.product.kind:
        draft.differs["kind"] = facts.kind
        return facts.kind
    return draft.product.kind


def _scale(rates: Mapping[str, float], share: float | None) -> dict[str, float]:
    """The share of a device's rates that a slice has; none where the share is not known."""
    return {} if share is None else {name: rate * share for name, rate in rates.items()}


def _shares(partition: Partition | None, virtual: bool) -> tuple[float | None, float | None]:
    if virtual:
        return None, None
    if partition is None:
        return 1.0, 1.0
    return partition.compute_share, partition.bandwidth_share


def _times(value: float | None, share: float | None) -> float | None:
    return None if value is None or share is None else value * share


def _targets(toolchains: tuple[Toolchain, ...], architecture: str | None) -> tuple[str, ...]:
    families = sorted({t.target for t in toolchains if t.target is not None})
    return tuple(f"{family}:{architecture}" if architecture else family for family in families)


def _note_unknown(
    draft: Draft,
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
