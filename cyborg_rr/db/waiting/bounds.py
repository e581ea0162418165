"""The address of a database with how long its driver waits, each in the driver's own words."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping

from sqlalchemy import URL, make_url

from cyborg_rr.db.waiting import postgresql

LEAST_SECONDS = 2
"""What libpq takes less for: "It is not recommended to use a timeout of less than 2 seconds"
(PostgreSQL, "Parameter Key Words", connect_timeout)."""


def _bound_pymysql(seconds: int) -> Mapping[str, str]:
    return dict.fromkeys(("connect_timeout", "read_timeout", "write_timeout"), str(seconds))


def _bound_psycopg2(seconds: int) -> Mapping[str, str]:
    postgresql.wait_within_bounds()
    return {"connect_timeout": str(seconds), postgresql.BOUND: str(seconds * 1000)}


_BOUNDS: Mapping[str, Callable[[int], Mapping[str, str]]] = {
    "pymysql": _bound_pymysql,
    "mysqldb": _bound_pymysql,
    "psycopg2": _bound_psycopg2,
}
"""The options of each driver that can be bounded, by its name in SQLAlchemy."""


def bound_url(address: str, parameters: str, answer_seconds: float) -> URL:
    """The address with its parameters and these bounds; what they state themselves stays so.

    Raises ``ArgumentError`` of SQLAlchemy for what is no address. A driver that is not known here
    waits as it likes.
    """
    url = make_url(address)
    if parameters:
        url = url.update_query_string(parameters, append=True)
    bound = _BOUNDS.get(url.get_driver_name())
    if not answer_seconds or bound is None:
        return url
    bounds = bound(max(LEAST_SECONDS, math.ceil(answer_seconds)))
    return url.update_query_dict({k: v for k, v in bounds.items() if k not in url.query})
