"""The answer to /healthcheck, for load balancers and monitors; no token is needed.

So it says nothing but codes: no name, address, number or version of anything, and no text of an
error. Those stand in the log.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import partial
from typing import Any
from urllib.parse import parse_qs

import webob
from oslo_log import log

from cyborg_rr.api.health.checks import check_database, list_checks
from cyborg_rr.api.health.probe import Finding, Probe
from cyborg_rr.api.request.caller import Environ
from cyborg_rr.api.request.errors import (
    MethodNotAllowed,
    OutOfService,
    make_fault,
    report_lost_database,
)
from cyborg_rr.db.engine import Database
from cyborg_rr.domain.errors import InvalidInput
from cyborg_rr.rpc.conductor_client import ConductorClient

LOG = log.getLogger(__name__)

PATH = "/healthcheck"
METHODS = ("GET", "HEAD")

SECONDS = 3.0
"""How long any dependency is waited for; all are asked at the same time."""

FRESH_SECONDS = 1.0
"""The detailed form is answered from memory for so long, however often it is asked for."""

MAX_FIELDS = 10
_DETAIL = {"true": True, "false": False}


class Health:
    """Answers /healthcheck; with ``detail=true`` of every dependency."""

    def __init__(self, database: Database, conductor: ConductorClient) -> None:
        self._alone = Probe(partial(check_database, database), SECONDS)
        self._probes = {
            name: Probe(check, SECONDS, FRESH_SECONDS)
            for name, check in list_checks(database, conductor).items()
        }

    def __call__(self, environ: Environ, start_response: Callable[..., Any]) -> Iterable[bytes]:
        result: Iterable[bytes] = self._answer(environ)(environ, start_response)
        return result

    def _answer(self, environ: Environ) -> Any:
        method = environ["REQUEST_METHOD"]
        if method not in METHODS:
            return make_fault(MethodNotAllowed(method, METHODS))
        try:
            return self._tell_all() if _wants_detail(environ) else self._tell_database()
        except InvalidInput as error:
            return make_fault(error)

    def _tell_database(self) -> Any:
        finding = self._alone.find()
        if finding.is_well:
            return webob.Response(json={"database": "ok"}, charset=None)
        if finding.error is not None:
            return make_fault(report_lost_database(finding.error))
        LOG.error("The database does not answer within %.0f s", SECONDS)
        return make_fault(OutOfService("the database does not answer"))

    def _tell_all(self) -> Any:
        for probe in self._probes.values():
            probe.begin()
        findings = {name: probe.find() for name, probe in self._probes.items()}
        is_well = all(finding.is_well for finding in findings.values())
        if not is_well:
            _log(findings)
        checks = {name: _render(finding) for name, finding in findings.items()}
        document = {"status": _STATUS[is_well], "checks": checks}
        answer = webob.Response(json=document, charset=None, status=200 if is_well else 503)
        answer.headers["Cache-Control"] = "no-store"
        if not is_well:
            answer.headers["Retry-After"] = "5"
        return answer


_STATUS = {True: "ok", False: "trouble"}


def _render(finding: Finding) -> dict[str, str]:
    return {"status": _STATUS[finding.is_well], "code": finding.code}


def _log(findings: Mapping[str, Finding]) -> None:
    troubles = [
        f"{name}: {finding.code}" + (f" ({finding.error})" if finding.error else "")
        for name, finding in findings.items()
        if not finding.is_well
    ]
    LOG.warning("Not all that is needed answers: %s", "; ".join(troubles))


def _wants_detail(environ: Environ) -> bool:
    try:
        query = parse_qs(environ.get("QUERY_STRING", ""), True, max_num_fields=MAX_FIELDS)
    except ValueError as error:
        raise InvalidInput(f"the query has more than {MAX_FIELDS} parameters") from error
    stated = query.get("detail", ["false"])
    if len(stated) != 1 or stated[0] not in _DETAIL:
        raise InvalidInput("detail must be true or false")
    return _DETAIL[stated[0]]
