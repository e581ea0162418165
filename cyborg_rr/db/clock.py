"""Time: what rows are stamped with, and the database's own, which all conductors see alike.

It is UTC without an offset, as all dialects keep it.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement

from cyborg_rr.db.tables import TIMESTAMP


def utc_now() -> datetime:
    """Now, in UTC, without a time zone mark."""
    return datetime.now(UTC).replace(tzinfo=None)


class utc_after(FunctionElement[Any]):  # noqa: N801 - reads as a function of SQL
    """The database's time so many seconds from now, in UTC, when the statement runs.

    Unlike CURRENT_TIMESTAMP it moves on within a transaction, and on SQLite has fractions.
    """

    type = TIMESTAMP
    inherit_cache = False  # the seconds stand in its text

    def __init__(self, seconds: float = 0.0) -> None:
        super().__init__()
        self.seconds = float(seconds)


@compiles(utc_after, "sqlite")
def _on_sqlite(element: utc_after, _compiler: Any, **_named: Any) -> str:
    return f"(strftime('%Y-%m-%d %H:%M:%f', 'now', '{element.seconds:+.3f} seconds') || '000')"


@compiles(utc_after, "mysql")
@compiles(utc_after, "mariadb")
def _on_mysql(element: utc_after, _compiler: Any, **_named: Any) -> str:
    microseconds = round(element.seconds * 1_000_000)
    return f"(UTC_TIMESTAMP(6) + INTERVAL {microseconds} MICROSECOND)"


@compiles(utc_after, "postgresql")
def _on_postgresql(element: utc_after, _compiler: Any, **_named: Any) -> str:
    seconds = f"{element.seconds:.6f}"
    return f"((clock_timestamp() AT TIME ZONE 'UTC') + {seconds} * INTERVAL '1 second')"
