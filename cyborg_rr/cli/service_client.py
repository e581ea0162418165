"""The REST API as a client sees it, for verbs that show the service at work."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import requests

from cyborg_rr.domain.errors import CyborgError

MICROVERSION = "2.100"
TIMEOUT_SECONDS = 60


class CallFailed(CyborgError):
    """The API answered no success, or a file to be sent cannot be opened."""

    code = "call_failed"


class ServiceClient:
    """Calls of the API at a URL; ``CallFailed`` for every answer that is no success."""

    def __init__(
        self, url: str, microversion: str = MICROVERSION, token: str | None = None
    ) -> None:
        self.url = url
        self._session = requests.Session()
        self._session.trust_env = False
        self._session.headers["OpenStack-API-Version"] = f"accelerator {microversion}"
        if token is not None:
            self._session.headers["X-Auth-Token"] = token

    def call(self, method: str, path: str, **arguments: Any) -> Any:
        """One request; the decoded body, or None where there is none."""
        try:
            answer = self._session.request(
                method, self.url + path, timeout=TIMEOUT_SECONDS, **arguments
            )
        except requests.RequestException as error:
            raise CallFailed(f"{method} {self.url + path} failed: {error}") from error
        if not answer.ok:
            raise CallFailed(f"{method} {path} answered {answer.status_code}: {_explain(answer)}")
        return answer.json() if answer.content else None

    def get(self, path: str) -> Any:
        """GET."""
        return self.call("GET", path)

    def post(self, path: str, body: Mapping[str, Any] | list[Any]) -> Any:
        """POST of JSON."""
        return self.call("POST", path, json=body)

    def upload(self, path: str, file: Path, query: Mapping[str, Any]) -> Any:
        """POST of a file."""
        try:
            data = file.open("rb")
        except OSError as error:
            raise CallFailed(f"{file}: {error.strerror}") from error
        with data:
            return self.call(
                "POST",
                path,
                data=data,
                params=query,
                headers={"Content-Type": "application/octet-stream"},
            )


def _explain(answer: requests.Response) -> str:
    """The API's own words in an answer that is no success."""
    try:
        return str(json.loads(answer.json()["error_message"])["faultstring"])
    except (ValueError, KeyError, TypeError):
        return answer.text[:500]
