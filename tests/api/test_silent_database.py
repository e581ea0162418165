"""A database that takes connections and answers nothing holds no request for long."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import webob

from cyborg_rr.api.request.caller import Wsgi
from cyborg_rr.conf.opts import make_config
from cyborg_rr.db.engine import Database
from cyborg_rr.processes.api import make_api
from tests.fakes.stalling import StallingProxy, reached_through
from tests.migrated import lay_out
from tests.patience import without_waiting

BOUND_SECONDS = 2


@pytest.fixture(params=["mariadb_url", "postgresql_url"])
def served(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[Wsgi, StallingProxy]]:
    """The API as its process makes it, with a database that can be stalled."""
    file = tmp_path / "x.conf"
    file.write_text("[DEFAULT]\ntransport_url = fake://\n")
    with reached_through(request.getfixturevalue(request.param)) as (url, proxy):
        conf = make_config(
            [],
            files=[str(file)],
            database__connection=url.replace("%", "%%"),
            api__auth_strategy="noauth",
            api__database_timeout=BOUND_SECONDS,
            readers__spool_directory=str(tmp_path),
        )
        database = Database(conf.database)
        lay_out(database)
        database.close()
        yield make_api(conf), proxy


def ask(app: Wsgi, path: str = "/v2/devices") -> tuple[int, str | None]:
    """The status, and when to come again; a database that says nothing is not waited for."""
    with without_waiting():
        response = webob.Request.blank(path).get_response(app)
    return response.status_int, response.headers.get("Retry-After")


def test_requests_are_answered_in_time_and_all_is_well_when_it_speaks_again(
    served: tuple[Wsgi, StallingProxy],
) -> None:
    app, proxy = served
    assert ask(app)[0] == 200
    proxy.is_stalled = True
    for _ in range(2):  # on connections that were open, and on new ones
        with ThreadPoolExecutor(6) as pool:
            assert set(pool.map(lambda _: ask(app), range(6))) == {(503, "5")}
    assert ask(app, "/healthcheck")[0] == 503
    proxy.is_stalled = False
    assert ask(app)[0] == 200
    assert ask(app, "/healthcheck")[0] == 200
