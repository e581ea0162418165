"""Publishing to Placement, in the background: nobody waits for it, and it catches up by itself."""

from __future__ import annotations

import random
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass

from oslo_db import exception as db_exception
from oslo_log import log

from cyborg_rr.conductor.publishing.outage import Outage, back_off
from cyborg_rr.conductor.publishing.waiting import WaitingHosts
from cyborg_rr.db.engine import Database
from cyborg_rr.db.hardware.offering import offered, withheld
from cyborg_rr.db.retry import retry_on_deadlock
from cyborg_rr.domain.hardware.deriving import OWNER_TRAIT
from cyborg_rr.domain.hardware.devices import Trouble
from cyborg_rr.domain.hardware.offering.offered import OfferedHost
from cyborg_rr.domain.printing import name_count
from cyborg_rr.outside.calling import OutsideTrouble
from cyborg_rr.outside.placement.client import PlacementClient, Provider
from cyborg_rr.outside.placement.settling import Outcome
from cyborg_rr.outside.placement.sync import Synchroniser
from cyborg_rr.outside.placement.wanted import is_ours

LOG = log.getLogger(__name__)

STOP_SECONDS = 5.0
"""How long the end waits for a worker that waits for Placement; what it left is found again."""

JITTER = 0.1
_UUIDS_PER_QUERY = 500


@dataclass(frozen=True, slots=True)
class Pace:
    """How often and how many: seconds between looks at everything, and hosts at a time."""

    interval_seconds: float = 600.0
    workers: int = 2


