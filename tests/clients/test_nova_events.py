"""What we tell Nova is what its own code takes."""

from __future__ import annotations

import uuid
from pathlib import Path

from cyborg_rr.domain.requests import EventStatus, InstanceEvent
from tests.clients.driven import driving
from tests.fakes.nova import FakeNova
from tests.fakes.serving import serving
from tests.nova.conftest import make_client


def test_novas_schema_takes_our_events(tmp_path: Path) -> None:
    nova = FakeNova()
    with serving(nova) as url:
        make_client(url, tmp_path).send(
            [InstanceEvent(str(uuid.uuid4()), str(uuid.uuid4()), each) for each in EventStatus]
        )
    (events,) = nova.posts
    with driving("nova_events.py", log=tmp_path / "log") as program:
        assert program.ask({"events": events}) == []
        assert program.ask({"events": [{**events[0], "name": "accelerator-bound"}]}) != []
