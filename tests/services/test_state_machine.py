"""Random histories of requests, hosts and crashes against a model of what must be true."""

from __future__ import annotations

import tempfile
import uuid
from pathlib import Path

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from cyborg_rr.conductor.bind import Binder
from cyborg_rr.conductor.heal import Healer
from cyborg_rr.conductor.liveness.heard import Liveness
from cyborg_rr.conductor.release import Releaser
from cyborg_rr.conductor.report import Reporter
from cyborg_rr.conductor.status import HandleStates
from cyborg_rr.conductor.unbind import Unbinder
from cyborg_rr.conf.opts import make_config
from cyborg_rr.db import profiles, requests
from cyborg_rr.db.engine import Database
from cyborg_rr.db.hardware import deployables, records
from cyborg_rr.domain.errors import CyborgError
from cyborg_rr.domain.hardware.devices import AttachHandle, Device, Snapshot
from cyborg_rr.domain.hardware.hosts import HostIdentity
from cyborg_rr.domain.hardware.stored import HandleState
from cyborg_rr.domain.requests import AcceleratorRequest, ArqState, Binding, Mandate
from cyborg_rr.drivers.driver import CleanFailed
from cyborg_rr.rpc import messages
from tests.builders import hash_of, make_device
from tests.fakes.direct import DirectAgents, QuietDriver
from tests.migrated import lay_out
from tests.services.conftest import Cloud
from tests.services.invariants import find_faults
from tests.shipped import load

HOST, DEVICES, HANDLES = "host-1", 3, 2
CATALOGUE = load()
PICK = st.integers(0, 5)


class Crash(Exception):
    """The conductor dies here."""


class Soiled(QuietDriver):
    """A driver that sees what was handed out and not cleaned; it cleans only when it can."""

    def __init__(self) -> None:
        self.soiled: set[str] = set()
        self.can_clean = True

    def prepare(self, handle: AttachHandle) -> None:
        """I5: nobody gets what another has left."""
        assert self.mark(handle) not in self.soiled
        self.soiled.add(self.mark(handle))

    def mark(self, handle: AttachHandle) -> str:
        """What the handle is of, wherever that is now: ``serial`` says it where things move."""
        serial = handle.info.get("serial")
        return handle.key if serial is None else f"{serial}/{handle.place}"

    def clean(self, handle: AttachHandle) -> str:
        """Take away what was left, or fail."""
        if not self.can_clean:
            raise CleanFailed("stubborn", "it does not go away")
        self.soiled.discard(self.mark(handle))
        return "rag"


