"""Clients that create, bind, unbind and delete, and take no answer for what it is not."""

from __future__ import annotations

import json
import random
import threading
import time
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from tests.fakes.nova import FakeNova
from tests.long.kills.book import Ask, Book, End
from tests.long.rolling.load import (
    REQUESTS,
    Answer,
    Caller,
    Offer,
    bind_document,
    key_of,
    unbind_document,
)

NO_ANSWER = (0, -1)
"""No server took the connection, or it broke off: a process was killed."""

UNAVAILABLE = (*NO_ANSWER, 503)
REFUSED_CHANGE = (*UNAVAILABLE, 409)
REFUSED_BIND = (*REFUSED_CHANGE, 404)
"""404: all handles of the device are taken."""

REFUSED_REPEAT = (*REFUSED_BIND, 400)
"""400: the first call for the instance is still under way."""

MOST_ASKS = 14
PROFILES = {"one": 1, "two": 2}
"""Names of device profiles, and how many requests each makes."""

UNHOSTED_SHARE = 0.1
"""Of the instances, those of which Nova does not know at first where they are: 422."""


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What all clients of a cloud share."""

    book: Book
    nova: FakeNova
    offers: Sequence[Offer]


class Client:
    """One thread of the load."""

    def __init__(self, caller: Caller, around: Surroundings, rng: random.Random) -> None:
        self._caller = caller
        self._book, self._nova, self._offers = around.book, around.nova, around.offers
        self._rng = rng

    def play(self) -> None:
        """Go on with some requests that nobody uses now, or with new ones."""
        ask = self._take_ask()
        if ask is None:
            return
        if ask.ends == {End.BOUND}:
            self._play_bound(ask)
        elif ask.ends == {End.UNBOUND}:
            self._play_unbound(ask)
        if not ask.is_open and ask.ends != {End.GONE}:
            with self._book.lock:
                self._book.idle.append(ask)

    def _take_ask(self) -> Ask | None:
        book = self._book
        with book.lock:
            is_full = sum(ask.ends != {End.GONE} for ask in book.asks) >= MOST_ASKS
            if book.idle and (is_full or self._rng.random() < 0.5):
                return book.idle.pop(self._rng.randrange(len(book.idle)))
        if is_full:
            time.sleep(0.05)  # all that is left is undecided until the next look
            return None
        return self._create()

    def _create(self) -> Ask | None:
        profile = self._rng.choice(list(PROFILES))
        answer = self._change("create", "POST", {"device_profile_name": profile}, UNAVAILABLE)
        if not answer.is_ok:
            return None
        ask = Ask(tuple(arq["uuid"] for arq in json.loads(answer.text)["arqs"]))
        with self._book.lock:
            self._book.asks.append(ask)
        return ask

    def _play_unbound(self, ask: Ask) -> None:
        if self._rng.random() < 0.1:
            self._delete(ask)
            return
        if ask.instance:  # its last bind may have failed, which an unbind ends
            self._unbind(ask)
        if not ask.is_open:
            self._bind(ask)

    def _play_bound(self, ask: Ask) -> None:
        chance = self._rng.random()
        if chance < 0.2:
            self._bind_again(ask)
        elif chance < 0.5:
            self._unbind(ask)
        else:
            self._delete(ask)

    def _bind(self, ask: Ask) -> None:
        ask.offers = tuple(self._rng.sample(list(self._offers), len(ask.arqs)))
        ask.instance = str(uuid.uuid4())
        self._nova.hosts[ask.instance] = ask.offers[0].hostname
        if self._rng.random() < UNHOSTED_SHARE:
            self._nova.hosts[ask.instance] = None
        ask.ends = frozenset({End.BOUND, End.UNBOUND})
        answer = self._change("bind", "PATCH", _render_bind(ask), REFUSED_BIND)
        if not answer.is_ok and self._rng.random() < 0.5:
            answer = self._change("bind again", "PATCH", _render_bind(ask), REFUSED_REPEAT)
        self._nova.hosts[ask.instance] = ask.offers[0].hostname
        if answer.is_ok:
            ask.ends = frozenset({End.BOUND})
            self._look_at_bound(ask)

    def _bind_again(self, ask: Ask) -> None:
        """What stands is bound once more as it is: nothing may change."""
        self._change("bind again", "PATCH", _render_bind(ask), UNAVAILABLE)
        self._look_at_bound(ask)

    def _look_at_bound(self, ask: Ask) -> None:
        handles = {}
        for arq, offer in zip(ask.arqs, ask.offers, strict=True):
            shown = self._caller.get(f"{REQUESTS}/{arq}")
            place = Offer(shown["hostname"], shown["device_rp_uuid"])
            if (shown["state"], place, shown["instance_uuid"]) != ("Bound", offer, ask.instance):
                self._book.note(f"bind of {arq} was acknowledged, but it is {shown}")
                return
            handles[arq] = key_of(shown)
        if ask.handles and ask.handles != handles:
            self._book.note(f"{ask} is bound to {handles} now")
        self._book.take(ask, handles)

    def _unbind(self, ask: Ask) -> None:
        self._book.let_go(ask)
        ask.ends = frozenset({End.BOUND, End.UNBOUND})
        document = {key: value for arq in ask.arqs for key, value in unbind_document(arq).items()}
        if self._insist("unbind", "PATCH", document, ()):
            ask.ends = frozenset({End.UNBOUND})

    def _delete(self, ask: Ask) -> None:
        is_bound = ask.ends == {End.BOUND}
        self._book.let_go(ask)
        ask.ends = ask.ends | {End.GONE}
        query = f"?arqs={','.join(ask.arqs)}"
        if is_bound and self._rng.random() < 0.5:
            query = f"?instance={ask.instance}"
        if self._insist("delete", "DELETE", None, (404,), query):
            ask.ends = frozenset({End.GONE})

    def _insist(
        self,
        what: str,
        method: str,
        body: Any,
        done_already: Sequence[int],
        query: str = "",
    ) -> bool:
        """Call, and where that was not acknowledged perhaps once more; whether it is done."""
        answer = self._change(what, method, body, REFUSED_CHANGE, query)
        if not answer.is_ok and self._rng.random() < 0.5:
            allowed = (*REFUSED_CHANGE, *done_already)
            answer = self._change(f"{what} again", method, body, allowed, query)
            return answer.is_ok or answer.status in done_already
        return answer.is_ok

    def _change(
        self, what: str, method: str, body: Any, refusals: Sequence[int], query: str = ""
    ) -> Answer:
        answer = self._caller.ask(method, REQUESTS + query, body)
        self._book.count(what, answer, refusals)
        if answer.status in UNAVAILABLE:
            time.sleep(0.1)
        return answer


def _render_bind(ask: Ask) -> dict[str, Any]:
    return {
        key: value
        for arq, offer in zip(ask.arqs, ask.offers, strict=True)
        for key, value in bind_document(arq, offer, ask.instance).items()
    }


@contextmanager
def under_load(clients: Sequence[Client], book: Book) -> Iterator[None]:
    """Let all clients play until the block ends, and what they have begun to its end."""
    stopping = threading.Event()

    def play(client: Client) -> None:
        while not stopping.is_set():
            try:
                client.play()
            except Exception as error:  # noqa: BLE001  whatever it is, it is told
                book.note(f"a client gives up: {error!r}")
                return

    threads = [threading.Thread(target=play, args=[client]) for client in clients]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        stopping.set()
        for thread in threads:
            thread.join()
