"""One conductor of each name: its lease is its heartbeat, which all others see in the database."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from oslo_log import log

from cyborg_rr.conductor.leases import CONDUCTOR, Leases
from cyborg_rr.db import leases as stored
from cyborg_rr.db.engine import Session
from cyborg_rr.db.leases import StoredLease
from cyborg_rr.domain.errors import Conflict

LOG = log.getLogger(__name__)

BEATS = 4
"""Renewals of the lease in the time that it is taken for."""

LOOK_SECONDS = 0.5
"""Between two looks at a lease of our name that may be a dead conductor's."""

_NODE, _PROCESS, _VERSION, _STARTED_AT = "node", "process", "version", "started_at"


class Membership:
    """This run's right to its conductor's name.

    What the name's last run began is for this one to undo; what this one begins is for any other to
    undo once its lease has expired. ``on_lost`` is called when another has the name now.
    """

    def __init__(
        self,
        leases: Leases,
        name: str,
        seconds: float,
        version: str,
        on_lost: Callable[[], None] = lambda: None,
    ) -> None:
        self.name = name
        self.beat_seconds = seconds / BEATS
        self._leases = leases
        self._lease = CONDUCTOR + name
        self._seconds = seconds
        self._about = {
            _NODE: os.uname().nodename,
            _PROCESS: describe_process(os.getpid()),
            _VERSION: version,
            _STARTED_AT: time.time(),
        }
        self._on_lost = on_lost
        self.epoch: int | None = None

    def join(self) -> None:
        """Take the name; ``Conflict`` when a conductor that lives has it.

        One that died without a word is waited for until its lease ends, unless it was a process of
        this machine that is not there any more.
        """
        seen = self._leases.find(self._lease)
        over = seen if seen is not None and _has_ended(seen.about.get(_PROCESS)) else None
        deadline = time.monotonic() + self._seconds + self.beat_seconds
        while True:
            self.epoch = self._leases.take(self._lease, self._seconds, self._about, over=over)
            if self.epoch is not None:
                return
            now = self._leases.find(self._lease)
            if now is not None and (_is_renewed(seen, now) or time.monotonic() > deadline):
                raise Conflict(
                    f"option [DEFAULT] host: conductor {self.name} runs already, on node"
                    f" {now.about.get(_NODE)}"
                )
            seen = seen or now
            time.sleep(LOOK_SECONDS)

    def renew(self) -> None:
        """Keep the name, or have it again after a while without the database.

        Whoever finds another in its place does nothing more.
        """
        if self.epoch is None:
            return
        if self._leases.renew(self._lease, self.epoch, self._seconds):
            return
        epoch = self._leases.take(self._lease, self._seconds, self._about)
        if epoch is None:
            LOG.error("Another conductor is called %s now; this one ends", self.name)
            self.epoch = None
            self._on_lost()
        else:
            LOG.warning("This conductor's lease had expired; what it was binding may be undone")
            self.epoch = epoch

    def guard(self, session: Session) -> bool:
        """Whether this run has its name until the transaction ends; if not, change nothing."""
        return self.epoch is not None and self._leases.guard(session, self._lease, self.epoch)

    def leave(self) -> None:
        """Give the name back: nothing of this conductor is in progress any more."""
        if self.epoch is not None:
            self._leases.release(self._lease)
            self.epoch = None

    def list_peers(self, session: Session) -> list[str]:
        """The names of the other conductors that are alive."""
        found = stored.list_conductors(session)
        return [name for name, lease in found.items() if lease.is_alive and name != self.name]


def _is_renewed(seen: StoredLease | None, now: StoredLease) -> bool:
    return seen is not None and (seen.epoch, seen.expires_at) != (now.epoch, now.expires_at)


def describe_process(pid: int) -> dict[str, Any] | None:
    """What tells a process from all others of all machines; None where it is not or has ended."""
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
        namespace = os.readlink("/proc/self/ns/pid")
        stat = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return None
    fields = stat.rpartition(")")[2].split()  # from field 3 of proc_pid_stat(5) on
    state, start = fields[0], fields[19]
    if state in ("Z", "X"):
        return None
    return {"boot": boot, "namespace": namespace, "pid": pid, "start": start}


def _has_ended(process: Any) -> bool:
    """Whether a process is known to have ended: it was one of this machine and is not there."""
    own = describe_process(os.getpid())
    if not isinstance(process, dict) or own is None or not isinstance(process.get("pid"), int):
        return False
    if any(process.get(key) != own[key] for key in ("boot", "namespace")):
        return False
    return describe_process(process["pid"]) != process
