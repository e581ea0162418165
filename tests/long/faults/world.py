"""One run's cloud: the real conductor and agent, whose external calls all pass the gate."""

from __future__ import annotations

import functools
import json
import logging
import sqlite3
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

from oslo_db.exception import DBError
from sqlalchemy import update

from cyborg_rr.agent.attach import Attachments
from cyborg_rr.agent.cleaning.settings import CleaningSettings
from cyborg_rr.agent.discovery import Host
from cyborg_rr.agent.ledger import Ledger
from cyborg_rr.agent.service import AgentService
from cyborg_rr.conductor.instances.events import EventSender
from cyborg_rr.conductor.publishing.placement import PlacementPublisher
from cyborg_rr.conductor.quota.allowance import LimitedQuota
from cyborg_rr.db import profiles, requests
from cyborg_rr.db.clock import utc_now
from cyborg_rr.db.hardware import deployables, devices, records
from cyborg_rr.db.tables import AcceleratorRequestRow, AttachHandleRow, InstanceEventRow
from cyborg_rr.domain.errors import CyborgError, NotFound
from cyborg_rr.domain.hardware.devices import AttachHandle, Device
from cyborg_rr.domain.hardware.found import FoundDevice
from cyborg_rr.domain.hardware.stored import HandleState, StatusNote, StoredDeployable
from cyborg_rr.domain.requests import AcceleratorRequest, Binding, Mandate
from cyborg_rr.drivers.driver import Look
from cyborg_rr.outside.calling import Caller, Code, OutsideTrouble
from cyborg_rr.outside.limits.limits import KeptLimits
from cyborg_rr.outside.nova.client import SERVICE as NOVA
from cyborg_rr.processes.conductor import wire_conductor
from cyborg_rr.rpc.conductor_client import ConductorClient
from cyborg_rr.rpc.transport import MessagingException, MessagingTimeout, RemoteError
from tests.api.stage import load_catalogue
from tests.builders import find_again, make_device
from tests.long.faults.gate import Gate
from tests.long.faults.ground import FakeCompute, Ground
from tests.memory_bus import make_memory_bus

PROJECT = "6f70656e-0000-4000-8000-000000000001"
DEVICES = 2
_LATER = timedelta(hours=1)


class GatedDriver:
    """A driver that sees what was prepared, and what was handed out and not cleaned since."""

    name = "fake"
    is_generic = False

    def __init__(self, devices: Sequence[Device], gate: Gate) -> None:
        self.devices = devices
        self.prepared: set[str] = set()
        self.soiled: set[str] = set()
        self.wrong: list[str] = []
        self.refuses: frozenset[str] = frozenset()
        self._gate = gate

    def discover(self, look: Look) -> Sequence[FoundDevice]:
        """What the test put there."""
        return [find_again(device) for device in self.devices]

    def prepare(self, handle: AttachHandle) -> None:
        """Note it; I5: nobody gets what another was given and that is not clean since."""
        self._act("driver prepare", lambda: self._prepare(handle.key))

    def release(self, handle: AttachHandle) -> None:
        """Note it."""
        self._act("driver release", lambda: self.prepared.discard(handle.key))

    def clean(self, handle: AttachHandle) -> str:
        """Note it; what is cleaned must be nobody's."""
        self._act("driver clean", lambda: self._clean(handle.key))
        return "test"

    def _act(self, name: str, act: Callable[[], None]) -> None:
        if name in self.refuses:
            raise OSError("the device does not work (injected)")
        self._gate.let_through(name, act, lambda: OSError("the device does not answer (injected)"))

    def _prepare(self, key: str) -> None:
        if key in self.soiled and key not in self.prepared:
            self.wrong.append(f"{key} was prepared before it was clean")
        self.prepared.add(key)

    def give(self) -> None:
        """What is prepared may be used from now on."""
        self.soiled |= self.prepared

    def _clean(self, key: str) -> None:
        if key in self.prepared:
            self.wrong.append(f"{key} was cleaned while it was prepared")
        self.soiled.discard(key)


class GatedConnection:
    """A ledger's connection whose commits pass the gate."""

    def __init__(self, connection: sqlite3.Connection, gate: Gate) -> None:
        self._connection = connection
        self._gate = gate

    def __getattr__(self, name: str) -> Any:
        return getattr(self._connection, name)

    def execute(self, statement: str, *arguments: Any) -> Any:
        """As of the connection."""
        if statement != "COMMIT":
            return self._connection.execute(statement, *arguments)
        return self._gate.let_through(
            "ledger commit",
            lambda: self._connection.execute(statement),
            lambda: sqlite3.OperationalError("disk I/O error (injected)"),
        )


