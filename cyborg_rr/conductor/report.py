"""Taking in what hosts report: compare with what is stored, store the difference, tell others."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

from oslo_log import log

from cyborg_rr import codec
from cyborg_rr.catalogue.catalogue import Catalogue
from cyborg_rr.conductor.checks import check_cleanings, check_report, check_speaker
from cyborg_rr.conductor.deadline import check_time
from cyborg_rr.conductor.hosts import admit, turn_away
from cyborg_rr.conductor.publishing.publishers import Publisher, tell_all
from cyborg_rr.conductor.release import Cleaning, confirm_releases
from cyborg_rr.db.clock import utc_now
from cyborg_rr.db.engine import Database
from cyborg_rr.db.hardware import claiming, handles, hosts, loading, storing
from cyborg_rr.db.hardware.handles import HostClaim
from cyborg_rr.db.retry import retry_on_race
from cyborg_rr.domain.hardware.comparing import Changes, ClassNames, compare
from cyborg_rr.domain.hardware.devices import Deployable, Snapshot, device_class_trait
from cyborg_rr.domain.hardware.hosts import HostIdentity, Refused, Speaker
from cyborg_rr.domain.hardware.keys import hash_key
from cyborg_rr.domain.hardware.life import Cleanings
from cyborg_rr.domain.hardware.stored import HandleState
from cyborg_rr.domain.representation.representation import ResourceRepresentation
from cyborg_rr.domain.requests import Claim, Mandate

LOG = log.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Synchronised:
    """What a host is told: whether its content is stored already, and what of its claims differs.

    It must let go of ``release``. It does not know of ``held``, which it handed out: its ledger was
    lost.
    """

    known: bool
    release: Sequence[Claim]
    held: Sequence[Claim]


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
        self._cleaning = Cleaning(database, publishers)
        self._release_grace = timedelta(seconds=release_grace_seconds)

    def synchronise(
        self,
        hostname: str,
        agent: str,
        content_hash: str,
        claims: Sequence[Claim],
        identity: HostIdentity | None = None,
        told: Cleanings | None = None,
        mandate: Mandate | None = None,
    ) -> Synchronised:
        """Tell a host what it must do so that both agree; ``HostRefused`` for a wrong one.

        An unchanged host costs three queries and no write. A claim that the database does not know
        as held is over: the host releases it. ``told`` is what the host says of what it let go of;
        None: it is of the first release, and a release that it has no claim for is done.
        """
        speaker = Speaker(hostname, agent, identity)
        check_speaker(speaker)
        if told is not None:
            check_cleanings(told)
        known = admit(self._database, speaker)
        with self._database.reading() as session:
            held = handles.list_held(session, hostname)
            leaving = handles.list_leaving(session, hostname)
        claimed = {claim.binding_id for claim in claims}
        if told is None:
            self._confirm_forgotten(leaving, claimed)
        else:
            self._cleaning.synchronise(hostname, told, leaving, mandate or Mandate())
        wanted = {item.claim.binding_id for item in held}
        return Synchronised(
            known is not None and known.content_hash == self._mark(content_hash),
            [claim for claim in claims if claim.binding_id not in wanted],
            [item.claim for item in self._list_settled(held, claimed) if item.is_bound],
        )

    def _confirm_forgotten(self, leaving: Sequence[HostClaim], claimed: set[str]) -> None:
        """Free what a host of the first release was asked to release and no longer claims."""
        releasing = [item for item in leaving if item.state is HandleState.RELEASING]
        done = [item.claim.binding_id for item in self._list_settled(releasing, claimed)]
        if done:
            confirm_releases(self._database, done)

    def _list_settled(self, items: Sequence[HostClaim], claimed: set[str]) -> list[HostClaim]:
        """Those that the host has no claim for; a younger one may be on its way there."""
        settled_before = utc_now() - self._release_grace
        return [
            item
            for item in items
            if item.claim.binding_id not in claimed
            and item.state_since is not None
            and item.state_since < settled_before
        ]

    def _mark(self, content_hash: str) -> str:
        """A host's hash as it is stored: a new catalogue describes an unchanged host anew."""
        return hash_key(f"{self._catalogue.content_hash} {content_hash}")

    def report(
        self,
        agent: str,
        snapshot: Snapshot,
        content_hash: str,
        mandate: Mandate | None = None,
        identity: HostIdentity | None = None,
        document: str | None = None,
    ) -> None:
        """Store all that a host has; the statements do not grow with its devices.

        ``content_hash`` is that of the report as it came, ``document`` all of it as text: the next
        report may say what changed since. After the mandate's deadline nothing is
        stored: a later report may have come first. ``HostRefused`` for another machine.
        """
        speaker = Speaker(snapshot.hostname, agent, identity)
        check_speaker(speaker)
        check_report(snapshot)
        described = _describe(self._catalogue, snapshot)
        said = _Said(self._mark(content_hash), document)
        outcome = self._store(speaker, described, said, mandate or Mandate())
        if isinstance(outcome, Refused):
            turn_away(self._database, outcome)
        _log_losses(outcome)
        tell_all(self._publishers, snapshot.hostname)

    def find_document(self, speaker: Speaker, document_hash: str) -> str | None:
        """What the host said last, as text, in one query; None where that is not of this hash."""
        check_speaker(speaker)
        with self._database.reading() as session:
            return hosts.find_document(session, speaker, document_hash)

    @retry_on_race
    def _store(
        self, speaker: Speaker, described: _Described, said: _Said, mandate: Mandate
    ) -> Changes | Refused:
        snapshot = described.snapshot
        with self._database.writing() as session:
            refused = hosts.take_host(session, speaker)
            if refused is not None:
                return refused
            check_time(mandate)
            claiming.lock_devices_of(session, snapshot.hostname)
            trees = loading.load_host_devices(session, snapshot.hostname)
            documents = described.documents
            rows = storing.save_classes(session, documents) if documents else {}
            changes = compare(trees, snapshot, described.names)
            storing.store_changes(session, snapshot.hostname, changes, rows)
            # What it must tell again until the holders let go is not noted as said.
            mark = None if changes.kept_handles else said.mark
            hosts.note_content(session, snapshot.hostname, mark, snapshot.left_out, said.document)
        return changes


