"""Conductor and agent together on a real bus in one process, over a real database."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from cyborg_rr.agent.attach import Attachments
from cyborg_rr.agent.cleaning.settings import CleaningSettings
from cyborg_rr.agent.discovery import Host
from cyborg_rr.agent.ledger import Ledger
from cyborg_rr.agent.service import AgentService
from cyborg_rr.conductor.service import ConductorService
from cyborg_rr.conf.opts import make_config
from cyborg_rr.db import profiles, requests
from cyborg_rr.db.engine import Database
from cyborg_rr.db.hardware import deployables
from cyborg_rr.db.tables import AttachHandleRow
from cyborg_rr.domain.hardware.devices import AttachHandle, Device
from cyborg_rr.domain.hardware.found import FoundDevice
from cyborg_rr.domain.hardware.stored import StoredDeployable
from cyborg_rr.domain.requests import AcceleratorRequest, Binding, Mandate
from cyborg_rr.drivers.driver import Look
from cyborg_rr.processes.conductor import wire_conductor
from cyborg_rr.rpc.conductor_client import ConductorClient
from cyborg_rr.rpc.transport import make_transport
from tests.builders import find_again
from tests.memory_bus import make_memory_bus
from tests.migrated import lay_out
from tests.shipped import load


@dataclass
class TestDriver:
    """A driver that works: it reports what it is given and remembers what it prepared."""

    __test__ = False

    devices: Sequence[Device]
    name: str = "fake"
    is_generic: bool = False
    prepared: set[str] = field(default_factory=set)
    trouble: Exception | None = None
    release_trouble: Exception | None = None
    on_prepare: Callable[[], object] = lambda: None
    on_clean: Callable[[], object] = lambda: None
    cleaned: list[str] = field(default_factory=list)

    def discover(self, look: Look) -> Sequence[FoundDevice]:
        """What the test put there, as a driver finds it."""
        if self.trouble is not None:
            raise self.trouble
        return [find_again(device) for device in self.devices]

    def prepare(self, handle: AttachHandle) -> None:
        """Note it; a handle that is prepared twice is what must never happen."""
        if self.trouble is not None:
            raise self.trouble
        self.on_prepare()
        assert handle.key not in self.prepared
        self.prepared.add(handle.key)

    def release(self, handle: AttachHandle) -> None:
        """Note it."""
        trouble = self.trouble or self.release_trouble
        if trouble is not None:
            raise trouble
        self.prepared.discard(handle.key)

    def clean(self, handle: AttachHandle) -> str:
        """Note it; what is cleaned must be nobody's."""
        assert handle.key not in self.prepared
        self.on_clean()
        self.cleaned.append(handle.key)
        return "test"


@dataclass
class Cloud:
    """A small service: one conductor, agents that tests add, one database."""

    database: Database
    transport: Any
    conductor: ConductorService
    client: ConductorClient
    directory: Path
    agents: dict[str, AgentService] = field(default_factory=dict)
    ledgers: list[Ledger] = field(default_factory=list)

    def add_host(
        self,
        name: str,
        found: Sequence[Device] | TestDriver,
        cleaning: CleaningSettings | None = None,
    ) -> TestDriver:
        """A host with those devices, or what a driver finds, reported once."""
        driver = found if isinstance(found, TestDriver) else TestDriver(found)
        ledger = Ledger(self.directory / f"{name}.sqlite")
        attachments = Attachments(ledger, cleaning=cleaning)
        agent = AgentService(
            name, [Host(name, [driver])], attachments, self.client, self.transport, 3600
        )
        agent.report_all()
        agent._server.start()
        self.agents[name] = agent
        self.ledgers.append(ledger)
        return driver

    def deployables(self) -> list[StoredDeployable]:
        """All deployables."""
        with self.database.reading() as session:
            return deployables.list_deployables(session)

    def create(
        self, count: int, group: dict[str, str] | None = None, resource_class: str = "PGPU"
    ) -> list[str]:
        """Requests made from a new profile."""
        wanted = {f"resources:{resource_class}": str(count), **(group or {})}
        with self.database.writing() as session:
            profile = profiles.create_profile(session, f"p{uuid.uuid4().hex}", [wanted])
            return [arq.uuid for arq in requests.create_requests(session, profile, "project")]

    def bind(self, arqs: Sequence[str], **changes: str) -> None:
        """Bind requests to the first deployables in turn, for a new instance."""
        parts = self.deployables()
        instance = str(uuid.uuid4())
        self.client.bind(
            [
                Binding(
                    **{
                        "arq_uuid": arq,
                        "hostname": parts[n % len(parts)].name.rpartition("_")[0],
                        "provider_uuid": parts[n % len(parts)].provider_uuid,
                        "instance_uuid": instance,
                        "project_id": "project",
                        **changes,
                    }
                )
                for n, arq in enumerate(arqs)
            ],
            Mandate("project"),
        )

    def get(self, arq: str) -> AcceleratorRequest:
        """The request as it is stored."""
        with self.database.reading() as session:
            found = requests.find_request(session, arq)
        assert found is not None
        return found

    def handle_states(self) -> list[str]:
        """The states of all handles, sorted."""
        with self.database.reading() as session:
            return sorted(row.state for row in session.query(AttachHandleRow))


def stop_server(server: Any) -> None:
    """Let a server of the bus finish and end."""
    server.stop()
    server.wait()


@pytest.fixture
def make_cloud(tmp_path: Path) -> Iterator[Callable[..., Cloud]]:
    """Make a cloud on a database and a bus; everything is stopped at the end.

    The clouds of a test share a bus in memory.
    """
    clouds: list[Cloud] = []
    exchange = f"test-{uuid.uuid4().hex}"

    def make(database_url: str, bus: str = "", name: str = "conductor") -> Cloud:
        conf = make_config(
            [],
            files=[],
            database__connection=database_url,
            host=name,
            conductor__agent_timeout=3,
            conductor__heal_interval=3600,
        )
        transport = make_transport(conf, bus) if bus else make_memory_bus(conf, exchange)
        database = Database(conf.database)
        if all(cloud.database.engine.url != database.engine.url for cloud in clouds):
            lay_out(database)  # of one that others use already it would make an empty one
        conductor = wire_conductor(conf, database, transport, load())
        conductor.use_cases.unbinder._releaser.wait_seconds = 30  # the machine may be busy
        conductor.start()
        clouds.append(
            Cloud(database, transport, conductor, ConductorClient(transport, 30), tmp_path)
        )
        return clouds[-1]

    yield make
    for cloud in clouds:
        servers = [agent._server for agent in cloud.agents.values()]
        with ThreadPoolExecutor(len(servers) + 1) as pool:  # each takes a second to stop
            stops = [pool.submit(stop_server, server) for server in servers]
            stops.append(pool.submit(cloud.conductor.stop))
        for stop in stops:
            stop.result()
        cloud.transport.cleanup()
        for ledger in cloud.ledgers:
            ledger.close()
        cloud.database.close()


@pytest.fixture
def cloud(make_cloud: Callable[..., Cloud], sqlite_url: str) -> Cloud:
    """A cloud on SQLite."""
    return make_cloud(sqlite_url)
