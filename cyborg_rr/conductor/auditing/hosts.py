"""Hosts that are silent, refused or not settled, and what of them Placement does not offer."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from cyborg_rr.conductor.auditing.finding import Finding, Scene
from cyborg_rr.conductor.auditing.kinds import Code
from cyborg_rr.db.auditing.facts import HostFacts, ProviderFacts, StrayFacts


def find_in_hosts(scene: Scene) -> Iterator[Finding]:
    """What is wrong with hosts; one may be both silent and claimed by another machine."""
    for host in scene.hosts.values():
        yield from _judge(host, scene)


def _judge(host: HostFacts, scene: Scene) -> Iterator[Finding]:
    if host.refused_at is not None:
        why = host.refused_reason or "nobody noted why"
        yield Finding(Code.HOST_REFUSED, host.name, host.name, host.refused_at, why)
    if host.lost_at is not None:
        why = host.lost_reason or "it has not been heard"
        yield Finding(Code.HOST_LOST, host.name, host.name, host.lost_at, why)
    elif not host.is_settled and scene.has_settled(host.told_at):
        why = "its ledger or its inventory and the database differ since its last report"
        yield Finding(Code.HOST_UNSETTLED, host.name, host.name, host.told_at, why)


def find_in_strays(strays: Iterable[StrayFacts]) -> Iterator[Finding]:
    """Devices that no host speaks for."""
    for stray in strays:
        why = f"{stray.devices} devices are of a host that is not there"
        yield Finding(Code.HOST_UNKNOWN, stray.hostname, stray.hostname, stray.since, why)


def find_in_withheld(providers: Iterable[ProviderFacts]) -> Iterator[Finding]:
    """Deployables that cannot be had, or not all of them, since Placement does not offer them."""
    for each in providers:
        why = f"{each.name}: {each.reason or 'nobody noted why'} ({each.code})"
        yield Finding(Code.PROVIDER_WITHHELD, each.uuid, each.hostname, each.since, why)
