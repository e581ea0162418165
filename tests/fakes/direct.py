"""Conductor and agents without a message bus: the real use cases, called directly."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from cyborg_rr.agent.attach import Attachments
from cyborg_rr.agent.ledger import Ledger
from cyborg_rr.catalogue.catalogue import Catalogue
from cyborg_rr.conductor.bind import Binder
from cyborg_rr.conductor.heal import Healer
from cyborg_rr.conductor.hosts import Hosts
from cyborg_rr.conductor.liveness.heard import Liveness
from cyborg_rr.conductor.publishing.allocations import Allocations
from cyborg_rr.conductor.publishing.publishers import Publisher
from cyborg_rr.conductor.quota.allowance import Quota
from cyborg_rr.conductor.release import Releaser
from cyborg_rr.conductor.report import Reporter
from cyborg_rr.conductor.status import DeviceStatus, HandleStates
from cyborg_rr.conductor.unbind import Unbinder
from cyborg_rr.db.engine import Database
from cyborg_rr.db.hardware.devices import NOTHING_NOTED
from cyborg_rr.domain.errors import AgentUnavailable
from cyborg_rr.domain.hardware.devices import AttachHandle, Snapshot
from cyborg_rr.domain.hardware.found import FoundDevice
from cyborg_rr.domain.hardware.hosts import AgentPlace, HostIdentity
from cyborg_rr.domain.hardware.life import Cleanings
from cyborg_rr.domain.hardware.stored import StatusNote
from cyborg_rr.domain.requests import Binding, Claim, Mandate
from cyborg_rr.drivers.driver import Look
from tests.builders import hash_of


class QuietDriver:
    """A driver whose devices need no work to be handed out."""

    name = "fake"
    is_generic = False

    def discover(self, look: Look) -> Sequence[FoundDevice]:
        """Nothing: whoever uses it says what there is."""
        return ()

    def prepare(self, handle: AttachHandle) -> None:
        """Nothing to do."""

    def release(self, handle: AttachHandle) -> None:
        """Nothing to do."""

    def clean(self, handle: AttachHandle) -> str:
        """Nothing to do."""
        return "simulated"


class DirectAgents:
    """Every host's agent: one ledger, reached by a call instead of a message."""

    def __init__(self, directory: Path) -> None:
        self.attachments = Attachments(Ledger(directory / "ledger.sqlite"))
        self.unreachable: set[str] = set()

    def prepare(self, place: AgentPlace, claims: Sequence[Claim]) -> None:
        """As ``AgentClient.prepare``."""
        self._reach(place.hostname)
        self.attachments.prepare(place.hostname, claims)

    def release(self, place: AgentPlace, claims: Sequence[Claim]) -> Cleanings:
        """As ``AgentClient.release``."""
        self._reach(place.hostname)
        return self.attachments.release(place.hostname, claims)

    def clean(self, place: AgentPlace, claims: Sequence[Claim]) -> Cleanings:
        """As ``AgentClient.clean``."""
        self._reach(place.hostname)
        return self.attachments.cleaner.clean(place.hostname, claims)

    def declare_clean(self, place: AgentPlace, claims: Sequence[Claim]) -> None:
        """As ``AgentClient.declare_clean``."""
        self._reach(place.hostname)
        self.attachments.cleaner.declare_clean(place.hostname, claims)

    def _reach(self, hostname: str) -> None:
        if hostname in self.unreachable:
            raise AgentUnavailable(f"agent {hostname} did not answer in time")


class DirectConductor:
    """The conductor's use cases behind the methods of ``ConductorClient``."""

    def __init__(
        self,
        database: Database,
        catalogue: Catalogue,
        directory: Path,
        publishers: Sequence[Publisher] = (),
        allocations: Allocations | None = None,
        quota: Quota | None = None,
    ) -> None:
        self.agents = DirectAgents(directory)
        self.publishers = publishers = list(publishers)
        releaser = Releaser(database, self.agents, publishers)
        self._handles = HandleStates(database, self.agents, releaser, publishers)
        self._binder = Binder(
            database, self.agents, releaser, "direct", publishers, allocations, quota=quota
        )
        self._unbinder = Unbinder(database, releaser)
        self._healer = Healer(database, self._unbinder, releaser, "direct", 60)
        self._hosts = Hosts(database, publishers)
        self._status = DeviceStatus(database, publishers)
        self.liveness = Liveness()
        self.reporter = Reporter(
            database, catalogue, publishers, release_grace_seconds=10, liveness=self.liveness
        )

    def add_host(self, snapshot: Snapshot, identity: HostIdentity | None = None) -> None:
        """Store what a host has, and let its devices be handed out."""
        driver = QuietDriver()
        self.agents.attachments.know(
            snapshot,
            {part.name: driver for device in snapshot.devices for part in device.deployables},
        )
        self.reporter.report(snapshot.hostname, snapshot, hash_of(snapshot), identity=identity)

    def heal(self) -> None:
        """What the conductor does once per interval."""
        self._healer.heal()

    def list_last_seen(self, hostnames: Sequence[str]) -> dict[str, float]:
        """As ``ConductorClient.list_last_seen``."""
        return self.liveness.list_ages(hostnames)

    def check_bus(self, seconds: float) -> None:
        """As ``ConductorClient.check_bus``: there is no bus that could be away."""

    def bind(self, bindings: Sequence[Binding], mandate: Mandate) -> None:
        """As ``ConductorClient.bind``."""
        self._binder.bind(bindings, mandate)

    def unbind(self, arq_uuids: Sequence[str], mandate: Mandate) -> None:
        """As ``ConductorClient.unbind``."""
        self._unbinder.unbind(arq_uuids, mandate)

    def delete_requests(self, arq_uuids: Sequence[str], mandate: Mandate) -> None:
        """As ``ConductorClient.delete_requests``."""
        self._unbinder.delete(arq_uuids, mandate)

    def delete_requests_of_instance(self, instance_uuid: str, mandate: Mandate) -> None:
        """As ``ConductorClient.delete_requests_of_instance``."""
        self._unbinder.delete_of_instance(instance_uuid, mandate)

    def remove_host(self, hostname: str) -> None:
        """As ``ConductorClient.remove_host``."""
        self._hosts.remove(hostname, Mandate())

    def set_device_status(
        self, device_uuid: str, status: str, note: StatusNote = NOTHING_NOTED
    ) -> None:
        """As ``ConductorClient.set_device_status``."""
        self._status.set_status(device_uuid, status, note, Mandate())

    def quarantine_handle(self, handle_uuid: str, reason: str, who: str) -> None:
        """As ``ConductorClient.quarantine_handle``."""
        self._handles.quarantine(handle_uuid, reason, who, Mandate())

    def retry_clean(self, handle_uuid: str, who: str) -> None:
        """As ``ConductorClient.retry_clean``."""
        self._handles.retry_clean(handle_uuid, who, Mandate())

    def accept_handle(self, handle_uuid: str, reason: str, who: str) -> None:
        """As ``ConductorClient.accept_handle``."""
        self._handles.accept(handle_uuid, reason, who, Mandate())
