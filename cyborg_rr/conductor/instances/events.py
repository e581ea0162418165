"""Telling Nova how binds ended: written down with the end itself, sent until Nova takes it.

The rows are an outbox: whatever happens to a conductor between the commit and the call, some
conductor sends them. One that is sent twice does no harm.
"""

from __future__ import annotations

import threading
import time
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from oslo_db import exception as db_exception
from oslo_log import log

from cyborg_rr.conductor.publishing.outage import Outage, back_off
from cyborg_rr.db.clock import utc_now
from cyborg_rr.db.engine import Database, Session
from cyborg_rr.db.instances import events
from cyborg_rr.db.instances.events import DueEvent
from cyborg_rr.db.retry import retry_on_deadlock
from cyborg_rr.domain.printing import name_count
from cyborg_rr.domain.requests import EventStatus
from cyborg_rr.outside.calling import Code, OutsideTrouble
from cyborg_rr.outside.nova.client import NovaClient, Told

LOG = log.getLogger(__name__)

POLL_SECONDS = 5.0
"""Between looks for what other conductors left and what is due again."""

LAST_RETRY_SECONDS = 30.0
CLAIM_MARGIN_SECONDS = 5.0
STOP_SECONDS = 5.0
"""How long the end waits for a worker that waits for Nova; what it left is found again."""

_OF_ONE = frozenset({Code.INVALID, Code.CONFLICT, Code.MISSING})
"""Troubles with what one call says; any other is one of Nova as a whole."""


class Outbox:
    """Puts events, and lets senders know that there are some."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._rounds = 0
        self._is_closed = False

    def put(self, session: Session, bindings: Mapping[str, str]) -> None:
        """See ``BindEvents``: it is one."""
        events.put_events(session, bindings)

    def wake(self) -> None:
        """See ``BindEvents``: it is one."""
        with self._changed:
            self._rounds += 1
            self._changed.notify_all()

    @property
    def rounds(self) -> int:
        """How often it was woken."""
        return self._rounds

    @property
    def is_closed(self) -> bool:
        """Whether senders are to end."""
        return self._is_closed

    def wait(self, rounds: int | None, seconds: float) -> None:
        """Until closed, or woken (not with None) more often than that, or the time is over."""
        with self._changed:
            self._changed.wait_for(
                lambda: self._is_closed or rounds not in (None, self._rounds), seconds
            )

    def close(self) -> None:
        """Let nobody wait any more."""
        with self._changed:
            self._is_closed = True
            self._changed.notify_all()


@dataclass(frozen=True, slots=True)
class Pace:
    """Seconds until an event is given up, seconds that one call may take, instances at a time."""

    patience_seconds: float = 300.0
    call_seconds: float = 10.0
    workers: int = 2


class EventKeeper:
    """Gives up what nobody took in time, also where Nova is told nothing (any more)."""

    def __init__(self, database: Database, patience_seconds: float) -> None:
        self._database = database
        self._patience = timedelta(seconds=patience_seconds)
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._work, name="nova-patience", daemon=True)

    def start(self) -> None:
        """Look from time to time."""
        self._thread.start()

    def stop(self) -> None:
        """Look no more."""
        self._stopping.set()
        self._thread.join(STOP_SECONDS)

    def give_up_old(self) -> None:
        """Drop the events that are older than anybody's patience; their requests have failed."""
        before = utc_now() - self._patience
        with self._database.reading() as session:
            old = events.list_older(session, before)
        if not old:
            return
        self._drop(before)
        by_instance = defaultdict(list)
        for event, error in old:
            by_instance[event.instance_uuid].append((event, error))
        for instance, dropped in by_instance.items():
            LOG.warning(
                "Nova was not told of %s of instance %s (%s) within %.0f s: %s",
                name_count(len(dropped), "bind"),
                instance,
                ", ".join(sorted({event.status.value for event, _ in dropped})),
                self._patience.total_seconds(),
                dropped[0][1] or "it was not called",
            )

    @retry_on_deadlock
    def _drop(self, before: datetime) -> None:
        with self._database.writing() as session:
            events.drop_older(session, before)

    def _work(self) -> None:
        while not self._stopping.wait(POLL_SECONDS):
            try:
                self.give_up_old()
            except db_exception.DBError as error:
                LOG.warning("Events for Nova cannot be looked through: %s", error)
            except Exception:
                LOG.exception("Looking through events for Nova failed; it is done again")


