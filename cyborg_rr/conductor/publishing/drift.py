"""What Placement has of ours that is not as the database says: only looked at, nothing changed."""

from __future__ import annotations

import time
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass

from cyborg_rr.conductor.publishing.placement import PlacementPublisher
from cyborg_rr.db.engine import Database
from cyborg_rr.db.hardware.offering import offered
from cyborg_rr.domain.hardware.deriving import OWNER_TRAIT
from cyborg_rr.domain.hardware.offering.offered import OfferedHost
from cyborg_rr.outside.placement.client import Contents, PlacementClient, Provider
from cyborg_rr.outside.placement.wanted import (
    OTHER_OWNER,
    SetInventories,
    WantedProvider,
    difference,
    is_marked,
    is_ours,
    list_wanted,
)

_UUIDS_PER_QUERY = 500
LAG_SECONDS = 5.0
"""How long publishers may take for what has just changed; only what differs still is told."""


@dataclass(frozen=True, slots=True)
class Drift:
    """What is different of one provider, and of which host it is."""

    provider_uuid: str
    hostname: str
    what: str


class PlacementView:
    """Looks at Placement; every method raises ``OutsideTrouble`` where it does not answer.

    What is withheld for a cause that is stored, such as a compute node that is not there, is no
    drift: the cause is told by itself.
    """

    def __init__(
        self, database: Database, client: PlacementClient, lag_seconds: float = LAG_SECONDS
    ) -> None:
        self._database = database
        self._client = client
        self._lag_seconds = lag_seconds

    def find_drift(self, hostnames: Iterable[str]) -> list[Drift]:
        """What of these hosts is different, and was so some seconds ago."""
        first = self._look(hostnames)
        if not first:
            return []
        time.sleep(self._lag_seconds)
        known = {drift.provider_uuid for drift in first}
        again = self._look(sorted({drift.hostname for drift in first}))
        return [drift for drift in again if drift.provider_uuid in known]

    def _look(self, hostnames: Iterable[str]) -> list[Drift]:
        there = {each.uuid: each for each in self._client.list_with_trait(OWNER_TRAIT)}
        found = [drift for name in hostnames for drift in self._look_at_host(name, there)]
        return found + self._find_orphans(there)

    def _look_at_host(self, hostname: str, there: Mapping[str, Provider]) -> Iterator[Drift]:
        with self._database.reading() as session:
            host = offered.load_offered(session, hostname)
        withheld = _list_withheld(host)
        for wanted in list_wanted(host):
            if wanted.deployable_id in withheld:
                continue
            what = self._compare(wanted, there.get(wanted.uuid))
            if what is not None:
                yield Drift(wanted.uuid, hostname, f"{wanted.name}: {what}")

    def _compare(self, wanted: WantedProvider, listed: Provider | None) -> str | None:
        provider = listed or self._client.find_by_uuid(wanted.uuid)
        if provider is None:
            return "it is not there"
        actual = self._client.read(provider)
        if actual is None or OTHER_OWNER in actual.traits:
            return None  # it changes just now, or is the compute service's own
        return _describe(wanted, actual)

    def _find_orphans(self, there: Mapping[str, Provider]) -> list[Drift]:
        ours = {uuid: each for uuid, each in there.items() if is_ours(uuid, each.name)}
        left = ours.keys() - self._find_known(ours.keys())
        nodes = {root: self._name_of(root) for root in {ours[uuid].root or uuid for uuid in left}}
        known = {name for name in nodes.values() if self._is_known(name)}
        return [
            Drift(uuid, node, f"{ours[uuid].name}: its device is gone")
            for uuid in sorted(left)
            if (node := nodes[ours[uuid].root or uuid]) in known or self._is_marked(ours[uuid])
        ]

    def _is_known(self, hostname: str) -> bool:
        with self._database.reading() as session:
            return offered.load_offered(session, hostname).is_known

    def _is_marked(self, provider: Provider) -> bool:
        """An earlier service's, on a host that has never reported here, is not ours yet."""
        actual = self._client.read(provider)
        return actual is not None and is_marked(actual)

    def _find_known(self, uuids: Collection[str]) -> set[str]:
        names, known = list(uuids), set[str]()
        with self._database.reading() as session:
            for start in range(0, len(names), _UUIDS_PER_QUERY):
                known |= offered.find_hosts_of(
                    session, names[start : start + _UUIDS_PER_QUERY]
                ).keys()
        return known

    def _name_of(self, root: str) -> str:
        found = self._client.find_by_uuid(root)
        return root if found is None else found.name


def _list_withheld(host: OfferedHost) -> set[int]:
    """The deployables whose providers are known not to be as they should be."""
    parts = (part for device in host.devices for part in device.parts)
    return {part.deployable_id for part in parts if part.withheld is not None}


def _describe(wanted: WantedProvider, actual: Contents) -> str | None:
    """What is different, in words; None: nothing."""
    said = []
    for step in difference(wanted, actual):
        if isinstance(step, SetInventories):
            said.append(_describe_inventory(wanted, actual))
        else:
            lacks = ", ".join(sorted(step.traits - actual.traits)[:3])
            has = ", ".join(sorted(actual.traits - step.traits)[:3])
            said += [f"it lacks the traits {lacks}"] if lacks else []
            said += [f"it has the traits {has}"] if has else []
    return "; ".join(said) or None


def _describe_inventory(wanted: WantedProvider, actual: Contents) -> str:
    name = wanted.resource_class
    record = actual.inventories.get(name)
    if record is None:
        return f"it has no inventory of {name}"
    if (record.get("total"), record.get("reserved")) == (wanted.total, wanted.reserved):
        return "its inventories have been changed"
    return (
        f"{name} has total {record.get('total')}, reserved {record.get('reserved')}; should be"
        f" {wanted.total}, {wanted.reserved}"
    )


class PublishingNow:
    """A publisher of processes that end soon: what is told is published before it returns."""

    def __init__(self, publisher: PlacementPublisher) -> None:
        self._publisher = publisher

    def host_changed(self, hostname: str) -> None:
        """See ``Publisher``."""
        self._publisher.host_changed(hostname)
        self._publisher.publish_waiting()
