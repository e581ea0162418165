"""Threads that race for the handles of one device, through the REST API and a real database."""

from __future__ import annotations

import threading
import time
import uuid
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sqlalchemy import select

from cyborg_rr.db.tables import AttachHandleRow
from tests.api.stage import Answer, Stage

HOST = "compute-1"
REQUESTS = "/v2/accelerator_requests"
PER_PROFILE = 8
ALL_HELD = 404
"""What a bind is answered where no handle is free (``no_free_handle``)."""

CHURNS = 3
"""How often, in each round of the long command, each of the winners binds and unbinds again."""


@dataclass
class Tally:
    """What rounds brought: ``double``, ``leaked``, ``false`` and ``failed`` must be none.

    ``false``: a bind was refused although there was a handle for it; ``failed``: any answer but
    those that are declared. ``calls`` are binds and unbinds.
    """

    rounds: int = 0
    calls: int = 0
    wrong: Counter[str] = field(default_factory=Counter)
    told: list[str] = field(default_factory=list)

    def note(self, kind: str, text: str) -> None:
        """One more that is wrong."""
        self.wrong[kind] += 1
        self.told.append(f"{kind}: {text}")


class Races:
    """A device with some handles, and a request for each thread that wants one of them."""

    def __init__(
        self, directory: Path, url: str, threads: int, handles: int, churns: int = CHURNS
    ) -> None:
        self._stage = Stage(
            directory, database__connection=url, database__max_pool_size=threads + 4
        )
        self._stage.add_host(HOST, devices=1, handles=handles)
        self._handles, self._churns = handles, churns
        self._provider = self._stage.first_deployable(HOST)["rp_uuid"]
        profile = self._stage.create_profile([{"resources:PGPU": str(PER_PROFILE)}])
        made: list[str] = []
        while len(made) < threads:
            made += self._stage.create_arqs(profile)
        self._arqs = made[:threads]
        self._pool = ThreadPoolExecutor(threads)
        self.tally = Tally()

    def close(self) -> None:
        """Let go of threads and database."""
        self._pool.shutdown()
        self._stage.close()

    def play(self) -> None:
        """One round: all bind at once, then as many as won bind and unbind without being refused.

        While nobody has a handle but the threads of the second part, each of which has one at most,
        one is free during every attempt.
        """
        self.tally.rounds += 1
        answers = self._at_once(self._bind, self._arqs)
        winners = [arq for arq, answer in zip(self._arqs, answers, strict=True) if _is_ok(answer)]
        self._count(answers, ALL_HELD)
        if len(winners) > self._handles:
            self.tally.note("double", f"{len(winners)} binds won {self._handles} handles")
        if len(winners) < self._handles:
            self.tally.note("false", f"{len(winners)} binds won {self._handles} handles")
        self._check_held(winners)
        self._count(self._at_once(self._unbind, winners), None)
        self._check_free()
        self._at_once(self._churn, winners)
        self._check_free()

    def _at_once(self, act: Callable[[str], Any], arqs: Sequence[str]) -> list[Any]:
        barrier = threading.Barrier(len(arqs)) if arqs else None

        def run(arq: str) -> Any:
            if barrier is not None:
                barrier.wait()
            return act(arq)

        return list(self._pool.map(run, arqs))

    def _bind(self, arq: str) -> Answer:
        fields = {
            "hostname": HOST,
            "device_rp_uuid": self._provider,
            "instance_uuid": str(uuid.uuid4()),
        }
        return self._patch(
            arq, [{"path": f"/{name}", "op": "add", "value": v} for name, v in fields.items()]
        )

    def _unbind(self, arq: str) -> Answer:
        names = ("hostname", "device_rp_uuid", "instance_uuid")
        return self._patch(arq, [{"path": f"/{name}", "op": "remove"} for name in names])

    def _patch(self, arq: str, patch: list[dict[str, str]]) -> Answer:
        return self._stage.call("PATCH", REQUESTS, {arq: patch}, token="admin", service=True)

    def _churn(self, arq: str) -> None:
        for _ in range(self._churns):
            answer = self._bind(arq)
            self._count([answer], ALL_HELD)
            if answer.status == ALL_HELD and self._is_one_free():
                self.tally.note("false", f"the others had one each at most: {answer.fault}")
            self._count([self._unbind(arq)], None)

    def _is_one_free(self) -> bool:
        """Whether no handle was being cleaned when a bind found none free."""
        return not self._list_states() & {"releasing", "dirty"}

    def _count(self, answers: Sequence[Answer], allowed: int | None) -> None:
        self.tally.calls += len(answers)
        for answer in answers:
            if not _is_ok(answer) and answer.status != allowed:
                self.tally.note("failed", f"{answer.status} {answer.body[:300]!r}")

    def _list_states(self) -> set[str]:
        with self._stage.database.reading() as session:
            return set(session.scalars(select(AttachHandleRow.state)))

    def _check_held(self, winners: Sequence[str]) -> None:
        """Each winner has a handle of its own, in the database and on its host."""
        with self._stage.database.reading() as session:
            held = {
                row.arq_uuid: row
                for row in session.scalars(select(AttachHandleRow))
                if row.arq_uuid is not None
            }
        claims = {
            claim.binding_id: claim.handle.key
            for claim in self._stage.conductor.agents.attachments.list_claims(HOST)
        }
        if set(held) != set(winners):
            self.tally.note("leaked", f"held by {sorted(held)}, won by {sorted(winners)}")
        if set(claims) != {row.binding_id for row in held.values()}:
            self.tally.note("leaked", f"the host has {claims}")
        if len(set(claims.values())) != len(claims):
            self.tally.note("double", f"the host has {claims}")

    def _check_free(self) -> None:
        """Nothing is held by anybody; a clean that took long is waited for."""
        deadline = time.monotonic() + 30
        while (states := self._list_states()) != {"free"} and time.monotonic() < deadline:
            self._stage.conductor.heal()
            time.sleep(0.05)
        if states != {"free"}:
            self.tally.note("leaked", f"handles are {states}")
        left = self._stage.conductor.agents.attachments.list_claims(HOST)
        if left:
            self.tally.note("leaked", f"the host has {left}")


def _is_ok(answer: Answer) -> bool:
    return answer.status == 202
