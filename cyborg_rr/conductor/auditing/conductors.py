"""Conductors that have ended: what they left, and whether any is left of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator

from cyborg_rr.conductor.auditing.finding import Finding, Scene
from cyborg_rr.conductor.auditing.kinds import Code
from cyborg_rr.conductor.auditing.requests import has_left
from cyborg_rr.db.auditing.facts import RequestFacts


def note_left(
    requests: Iterable[RequestFacts], scene: Scene, left: Counter[str]
) -> Iterator[RequestFacts]:
    """The requests; those that a conductor left in the middle are counted as they pass."""
    for request in requests:
        if request.conductor is not None and has_left(request, scene):
            left[request.conductor] += 1
        yield request


def find_in_conductors(scene: Scene, left: Counter[str]) -> Iterator[Finding]:
    """That none is alive of those that had a lease; without any lease nothing can be said."""
    known = scene.conductors.values()
    if known and not any(each.is_alive for each in known):
        last = max(known, key=lambda each: each.expires_at)
        why = f"its lease has expired, the last of {len(known)}"
        yield Finding(Code.NO_CONDUCTOR, last.name, None, last.expires_at, why)
    for name, count in sorted(left.items()):
        why = f"binds of it that nobody has undone yet: {count}"
        since = scene.conductors[name].expires_at
        yield Finding(Code.CONDUCTOR_LEFT_WORK, name, None, since, why)
