"""How much of each resource class a project may hold.

A project holds what its accelerator requests have been given, from the claim until the request is
unbound or deleted or its bind fails. What its host then releases and cleans counts for nobody.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from cyborg_rr.domain.errors import OverQuota

PREFIX = "accelerators:"
"""What the name of a limit has before its resource class."""

UNLIMITED = -1
"""How Keystone writes that a limit is none (its "Unified Limits" guide)."""


@dataclass(frozen=True, slots=True)
class Limits:
    """The most that one project may hold, by resource class; of others as much as there is."""

    by_class: Mapping[str, int] = field(default_factory=dict)

    def find(self, resource_class: str) -> int | None:
        """The limit; None where nobody has registered one."""
        return self.by_class.get(resource_class)

    def bounds(self, resource_class: str) -> bool:
        """Whether there is a number that must not be passed."""
        limit = self.find(resource_class)
        return limit is not None and limit != UNLIMITED


@dataclass(frozen=True, slots=True)
class Usage:
    """How many attach handles of each resource class a project holds, and may hold."""

    project_id: str
    held: Mapping[str, int]
    limits: Limits = field(default_factory=Limits)


def parse_class(limit_name: str) -> str | None:
    """The resource class that a limit is for; None for a limit of something else."""
    return limit_name.removeprefix(PREFIX) if limit_name.startswith(PREFIX) else None


def check_quota(
    project_id: str, limits: Limits, held: Mapping[str, int], wanted: Mapping[str, int]
) -> None:
    """``OverQuota`` names each class of which the project would hold more than it may."""
    refused = [
        f"{PREFIX}{name}: limit {limits.find(name)}, usage {held.get(name, 0)}, wanted {count}"
        for name, count in sorted(wanted.items())
        if limits.bounds(name) and held.get(name, 0) + count > limits.by_class[name]
    ]
    if refused:
        raise OverQuota(f"project {project_id} is over its quota of {'; '.join(refused)}")
