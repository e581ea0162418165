"""What the use cases need of the agents of hosts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from cyborg_rr.domain.hardware.hosts import AgentPlace
from cyborg_rr.domain.hardware.life import Cleanings
from cyborg_rr.domain.requests import Claim


class Agents(Protocol):
    """The agents of all hosts; a call raises ``AgentUnavailable`` where one does not answer."""

    def prepare(self, place: AgentPlace, claims: Sequence[Claim]) -> None:
        """Claim and prepare all the handles on the host, or none; ``HandleInUse`` when refused."""
        ...

    def release(self, place: AgentPlace, claims: Sequence[Claim]) -> Cleanings | None:
        """Release the handles; one that is not claimed by that binding is no error.

        Tells where the host is with the clean of each; None: it is of the first release.
        """
        ...

    def clean(self, place: AgentPlace, claims: Sequence[Claim]) -> Cleanings | None:
        """Clean handles under these bindings, unless the host has begun to, or has done so."""
        ...

    def declare_clean(self, place: AgentPlace, claims: Sequence[Claim]) -> None:
        """Take the operator's word that quarantined handles are clean; ``Conflict`` if not now."""
        ...
