"""The hosts that a ledger speaks for: their ids, and which machine the real one is."""

from __future__ import annotations

import json
import sqlite3
import uuid
from collections.abc import Collection, Mapping
from dataclasses import dataclass

from cyborg_rr.agent.ledger import memory
from cyborg_rr.agent.ledger.faults import LedgerOfAnother
from cyborg_rr.domain.hardware.keys import hash_key
from cyborg_rr.domain.printing import name_count

TO_ADOPT = "start once with --adopt-ledger"


@dataclass(frozen=True, slots=True)
class RealHost:
    """This machine: what people call it, and hashes of what it says of itself, by what that is.

    ``node`` is the system's own name, ``name`` the one that its devices are reported under.
    """

    name: str
    machine_parts: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class KnownHost:
    """A host as its ledger knows it; see ``HostIdentity`` for the fields."""

    id: str
    name: str
    machine: str
    run: str
    last_run: str | None


def render_machine(parts: Mapping[str, str]) -> str:
    """One hash of what a machine says of itself; empty where it says nothing."""
    return hash_key(" ".join(parts[name] for name in sorted(parts))) if parts else ""


def settle_real_host(
    connection: sqlite3.Connection, real: RealHost, simulated: Collection[str], adopts: bool
) -> None:
    """Make sure that the ledger is this machine's and knows it by its present name.

    Raises ``LedgerOfAnother`` unless it is or ``adopts``: claims then become this host's.
    """
    row = connection.execute("SELECT id, name, machine_parts FROM hosts WHERE is_real").fetchone()
    if row is not None and not adopts:
        _check_machine(json.loads(row[2]), real)
    own = row[0] if row is not None else find_id(connection, real.name)
    if own is not None and row is not None and row[1] != real.name and not adopts:
        _check_no_claims(connection, own, row[1], real.name)
    strangers = _list_strangers(connection, own, {real.name, *simulated})
    if strangers and not adopts:
        _check_no_claims(connection, strangers[0][0], strangers[0][1], real.name)
    if own is None:
        own = strangers[0][0] if strangers else add_host(connection, real.name)
    _merge_into(connection, own, [host_id for host_id, _ in strangers])
    namesake = find_id(connection, real.name)
    if namesake is not None and namesake != own:
        _merge_into(connection, own, [namesake])
    known = {} if row is None or adopts else json.loads(row[2])
    _save_real(connection, own, real, {**real.machine_parts, **known})


def _check_machine(known: Mapping[str, str], real: RealHost) -> None:
    differing = sorted(
        name for name, part in real.machine_parts.items() if known.get(name, part) != part
    )
    if differing:
        raise LedgerOfAnother(
            "the ledger was copied from another machine"
            f" (its {' and '.join(differing)} differ): empty this directory, or, where this is that"
            f" machine after a repair, {TO_ADOPT}"
        )


def _check_no_claims(
    connection: sqlite3.Connection, host_id: str, name: str, real_name: str
) -> None:
    count = _count_claims(connection, host_id)
    if count:
        raise LedgerOfAnother(
            f"the ledger has {name_count(count, 'claim')} of host {name}, but this host is called"
            f" {real_name}: give it its name back, or, where it was renamed, {TO_ADOPT}"
        )


def _list_strangers(
    connection: sqlite3.Connection, own: str | None, names: Collection[str]
) -> list[tuple[str, str]]:
    """Hosts with claims that the first release wrote under a name that is nobody's here."""
    rows = connection.execute(
        "SELECT id, name FROM hosts WHERE is_real IS NULL"
        " AND EXISTS (SELECT 1 FROM claims WHERE claims.host_id = hosts.id) ORDER BY name"
    ).fetchall()
    return [(host_id, name) for host_id, name in rows if name not in names and host_id != own]


def _count_claims(connection: sqlite3.Connection, host_id: str) -> int:
    query = "SELECT COUNT(*) FROM claims WHERE host_id = ?"
    return int(connection.execute(query, (host_id,)).fetchone()[0])


def _merge_into(connection: sqlite3.Connection, own: str, others: Collection[str]) -> None:
    for other in others:
        if other != own:
            connection.execute("UPDATE claims SET host_id = ? WHERE host_id = ?", (own, other))
            connection.execute("UPDATE unclean SET host_id = ? WHERE host_id = ?", (own, other))
            memory.delete_host(connection, other)
            connection.execute("DELETE FROM hosts WHERE id = ?", (other,))


def _save_real(
    connection: sqlite3.Connection, host_id: str, real: RealHost, parts: Mapping[str, str]
) -> None:
    """``machine`` stays as it was first told while the parts agree, whichever can be read now."""
    (machine, old) = connection.execute(
        "SELECT machine, machine_parts FROM hosts WHERE id = ?", (host_id,)
    ).fetchone()
    is_same = all(parts.get(name) == part for name, part in json.loads(old).items())
    connection.execute(
        "UPDATE hosts SET name = ?, is_real = 1, machine = ?, machine_parts = ? WHERE id = ?",
        (
            real.name,
            machine if machine and is_same else render_machine(parts),
            json.dumps(dict(parts)),
            host_id,
        ),
    )


def find_id(connection: sqlite3.Connection, name: str) -> str | None:
    """The id of the host of that name."""
    row = connection.execute("SELECT id FROM hosts WHERE name = ?", (name,)).fetchone()
    return None if row is None else str(row[0])


def add_host(connection: sqlite3.Connection, name: str) -> str:
    """Give a host an id; a simulated one, until something else is said of it."""
    host_id = str(uuid.uuid4())
    connection.execute("INSERT INTO hosts (id, name, is_real) VALUES (?, ?, 0)", (host_id, name))
    return host_id


def begin_run(connection: sqlite3.Connection, name: str) -> KnownHost:
    """The host with a new run, remembered before anybody is told of it.

    A run that nobody is known to have taken is begun again: its number may be known already.
    """
    host_id = find_id(connection, name) or add_host(connection, name)
    machine, last_run, run = connection.execute(
        "SELECT machine, run, next_run FROM hosts WHERE id = ?", (host_id,)
    ).fetchone()
    if run is None:
        run = str(uuid.uuid4())
        connection.execute("UPDATE hosts SET next_run = ? WHERE id = ?", (run, host_id))
    return KnownHost(host_id, name, machine, run, last_run)


def take_run(connection: sqlite3.Connection, host: KnownHost) -> None:
    """A conductor has taken the run: the next one follows it."""
    connection.execute(
        "UPDATE hosts SET run = ?, next_run = NULL WHERE id = ?", (host.run, host.id)
    )
