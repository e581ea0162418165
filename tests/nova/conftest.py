"""Our service, and a Nova that it tells and asks."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable, Iterator, Mapping
from itertools import cycle
from pathlib import Path
from typing import Any

import pytest

from cyborg_rr.conductor.instances.events import EventKeeper, EventSender, Outbox, Pace
from cyborg_rr.conf.opts import make_config
from cyborg_rr.db.tables import InstanceEventRow
from cyborg_rr.outside.calling import make_caller
from cyborg_rr.outside.nova.client import MICROVERSION, SERVICE, NovaClient
from tests.api.stage import Answer, Stage
from tests.fakes.direct import DirectConductor
from tests.fakes.nova import TOKEN, FakeNova
from tests.fakes.serving import serving

HOST = "host-1"
DEVICES = 16


def make_client(
    url: str, directory: Path, *, seconds: float = 10, max_bytes: int = 1 << 20
) -> NovaClient:
    """A client of the Nova at a URL, made from a configuration file."""
    file = directory / "nova.conf"
    file.write_text(f"[nova]\nauth_type = admin_token\nendpoint = {url}\ntoken = {TOKEN}\n")
    conf = make_config([], files=[str(file)])
    caller = make_caller(
        conf, "nova", SERVICE, seconds=seconds, max_bytes=max_bytes, microversion=MICROVERSION
    )
    assert caller is not None
    return NovaClient(caller)


class Place:
    """One cloud: the API with a conductor, which tells Nova what it should know when asked to."""

    def __init__(self, directory: Path, nova: FakeNova, client: NovaClient) -> None:
        self.nova = nova
        self.client = client
        self.outbox = Outbox()
        self.stage = Stage(directory)
        self.conductor = DirectConductor(
            self.stage.database, self.stage.catalogue, directory, events=self.outbox
        )
        self.stage.conductor = self.conductor
        self.database = self.stage.database
        self.sender = self.make_sender()
        self.stage.add_host(HOST, devices=DEVICES)
        parts = self.stage.call("GET", "/v2/deployables").json["deployables"]
        self._providers = cycle(part["rp_uuid"] for part in parts)

    def make_sender(self, **pace: float) -> EventSender:
        """What one conductor sends with."""
        return EventSender(self.database, self.client, self.outbox, Pace(**pace))  # type: ignore[arg-type]

    def send_all(self) -> None:
        """Send what is due, until nothing is."""
        while self.sender.send_next():
            pass

    def make_due(self) -> None:
        """Let the time pass until everything is due again."""
        with self.database.writing() as session:
            for row in session.query(InstanceEventRow):
                row.next_attempt_at = row.created_at

    def grow_old(self, seconds: float) -> None:
        """Let so much time pass for what waits, and give up what is too old then."""
        EventKeeper(self.database, 300 - seconds).give_up_old()

    def waiting(self) -> dict[str, str]:
        """What Nova is still to be told: the status by request."""
        with self.database.reading() as session:
            return {row.arq_uuid: row.status for row in session.query(InstanceEventRow)}

    def bind(self, *arqs: str, instance: str | None = None) -> Answer:
        """As the conductor of Nova does: all in one call, each to a provider of its own."""
        values = {"hostname": HOST, "instance_uuid": instance or str(uuid.uuid4())}
        body = {
            arq: [
                {"op": "add", "path": f"/{name}", "value": value}
                for name, value in {**values, "device_rp_uuid": next(self._providers)}.items()
            ]
            for arq in arqs
        }
        return self.patch(body)

    def unbind(self, arq: str) -> None:
        """Unbind a request."""
        assert self.patch({arq: [{"op": "remove", "path": "/hostname"}]}).status == 202

    def patch(self, body: Mapping[str, Any]) -> Answer:
        """Change requests, as Nova does for a user."""
        self.last = body
        return self.stage.call(
            "PATCH", "/v2/accelerator_requests", body, token="member", service=True
        )

    def fail(self, *arqs: str, instance: str) -> None:
        """A bind that the host does not answer."""
        self.conductor.agents.unreachable.add(HOST)
        try:
            assert self.bind(*arqs, instance=instance).status == 503
        finally:
            self.conductor.agents.unreachable.clear()

    def state(self, arq: str, version: str | None = None) -> str:
        """The state of a request as it is shown."""
        answer = self.stage.call("GET", f"/v2/accelerator_requests/{arq}", version=version)
        return str(answer.json["state"])

    def resolved(self, instance: str) -> int:
        """The status of the list of an instance's resolved requests."""
        query = f"instance={instance}&bind_state=resolved"
        return self.stage.call("GET", f"/v2/accelerator_requests?{query}").status


@pytest.fixture
def make_place(tmp_path: Path) -> Iterator[Callable[..., Place]]:
    """Make a cloud beside a Nova, or beside what answers at a URL."""
    made: list[Place] = []

    def make(nova: FakeNova, url: str, **limits: float) -> Place:
        client = make_client(url, tmp_path, **limits)  # type: ignore[arg-type]
        made.append(Place(tmp_path, nova, client))
        return made[-1]

    yield make
    for place in made:
        place.stage.close()


@pytest.fixture
def nova() -> FakeNova:
    """A Nova without instances."""
    return FakeNova()


@pytest.fixture
def place(make_place: Callable[..., Place], nova: FakeNova) -> Iterator[Place]:
    """A cloud beside that Nova."""
    with serving(nova) as url:
        yield make_place(nova, url)


def wait_until(is_so: Callable[[], bool], seconds: float = 20) -> None:
    """Fail unless it becomes so."""
    deadline = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < deadline
        time.sleep(0.02)
