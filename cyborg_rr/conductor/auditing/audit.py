"""The audit: everything that is wrong, found in one pass over the database."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator

from cyborg_rr.conductor.auditing.conductors import find_in_conductors, note_left
from cyborg_rr.conductor.auditing.finding import Finding, Patience, Scene
from cyborg_rr.conductor.auditing.handles import find_in_handles
from cyborg_rr.conductor.auditing.hosts import find_in_hosts, find_in_strays, find_in_withheld
from cyborg_rr.conductor.auditing.kinds import ASKED_OUTSIDE, KINDS, Code
from cyborg_rr.conductor.auditing.outside import (
    Holding,
    Outside,
    find_drifted,
    find_gone,
    tell_silent,
)
from cyborg_rr.conductor.auditing.requests import find_in_events, find_in_requests
from cyborg_rr.db.auditing import reading
from cyborg_rr.db.auditing.facts import RequestFacts
from cyborg_rr.db.clock import utc_now
from cyborg_rr.db.engine import Database, Session
from cyborg_rr.outside.calling import OutsideTrouble


class Auditor:
    """Finds what is wrong; it changes nothing."""

    def __init__(self, database: Database, patience: Patience, outside: Outside) -> None:
        self._database = database
        self._patience = patience
        self._outside = outside

    def find(self, codes: Iterable[Code] = tuple(Code)) -> list[Finding]:
        """All findings of these kinds, in the order of ``KINDS``, the oldest of each first.

        Services outside are asked last, when the database is not being read any more; where one is
        needed and silent, that is among what is found, whatever the kinds.
        """
        wanted = frozenset(codes)
        if wanted & ASKED_OUTSIDE:
            wanted |= {Code.SERVICE_SILENT}
        holdings: dict[str, Holding] = {}
        with self._database.reading() as session:
            scene = self._look_around(session)
            found = list(self._find_stored(session, scene, holdings))
        found += self._find_outside(scene, holdings, wanted)
        order = {code: number for number, code in enumerate(KINDS)}
        found = [each for each in found if each.code in wanted]
        return sorted(found, key=lambda each: (order[each.code], str(each.since), each.key))

    def _look_around(self, session: Session) -> Scene:
        return Scene(
            utc_now(),
            self._patience,
            reading.read_hosts(session),
            reading.read_conductors(session),
        )

    def _find_stored(
        self, session: Session, scene: Scene, holdings: dict[str, Holding]
    ) -> Iterator[Finding]:
        left: Counter[str] = Counter()
        requests = _note_holdings(reading.stream_requests(session), holdings)
        yield from find_in_requests(note_left(requests, scene, left), scene)
        yield from find_in_conductors(scene, left)
        yield from find_in_handles(reading.stream_handles(session), scene)
        yield from find_in_hosts(scene)
        yield from find_in_strays(reading.list_strays(session))
        yield from find_in_withheld(reading.stream_withheld(session))
        before = scene.now - scene.patience.settle
        yield from find_in_events(reading.list_late_events(session, before))

    def _find_outside(
        self, scene: Scene, holdings: dict[str, Holding], wanted: frozenset[Code]
    ) -> Iterator[Finding]:
        instances, providers = self._outside.instances, self._outside.providers
        before = scene.now - scene.patience.settle
        # Who asks for nothing else wants to know of all services whether they answer.
        asks_all = not wanted & ASKED_OUTSIDE and Code.SERVICE_SILENT in wanted
        looks: dict[Code, Callable[[], Iterator[Finding]]] = {}
        if instances is not None:
            looks[Code.INSTANCE_GONE] = lambda: find_gone(holdings, before, instances)
        if providers is not None:
            looks[Code.PROVIDER_DRIFTED] = lambda: find_drifted(scene.hosts, providers)
        for code, look in looks.items():
            try:
                yield from look() if code in wanted or asks_all else ()
            except OutsideTrouble as trouble:
                yield tell_silent(trouble)


def _note_holdings(
    requests: Iterable[RequestFacts], holdings: dict[str, Holding]
) -> Iterator[RequestFacts]:
    """The requests, whose instances are noted as they pass."""
    for request in requests:
        uuid = request.instance_uuid
        if uuid is not None:
            known = holdings.get(uuid)
            if known is None or known.changed_at < request.changed_at:
                holdings[uuid] = Holding(request.hostname, request.changed_at)
        yield request
