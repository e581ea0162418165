"""Taking in what hosts report: compare with what is stored, store the difference, tell others."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import timedelta

from oslo_log import log

from cyborg_rr.catalogue.loading import Catalogue
from cyborg_rr.conductor.deadline import check_deadline
from cyborg_rr.conductor.publishers import Publisher, tell_all
from cyborg_rr.conductor.release import confirm_releases
from cyborg_rr.db import classes, handles, inventory
from cyborg_rr.db.clock import utc_now
from cyborg_rr.db.engine import Database
from cyborg_rr.db.retry import retry_on_race
from cyborg_rr.domain.errors import Forbidden, InvalidInput
from cyborg_rr.domain.hardware.devices import Device, Snapshot
from cyborg_rr.domain.hardware.inventory import compare, hash_key
from cyborg_rr.domain.representation.representation import (
    ResourceRepresentation,
    device_class_trait,
)
from cyborg_rr.domain.requests import Claim

LOG = log.getLogger(__name__)

MAX_DEVICES = 10_000
MAX_HANDLES = 100_000
MAX_TEXT = 255


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
        self, host: str, agent: str, content_hash: str, claims: Sequence[Claim]
    ) -> tuple[bool, list[Claim]]:
        """Whether the host's content is stored already, and the claims that it must let go.

        An unchanged host costs three queries and no write. A claim that the database does not know
        as held is over: the host releases it. A release that the host has no claim for is done.
        """
        with self._database.reading() as session:
            stored = inventory.find_host(session, host)
            held = handles.list_held_bindings(session, host)
            releasing = handles.list_releasing(session, host)
        if stored is not None and stored.agent != agent:
            raise Forbidden(f"host {host} is reported by agent {stored.agent}, not by {agent}")
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

    def report(self, agent: str, snapshot: Snapshot, *, deadline: float | None = None) -> None:
        """Store all that a host has; the statements do not grow with its devices.

        After ``deadline`` nothing is stored: a later report may have come first.
        """
        _check(snapshot)
        content_hash = self._mark(snapshot.content_hash)
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
        self._store(agent, marked, content_hash, representations, deadline)
        tell_all(self._publishers, snapshot.host)

    @retry_on_race
    def _store(
        self,
        agent: str,
        snapshot: Snapshot,
        content_hash: str,
        representations: dict[str, ResourceRepresentation],
        deadline: float | None,
    ) -> None:
        documents = {
            representation.device_class: representation.to_document()
            for representation in representations.values()
        }
        class_of_device = {
            key: representation.device_class for key, representation in representations.items()
        }
        with self._database.writing() as session:
            inventory.take_host(session, snapshot.host, agent, content_hash)
            check_deadline(deadline)
            held = inventory.load_host_devices(session, snapshot.host)
            class_ids = classes.save_classes(session, documents) if documents else {}
            changes = compare(held, snapshot, class_of_device)
            inventory.store_changes(session, snapshot.host, changes, class_of_device, class_ids)
            if changes.kept_handles:  # the host must tell again until their holders let go
                inventory.forget_content(session, snapshot.host)
        if changes.missing_devices:
            LOG.warning(
                "%d devices of %s have gone while they were in use",
                len(changes.missing_devices),
                snapshot.host,
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


def _list_texts(device: Device) -> Iterator[tuple[str, str]]:
    """The texts of a device that go into columns of bounded width."""
    yield "vendor", device.vendor
    yield "model", device.model
    for deployable in device.deployables:
        yield "deployable name", deployable.name
        yield "resource class", deployable.resource_class
        yield from (("attribute key", key) for key in deployable.attributes)


def _check(snapshot: Snapshot) -> None:
    if not snapshot.host or len(snapshot.host) > 255:
        raise InvalidInput("a report must name its host in 1 to 255 characters")
    if len(snapshot.devices) > MAX_DEVICES:
        raise InvalidInput(
            f"host {snapshot.host} reports {len(snapshot.devices)} devices; at most"
            f" {MAX_DEVICES} are taken"
        )
    handle_count = sum(
        len(deployable.handles) for device in snapshot.devices for deployable in device.deployables
    )
    if handle_count > MAX_HANDLES:
        raise InvalidInput(
            f"host {snapshot.host} reports {handle_count} attach handles; at most"
            f" {MAX_HANDLES} are taken"
        )
    for device in snapshot.devices:
        for what, text in _list_texts(device):
            if len(text) > MAX_TEXT:
                raise InvalidInput(
                    f"host {snapshot.host} reports a {what} of {len(text)} characters, at most"
                    f" {MAX_TEXT} are taken: {text[:40]}..."
                )
    keys = [device.key for device in snapshot.devices]
    if len(set(keys)) != len(keys):
        raise InvalidInput(f"host {snapshot.host} reports two devices at one place")
    names = [deployable.name for device in snapshot.devices for deployable in device.deployables]
    if len(set(names)) != len(names):
        raise InvalidInput(f"host {snapshot.host} reports two deployables of one name")
