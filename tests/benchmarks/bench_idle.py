"""What hosts cost that have nothing new to say: conductor CPU for each host and period.

    python tests/benchmarks/bench_idle.py [--hosts 10000] [--devices 8] [--database URL] [--held 0]

Agents are simulated: each says in a call of the conductor's endpoint, with the context that a real
agent sends, that its host is as it was. The second figure has the whole way through oslo.messaging
on an in-memory bus, where the sender's share of the work counts too. Prints milliseconds of
processor time for one host and period, the statements of one, and the rows that were written.
"""

from __future__ import annotations

import argparse
import tempfile
import time
import uuid
from pathlib import Path
from typing import Any

from sqlalchemy import event, func, select

from cyborg_rr.catalogue.loading import load
from cyborg_rr.conductor.endpoint import ConductorEndpoint
from cyborg_rr.conf.opts import make_config
from cyborg_rr.db import schema
from cyborg_rr.db.engine import Database
from cyborg_rr.db.tables import HostRow
from cyborg_rr.domain.hardware.hosts import AgentWord, DriverWord, HostIdentity
from cyborg_rr.domain.hardware.life import Cleanings
from cyborg_rr.domain.requests import Mandate
from cyborg_rr.processes.conductor import wire_conductor
from cyborg_rr.rpc import messages
from cyborg_rr.rpc.conductor_client import ConductorClient
from cyborg_rr.rpc.transport import make_transport
from tests.builders import hash_of, make_snapshot

CLAIMS: dict[str, Any] = {"version": messages.VERSION, "claims": []}
WORD = AgentWord("1.0.0", 60, {f"driver_{n}": DriverWord(n) for n in range(8)})


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--hosts", type=int, default=10_000)
    parser.add_argument("--devices", type=int, default=8)
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--on-bus", type=int, default=1000, help="hosts of the second figure")
    parser.add_argument("--database")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as directory:
        url = options.database or f"sqlite:///{Path(directory) / 'idle.sqlite'}"
        measure(url, options)


def measure(url: str, options: argparse.Namespace) -> None:
    """One conductor, that many hosts."""
    conf = make_config([], files=[], database__connection=url, host="idle")
    database = Database(conf.database)
    schema.upgrade(database.engine)
    transport = make_transport(conf, "fake://")
    conductor = wire_conductor(conf, database, transport, load())
    cases = conductor.use_cases
    endpoint = ConductorEndpoint(
        cases.binder, cases.unbinder, cases.reporter, cases.status, cases.handles, cases.hosts
    )
    hosts = []
    for n in range(options.hosts):
        name = f"host-{n}"
        snapshot = make_snapshot(name, options.devices)
        identity = HostIdentity(str(uuid.uuid4()), f"m{n}", name, f"run-{n}", None, messages.MINOR)
        content_hash = hash_of(snapshot)
        cases.reporter.report(name, snapshot, content_hash, Mandate(), identity, word=WORD)
        hosts.append((name, content_hash, identity))
    print(f"{options.hosts} hosts of {options.devices} devices, {database.dialect}")

    statements = 0
    written = 0

    def count(_conn: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        nonlocal statements, written
        statements += statement != "BEGIN"
        written += not statement.lstrip().upper().startswith(("SELECT", "BEGIN"))

    event.listen(database.engine, "before_cursor_execute", count)

    def speak(host: tuple[str, str, HostIdentity]) -> None:
        name, content_hash, identity = host
        context = messages.make_context(10, identity, Cleanings(), WORD)
        answer = endpoint.synchronise_host(context, name, name, content_hash, CLAIMS)
        assert answer["answer"]["known"], answer

    contexts = time.process_time()
    for host in hosts:
        messages.make_context(10, host[2], Cleanings(), WORD)
    own = time.process_time() - contexts
    for host in hosts[:100]:
        speak(host)
    statements = written = 0
    with database.reading() as session:
        before = session.scalar(select(func.max(HostRow.updated_at)))
    statements = 0
    begun = time.process_time()
    for _ in range(options.rounds):
        for host in hosts:
            speak(host)
    spent = time.process_time() - begun - own * options.rounds
    calls = options.rounds * len(hosts)
    with database.reading() as session:
        assert session.scalar(select(func.max(HostRow.updated_at))) == before
    print(f"endpoint: {1000 * spent / calls:.3f} ms CPU a host and period")
    print(f"          {(statements - 1) / calls:.2f} statements, {written} rows written")
    event.remove(database.engine, "before_cursor_execute", count)

    conductor.start()
    client = ConductorClient(transport, 10)
    spoken = hosts[: options.on_bus]
    begun = time.process_time()
    for name, content_hash, identity in spoken:
        assert client.synchronise_host(
            name, name, content_hash, [], identity, Cleanings(), WORD
        ).is_known
    spent = time.process_time() - begun
    print(f"over fake://: {1000 * spent / len(spoken):.3f} ms CPU, caller and conductor together")
    conductor.stop()


if __name__ == "__main__":
    main()
