"""Taking in what hosts report: compare with what is stored, store the difference, tell others."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

from oslo_log import log

from cyborg_rr import codec
from cyborg_rr.catalogue.catalogue import Catalogue
from cyborg_rr.conductor.checks import check_report
from cyborg_rr.conductor.deadline import check_time
from cyborg_rr.conductor.publishers import Publisher, tell_all
from cyborg_rr.conductor.release import confirm_releases
from cyborg_rr.db.clock import utc_now
from cyborg_rr.db.engine import Database
from cyborg_rr.db.hardware import claiming, classes, handles, hosts, loading, storing
from cyborg_rr.db.retry import retry_on_race
from cyborg_rr.domain.errors import Forbidden
from cyborg_rr.domain.hardware.comparing import compare
from cyborg_rr.domain.hardware.devices import Device, Snapshot, device_class_trait
from cyborg_rr.domain.hardware.keys import hash_key
from cyborg_rr.domain.representation.representation import ResourceRepresentation
from cyborg_rr.domain.requests import Claim, Mandate

LOG = log.getLogger(__name__)


class Reporter:
    """Keeps the stored inventory equal to what hosts have."""

    def __init__(
        self,
        database: Database,
        catalogue: Catalogue,
        publishers: Sequence[Publisher],
        release_grace_seconds: float,
    ) -> None:
        self._database = database
        self._catalogue = catalogue
        self._publishers = publishers
        self._release_grace = timedelta(seconds=release_grace_seconds)

    def synchronise(
        self, hostname: str, agent: str, content_hash: str, claims: Sequence[Claim]
    ) -> tuple[bool, list[Claim]]:
        """Whether the host's content is stored already, and the claims that it must let go.

        An unchanged host costs three queries and no write. A claim that the database does not know
        as held is over: the host releases it. A release that the host has no claim for is done.
        """
        with self._database.reading() as session:
            stored = hosts.find_host(session, hostname)
            held = handles.list_held_bindings(session, hostname)
            releasing = handles.list_releasing(session, hostname)
        if stored is not None and stored.agent != agent:
            raise Forbidden(f"host {hostname} is reported by agent {stored.agent}, not by {agent}")
        claimed = {claim.binding_id for claim in claims}
        settled_before = utc_now() - self._release_grace
        done = [
            item.claim.binding_id
            for item in releasing
            if item.claim.binding_id not in claimed
            and item.state_since is not None
            and item.state_since < settled_before  # a younger one may be on its way to the host
        ]
        if done:
            confirm_releases(self._database, done)
        known = stored is not None and stored.content_hash == self._mark(content_hash)
        return known, [claim for claim in claims if claim.binding_id not in held]

    def _mark(self, content_hash: str) -> str:
        """A host's hash as it is stored: a new catalogue describes an unchanged host anew."""
        return hash_key(f"{self._catalogue.content_hash} {content_hash}")

    def report(
        self, agent: str, snapshot: Snapshot, content_hash: str, mandate: Mandate | None = None
    ) -> None:
        """Store all that a host has; the statements do not grow with its devices.

        ``content_hash`` is that of the report as it came. After the mandate's deadline nothing is
        stored: a later report may have come first.
        """
        check_report(snapshot)
        representations = {
            hash_key(device.key): self._catalogue.represent(device.facts)
            for device in snapshot.devices
        }
        marked = replace(
            snapshot,
            devices=tuple(
                _mark_class(device, representations[hash_key(device.key)])
                for device in snapshot.devices
            ),
        )
        self._store(agent, marked, self._mark(content_hash), representations, mandate or Mandate())
        tell_all(self._publishers, snapshot.hostname)

    @retry_on_race
    def _store(
        self,
        agent: str,
        snapshot: Snapshot,
        content_hash: str,
        representations: dict[str, ResourceRepresentation],
        mandate: Mandate,
    ) -> None:
        hostname = snapshot.hostname
        names = {key: each.device_class for key, each in representations.items()}
        documents = {each.device_class: codec.render(each) for each in representations.values()}
        with self._database.writing() as session:
            hosts.take_host(session, hostname, agent, content_hash)
            check_time(mandate)
            claiming.lock_devices_of(session, hostname)
            trees = loading.load_host_devices(session, hostname)
            rows = classes.save_classes(session, documents) if documents else {}
            changes = compare(trees, snapshot, names)
            row_of_device = {key: rows[name] for key, name in names.items()}
            storing.store_changes(session, hostname, changes, row_of_device)
            if changes.kept_handles:  # the host must tell again until their holders let go
                hosts.forget_content(session, hostname)
        if changes.missing_devices:
            LOG.warning(
                "%d devices of %s have gone while they were in use",
                len(changes.missing_devices),
                hostname,
            )


def _mark_class(device: Device, representation: ResourceRepresentation) -> Device:
    """The device with the trait of its class on every deployable, for schedulers to select by."""
    trait = device_class_trait(representation.device_class)
    return replace(
        device,
        deployables=tuple(
            replace(deployable, traits=(*deployable.traits, trait))
            for deployable in device.deployables
        ),
    )
