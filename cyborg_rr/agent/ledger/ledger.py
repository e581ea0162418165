"""The host's own durable record of which attach handle is claimed by which binding.

It is the second guard of exclusive use: whatever a conductor believes, the host refuses a second
claim of the same hardware. A released binding leaves a tombstone, so that a delayed claim of it is
refused. It also keeps the hosts' ids and what drivers learnt of devices.
"""

from __future__ import annotations

import sqlite3
import threading
import time
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol

from oslo_log import log

from cyborg_rr.agent.ledger import claims as rows
from cyborg_rr.agent.ledger import hosts, memory, unclean
from cyborg_rr.agent.ledger.faults import LedgerFailed
from cyborg_rr.agent.ledger.hosts import KnownHost, RealHost
from cyborg_rr.agent.ledger.schema import open_file
from cyborg_rr.domain.errors import HandleInUse
from cyborg_rr.domain.hardware.health import Watch
from cyborg_rr.domain.requests import Claim

LOG = log.getLogger(__name__)


class Judge(Protocol):
    """Knows the hardware that claims are of."""

    def check(self, wanted: Claim, held: Sequence[Claim]) -> None:
        """Raise ``HandleInUse`` where a claim cannot be granted beside what is given out."""
        ...

    def is_same(self, claim: Claim, standing: Claim) -> bool:
        """Whether two claims are of the same piece."""
        ...

    def is_there(self, claim: Claim) -> bool:
        """Whether the host has now, as far as it can tell, what a claim is of."""
        ...


class AddressJudge:
    """Knows addresses alone."""

    def check(self, wanted: Claim, held: Sequence[Claim]) -> None:
        """See ``check_handle``."""
        check_handle(wanted, held)

    def is_same(self, claim: Claim, standing: Claim) -> bool:
        """By the address."""
        return claim.handle.key == standing.handle.key

    def is_there(self, claim: Claim) -> bool:
        """Nobody knows."""
        return False


def check_handle(wanted: Claim, held: Sequence[Claim]) -> None:
    """The least that every claim must pass: nobody has its handle, or its place on its device.

    Nor has anybody the address of a device that has gone: an instance was told it and may use it
    again, so whatever is there now waits until that has let go.
    """
    for other in held:
        if other.handle.key == wanted.handle.key or _place_of(other) == _place_of(wanted):
            raise HandleInUse(
                f"the host has given {wanted.handle.key} to accelerator request"
                f" {other.arq_uuid} already",
                wanted.binding_id,
            )


def _check_clean(wanted: Claim, dirty: Sequence[Claim]) -> None:
    """What is let go of is nobody's until it is clean."""
    if any(unclean.is_same_handle(wanted, other) for other in dirty):
        text = f"the host has not cleaned {wanted.handle.key} yet"
        raise HandleInUse(text, wanted.binding_id)


def _list_in_the_way(wanted: Claim, dirty: Sequence[Claim], judge: Judge) -> list[Claim]:
    """But for what a device that has gone left at the wanted address: no instance can use that."""
    return [o for o in dirty if o.handle.key != wanted.handle.key or judge.is_there(o)]


def _place_of(claim: Claim) -> tuple[str, str, str] | Claim:
    """Where on which device it is, whatever the address; itself while that is not known."""
    place = (claim.device_key, claim.part, claim.handle.place)
    return place if claim.device_key and claim.handle.place else claim


_BY_ADDRESS = AddressJudge()


