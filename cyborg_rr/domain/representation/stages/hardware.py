"""The device itself: is it one that a toolchain compiles for, with what must be loaded?"""

from __future__ import annotations

from collections.abc import Iterator

from cyborg_rr.domain.graph.naming import list_names
from cyborg_rr.domain.representation.architectures import is_at_least, normalise_architecture
from cyborg_rr.domain.representation.representation import ResourceRepresentation
from cyborg_rr.domain.representation.stages.demand import ModelDemand
from cyborg_rr.domain.representation.stages.refusal import MAX_SHOWN, StageRefusal
from cyborg_rr.domain.representation.toolchain import Toolchain


def check_architecture(
    demand: ModelDemand, toolchain: Toolchain, representation: ResourceRepresentation
) -> Iterator[StageRefusal]:
    """The device's architecture against the least, highest and listed ones."""
    own = representation.architecture
    if toolchain.target is None:
        return
    limited = toolchain.min_architecture or toolchain.max_architecture or toolchain.architectures
    if own is None:
        if limited:
            yield StageRefusal(
                "architecture",
                f"the architecture of {representation.device_class} is not known, which"
                f" {toolchain.name} depends on",
                uncertain=True,
            )
        return
    low, high = toolchain.min_architecture, toolchain.max_architecture
    if low is not None and not is_at_least(own, low):
        yield StageRefusal("architecture", f"{toolchain.name} needs {low} or later, not {own}")
    if high is not None and not is_at_least(high, own):
        yield StageRefusal(
            "architecture", f"{toolchain.name} knows {high} at the latest, not {own}"
        )
    listed = [normalise_architecture(name) for name in toolchain.architectures]
    if listed and normalise_architecture(own) not in listed:
        yield StageRefusal(
            "architecture",
            f"{toolchain.name} compiles for {list_names(listed, MAX_SHOWN)}, not for {own}",
        )


def check_overlay(
    demand: ModelDemand, toolchain: Toolchain, representation: ResourceRepresentation
) -> Iterator[StageRefusal]:
    """FPGA functions that must be loaded before."""
    loaded = {name.lower() for name in representation.functions}
    if toolchain.overlays and not loaded & {name.lower() for name in toolchain.overlays}:
        has = f"has {list_names(sorted(loaded), MAX_SHOWN)}" if loaded else "has none loaded"
        yield StageRefusal(
            "overlay",
            f"{toolchain.name} needs the overlay {' or '.join(toolchain.overlays)};"
            f" {representation.device_class} {has}",
            f"load the overlay {toolchain.overlays[0]}",
        )
