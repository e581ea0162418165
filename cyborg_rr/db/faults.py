"""How a database says that it is there but of no use."""

from __future__ import annotations

_READ_ONLY = frozenset({1290, 1792, 1836, "25006"})
"""What MariaDB and MySQL (--read-only; a read-only transaction; a read-only InnoDB) and PostgreSQL
(read_only_sql_transaction) answer to a write, as after a failover the server does that was first.

Sources: the error references of both ("Server error codes", "PostgreSQL error codes").
"""


def takes_no_writes(error: object) -> bool:
    """Whether the database driver's error, or oslo.db's around it, says that."""
    own = error
    while (
        inner := getattr(own, "inner_exception", None) or getattr(own, "orig", None)
    ) is not None:
        own = inner
    arguments = getattr(own, "args", ())
    code = getattr(own, "pgcode", None) or (arguments[0] if arguments else None)
    return isinstance(code, int | str) and code in _READ_ONLY


def tell_fault(error: object) -> str:
    """What the database does, for "the database ..."."""
    return "takes no writes now: it is read-only" if takes_no_writes(error) else "does not answer"