class EventSender:
    """Sends what is due, all of an instance in one call, in threads of its own."""

    def __init__(
        self, database: Database, client: NovaClient, outbox: Outbox, pace: Pace = Pace()
    ) -> None:
        self._database = database
        self._client = client
        self._outbox = outbox
        self._claim = timedelta(seconds=pace.call_seconds + CLAIM_MARGIN_SECONDS)
        self._outage = Outage()
        self._paused_until = 0.0
        self._threads = [
            threading.Thread(target=self._work, name=f"nova-{number}", daemon=True)
            for number in range(pace.workers)
        ]

    def start(self) -> None:
        """Send in the background: first what the last run left."""
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """Finish the calls in progress, for a few seconds at most."""
        self._outbox.close()
        deadline = time.monotonic() + STOP_SECONDS
        for thread in self._threads:
            thread.join(max(deadline - time.monotonic(), 0))

    def send_next(self) -> bool:
        """Send what is due for one instance; False when nothing is."""
        with self._database.reading() as session:
            if not events.has_due(session):
                return False
        due = self._claim_next()
        if not due:
            return True  # another sender had it
        try:
            told = self._client.send([each.event for each in due])
        except OutsideTrouble as trouble:
            self._postpone(due, str(trouble))
            if trouble.code not in _OF_ONE:
                raise
            LOG.warning("Nova refuses events of an instance: %s", trouble)
            return True
        self._note_answer()
        self._take(due, told)
        return True

    @retry_on_deadlock
    def _claim_next(self) -> list[DueEvent]:
        with self._database.writing() as session:
            return events.claim_events(session, utc_now() + self._claim)

    def _take(self, due: Sequence[DueEvent], told: Mapping[str, Told]) -> None:
        done: list[DueEvent] = []
        open_: dict[Told | None, list[DueEvent]] = defaultdict(list)
        for each in due:
            answer = told.get(each.event.arq_uuid)
            LOG.info(
                "Nova is told that the bind of %s for instance %s is %s: %s",
                each.event.arq_uuid,
                each.event.instance_uuid,
                each.event.status,
                answer or "no answer",
            )
            if is_settled(each.event.status, answer):
                done.append(each)
            else:
                open_[answer].append(each)
        if done:
            self._settle(done)
        for answer, left in open_.items():
            self._postpone(left, answer or "its answer leaves it out")

    @retry_on_deadlock
    def _settle(self, due: Sequence[DueEvent]) -> None:
        with self._database.writing() as session:
            for each in due:
                events.settle(session, each)

    @retry_on_deadlock
    def _postpone(self, due: Sequence[DueEvent], error: str) -> None:
        with self._database.writing() as session:
            for each in due:
                wait = back_off(each.attempts, LAST_RETRY_SECONDS)
                events.postpone(session, each, utc_now() + timedelta(seconds=wait), error)

    def _note_answer(self) -> None:
        if self._outage.end():
            LOG.info("Events are sent to Nova again")

    def _work(self) -> None:
        while not self._outbox.is_closed:
            rounds = self._outbox.rounds
            pause = self._paused_until - time.monotonic()
            if pause > 0:
                self._outbox.wait(None, pause)
            elif not self._try():
                self._outbox.wait(rounds, POLL_SECONDS)

    def _try(self) -> bool:
        """Whether there may be more to send at once."""
        try:
            return self.send_next()
        except (OutsideTrouble, db_exception.DBError) as trouble:
            if self._outage.is_news(trouble):
                LOG.warning("Events cannot be sent to Nova, they are kept: %s", trouble)
        except Exception:
            LOG.exception("Sending events to Nova failed; it is tried again")
        wait = back_off(self._outage.begin(), LAST_RETRY_SECONDS)
        self._paused_until = time.monotonic() + wait
        return False


def is_settled(status: EventStatus, told: Told | None) -> bool:
    """Whether nobody needs to tell it again.

    An instance without a host is not being built yet: whoever builds it asks how its requests are
    before it waits. That is enough where they are bound; where they failed it would boot without.
    """
    settling = {Told.TAKEN, Told.NO_INSTANCE}
    if status is EventStatus.COMPLETED:
        settling.add(Told.NO_HOST)
    return told in settling
