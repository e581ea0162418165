"""What the clients know: what was acknowledged, and what may or may not have happened."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from tests.long.rolling.load import Answer, Offer


class End(StrEnum):
    """What can become of the requests of a call."""

    BOUND = "bound"
    UNBOUND = "unbound"
    GONE = "gone"


@dataclass
class Ask:
    """Requests that are bound, unbound and deleted together, by one client at a time.

    ``ends`` are those that may be: one after an acknowledged call, two after one that was not.
    ``handles`` has what each request was seen to hold.
    """

    arqs: tuple[str, ...]
    offers: tuple[Offer, ...] = ()
    instance: str = ""
    ends: frozenset[End] = frozenset({End.UNBOUND})
    handles: dict[str, str] = field(default_factory=dict)

    @property
    def is_open(self) -> bool:
        """Whether nobody knows what became of the last call."""
        return len(self.ends) > 1


@dataclass
class Book:
    """What all clients know and find."""

    asks: list[Ask] = field(default_factory=list)
    idle: list[Ask] = field(default_factory=list)
    held: dict[str, str] = field(default_factory=dict)
    wrong: list[str] = field(default_factory=list)
    done: Counter[str] = field(default_factory=Counter)
    refused: Counter[str] = field(default_factory=Counter)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def note(self, what: str) -> None:
        """Something is not as it must be."""
        with self.lock:
            self.wrong.append(what)

    def take(self, ask: Ask, handles: Mapping[str, str]) -> None:
        """Requests hold handles: nobody else may."""
        ask.handles = dict(handles)
        with self.lock:
            found = {key: self.held.setdefault(key, arq) for arq, key in handles.items()}
        for arq, key in handles.items():
            if found[key] != arq:
                self.note(f"two holders of {key}: {found[key]} and {arq}")

    def let_go(self, ask: Ask) -> None:
        """The requests give their handles back from now on."""
        with self.lock:
            self.held = {key: arq for key, arq in self.held.items() if arq not in ask.arqs}
        ask.handles = {}

    def count(self, what: str, answer: Answer, refusals: Sequence[int]) -> None:
        """An answer to a change; one that is neither success nor declared is wrong."""
        with self.lock:
            (self.done if answer.is_ok else self.refused)[what] += 1
        if not answer.is_ok and answer.status not in refusals:
            self.note(f"{what}: {answer}")