class PlacementPublisher:
    """Makes Placement agree with the inventory: soon after each change, and on a period.

    ``may_look`` says whether this conductor is the one that looks at everything now.
    """

    def __init__(
        self,
        database: Database,
        client: PlacementClient,
        pace: Pace = Pace(),
        may_look: Callable[[], bool] = lambda: True,
    ) -> None:
        self._database = database
        self._client = client
        self._pace = pace
        self._may_look = may_look
        self._sync = Synchroniser(client, self._read, self._find_hosts_of)
        self._waiting = WaitingHosts()
        self._seen: dict[str, Sequence[Provider]] = {}
        self._failures: dict[str, int] = defaultdict(int)
        self._outage = Outage()
        self._stopping = threading.Event()
        self._threads = [
            threading.Thread(target=self._work, name=f"placement-{number}", daemon=True)
            for number in range(pace.workers)
        ] + [threading.Thread(target=self._look_again, name="placement-look", daemon=True)]

    def host_changed(self, hostname: str) -> None:
        """See ``Publisher``: the host waits for its turn, which comes soon."""
        self._waiting.put(hostname)

    def start(self) -> None:
        """Work in the background: first look at everything, since nobody knows what was missed."""
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """Finish what is being done, for a few seconds at most."""
        self._stopping.set()
        self._waiting.close()
        deadline = time.monotonic() + STOP_SECONDS
        for thread in self._threads:
            thread.join(max(deadline - time.monotonic(), 0))

    def publish_waiting(self) -> None:
        """Do in this thread what is due now; for processes without workers of their own."""
        while (hostname := self._waiting.take(waits=False)) is not None:
            self._publish(hostname)

    def look_at_everything(self) -> None:
        """Let every host wait for its turn, and every compute node that has something of ours.

        One call shows all providers of the cloud with their generations; of what has not changed
        nothing more is asked.
        """
        trees: dict[str, list[Provider]] = defaultdict(list)
        for provider in self._client.list_with_trait(OWNER_TRAIT):
            trees[provider.root or provider.uuid].append(provider)
        roots = self._sync.list_roots()
        with self._database.reading() as session:
            names = offered.list_host_names(session)
        for root, providers in trees.items():
            if root in roots:
                self._seen[roots[root]] = providers
        for hostname in {*names, *roots.values(), *self._find_left_hosts(trees, roots)}:
            self._waiting.put(hostname)

    def _find_left_hosts(
        self, trees: dict[str, list[Provider]], roots: Collection[str]
    ) -> list[str]:
        """Compute nodes with providers that are ours and that no deployable has any more."""
        ours = {
            each.uuid: root
            for root in trees.keys() - set(roots)
            for each in trees[root]
            if is_ours(each.uuid, each.name)
        }
        left = {ours[uuid] for uuid in ours.keys() - self._find_hosts_of(ours).keys()}
        nodes = [self._client.find_by_uuid(root) for root in sorted(left)]
        return [node.name for node in nodes if node is not None]

    def _read(self, hostname: str) -> OfferedHost:
        with self._database.reading() as session:
            return offered.load_offered(session, hostname)

    def _find_hosts_of(self, provider_uuids: Collection[str]) -> dict[str, str]:
        uuids = list(provider_uuids)
        found: dict[str, str] = {}
        with self._database.reading() as session:
            for start in range(0, len(uuids), _UUIDS_PER_QUERY):
                part = uuids[start : start + _UUIDS_PER_QUERY]
                found |= offered.find_hosts_of(session, part)
        return found

    def _work(self) -> None:
        while (hostname := self._waiting.take()) is not None:
            self._publish(hostname)

    def _publish(self, hostname: str) -> None:
        """Bring one host in line; what fails is tried again, each time after a longer wait."""
        try:
            outcome = self._sync.synchronise(hostname, self._seen.pop(hostname, ()))
            self._note(outcome)
        except (OutsideTrouble, db_exception.DBError) as trouble:
            self._wait_for_end_of(trouble, hostname)
        except Exception:
            LOG.exception("Publishing host %s to Placement failed; it is tried again", hostname)
            self._put_again(hostname)
        else:
            if self._outage.end():
                LOG.info("Placement is brought up to date again")
                self._waiting.resume()
            for other in outcome.others:
                self._waiting.put(other)
            if outcome.settled and not outcome.is_passing:
                self._failures.pop(hostname, None)
            else:
                self._put_again(hostname)
        finally:
            self._waiting.done(hostname)

    def _put_again(self, hostname: str) -> None:
        self._failures[hostname] += 1
        wait = min(back_off(self._failures[hostname]), self._pace.interval_seconds)
        self._waiting.put(hostname, wait)

    def _wait_for_end_of(self, trouble: Exception, hostname: str) -> None:
        """Nobody is published while a dependency does not answer; it is told once."""
        self._waiting.put(hostname)
        self._waiting.pause(back_off(self._outage.begin()))
        self._tell_of(trouble)

    def _tell_of(self, trouble: Exception) -> None:
        """One line, until it is over or another trouble."""
        if self._outage.is_news(trouble):
            LOG.warning(
                "Placement is not brought up to date for %s: %s",
                name_count(len(self._waiting), "host"),
                " ".join(str(trouble).split())[:500],
            )

    def _note(self, outcome: Outcome) -> None:
        """Store why deployables are not wholly offered, where that is another cause than before."""
        stored = {
            part.deployable_id: part.withheld
            for device in outcome.host.devices
            for part in device.parts
        }
        changed = {
            row_id: cause for row_id, cause in outcome.causes.items() if cause != stored.get(row_id)
        }
        if changed:
            self._store(changed)
            _tell(outcome.host.name, changed)
        for name in outcome.newly_kept:
            LOG.warning(
                "Provider %s stays in Placement, all of it reserved: somebody has an allocation of"
                " a device that is gone",
                name,
            )

    @retry_on_deadlock
    def _store(self, causes: dict[int, Trouble | None]) -> None:
        with self._database.writing() as session:
            withheld.note_withheld(session, causes)

    def _look_again(self) -> None:
        while not self._stopping.is_set():
            try:
                if self._may_look():
                    self.look_at_everything()
            except (OutsideTrouble, db_exception.DBError) as trouble:
                self._tell_of(trouble)
                self._stopping.wait(back_off(self._outage.begin()))
                continue
            except Exception:
                LOG.exception("Looking at all of Placement failed; it is done again later")
            jitter = random.uniform(1 - JITTER, 1 + JITTER)  # noqa: S311 - not a secret
            self._stopping.wait(self._pace.interval_seconds * jitter)


def _tell(hostname: str, changed: dict[int, Trouble | None]) -> None:
    causes = [cause for cause in changed.values() if cause is not None]
    if causes:
        first = causes[0]
        LOG.warning(
            "Host %s has %s not wholly in Placement: %s (%s)",
            hostname,
            name_count(len(causes), "deployable"),
            first.text,
            first.code,
        )
    else:
        count = name_count(len(changed), "deployable")
        LOG.info("Host %s has %s more wholly in Placement", hostname, count)
