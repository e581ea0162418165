"""Errors of the domain, each with a stable code; one table of the API gives the HTTP status."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime


class CyborgError(Exception):
    """Base of every error that a caller can act on; people may script against ``code``."""

    code = "error"


class InvalidInput(CyborgError):
    """What the caller sent cannot be accepted; the message says which part and why."""

    code = "invalid_input"


class NotFound(CyborgError):
    """No such object for this caller (a foreign one counts as absent)."""

    code = "not_found"

    def __init__(self, noun: str, key: str) -> None:
        super().__init__(noun, key)  # both stay in args: the error crosses RPC by its args
        self.noun = noun
        self.key = key

    def __str__(self) -> str:
        return f"{self.noun} {self.key} could not be found"


class Conflict(CyborgError):
    """The request contradicts what is stored already."""

    code = "conflict"


class InvalidState(Conflict):
    """A state change that the transition table does not allow from the present state."""

    code = "invalid_state"


class Forbidden(CyborgError):
    """The caller may not do this."""

    code = "forbidden"


class HostRefused(Forbidden):
    """An agent speaks for a host that is another machine; the message names both."""

    code = "host_refused"


class NoFreeHandle(CyborgError):
    """No attach handle of the deployable can be held now; the message says what is in the way."""

    code = "no_free_handle"


class HandleInUse(Conflict):
    """The host refuses: its own ledger says that somebody else holds the attach handle.

    ``binding_id`` is the binding whose claim it refuses; None where an agent of the first release
    does not say.
    """

    code = "handle_in_use"

    def __init__(self, message: str, binding_id: str | None = None) -> None:
        super().__init__(*((message,) if binding_id is None else (message, binding_id)))
        self.message = message
        self.binding_id = binding_id

    def __str__(self) -> str:
        return self.message


class AgentUnavailable(CyborgError):
    """The agent that owns the host did not answer in time, or failed while answering."""

    code = "agent_unavailable"


class NoConductor(AgentUnavailable):
    """No conductor is alive, so that nobody can do it; ``since`` is when one was seen last, UTC.

    That is told by who looked; it does not cross the bus.
    """

    code = "no_conductor"

    def __init__(self, message: str, since: datetime | None = None) -> None:
        super().__init__(message)
        self.since = since


class HostLost(AgentUnavailable):
    """The host has not been heard for too long: it is not asked until it speaks again."""

    code = "host_lost"


class HostBusy(AgentUnavailable):
    """As many calls as one host may have are waiting for it already; come again."""

    code = "host_busy"


class OverQuota(Forbidden):
    """The project would hold more than its limit; the message names class, limit and usage."""

    code = "over_quota"


class LimitsUnavailable(CyborgError):
    """Nobody says how much a project may hold; come again."""

    code = "limits_unavailable"


class NoAllocation(Conflict):
    """The instance has no allocation in Placement of what it would be bound to."""

    code = "no_allocation"


class PlacementUnavailable(CyborgError):
    """Placement does not say what an instance was allocated; come again."""

    code = "placement_unavailable"


class UnreadableModel(InvalidInput):
    """A model file was refused; the message is one line that a person can act on."""

    code = "unreadable_model"


class UnreadableDocument(CyborgError):
    """What a newer release stored cannot be read by this process: it waits for its upgrade."""

    code = "unreadable_document"


class BadCatalogue(CyborgError):
    """A catalogue or fleet file is wrong; the message names the file, the row and the field."""

    code = "bad_catalogue"


BY_CODE: Mapping[str, type[CyborgError]] = MappingProxyType(
    {
        kind.code: kind
        for kind in list(globals().values())
        if isinstance(kind, type) and issubclass(kind, CyborgError)
    }
)
"""The errors that every process knows; the bus carries these and no others."""
