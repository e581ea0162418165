"""A client that binds, unbinds and deletes all the time, and holds answers against the next."""

from __future__ import annotations

import json
import random
import threading
import time
import uuid
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import requests

MICROVERSION = "accelerator 2.100"
"""The newest that both releases know."""

REFUSALS = (404, 409, 503)
"""What a request may be answered while a process is exchanged."""

PATIENCE_SECONDS = 90.0
PATHS = ("/hostname", "/device_rp_uuid", "/instance_uuid")
REQUESTS = "/v2/accelerator_requests"


@dataclass(frozen=True, slots=True)
class Answer:
    """What an API server said; status 0: it took no connection, -1: it broke off."""

    status: int
    text: str

    @property
    def is_ok(self) -> bool:
        """Whether it said that it was done."""
        return 200 <= self.status < 300


class Caller:
    """Asks the API servers in turn; one that takes no connection is passed over."""

    def __init__(self, urls: Sequence[str], rng: random.Random) -> None:
        self._urls = urls
        self._rng = rng

    def ask(self, method: str, path: str, body: object = None) -> Answer:
        """One request to one of the servers."""
        answer = Answer(0, "no server takes connections")
        for url in self._rng.sample(self._urls, len(self._urls)):
            try:
                got = requests.request(
                    method,
                    url + path,
                    json=body,
                    headers={"OpenStack-API-Version": MICROVERSION},
                    timeout=60,
                    proxies={"http": ""},
                )
            except requests.ConnectTimeout:
                continue
            except requests.ConnectionError as error:
                if "Connection refused" in str(error):
                    continue
                return Answer(-1, str(error))
            except requests.RequestException as error:
                return Answer(-1, str(error))
            return Answer(got.status_code, got.text)
        return answer

    def get(self, path: str) -> Any:
        """The body of what must be there."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while True:
            answer = self.ask("GET", path)
            if answer.status == 200:
                return json.loads(answer.text)
            if time.monotonic() > deadline:
                raise AssertionError(f"GET {path}: {answer}")
            time.sleep(0.2)


@dataclass
class Book:
    """What all threads of the client know and find, told apart by step."""

    held: dict[str, str] = field(default_factory=dict)
    wrong: list[str] = field(default_factory=list)
    done: Counter[str] = field(default_factory=Counter)
    refused: Counter[int] = field(default_factory=Counter)
    is_exchanging: bool = False
    exchanges: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)

    def note(self, what: str) -> None:
        """Something is not as it must be."""
        with self.lock:
            self.wrong.append(what)

    def take(self, key: str, arq: str) -> None:
        """A request is bound to a handle: nobody else may be."""
        with self.lock:
            other = self.held.setdefault(key, arq)
        if other != arq:
            self.note(f"two holders of {key}: {other} and {arq}")

    def let_go(self, arq: str) -> None:
        """The request gives its handle back from now on."""
        with self.lock:
            self.held = {key: holder for key, holder in self.held.items() if holder != arq}

    def count(self, what: str, answer: Answer, *, may_fail: bool) -> None:
        """An answer to a change; a refusal is wrong unless a process was exchanged meanwhile.

        All handles of a device may be taken at any time, which is 404.
        """
        with self.lock:
            if answer.is_ok:
                self.done[what] += 1
                return
            self.refused[answer.status] += 1
        if not (may_fail and answer.status in REFUSALS) and not (
            what.startswith("bind") and answer.status == 404
        ):
            self.note(f"{what}: {answer}")


@dataclass(frozen=True, slots=True)
class Offer:
    """A provider on a host."""

    hostname: str
    provider: str


def bind_document(arq: str, offer: Offer, instance: str) -> dict[str, Any]:
    """The body that binds one request."""
    values = (offer.hostname, offer.provider, instance)
    return {
        arq: [
            {"op": "add", "path": path, "value": value}
            for path, value in zip(PATHS, values, strict=True)
        ]
    }


def unbind_document(arq: str) -> dict[str, Any]:
    """The body that unbinds one request."""
    return {arq: [{"op": "remove", "path": path} for path in PATHS]}


def key_of(request: Mapping[str, Any]) -> str:
    """The hardware that a bound request holds."""
    return f"{request['hostname']} {json.dumps(request['attach_handle_info'], sort_keys=True)}"


class Worker:
    """One thread of the client: its requests are nobody else's, so it knows what they must be."""

    def __init__(
        self, caller: Caller, book: Book, offers: Sequence[Offer], profile: str, rng: random.Random
    ) -> None:
        self._caller = caller
        self._book = book
        self._offers = offers
        self._profile = profile
        self._rng = rng

    def play(self) -> None:
        """Make a request, bind it, perhaps unbind it and bind it again, and delete it."""
        made = self._change("create", "POST", REQUESTS, {"device_profile_name": self._profile})
        if not made.is_ok:
            time.sleep(0.2)
            return
        arq = json.loads(made.text)["arqs"][0]["uuid"]
        instance = str(uuid.uuid4())
        for _ in range(self._rng.choice((1, 2))):
            self._bind(arq, instance)
            if self._rng.random() < 0.5:
                self._unbind(arq)
        self._delete(arq, instance)

    def _change(self, what: str, method: str, path: str, body: object = None) -> Answer:
        book = self._book
        known, was_exchanging = book.exchanges, book.is_exchanging
        answer = self._caller.ask(method, path, body)
        is_during = was_exchanging or book.is_exchanging or book.exchanges != known
        book.count(what, answer, may_fail=is_during)
        return answer

    def _show(self, arq: str) -> dict[str, Any]:
        found: dict[str, Any] = self._caller.get(f"{REQUESTS}/{arq}")
        return found

    def _bind(self, arq: str, instance: str) -> None:
        offer = self._rng.choice(self._offers)
        if self._show(arq)["state"] == "Bound":
            return
        body = bind_document(arq, offer, instance)
        answer = self._change(f"bind on {offer.hostname}", "PATCH", REQUESTS, body)
        shown = self._show(arq)
        if answer.is_ok:
            place = (shown["state"], shown["hostname"], shown["device_rp_uuid"])
            if place != ("Bound", offer.hostname, offer.provider):
                self._book.note(f"bind of {arq} was accepted, but it is {shown}")
                return
        if shown["state"] == "Bound":
            self._book.take(key_of(shown), arq)
            time.sleep(self._rng.random() * 0.2)
            again = self._show(arq)
            if (again["state"], key_of(again)) != ("Bound", key_of(shown)):
                self._book.note(f"{arq} was bound as {shown}, and then it was {again}")
        elif shown["state"] == "BindFailed":
            self._unbind(arq)

    def _unbind(self, arq: str) -> None:
        self._book.let_go(arq)
        deadline = time.monotonic() + PATIENCE_SECONDS
        while True:
            answer = self._change("unbind", "PATCH", REQUESTS, unbind_document(arq))
            if answer.is_ok:
                break
            if time.monotonic() > deadline:
                self._book.note(f"unbind of {arq} fails on: {answer}")
                return
            time.sleep(0.3)
        shown = self._show(arq)
        if (shown["state"], shown["instance_uuid"]) not in (("Initial", None), ("Unbound", None)):
            self._book.note(f"unbind of {arq} was accepted, but it is {shown}")

    def _delete(self, arq: str, instance: str) -> None:
        by_instance = self._show(arq)["state"] == "Bound" and self._rng.random() < 0.5
        query = f"instance={instance}" if by_instance else f"arqs={arq}"
        self._book.let_go(arq)
        deadline = time.monotonic() + PATIENCE_SECONDS
        while True:
            answer = self._change("delete", "DELETE", f"{REQUESTS}?{query}")
            if answer.is_ok or self._caller.ask("GET", f"{REQUESTS}/{arq}").status == 404:
                break
            if time.monotonic() > deadline:
                self._book.note(f"delete of {arq} fails on: {answer}")
                return
            time.sleep(0.3)
        if self._caller.ask("GET", f"{REQUESTS}/{arq}").status == 200:
            self._book.note(f"delete of {arq} was accepted, but it is there")


@contextmanager
def under_load(workers: Sequence[Worker], book: Book) -> Iterator[None]:
    """Let all workers play until the block ends, and what they have begun to its end."""
    stopping = threading.Event()

    def play(worker: Worker) -> None:
        while not stopping.is_set():
            try:
                worker.play()
            except Exception as error:  # noqa: BLE001  whatever it is, it is told
                book.note(f"the client gives up: {error!r}")
                return

    threads = [threading.Thread(target=play, args=[worker]) for worker in workers]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        stopping.set()
        for thread in threads:
            thread.join()
