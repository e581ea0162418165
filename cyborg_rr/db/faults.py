"""How a database says that it is there but of no use."""

from __future__ import annotations

_READ_ONLY = frozenset({1290, 1792, 1836, "25006"})
"""What MariaDB and MySQL (--read-only; a read-only transaction; a read-only InnoDB) and PostgreSQL
(read_only_sql_transaction) answer to a write, as after a failover the server does that was first.

Sources: the error references of both ("Server error codes", "PostgreSQL error codes").
"""

_CUT_SHORT = frozenset({1969, 3024, "57014"})
"""What they answer to a statement that took longer than the server lets it: MariaDB
(max_statement_time), MySQL (max_execution_time) and PostgreSQL (statement_timeout; query_canceled).

Sources: as above.
"""


def takes_no_writes(error: object) -> bool:
    """Whether the database driver's error, or oslo.db's around it, says that."""
    return _find_code(error) in _READ_ONLY


def was_cut_short(error: object) -> bool:
    """Whether the server gave a statement up because it took too long."""
    return _find_code(error) in _CUT_SHORT


def _find_code(error: object) -> int | str | None:
    own = error
    while (
        inner := getattr(own, "inner_exception", None) or getattr(own, "orig", None)
    ) is not None:
        own = inner
    arguments = getattr(own, "args", ())
    code = getattr(own, "pgcode", None) or (arguments[0] if arguments else None)
    return code if isinstance(code, int | str) else None


def tell_fault(error: object) -> str:
    """What the database does, for "the database ..."."""
    if takes_no_writes(error):
        return "takes no writes now: it is read-only"
    return "takes too long" if was_cut_short(error) else "does not answer"
