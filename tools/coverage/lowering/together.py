"""Searches that ask one by one, run beside each other so that many questions are asked at once."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from typing import Any

AskMany = Callable[[Sequence[bytes]], list[str]]


class Asker:
    """What a search asks; it may say beforehand what it is going to ask."""

    def __init__(self, ask_many: AskMany) -> None:
        self._ask_many = ask_many
        self._known: dict[bytes, str] = {}

    def __call__(self, question: bytes) -> str:
        """The answer to one question."""
        if question not in self._known:
            return self._ask_many([question])[0]
        return self._known[question]

    def prepare(self, questions: Sequence[bytes]) -> None:
        """Ask all at once what is going to be asked one by one."""
        if questions:
            self._known = dict(zip(questions, self._ask_many(questions), strict=True))


Search = Callable[[Asker], Any]


class Together:
    """Runs searches in threads; when all wait for an answer, all questions are asked as one.

    Which questions are asked together hangs on the searches alone, never on how threads run.
    """

    def __init__(self, ask_many: AskMany, at_once: int = 160) -> None:
        self._ask_many = ask_many
        self._at_once = at_once
        self._lock = threading.Condition()
        self._asked: dict[int, list[bytes]] = {}
        self._answered: dict[int, list[str]] = {}
        self._running: set[int] = set()
        self._failed: list[BaseException] = []

    def run(self, searches: Sequence[Search]) -> list[Any]:
        """What each search found, in their order."""
        results: list[Any] = [None] * len(searches)
        waiting = list(range(len(searches)))[::-1]
        while waiting or self._running:
            while waiting and len(self._running) < self._at_once:
                self._start(waiting.pop(), searches, results)
            self._answer()
        return results

    def _start(self, place: int, searches: Sequence[Search], results: list[Any]) -> None:
        def work() -> None:
            try:
                results[place] = searches[place](Asker(lambda asked: self._ask(place, asked)))
            except BaseException as error:  # noqa: BLE001  told by the thread that started it
                self._failed.append(error)
            with self._lock:
                self._running.discard(place)
                self._lock.notify_all()

        self._running.add(place)
        threading.Thread(target=work, daemon=True).start()

    def _ask(self, place: int, questions: Sequence[bytes]) -> list[str]:
        with self._lock:
            self._asked[place] = list(questions)
            self._lock.notify_all()
            self._lock.wait_for(lambda: place in self._answered)
            return self._answered.pop(place)

    def _answer(self) -> None:
        with self._lock:
            self._lock.wait_for(lambda: len(self._asked) == len(self._running))
            if self._failed:
                raise self._failed[0]
            asked, self._asked = sorted(self._asked.items()), {}
        answers = iter(self._ask_many([each for _, questions in asked for each in questions]))
        with self._lock:
            for place, questions in asked:
                self._answered[place] = [next(answers) for _ in questions]
            self._lock.notify_all()