class GatedLimits:
    """The service of limits: nobody may hold more than there is."""

    def __init__(self, gate: Gate) -> None:
        self._gate = gate

    def list_registered(self) -> Mapping[str, int]:
        """See ``LimitService``."""
        return self._ask({"PGPU": 10})

    def list_of_project(self, project_id: str) -> Mapping[str, int]:
        """See ``LimitService``."""
        return self._ask({})

    def list_of_all(self) -> Mapping[str, Mapping[str, int]]:
        """See ``LimitService``."""
        return self._ask({})

    def _ask(self, answer: Any) -> Any:
        trouble = OutsideTrouble("Keystone", Code.UNREACHABLE, "cut (injected)")
        return self._gate.let_through("Keystone limits", lambda: answer, lambda: trouble)


class Inline:
    """Makes calls in the thread that wants them: that they are bounded in time is tested elsewhere.

    It stands for ``BoundedCalls`` and for ``DriverCalls``, each of which takes a thread for a call.
    """

    def run(self, *arguments: Any) -> Any:
        """The outcome of the first argument that can be called; another says when to give up."""
        call = next(each for each in arguments if callable(each))
        return call()

    def is_running(self, _what: str) -> bool:
        """Nothing is left to itself."""
        return False


class Listener(logging.Handler):
    """Hears of exceptions that nobody should have to expect, wherever they were caught."""

    def __init__(self) -> None:
        super().__init__()
        self.wrong: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        """Note an exception of another class than those of failing calls."""
        error = record.exc_info[1] if record.exc_info else None
        if error is not None and not is_expected(error):
            self.wrong.append(f"logged: {record.getMessage()}: {error!r}")


def is_expected(error: BaseException) -> bool:
    """Whether an exception is one of those that failing calls are told of by."""
    known = (CyborgError, OutsideTrouble, DBError, MessagingException, sqlite3.Error)
    return isinstance(error, known) or "(injected)" in str(error)


