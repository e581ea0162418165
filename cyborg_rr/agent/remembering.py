"""What outlives a look at a host, and a restart: what drivers learnt, and how devices are."""

from __future__ import annotations

import threading
import time
from contextlib import suppress

from cyborg_rr.agent.ledger import Ledger
from cyborg_rr.agent.ledger.faults import LedgerFailed
from cyborg_rr.domain.hardware.devices import Snapshot
from cyborg_rr.domain.hardware.health import Watch, judge
from cyborg_rr.drivers.driver import SHARED_IDENTITIES, Memory

FORGETTING_SECONDS = 24 * 3600
"""How often it is noted what is there, and forgotten what was gone for long."""


class Remembering:
    """Keeps it beside the ledger; one that fails says so itself, and the next look writes it."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._written: dict[str, dict[str, Watch]] = {}
        self._watches: dict[str, dict[str, Watch]] = {}
        self._forgot: dict[str, float] = {}
        self._memories: dict[str, Memory] = {}
        self._writing = threading.Lock()

    def judge(self, snapshot: Snapshot) -> Snapshot:
        """The snapshot with the troubles that count, after all that was seen of its devices.

        Raises ``LedgerFailed`` while it cannot be told what was seen before.
        """
        hostname = snapshot.hostname
        if hostname not in self._written:
            self._written[hostname] = self._ledger.list_watches(hostname)
            self._watches[hostname] = self._written[hostname]
        judged, now = judge(snapshot, self._watches[hostname])
        self._watches[hostname] = now
        with suppress(LedgerFailed):
            self._write(hostname, now)
        return judged

    def _write(self, hostname: str, now: dict[str, Watch]) -> None:
        written = self._written[hostname]
        changes: dict[str, Watch | None] = {key: None for key in written if key not in now}
        changes |= {key: watch for key, watch in now.items() if written.get(key) != watch}
        if changes:
            self._ledger.watch(hostname, changes)
            self._written[hostname] = now

    def keep(self, snapshot: Snapshot, memory: Memory) -> None:
        """Write down what drivers learnt; forget what belongs to devices that are gone.

        Counts of what happened to a device begin anew when it comes back; the rest is kept long.
        """
        hostname = snapshot.hostname
        seen = {left.slot_key for left in snapshot.left_out}
        seen |= {device.slot_key for device in snapshot.devices}
        if not snapshot.failed_drivers:
            memory.forget_counts(seen)
        self._memories[hostname] = memory
        self.keep_news(hostname)
        if not snapshot.failed_drivers:
            with suppress(LedgerFailed):
                self._forget_old(hostname, seen | {SHARED_IDENTITIES})

    def keep_news(self, hostname: str) -> None:
        """Write down what drivers learnt since the last time, in the order in which they did."""
        memory = self._memories.get(hostname)
        if memory is None:
            return  # no look has ended yet, which writes it
        with self._writing:
            news = memory.take_news()
            if news:
                try:
                    self._ledger.learn(hostname, news)
                except LedgerFailed:
                    memory.return_news(news)

    def _forget_old(self, hostname: str, seen: set[str]) -> None:
        last = self._forgot.get(hostname)
        if last is None or time.monotonic() - last > FORGETTING_SECONDS:
            self._ledger.forget_old(hostname, seen)
            self._forgot[hostname] = time.monotonic()