class Story(RuleBasedStateMachine):
    """``bound`` is what clients were told: by request, the handle that it must keep."""

    def __init__(self) -> None:
        super().__init__()
        self.directory = tempfile.TemporaryDirectory()
        path = Path(self.directory.name)
        conf = make_config([], files=[], database__connection=f"sqlite:///{path / 'db.sqlite'}")
        self.database = Database(conf.database)
        lay_out(self.database)
        self.agents = DirectAgents(path)
        self.driver = Soiled()
        self.releaser = Releaser(self.database, self.agents)
        self.liveness = Liveness()
        self.reporter = Reporter(
            self.database, CATALOGUE, (), release_grace_seconds=0, liveness=self.liveness
        )
        self.states = HandleStates(self.database, self.agents, self.releaser, ())
        self.unbinder = Unbinder(self.database, self.releaser)
        self.binder = self.start_conductor()
        self.host = HOST
        self.bound: dict[str, str] = {}
        self.arqs: list[str] = []
        self.present = set(range(DEVICES))
        with self.database.writing() as session:
            self.profile = profiles.create_profile(session, "p", [{"resources:PGPU": "1"}])
        self.report()

    def start_conductor(self) -> Binder:
        return Binder(self.database, self.agents, self.releaser, "c")

    def teardown(self) -> None:
        self.agents.unreachable.clear()
        for _ in range(2):  # a clean that is under way is told with the report after it
            self.report()
            self.settle()
        self.report()
        cloud = Cloud.__new__(Cloud)
        cloud.database = self.database
        cloud.agents = {self.host: None}  # type: ignore[dict-item]
        cloud.ledgers = [self.agents.attachments._ledger]
        assert [fault for fault in find_faults(cloud) if not self.is_excused(fault)] == []
        assert {arq.uuid for arq in self.stored() if arq.state is ArqState.BOUND} == set(self.bound)
        self.agents.attachments._ledger.close()
        self.database.close()
        self.directory.cleanup()

    def is_excused(self, fault: str) -> bool:
        """Whether the story itself made the fault and nothing can heal it."""
        return False

    def stored(self) -> list[AcceleratorRequest]:
        with self.database.reading() as session:
            return requests.list_requests(session)

    def settle(self) -> None:
        """A new run of the conductor heals what the last one left, then once more."""
        healer = Healer(self.database, self.unbinder, self.releaser, "c", 60)
        healer.heal_own()
        healer.heal()

    def list_found(self) -> list[Device]:
        """What the host has now."""
        return [make_device(HOST, n, handles=HANDLES) for n in sorted(self.present)]

    @rule()
    def report(self) -> None:
        found = tuple(self.list_found())
        snapshot = Snapshot(self.host, found)
        attachments = self.agents.attachments
        attachments.know(snapshot, {p.name: self.driver for d in found for p in d.deployables})
        identity = self.identify()
        claims, cleanings = attachments.cleaner.list_state(self.host)
        told = self.reporter.synchronise(
            self.host, self.host, hash_of(snapshot), claims, identity, cleanings
        )
        attachments.cleaner.forget_told(self.host, cleanings)
        if not told.known:
            message = messages.render_snapshot(snapshot)
            self.reporter.report(
                self.host,
                messages.parse_snapshot(message),
                messages.hash_content(message),
                identity=identity,
            )
        if identity is not None:
            attachments.take_runs({self.host})
        if told.held:
            attachments.record_held(self.host, told.held)
        attachments.release(self.host, told.release)

    def identify(self) -> HostIdentity | None:
        """Who the agent says that it speaks for; the first release said nothing."""
        return None

    @rule()
    def begin_or_cease_to_clean(self) -> None:
        self.driver.can_clean = not self.driver.can_clean

    @rule(which=PICK, word=st.sampled_from(["quarantine", "retry", "accept"]))
    def say_a_word_on_a_handle(self, which: int, word: str) -> None:
        with self.database.reading() as session:
            found = records.list_handles(session)
        if not found:
            return
        handle = found[which % len(found)]
        try:
            if word == "quarantine":
                self.states.quarantine(handle.uuid, "a feeling", "operator", Mandate())
            elif word == "retry":
                self.states.retry_clean(handle.uuid, "operator", Mandate())
            else:
                self.states.accept(handle.uuid, "wiped by hand", "operator", Mandate())
                if handle.state is HandleState.QUARANTINED:
                    self.driver.soiled.discard(self.driver.mark(handle.handle))
        except CyborgError:
            return

    @rule(number=st.integers(0, DEVICES - 1))
    def pull_or_plug_a_device(self, number: int) -> None:
        self.present ^= {number}

    @precondition(lambda self: len(self.arqs) < 6)
    @rule()
    def create(self) -> None:
        with self.database.writing() as session:
            made = requests.create_requests(session, self.profile, "project")
        self.arqs += [arq.uuid for arq in made]

    def bindings(self, first: int, many: int, part: int) -> list[Binding]:
        with self.database.reading() as session:
            parts = deployables.list_deployables(session)
        chosen = list(dict.fromkeys(self.arqs[(first + n) % len(self.arqs)] for n in range(many)))
        instance = str(uuid.uuid4())
        uuids = [each.provider_uuid for each in parts]
        return [
            Binding(arq, self.host, uuids[(part + n) % len(uuids)], instance, "project")
            for n, arq in enumerate(chosen)
            if uuids
        ]

    @precondition(lambda self: self.arqs)
    @rule(first=PICK, many=st.integers(1, 3), part=PICK)
    def bind(self, first: int, many: int, part: int) -> None:
        wanted = self.bindings(first, many, part)
        if not wanted:
            return
        for _ in range(2):  # I9: a second time it gives the same
            try:
                self.binder.bind(wanted, Mandate("project"))
            except CyborgError:
                return
            for binding in wanted:
                with self.database.reading() as session:
                    found = requests.find_request(session, binding.arq_uuid)
                assert found is not None
                assert found.handle_uuid is not None
                old = self.bound.setdefault(found.uuid, found.handle_uuid)
                assert old == found.handle_uuid

    @precondition(lambda self: self.arqs)
    @rule(first=PICK, part=PICK, step=st.sampled_from(["before", "prepared"]))
    def crash_in_a_bind(self, first: int, part: int, step: str) -> None:
        wanted = self.bindings(first, 1, part)
        prepare = self.agents.prepare

        def die(*arguments: object) -> None:
            if step == "prepared":
                prepare(*arguments)  # type: ignore[arg-type]
            raise Crash

        self.agents.prepare = die  # type: ignore[method-assign, assignment]
        try:
            self.binder.bind(wanted, Mandate("project")) if wanted else None
        except (Crash, CyborgError):
            pass
        finally:
            self.agents.prepare = prepare  # type: ignore[method-assign]

    @rule()
    def restart(self) -> None:
        self.binder = self.start_conductor()
        self.settle()

    @precondition(lambda self: self.arqs)
    @rule(which=PICK, twice=st.booleans())
    def unbind(self, which: int, twice: bool) -> None:
        arq = self.arqs[which % len(self.arqs)]
        for _ in range(1 + twice):
            self.unbinder.unbind([arq], Mandate("project"))
        self.bound.pop(arq, None)

    @precondition(lambda self: self.arqs)
    @rule(which=PICK)
    def delete(self, which: int) -> None:
        arq = self.arqs.pop(which % len(self.arqs))
        self.unbinder.delete([arq], Mandate("project"))
        self.bound.pop(arq, None)

    @rule()
    def lose_or_regain_the_host(self) -> None:
        self.agents.unreachable ^= {self.host}

    @invariant()
    def what_was_acknowledged_stays_and_is_exclusive(self) -> None:
        if not hasattr(self, "bound"):
            return
        held = {a.uuid: a.handle_uuid for a in self.stored() if a.state is ArqState.BOUND}
        assert {arq: held.get(arq) for arq in self.bound} == self.bound
        assert len(set(held.values())) == len(held)


Story.TestCase.settings = settings(
    max_examples=25,
    stateful_step_count=30,
    deadline=None,
    derandomize=True,
    suppress_health_check=list(HealthCheck),
)
TestStory = Story.TestCase
