"""Who is to learn how binds end: whoever waits for that outside."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from cyborg_rr.db.engine import Session


class BindEvents(Protocol):
    """Who is to learn how binds end."""

    def put(self, session: Session, bindings: Mapping[str, str]) -> None:
        """These binds may have ended in this transaction: keep in it whom to tell what.

        ``bindings`` has the binding by the uuid of its request.
        """
        ...

    def wake(self) -> None:
        """Something was put, and is committed."""
        ...


class NoEvents:
    """Nobody is to learn it."""

    def put(self, session: Session, bindings: Mapping[str, str]) -> None:
        """Nothing to do."""

    def wake(self) -> None:
        """Nothing to do."""
