"""Real processes of the service, started and ended by tests."""

from __future__ import annotations

import os
import re
import signal
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import requests

from tests.warm.starting import WarmProcess

START_SECONDS = 60
MICROVERSION = "accelerator 2.101"


class Process:
    """A console script of this project; its output goes to a file that a failing test can show."""

    def __init__(self, script: str, arguments: Sequence[str], output: Path) -> None:
        self.output = output
        program = Path(sys.executable).with_name(script)
        self._file = output.open("ab")
        environment = {**os.environ, "PYTHONUNBUFFERED": "1"}
        self.process = WarmProcess([program, *arguments], self._file, self._file, environment)

    def wait_for(self, pattern: str) -> re.Match[str]:
        """Wait until the output has the pattern."""
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            found = re.search(pattern, self.output.read_text(errors="replace"))
            if found is not None:
                return found
            if self.process.poll() is not None:
                break
            time.sleep(0.05)
        raise AssertionError(f"no {pattern!r} in:\n{self.output.read_text(errors='replace')}")

    def kill(self) -> None:
        """End it at once, as a power cut would."""
        self.process.kill()
        self.process.wait(30)
        self._file.close()

    def terminate(self) -> int:
        """Ask it to end; returns its status."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        status = self.process.wait(60)
        self._file.close()
        return status


class Client:
    """A caller of the REST API."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.session = requests.Session()
        self.session.trust_env = False
        self.session.headers["OpenStack-API-Version"] = MICROVERSION

    def call(self, method: str, path: str, **arguments: Any) -> requests.Response:
        """One request."""
        return self.session.request(method, self.url + path, timeout=60, **arguments)

    def get(self, path: str) -> Any:
        """The body of a GET that succeeds."""
        answer = self.call("GET", path)
        assert answer.ok, answer.text
        return answer.json()

    def create_profile(self, name: str, groups: list[dict[str, str]]) -> None:
        """Make a device profile."""
        answer = self.call("POST", "/v2/device_profiles", json=[{"name": name, "groups": groups}])
        assert answer.status_code == 201, answer.text

    def create_requests(self, profile: str) -> list[str]:
        """Make accelerator requests; their uuids."""
        answer = self.call(
            "POST", "/v2/accelerator_requests", json={"device_profile_name": profile}
        )
        assert answer.status_code == 201, answer.text
        return [arq["uuid"] for arq in answer.json()["arqs"]]

    def bind(self, arq: str, host: str, provider: str, instance: str) -> requests.Response:
        """Bind one request."""
        values = {"/hostname": host, "/device_rp_uuid": provider, "/instance_uuid": instance}
        patch = [{"op": "add", "path": path, "value": value} for path, value in values.items()]
        return self.call("PATCH", "/v2/accelerator_requests", json={arq: patch})

    def wait_for_devices(self, count: int) -> list[dict[str, Any]]:
        """Wait until so many devices are listed."""
        deadline = time.monotonic() + START_SECONDS
        while True:
            found: list[dict[str, Any]] = self.get("/v2/devices")["devices"]
            if len(found) >= count:
                return found
            assert time.monotonic() < deadline, f"{len(found)} of {count} devices"
            time.sleep(0.1)
