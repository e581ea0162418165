"""Which Placement resource class a device is offered as: one rule for reports and profiles."""

from __future__ import annotations

from cyborg_rr.domain.words import DEVICE_KINDS


def resource_class_of(kind: str, partition: str | None = None) -> str:
    """The resource class; a kind that nobody knows becomes ``CUSTOM_<KIND>``."""
    upper = "".join(c if c.isascii() and c.isalnum() else "_" for c in kind.upper())
    known = DEVICE_KINDS.get(upper)
    if known is None:
        return f"CUSTOM_{upper}"
    return known.resource_class if partition is None else known.slice_class