@dataclass
class World:
    """The cloud of one run; ``told`` is what callers were told of each request."""

    ground: Ground
    host: str = ""
    told: dict[str, str] = field(default_factory=dict)
    handles: dict[str, str] = field(default_factory=dict)
    instances: dict[str, str] = field(default_factory=dict)
    wrong: list[str] = field(default_factory=list)
    diary: list[str] = field(default_factory=list)
    is_out: bool = False

    def __post_init__(self) -> None:
        ground = self.ground
        ground.empty()
        self.gate = ground.gate
        self.database = ground.database
        self.host = f"host-{ground.runs}"
        self.root = ground.compute.add_compute_node(self.host)
        self.bus = make_memory_bus(ground.conf, "faults")
        self.bus._send = self._send
        self.conductor = wire_conductor(ground.conf, self.database, self.bus, load_catalogue())
        self._gate_conductor()
        self.client = ConductorClient(self.bus, 30)
        self.client._calls = Inline()
        self.driver = GatedDriver(
            [make_device(self.host, number) for number in range(DEVICES)], self.gate
        )
        self.ledger = Ledger(ground.directory / f"{self.host}.sqlite")
        self.agent = self._make_agent()
        self.agents, self.ledgers = {self.host: self.agent}, [self.ledger]
        self.ledger._connection = GatedConnection(  # type: ignore[assignment]
            self.ledger._connection, self.gate
        )

    def _make_agent(self) -> AgentService:
        self.attachments = Attachments(self.ledger, cleaning=CleaningSettings(workers=1))
        self.attachments._calls = self.attachments.cleaner._steps._calls = Inline()
        hosts = [Host(self.host, [self.driver])]
        return AgentService(self.host, hosts, self.attachments, self.client, self.bus, 3600)

    def _gate_conductor(self) -> None:
        use_cases, workers = self.conductor.use_cases, self.conductor._workers
        (self.publisher,) = (each for each in workers if isinstance(each, PlacementPublisher))
        (self.sender,) = (each for each in workers if isinstance(each, EventSender))
        put = self.publisher._waiting.put
        self.publisher._waiting.put = (  # type: ignore[method-assign]
            lambda hostname, delay=0.0: None if delay else put(hostname)
        )  # what waits for a time comes with the next period, however long the run takes
        self._gate_caller(self.publisher._client._caller)
        self._gate_caller(self.sender._client._caller)
        for agents in (use_cases.binder._agents, use_cases.unbinder._releaser._agents):
            agents._agents._calls = Inline()
        use_cases.unbinder._releaser.wait_seconds = 30  # what it does is in order then
        limits = KeptLimits(GatedLimits(self.gate), 0)
        use_cases.binder.claimer._quota = LimitedQuota(self.database, limits)

    def _gate_caller(self, caller: Caller) -> None:
        call = caller.call
        if caller.service == NOVA:
            call = self.ground.call_nova
        elif isinstance(self.ground.compute, FakeCompute):
            call = self.ground.compute.call

        def gated(method: str, path: str, body: Any = None, **query: str) -> Any:
            kind = "/".join(part for part in path.split("/") if "-" not in part)
            return self.gate.let_through(
                f"{caller.service} {method} {kind}",
                lambda: call(method, path, body, **query),
                lambda: OutsideTrouble(caller.service, Code.UNREACHABLE, "cut (injected)"),
            )

        caller.call = gated  # type: ignore[method-assign]

    def _send(self, target: Any, context: Any, message: Any, **_options: Any) -> Any:
        """Deliver a message at once to the server that it is for."""
        name = f"{target.topic.removeprefix('cyborg-rr-')} {message['method']}"
        return self.gate.let_through(
            name,
            lambda: self._deliver(target.server, context, message),
            lambda: MessagingTimeout("no answer (injected)"),
        )

    def _deliver(self, server: str | None, context: Any, message: Any) -> Any:
        service = self.conductor if server is None else self.agents[server]
        sent = json.loads(json.dumps([context, message]))
        incoming = SimpleNamespace(ctxt=sent[0], message=sent[1], client_timeout=None)
        try:
            answer = json.loads(json.dumps(service._server.dispatcher.dispatch(incoming)))
        except Exception as error:
            self.wrong.append(f"{message['method']} ended as a fault, HTTP 500: {error!r}")
            raise RemoteError(type(error).__name__, str(error)) from error
        if message["method"] == "prepare" and "answer" in answer:
            self.driver.give()
        return answer

    def close(self) -> None:
        """Let go of all that is the run's own."""
        self.attachments.cleaner.stop()
        self.conductor.standing.background.stop(10)
        self.bus.cleanup()
        self.ledger.close()

    # What people and processes do.

    def report(self) -> None:
        """The agent looks and reports."""
        self.agent.report_all()

    def heal(self) -> None:
        """What the conductor does on its period."""
        self._guard(self.conductor.use_cases.healer.take_over)
        self._guard(self.conductor.use_cases.healer.heal)

    def publish(self) -> None:
        """What waits for Placement, without the pauses after failures."""
        self.publisher._waiting.resume()
        self.publisher.publish_waiting()

    def look_at_placement(self) -> None:
        """The periodic look at everything."""
        self._guard(self.publisher.look_at_everything)
        self.publish()

    def tell_nova(self) -> None:
        """Send what is due."""

        def send() -> None:
            while self.sender.send_next():
                pass

        self._guard(send)

    def _guard(self, task: Callable[[], None]) -> None:
        """As the loops do."""
        try:
            task()
        except (OutsideTrouble, DBError, CyborgError) as error:
            self.diary.append(f"{task.__name__}: {error}")
        except Exception as error:  # noqa: BLE001 - whatever else happens must be seen
            self.wrong.append(f"{task.__name__} failed: {error!r}")

    def let_time_pass(self) -> None:
        """Everything that waits for a time has waited for it."""
        with self.gate.passing(), self.database.writing() as session:
            before = utc_now() - _LATER
            session.execute(update(AcceleratorRequestRow).values(bind_started_at=before))
            session.execute(update(AttachHandleRow).values(state_since=before))
            session.execute(update(InstanceEventRow).values(next_attempt_at=before))

    def parts(self) -> list[StoredDeployable]:
        """What there is, in order."""
        with self.gate.passing(), self.database.reading() as session:
            return sorted(deployables.list_deployables(session), key=lambda part: part.name)

    def get(self, arq: str) -> AcceleratorRequest | None:
        """A request as it is stored."""
        with self.gate.passing(), self.database.reading() as session:
            return requests.find_request(session, arq)

    def create(self, count: int) -> list[str]:
        """New requests, past the gate: their making is no use case of the conductor."""
        with self.gate.passing(), self.database.writing() as session:
            name = f"p{uuid.uuid4().hex}"
            profile = profiles.create_profile(session, name, [{"resources:PGPU": str(count)}])
            return [arq.uuid for arq in requests.create_requests(session, profile, PROJECT)]

    def bind(self, wanted: Mapping[str, int]) -> str:
        """Bind requests to devices by their numbers, for a new instance, which is returned.

        As Nova does: only what the scheduler has given out.
        """
        instance = str(uuid.uuid4())
        parts = self.parts()
        chosen = [parts[number].provider_uuid for number in wanted.values() if parts]
        if not chosen or not self._allocate(instance, chosen):
            self.diary.append("the scheduler has nothing to give")
            return instance
        self.ground.nova.hosts[instance] = self.host
        bindings = [
            Binding(arq, self.host, parts[number].provider_uuid, instance, PROJECT)
            for arq, number in wanted.items()
        ]
        self.instances |= dict.fromkeys(wanted, instance)
        if self._ask("bind", lambda: self.client.bind(bindings, Mandate(PROJECT)), wanted):
            self._note_bound(wanted)
        return instance

    def _note_bound(self, arqs: Mapping[str, int]) -> None:
        for arq in arqs:
            found = self.get(arq)
            self.told[arq] = "bound"
            self.handles[arq] = (found.handle_uuid if found else None) or "none"

    def _allocate(self, instance: str, providers: Sequence[str]) -> bool:
        body = {
            "allocations": {uuid: {"resources": {"PGPU": 1}} for uuid in providers},
            "project_id": PROJECT,
            "user_id": PROJECT,
            "consumer_generation": None,
            "consumer_type": "INSTANCE",
        }
        try:
            self.ground.compute.ask("PUT", f"/allocations/{instance}", body)
        except AssertionError:
            return False
        return True

    def deallocate(self, instance: str) -> None:
        """Nova takes the allocation of an instance back."""
        if self.ground.has_allocation(instance):
            self.ground.compute.deallocate(instance)

    def unbind(self, *arqs: str) -> None:
        """Unbind requests."""
        if self._ask("unbind", lambda: self.client.unbind(arqs, Mandate(PROJECT)), arqs):
            self.told |= dict.fromkeys(arqs, "unbound")
            for arq in arqs:
                self.instances.pop(arq, None)

    def delete(self, *arqs: str) -> None:
        """Delete requests."""
        if self._ask("delete", lambda: self.client.delete_requests(arqs, Mandate(PROJECT)), arqs):
            self.told |= dict.fromkeys(arqs, "gone")

    def delete_of_instance(self, instance: str) -> None:
        """Delete all requests of an instance."""
        arqs = [
            arq
            for arq, holder in self.instances.items()
            if holder == instance and self.told[arq] == "bound"
        ]
        if self._ask(
            "delete of instance",
            lambda: self.client.delete_requests_of_instance(instance, Mandate(PROJECT)),
            arqs,
        ):
            self.told |= dict.fromkeys(arqs, "gone")

    def retry_cleans(self) -> None:
        """An operator has all cleaned again that could not be cleaned."""
        with self.gate.passing(), self.database.reading() as session:
            out = records.list_handles(session, state=HandleState.QUARANTINED)
        for handle in out:
            retry = functools.partial(self.client.retry_clean, handle.uuid, "operator")
            self.is_out = not self._ask("retry clean", retry, ()) or self.is_out

    def set_status(self, number: int, status: str) -> None:
        """Take a device out of use, or put it back."""
        with self.gate.passing(), self.database.reading() as session:
            uuids = {each.id: each.uuid for each in devices.list_devices(session)}
        device_uuid = uuids[self.parts()[number].device_id]
        note = StatusNote("operator", "a test")
        self._ask(status, lambda: self.client.set_device_status(device_uuid, status, note), ())

    def _ask(self, name: str, call: Callable[[], None], arqs: Any) -> bool:
        """Ask, and ask once more where that failed; whether it was done. I9: twice is once."""
        for arq in arqs:
            self.told[arq] = "unknown"
        for attempt in range(2):
            try:
                call()
            except NotFound as error:
                self.diary.append(f"{name}: {error}")
                return attempt == 1 and name == "delete"
            except CyborgError as error:
                self.diary.append(f"{name}: {error.code}: {error}")
                if error.code in ("handle_in_use", "error"):
                    self.wrong.append(f"{name} was refused: {error.code}: {error}")
            except RemoteError:
                self.diary.append(f"{name}: HTTP 500")
            else:
                return True
        return False
