"""What only systems outside can say: which instances are gone, which providers were changed.

Where the clients of Nova and Placement attach; nobody is asked where there is none. Each raises
``OutsideTrouble`` where it does not answer, which is a finding too.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from cyborg_rr.conductor.auditing.finding import Finding
from cyborg_rr.conductor.auditing.kinds import Code
from cyborg_rr.conductor.publishing.drift import Drift
from cyborg_rr.outside.calling import OutsideTrouble


class Instances(Protocol):
    """Somebody who knows which instances there are."""

    def check_sees_all(self) -> None:
        """``OutsideTrouble`` where it would say of somebody's instance that there is none."""
        ...

    def has_instance(self, uuid: str) -> bool:
        """Whether there is such an instance."""
        ...


class Providers(Protocol):
    """Somebody who knows what is published, and what should be."""

    def find_drift(self, hostnames: Iterable[str]) -> Iterable[Drift]:
        """What is not outside as the database says."""
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


def tell_silent(trouble: OutsideTrouble) -> Finding:
    """What could not be found out, and why."""
    return Finding(Code.SERVICE_SILENT, trouble.service, None, None, str(trouble))


def find_drifted(hostnames: Iterable[str], providers: Providers) -> Iterator[Finding]:
    """Providers that are outside, and not as they should be."""
    for drift in providers.find_drift(hostnames):
        yield Finding(Code.PROVIDER_DRIFTED, drift.provider_uuid, drift.hostname, None, drift.what)