class Ledger:
    """Claims in a SQLite file that is synced to disk at every change.

    ``LedgerFailed`` means that the file cannot be read or written now: nothing was changed.
    """

    def __init__(self, path: Path) -> None:
        self._lock = threading.Lock()
        self._connection = open_file(path)
        self._known: dict[str, KnownHost] = {}
        self._is_failing = False
        self._is_closed = False

    @contextmanager
    def _working(self) -> Iterator[sqlite3.Connection]:
        """The connection, for one thread at a time; its failures are told once and as our own."""
        with self._lock:
            try:
                yield self._connection
            except sqlite3.Error as error:
                if not self._is_failing and not self._is_closed:
                    LOG.error("The ledger fails; nothing is handed out until it works: %s", error)
                self._is_failing = True
                raise LedgerFailed(f"the host's ledger cannot be used: {error}") from error

    @contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        with self._working() as connection:
            connection.execute("BEGIN IMMEDIATE")
            try:
                yield connection
                connection.execute("COMMIT")
                self._note_success()
            except BaseException:
                if connection.in_transaction:
                    connection.execute("ROLLBACK")
                raise

    @contextmanager
    def changing(self, hostname: str) -> Iterator[tuple[sqlite3.Connection, str]]:
        """A transaction on the file for what else is kept of a host, with the host's id."""
        with self._writing() as connection:
            yield connection, self._id_of(connection, hostname)

    def _note_success(self) -> None:
        """It could be written; that it can be read says little."""
        if self._is_failing:
            LOG.info("The ledger works again")
        self._is_failing = False

    def settle(self, real: RealHost, simulated: Collection[str], adopts: bool = False) -> None:
        """Make sure whose ledger this is, and begin a run of each host.

        Raises ``LedgerOfAnother`` for that of another machine or name, unless ``adopts``.
        """
        with self._writing() as connection:
            hosts.settle_real_host(connection, real, simulated, adopts)
            self._known = {
                name: hosts.begin_run(connection, name) for name in (real.name, *simulated)
            }

    def identify(self, hostname: str) -> KnownHost:
        """Which host that is, with this run of the agent; one that is new gets its id."""
        known = self._known.get(hostname)
        if known is None:
            with self._writing() as connection:
                known = self._known[hostname] = hosts.begin_run(connection, hostname)
        return known

    def find_hostname(self, host_id: str) -> str | None:
        """The present name of the host with that id."""
        return next((name for name, host in self._known.items() if host.id == host_id), None)

    def take_runs(self, hostnames: Collection[str]) -> None:
        """A conductor has taken the runs of these hosts: the next ones will follow them."""
        with self._writing() as connection:
            for name in hostnames:
                hosts.take_run(connection, self._known[name])

    def claim(
        self, hostname: str, claims: Sequence[Claim], judge: Judge = _BY_ADDRESS
    ) -> list[Claim]:
        """Record all the claims or none; returns those that must be prepared.

        A claim that stands already for the same binding is accepted again; where only the conductor
        said that it does, it is judged and prepared like a new one. Raises ``HandleInUse``
        when the judge refuses one or when a binding was released before.
        """
        with self._writing() as connection:
            host_id = self._id_of(connection, hostname)
            held = {claim.binding_id: claim for claim in rows.list_claims(connection, host_id)}
            dirty = unclean.list_unclean_claims(connection, host_id)
            told = rows.list_told(connection, host_id)
            new = []
            for claim in claims:
                standing = held.get(claim.binding_id)
                if rows.is_buried(connection, claim.binding_id):
                    text = f"binding {claim.binding_id} was released before it was prepared"
                    raise HandleInUse(text, claim.binding_id)
                if standing is not None and not judge.is_same(claim, standing):
                    text = f"binding {claim.binding_id} holds another handle, {standing.handle.key}"
                    raise HandleInUse(text, claim.binding_id)
                if standing is None or claim.binding_id in told:
                    others = [one for one in held.values() if one is not standing]
                    _check_clean(claim, dirty)
                    judge.check(claim, [*others, *_list_in_the_way(claim, dirty, judge)])
                    new.append(claim)
                if standing is None:
                    rows.insert_claim(connection, host_id, claim)
                    held[claim.binding_id] = claim
            return new

    def note_prepared(self, hostname: str, claims: Sequence[Claim]) -> None:
        """What only the conductor said is held has been prepared here now."""
        told = self.list_told(hostname)
        known = [claim.binding_id for claim in claims if claim.binding_id in told]
        if known:
            with self._writing() as connection:
                rows.note_prepared(connection, known)

    def list_told(self, hostname: str) -> set[str]:
        """The bindings on a host of which only the conductor said that they are held."""
        with self._working() as connection:
            return rows.list_told(connection, hosts.find_id(connection, hostname) or "")

    def withdraw(self, hostname: str, claims: Sequence[Claim]) -> None:
        """Forget claims whose prepare failed; but what the conductor said is held stays so."""
        with self._writing() as connection:
            told = rows.list_told(connection, self._id_of(connection, hostname))
            over = [claim.binding_id for claim in claims if claim.binding_id not in told]
            self._bury(connection, over)

    def record_held(self, hostname: str, claims: Sequence[Claim]) -> list[Claim]:
        """Note what the conductor says is held and this file has lost; returns what was new.

        Whatever is over is not taken up again. What another binding has here as well is noted too:
        both may be in use, and neither is given to a third.
        """
        with self._writing() as connection:
            host_id = self._id_of(connection, hostname)
            known = {claim.binding_id for claim in rows.list_claims(connection, host_id)}
            new = [
                claim
                for claim in claims
                if claim.binding_id not in known
                and not rows.is_buried(connection, claim.binding_id)
            ]
            for claim in new:
                rows.insert_claim(connection, host_id, claim, is_told=True)
            return new

    def complete(self, hostname: str, claims: Sequence[Claim]) -> None:
        """Write what a look says of the hardware of claims that stand."""
        with self._writing() as connection:
            host_id = self._id_of(connection, hostname)
            for claim in claims:
                rows.update_claim(connection, host_id, claim)

    def release(self, binding_ids: Iterable[str]) -> None:
        """Forget bindings and remember that they are over, even those never claimed."""
        over = list(binding_ids)
        with self._writing() as connection:
            self._bury(connection, over)

    def _bury(self, connection: sqlite3.Connection, binding_ids: Sequence[str]) -> None:
        for binding_id in binding_ids:
            rows.delete_claim(connection, binding_id)
        rows.bury(connection, binding_ids)

    def list_claims(self, hostname: str) -> list[Claim]:
        """The claims on handles of a host."""
        with self._working() as connection:
            host_id = hosts.find_id(connection, hostname)
            return [] if host_id is None else rows.list_claims(connection, host_id)

    def list_unreleased(self, hostname: str) -> tuple[list[Claim], list[Claim]]:
        """The claims on handles of a host, and those that are over but not cleaned up yet."""
        with self._working() as connection:
            host_id = hosts.find_id(connection, hostname)
            if host_id is None:
                return [], []
            dirty = unclean.list_unclean_claims(connection, host_id)
            return rows.list_claims(connection, host_id), dirty

    def is_over(self, binding_id: str) -> bool:
        """Whether the binding was released."""
        with self._working() as connection:
            return rows.is_buried(connection, binding_id)

    def list_learnt(self, hostname: str) -> dict[str, Mapping[str, Any]]:
        """What drivers learnt of the host's devices, by the keys of ``Memory``."""
        with self._working() as connection:
            host_id = hosts.find_id(connection, hostname)
            return {} if host_id is None else memory.list_learnt(connection, host_id)

    def learn(self, hostname: str, news: Mapping[str, Mapping[str, Any] | None]) -> None:
        """Keep what drivers learnt of devices; None forgets it."""
        with self.changing(hostname) as (connection, host_id):
            memory.learn(connection, host_id, news)

    def list_watches(self, hostname: str) -> dict[str, Watch]:
        """What was seen of the health of the host's devices, by slot."""
        with self._working() as connection:
            host_id = hosts.find_id(connection, hostname)
            return {} if host_id is None else memory.list_watches(connection, host_id)

    def watch(self, hostname: str, changes: Mapping[str, Watch | None]) -> None:
        """Keep what was seen of devices; None forgets one."""
        with self.changing(hostname) as (connection, host_id):
            memory.watch(connection, host_id, changes)

    def forget_old(self, hostname: str, seen: Collection[str]) -> None:
        """Note which slots are occupied; forget what was in others for longer than is kept."""
        with self.changing(hostname) as (connection, host_id):
            memory.forget_old(connection, host_id, seen, time.time())

    def _id_of(self, connection: sqlite3.Connection, hostname: str) -> str:
        return hosts.find_id(connection, hostname) or hosts.add_host(connection, hostname)

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._is_closed = True
            self._connection.close()
