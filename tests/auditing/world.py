"""A small service whose parts are real, and the ways in which it goes wrong."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import delete, insert, update

from cyborg_rr.conductor.auditing.audit import Auditor
from cyborg_rr.conductor.auditing.finding import Finding, Patience
from cyborg_rr.conductor.auditing.kinds import Code
from cyborg_rr.conductor.auditing.mend import Mender
from cyborg_rr.conductor.auditing.outside import Outside
from cyborg_rr.conductor.bind import Binder
from cyborg_rr.conductor.publishing.drift import Drift
from cyborg_rr.conductor.release import Releaser
from cyborg_rr.conductor.unbind import Unbinder
from cyborg_rr.db import profiles, requests
from cyborg_rr.db.clock import utc_now
from cyborg_rr.db.engine import Database
from cyborg_rr.db.hardware import deployables
from cyborg_rr.db.tables import (
    AcceleratorRequestRow,
    AttachHandleRow,
    DeployableRow,
    DeviceRow,
    HostRow,
    InstanceEventRow,
    LeaseRow,
)
from cyborg_rr.domain.errors import AgentUnavailable, HostRefused
from cyborg_rr.domain.hardware.hosts import HostIdentity
from cyborg_rr.domain.requests import AcceleratorRequest, Binding, Mandate
from cyborg_rr.outside.calling import Code as Trouble
from cyborg_rr.outside.calling import OutsideTrouble
from tests.builders import make_snapshot
from tests.fakes.direct import DirectConductor
from tests.shipped import load

HOST, OTHER = "host-1", "host-2"
PATIENCE = Patience(timedelta(seconds=60), timedelta(seconds=600))
LONG = timedelta(hours=2)
OLD_ID = HostIdentity("6e9f0c1a-0000-4000-8000-000000000001", "m1", "node-1", "run-1")
NEW_ID = HostIdentity("6e9f0c1a-0000-4000-8000-000000000002", "m2", "node-2", "run-2")


@dataclass
class Cloud:
    """Nova and Placement, as far as they are asked: what is gone, and what drifted."""

    gone: set[str] = field(default_factory=set)
    drifted: dict[str, str] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    trouble: OutsideTrouble | None = None

    def check_sees_all(self) -> None:
        """As ``Instances``."""
        if self.trouble is not None and self.trouble.service == "Nova":
            raise self.trouble

    def has_instance(self, uuid: str) -> bool:
        """As ``Instances``."""
        self.asked.append(uuid)
        return uuid not in self.gone

    def find_drift(self, hostnames: Iterable[str]) -> list[Drift]:
        """As ``Providers``."""
        if self.trouble is not None and self.trouble.service == "Placement":
            raise self.trouble
        names = set(hostnames)
        return [
            Drift(provider, host, "reserved is 0, not 1")
            for provider, host in self.drifted.items()
            if host in names
        ]

    def host_changed(self, hostname: str) -> None:
        """As a publisher that repairs what it publishes."""
        self.drifted = {key: host for key, host in self.drifted.items() if host != hostname}


class World:
    """The service, and what breaks it; each ``break_`` returns the key of the finding."""

    def __init__(self, database: Database, directory: Path) -> None:
        self.database = database
        self.service = DirectConductor(database, load(), directory)
        self.agents = self.service.agents
        for host in (HOST, OTHER):
            self.service.add_host(make_snapshot(host, 2), OLD_ID if host == HOST else None)
        self.cloud = Cloud()
        releaser = Releaser(database, self.agents)
        self.binder = Binder(database, self.agents, releaser, "c1")
        self.unbinder = Unbinder(database, releaser)
        self.auditor = Auditor(database, PATIENCE, Outside(self.cloud, self.cloud))
        self.mender = Mender(database, self.auditor, self.unbinder, releaser, [self.cloud])

    def find(self, *codes: Code) -> list[Finding]:
        """What the audit finds, of these kinds when some are given."""
        return self.auditor.find(codes or tuple(Code))

    # What goes well

    def create(self) -> str:
        """A new request."""
        with self.database.writing() as session:
            groups = [{"resources:PGPU": "1"}]
            profile = profiles.create_profile(session, f"p{uuid.uuid4().hex}", groups)
            (made,) = requests.create_requests(session, profile, "project")
        return made.uuid

    def ask_for(self, arq: str, number: int = 0) -> Binding:
        """The binding of a request to the deployable of that number, for a new instance."""
        with self.database.reading() as session:
            part = deployables.list_deployables(session)[number]
        host = part.name.rpartition("_")[0]
        return Binding(arq, host, part.provider_uuid, str(uuid.uuid4()), "project")

    def bind(self) -> str:
        """A request that is bound to the first device."""
        arq = self.create()
        self.binder.bind([self.ask_for(arq)], Mandate())
        return arq

    def claim(self, number: int = 0) -> str:
        """A request whose bind a conductor has begun and not finished."""
        arq = self.create()
        self.binder.claimer.claim([self.ask_for(arq, number)], Mandate())
        return arq

    def get(self, arq: str) -> AcceleratorRequest:
        """The request as it is stored."""
        with self.database.reading() as session:
            found = requests.find_request(session, arq)
        assert found is not None
        return found

    def handle_of(self, arq: str) -> str:
        """The uuid of the handle that it holds."""
        handle = self.get(arq).handle_uuid
        assert handle is not None
        return handle

    def binding_of(self, handle: str) -> str | None:
        """The binding that holds a handle."""
        with self.database.reading() as session:
            return session.query(AttachHandleRow).filter_by(uuid=handle).one().binding_id

    def state_of(self, handle: str) -> str:
        """The state of a handle."""
        with self.database.reading() as session:
            return session.query(AttachHandleRow).filter_by(uuid=handle).one().state

    # What goes wrong

    def write(self, table: Any, key: Any, value: str, **columns: Any) -> None:
        """Change the row with that value in a key column."""
        with self.database.writing() as session:
            session.execute(update(table).where(key == value).values(**columns))

    def change_handle(self, handle: str, **columns: Any) -> None:
        """Change a handle behind the service's back."""
        self.write(AttachHandleRow, AttachHandleRow.uuid, handle, **columns)

    def change_request(self, arq: str, **columns: Any) -> None:
        """Change a request behind the service's back."""
        self.write(AcceleratorRequestRow, AcceleratorRequestRow.uuid, arq, **columns)

    def change_host(self, **columns: Any) -> str:
        """Change the first host behind the service's back."""
        self.write(HostRow, HostRow.name, HOST, **columns)
        return HOST

    def age(self, arq: str) -> str:
        """Let the last change of a request be long ago."""
        self.change_request(arq, bind_started_at=utc_now() - LONG, updated_at=utc_now() - LONG)
        return arq

    def add_lease(self, expires_at: datetime, name: str = "c1") -> None:
        """The heartbeat of a conductor."""
        with self.database.writing() as session:
            session.execute(
                insert(LeaseRow).values(
                    name=f"conductor:{name}",
                    holder="run",
                    epoch=1,
                    expires_at=expires_at,
                    created_at=utc_now(),
                )
            )

    def break_bind_late(self) -> str:
        return self.age(self.claim())

    def break_bind_abandoned(self) -> str:
        arq = self.claim()
        self.add_lease(utc_now() - timedelta(seconds=10))
        self.add_lease(utc_now() + timedelta(seconds=600), "alive")
        self.change_request(arq, bind_started_at=utc_now() - timedelta(seconds=20))
        return arq

    def break_no_conductor(self) -> str:
        self.add_lease(utc_now() - timedelta(seconds=20), "first")
        self.add_lease(utc_now() - timedelta(seconds=10), "last")
        return "last"

    def break_conductor_left_work(self) -> str:
        self.break_bind_abandoned()
        return "c1"

    def break_bind_failed(self) -> str:
        arq = self.create()
        self.agents.unreachable.add(HOST)
        try:
            self.binder.bind([self.ask_for(arq)], Mandate())
        except AgentUnavailable:
            return self.age(arq)
        raise AssertionError("the bind did not fail")

    def break_bound_to_nothing(self) -> str:
        arq = self.bind()
        self.change_handle(self.handle_of(arq), state="free", arq_uuid=None, binding_id=None)
        return arq

    def break_bound_elsewhere(self) -> str:
        arq = self.bind()
        self.change_request(arq, provider_uuid=self.ask_for(arq, 1).provider_uuid)
        return arq

    def break_bound_on_unknown_host(self) -> str:
        arq = self.bind()
        self.break_host_unknown()
        return arq

    def break_bound_on_lost_host(self) -> str:
        arq = self.bind()
        self.break_host_lost()
        return arq

    def break_bound_to_missing(self) -> str:
        arq = self.bind()
        self.service.add_host(make_snapshot(HOST, 0), OLD_ID)
        return arq

    def break_bound_to_troubled(self) -> str:
        arq = self.bind()
        trouble = {"trouble_code": "xid", "trouble_text": "fell off the bus"}
        self.write(DeviceRow, DeviceRow.hostname, HOST, trouble_since=utc_now(), **trouble)
        return arq

    def break_event_late(self) -> str:
        arq = self.bind()
        with self.database.writing() as session:
            session.execute(
                insert(InstanceEventRow).values(
                    arq_uuid=arq,
                    instance_uuid=str(uuid.uuid4()),
                    status="completed",
                    attempts=7,
                    next_attempt_at=utc_now(),
                    last_error="Nova: unreachable",
                    created_at=utc_now() - LONG,
                )
            )
        return arq

    def break_instance_gone(self) -> str:
        arq = self.age(self.bind())
        instance = self.get(arq).instance_uuid
        assert instance is not None
        self.cloud.gone.add(instance)
        return instance

    def break_handle_ownerless(self) -> str:
        arq = self.bind()
        handle = self.handle_of(arq)
        with self.database.writing() as session:
            rows = AcceleratorRequestRow.uuid == arq
            session.execute(delete(AcceleratorRequestRow).where(rows))
        return handle

    def break_handle_idle(self) -> str:
        arq = self.bind()
        handle = self.handle_of(arq)
        self.change_request(arq, state="Unbound")
        return handle

    def break_release_late(self) -> str:
        arq = self.bind()
        handle = self.handle_of(arq)
        self.agents.unreachable.add(HOST)
        self.unbinder.unbind([arq], Mandate())
        self.agents.unreachable.clear()
        self.change_handle(handle, state_since=utc_now() - LONG)
        return handle

    def break_clean_late(self) -> str:
        arq = self.bind()
        handle, binding = self.handle_of(arq), self.binding_of(self.handle_of(arq))
        self.unbinder.unbind([arq], Mandate())  # the host cleans it, and its word is lost
        told = {"state": "dirty", "binding_id": binding, "state_since": utc_now() - LONG}
        self.change_handle(handle, reason="let go of", **told)
        return handle

    def break_quarantined(self, code: str = "reset_failed") -> str:
        handle = self.break_release_late()
        self.change_handle(handle, state="quarantined", reason_code=code, reason="it hung")
        return handle

    def break_host_refused(self) -> str:
        try:
            self.service.add_host(make_snapshot(HOST, 2), NEW_ID)
        except HostRefused:
            return HOST
        raise AssertionError("another machine was taken for the host")

    def break_host_lost(self) -> str:
        return self.change_host(lost_at=utc_now(), lost_reason="not heard for 180 s")

    def break_host_unsettled(self) -> str:
        return self.change_host(content_hash=None, updated_at=utc_now() - LONG)

    def break_host_unknown(self) -> str:
        with self.database.writing() as session:
            session.execute(delete(HostRow).where(HostRow.name == HOST))
        return HOST

    def break_provider_withheld(self) -> str:
        provider = self.ask_for("any").provider_uuid
        told = {"withheld_code": "other_owner", "withheld_reason": "Nova manages it"}
        is_it = DeployableRow.provider_uuid
        self.write(DeployableRow, is_it, provider, withheld_since=utc_now(), **told)
        return provider

    def break_service_silent(self) -> str:
        self.cloud.trouble = OutsideTrouble("Placement", Trouble.UNREACHABLE, "it is down")
        return "Placement"

    def break_provider_drifted(self) -> str:
        provider = self.ask_for("any").provider_uuid
        self.cloud.drifted[provider] = HOST
        return provider
