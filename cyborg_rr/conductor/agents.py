"""What the use cases need of the agents of hosts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from cyborg_rr.domain.hardware.hosts import AgentPlace
from cyborg_rr.domain.requests import Claim


class Agents(Protocol):
    """The agents of all hosts; a call raises ``AgentUnavailable`` where one does not answer."""

    def prepare(self, place: AgentPlace, claims: Sequence[Claim]) -> None:
        """Claim and prepare all the handles on the host, or none; ``HandleInUse`` when refused."""
        ...

    def release(self, place: AgentPlace, claims: Sequence[Claim]) -> None:
        """Release the handles; one that is not claimed by that binding is no error."""
        ...
