"""From a verdict to the groups of a device profile, and which providers such groups select."""

from __future__ import annotations

from cyborg_rr.domain.errors import InvalidInput
from cyborg_rr.domain.hardware.devices import device_class_trait
from cyborg_rr.domain.hardware.resource_class import resource_class_of
from cyborg_rr.domain.matching.verdict import Verdict
from cyborg_rr.domain.representation.representation import ResourceRepresentation

MAX_SUGGESTED_GROUPS = 8
"""Placement tries every order of equal groups, so their number must stay that of one host."""


def build_groups(verdict: Verdict, representation: ResourceRepresentation) -> list[dict[str, str]]:
    """One group for each device that the verdict needs, each asking for one device of the class.

    ``InvalidInput`` when the verdict does not say how many devices, or more than a request may
    have: one provider is one device, so no single group can ask for several.
    """
    needed = verdict.devices_needed
    if needed is None:
        raise InvalidInput(f"it is not known how many devices of {verdict.device_class} are needed")
    if needed > MAX_SUGGESTED_GROUPS:
        raise InvalidInput(
            f"{needed} devices of {verdict.device_class} are needed; a profile asks for at most"
            f" {MAX_SUGGESTED_GROUPS}"
        )
    partition = representation.partition
    resource_class = resource_class_of(
        representation.kind, None if partition is None else partition.profile
    )
    trait = device_class_trait(representation.device_class)
    return [
        {f"resources:{resource_class}": "1", f"trait:{trait}": "required"} for _ in range(needed)
    ]
