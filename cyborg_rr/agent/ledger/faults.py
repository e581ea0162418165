"""What can be wrong with the ledger's file, at start and while the agent runs."""

from __future__ import annotations

from cyborg_rr.domain.errors import AgentUnavailable, CyborgError


class LedgerUnreadable(CyborgError):
    """The file is there but is no ledger that this release can work with; the text says why."""

    code = "ledger_unreadable"


class LedgerFailed(AgentUnavailable):
    """The ledger cannot be read or written now, so nothing is handed out."""


class StateDirectoryInUse(CyborgError):
    """Another agent runs on the same state directory."""

    code = "state_directory_in_use"


class LedgerOfAnother(CyborgError):
    """The ledger belongs to another machine, or has claims under another host name."""

    code = "ledger_of_another"
