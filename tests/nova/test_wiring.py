"""The conductor that its options describe tells and asks Nova by itself, or gives up what waits."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest

from cyborg_rr.conductor.instances import events
from cyborg_rr.conf.opts import make_config
from cyborg_rr.db import profiles, requests
from cyborg_rr.db.clock import utc_now
from cyborg_rr.db.engine import Database
from cyborg_rr.db.instances.events import put_events
from cyborg_rr.db.tables import AcceleratorRequestRow, InstanceEventRow
from cyborg_rr.domain.errors import InvalidInput
from cyborg_rr.processes.conductor import wire_conductor
from cyborg_rr.processes.database import upgrade_database
from tests.fakes.nova import TOKEN, FakeNova
from tests.fakes.serving import serving
from tests.memory_bus import make_memory_bus
from tests.nova.conftest import wait_until
from tests.shipped import load

_NOVA = """\
[nova]
auth_type = admin_token
endpoint = {url}
token = {token}
"""
_RECLAIM = "reclaim_leaked_requests = true\nreclaim_interval = 1\nreclaim_grace = 1\n"


@contextmanager
def conductor(directory: Path, text: str) -> Iterator[Database]:
    """A conductor with those options, which finds one request whose bind failed an hour ago."""
    file = directory / "rr.conf"
    file.write_text(text)
    conf = make_config(
        [], files=[str(file)], database__connection=f"sqlite:///{directory / 'rr.sqlite'}", host="c"
    )
    database = upgrade_database(conf)
    transport = make_memory_bus(conf)
    _leave_request(database)
    service = wire_conductor(conf, database, transport, load())
    service.start()
    try:
        yield database
    finally:
        service.stop()
        transport.cleanup()
        database.close()


def _leave_request(database: Database) -> None:
    """As a conductor leaves it that dies between its commit and its call of Nova."""
    instance = str(uuid.UUID(int=7, version=4))
    with database.writing() as session:
        profile = profiles.create_profile(session, "p", [{"resources:PGPU": "1"}])
        (arq,) = requests.create_requests(session, profile, None)
        row = session.query(AcceleratorRequestRow).one()
        row.state, row.instance_uuid, row.binding_id = "BindFailed", instance, arq.uuid
        row.bind_started_at = utc_now() - timedelta(hours=1)
        session.flush()
        put_events(session, {arq.uuid: arq.uuid})


def shown(database: Database) -> list[str]:
    with database.reading() as session:
        return [each.shown_state.value for each in requests.list_requests(session)]


def test_what_was_left_is_sent_and_what_leaked_is_taken_back(tmp_path: Path) -> None:
    instance = str(uuid.UUID(int=7, version=4))
    nova = FakeNova({instance: "host"})
    with serving(nova) as url:
        text = _NOVA.format(url=url, token=TOKEN) + _RECLAIM
        with conductor(tmp_path, text) as database:
            wait_until(lambda: list(nova.arrived.values()) == ["failed"])
            wait_until(lambda: nova.asked != [])
            assert shown(database) == ["BindFailed"]
            del nova.hosts[instance]
            wait_until(lambda: shown(database) == [])


def test_nothing_is_taken_back_unless_it_is_asked_for(tmp_path: Path) -> None:
    nova = FakeNova()
    text = _RECLAIM.replace("true", "false")
    with serving(nova) as url, conductor(tmp_path, _NOVA.format(url=url, token=TOKEN) + text):
        wait_until(lambda: nova.posts != [])
    assert nova.asked == []


def test_without_nova_what_waits_is_given_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Nova was taken out of the configuration."""
    monkeypatch.setattr(events, "POLL_SECONDS", 0.1)
    with conductor(tmp_path, "[nova]\nevent_patience = 2\n") as database:
        assert shown(database) == ["BindStarted"]
        wait_until(lambda: shown(database) == ["BindFailed"])
        with database.reading() as session:
            assert session.query(InstanceEventRow).count() == 0
    assert "was not told of 1 bind of instance" in caplog.text


def test_a_mistake_in_the_options_names_their_group(tmp_path: Path) -> None:
    with (
        pytest.raises(InvalidInput, match=r"\[nova\]"),
        conductor(tmp_path, "[nova]\nauth_type = no_such_plugin\n"),
    ):
        pass