def _log_losses(changes: Changes) -> None:
    for told in changes.request_troubles:
        if told.text is None:
            LOG.info("Accelerator request %s: its device can be used again", told.arq_uuid)
        else:
            LOG.warning("Accelerator request %s: %s", told.arq_uuid, told.text)


@dataclass(frozen=True, slots=True)
class _Said:
    """A report as it is remembered: by the mark that is stored of it, and as text."""

    mark: str
    document: str | None


@dataclass(frozen=True, slots=True)
class _Described:
    """A snapshot with the trait of its class on every deployable, and those classes."""

    snapshot: Snapshot
    names: ClassNames
    documents: Mapping[str, Mapping[str, Any]]


def _describe(catalogue: Catalogue, snapshot: Snapshot) -> _Described:
    """The classes of a snapshot's devices, and of those parts that are less than their device."""
    whole = {device.key: catalogue.represent(device.facts) for device in snapshot.devices}
    parts = {
        deployable.name: catalogue.represent(deployable.part_facts)
        for device in snapshot.devices
        for deployable in device.deployables
        if deployable.part_facts is not None
    }
    marked = tuple(
        replace(
            device,
            deployables=tuple(
                _mark_class(deployable, parts.get(deployable.name, whole[device.key]))
                for deployable in device.deployables
            ),
        )
        for device in snapshot.devices
    )
    every = [*whole.values(), *parts.values()]
    return _Described(
        replace(snapshot, devices=marked),
        ClassNames(
            {key: each.device_class for key, each in whole.items()},
            {name: each.device_class for name, each in parts.items()},
        ),
        {each.device_class: codec.render(each) for each in every},
    )


def _mark_class(deployable: Deployable, representation: ResourceRepresentation) -> Deployable:
    """The deployable with the trait of its class, for schedulers to select by."""
    trait = device_class_trait(representation.device_class)
    return replace(deployable, traits=(*deployable.traits, trait))
