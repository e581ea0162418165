"""The private servers are real: each answers as itself, is empty, and carries what is put in."""

import json
import queue
import urllib.request
from pathlib import Path

import pytest
import sqlalchemy
from oslo_config import cfg

from cyborg_rr.rpc.transport import TARGET, make_client, make_server, make_transport
from tests.servers.placement import TOKEN

_VERSION_QUERIES = {
    "sqlite": ("SELECT 'SQLite ' || sqlite_version()", "SQLite 3."),
    "mysql": ("SELECT VERSION()", "MariaDB"),
    "postgresql": ("SELECT version()", "PostgreSQL "),
}


def test_a_database_is_what_it_is_called_and_empty(database_url: str) -> None:
    engine = sqlalchemy.create_engine(database_url)
    query, name = _VERSION_QUERIES[engine.dialect.name]
    with engine.connect() as connection:
        version = connection.execute(sqlalchemy.text(query)).scalar_one()
        assert name in version
        assert sqlalchemy.inspect(connection).get_table_names() == []
    engine.dispose()


@pytest.mark.parametrize("value", ["first", "second"])
def test_a_database_keeps_a_row_and_the_next_test_does_not_see_it(
    database_url: str, value: str
) -> None:
    engine = sqlalchemy.create_engine(database_url)
    with engine.begin() as connection:
        connection.execute(sqlalchemy.text("CREATE TABLE kept (word VARCHAR(20))"))
        connection.execute(sqlalchemy.text("INSERT INTO kept VALUES (:word)"), {"word": value})
    with engine.connect() as connection:
        words = connection.execute(sqlalchemy.text("SELECT word FROM kept")).scalars().all()
    assert words == [value]
    engine.dispose()


class _Echo:
    """An RPC endpoint that hands what it hears to the test."""

    target = TARGET

    def __init__(self, heard: "queue.Queue[str]") -> None:
        self._heard = heard

    def say(self, context: dict[str, str], word: str) -> str:
        self._heard.put(word)
        return word.upper()


def test_a_call_travels_through_rabbitmq_and_back(rabbit_url: str, tmp_path: Path) -> None:
    file = tmp_path / "cyborg_rr.conf"
    file.write_text(f"[DEFAULT]\ntransport_url = {rabbit_url}\n")
    configuration = cfg.ConfigOpts()
    configuration([], default_config_files=[str(file)])
    transport = make_transport(configuration)
    heard: queue.Queue[str] = queue.Queue()
    server = make_server(transport, "echo", "here", [_Echo(heard)])
    server.start()
    try:
        client = make_client(transport, "echo", timeout_seconds=20)
        assert client.call({}, "say", word="hello") == "HELLO"
        assert heard.get_nowait() == "hello"
    finally:
        server.stop()
        server.wait()
        transport.cleanup()


@pytest.mark.parametrize("name", ["first", "second"])
def test_a_placement_keeps_a_provider_and_the_next_test_does_not_see_it(
    placement_url: str, name: str
) -> None:
    headers = {"X-Auth-Token": TOKEN, "Content-Type": "application/json"}
    url = f"{placement_url}/resource_providers"
    body = json.dumps({"name": name}).encode()
    urllib.request.urlopen(urllib.request.Request(url, body, headers)).close()
    with urllib.request.urlopen(urllib.request.Request(url, headers=headers)) as answer:
        providers = json.load(answer)["resource_providers"]
    assert [provider["name"] for provider in providers] == [name]
