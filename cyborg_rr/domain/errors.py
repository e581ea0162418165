"""Errors of the domain: each has a stable code; the HTTP status is chosen in one table of the API."""

from __future__ import annotations


class CyborgError(Exception):
    """Base of every error that a caller can act on; ``code`` is stable and safe to script against."""

    code = "error"


class InvalidInput(CyborgError):
    """What the caller sent cannot be accepted; the message says which part and why."""

    code = "invalid_input"


class NotFound(CyborgError):
    """No such object for this caller (a foreign one counts as absent)."""

    code = "not_found"

    def __init__(self, noun: str, key: str) -> None:
        super().__init__(f"{noun} {key} could not be found")
        self.noun = noun
        self.key = key


class Conflict(CyborgError):
    """The request contradicts what is stored already."""

    code = "conflict"


class InvalidState(Conflict):
    """A state change that the transition table does not allow from the present state."""

    code = "invalid_state"


class Forbidden(CyborgError):
    """The caller may not do this."""

    code = "forbidden"


class NoFreeHandle(CyborgError):
    """Every attach handle of the deployable is taken."""

    code = "no_free_handle"


class HandleInUse(Conflict):
    """The host refuses: its own ledger says that somebody else holds the attach handle."""

    code = "handle_in_use"


class AgentUnavailable(CyborgError):
    """The agent that owns the host did not answer in time, or failed while answering."""

    code = "agent_unavailable"


class UnreadableModel(InvalidInput):
    """A model file was refused; ``cause`` is one line that a person can act on."""

    code = "unreadable_model"

    def __init__(self, cause: str) -> None:
        super().__init__(cause)
        self.cause = cause


class BadCatalogue(CyborgError):
    """A catalogue or fleet file is wrong; the message names the file, the row and the field."""

    code = "bad_catalogue"
