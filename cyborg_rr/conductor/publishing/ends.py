"""Who is to learn how binds end: whoever waits for that outside."""

from __future__ import annotations

from collections.abc import Collection
from typing import Protocol

from cyborg_rr.db.engine import Session


class BindEvents(Protocol):
    """Who is to learn how binds end."""

    def put(self, session: Session, binding_ids: Collection[str]) -> None:
        """These binds may have ended in this transaction: keep in it whom to tell what."""
        ...

    def wake(self) -> None:
        """Something was put, and is committed."""
        ...


class NoEvents:
    """Nobody is to learn it."""

    def put(self, session: Session, binding_ids: Collection[str]) -> None:
        """Nothing to do."""

    def wake(self) -> None:
        """Nothing to do."""
