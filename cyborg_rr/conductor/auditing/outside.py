"""What only systems outside can say: which instances are gone, which providers were changed.

The seam where the clients of Nova and Placement attach. Nobody is asked where there is none.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from cyborg_rr.conductor.auditing.finding import Finding
from cyborg_rr.conductor.auditing.kinds import Code


class Instances(Protocol):
    """Somebody who knows which instances there are."""

    def check_sees_all(self) -> None:
        """An error where it would say of somebody's instance that there is none."""
        ...

    def has_instance(self, uuid: str) -> bool:
        """Whether there is such an instance; an error where that is not known."""
        ...


@dataclass(frozen=True, slots=True)
class Drift:
    """What somebody changed of one provider."""

    provider_uuid: str
    hostname: str
    what: str


class Providers(Protocol):
    """Somebody who knows what is published, and what should be."""

    def find_drift(self, hostnames: Iterable[str]) -> Iterable[Drift]:
        """What is not outside as the database says; an error where that is not known."""
        ...


@dataclass(frozen=True, slots=True)
class Outside:
    """Who can be asked."""

    instances: Instances | None = None
    providers: Providers | None = None


@dataclass(frozen=True, slots=True)
class Holding:
    """An instance with the youngest change of a request of its own, and on which host."""

    hostname: str | None
    changed_at: datetime


def find_gone(
    holdings: Mapping[str, Holding], before: datetime, instances: Instances
) -> Iterator[Finding]:
    """Instances that are not there and whose requests have not changed since before that time.

    One that is just being made may be given requests before it is shown.
    """
    instances.check_sees_all()
    for uuid, holding in sorted(holdings.items()):
        if holding.changed_at < before and not instances.has_instance(uuid):
            why = "its accelerator requests outlived it"
            yield Finding(Code.INSTANCE_GONE, uuid, holding.hostname, holding.changed_at, why)


def find_drifted(hostnames: Iterable[str], providers: Providers) -> Iterator[Finding]:
    """Providers that are outside, and not as they should be."""
    for drift in providers.find_drift(hostnames):
        yield Finding(Code.PROVIDER_DRIFTED, drift.provider_uuid, drift.hostname, None, drift.what)
