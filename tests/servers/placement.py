"""A private Placement from the package index, without Keystone, on the loopback interface only."""

import importlib.util
import json
import sys
import time
import urllib.request
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tests.servers.server import Place, Program, ServerMissing, free_ports

TOKEN = "admin:service"
"""A token that it takes: a user "admin", in a project "service"."""

_ROOT = Path(__file__).resolve().parent.parent.parent
_ANSWER_SECONDS = 20.0


class Placement:
    """Started from the package openstack-placement; each test has one of its own."""

    name = "placement"
    refuses_root = False  # and Python need not be where another user may read it

    def find(self) -> None:
        """See Server.find."""
        if importlib.util.find_spec("placement") is None:
            raise ServerMissing("the package 'openstack-placement' is not installed")

    def prepare(self, place: Place) -> tuple[dict[str, str], list[Program]]:
        """See Server.prepare."""
        (port,) = free_ports(1)
        with place.own():
            (place.directory / "data").mkdir()
        command = ["/usr/bin/env", f"PYTHONPATH={_ROOT}", sys.executable, "-m"]
        command += [f"{__package__}.placement_process", str(place.directory / "data"), str(port)]
        return {"control": str(port)}, [Program("placement", command)]

    def check(self, address: Mapping[str, str]) -> None:
        """See Server.check."""
        self._ask(address, "GET", "")

    def create(self, address: Mapping[str, str], name: str) -> str:
        """Start an empty Placement and return its URL; starts one again that was stopped."""
        url = f"http://127.0.0.1:{self._ask(address, 'PUT', name)['port']}"
        deadline = time.monotonic() + _ANSWER_SECONDS
        while True:
            try:
                with _open(url) as answer:
                    answer.read()
            except OSError:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.02)
            else:
                return url

    def stop(self, address: Mapping[str, str], name: str) -> None:
        """Let it be down, keeping what it has, until it is created again."""
        self._ask(address, "DELETE", f"{name}/process")

    def drop(self, address: Mapping[str, str], name: str) -> None:
        """Take it away with all that it has."""
        self._ask(address, "DELETE", name)

    def _ask(self, address: Mapping[str, str], method: str, path: str) -> Any:
        with _open(f"http://127.0.0.1:{address['control']}/{path}", method) as answer:
            return json.load(answer)


def _open(url: str, method: str = "GET") -> Any:
    direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    return direct.open(urllib.request.Request(url, method=method), timeout=_ANSWER_SECONDS)
