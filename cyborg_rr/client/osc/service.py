"""How the commands ask the service: in its own version, whatever other commands ask in."""

from __future__ import annotations

from typing import Any

from cliff.columns import FormattableColumn
from openstack import exceptions
from osc_lib.command.command import Command

from cyborg_rr.domain.printing import render_printable

MICROVERSION = "2.101"


class Printable(FormattableColumn[Any]):
    """Text of hosts and of other people, which must not act on a terminal."""

    def human_readable(self) -> str:
        """On a screen."""
        return "" if self._value is None else render_printable(str(self._value))


def ask(command: Command, method: str, path: str, **arguments: Any) -> Any:
    """What the service answers; where it refuses, ``HttpException`` of the SDK with its words.

    ``openstack`` and the older plugin of python-cyborgclient both offer the SDK's adapter.
    """
    manager: Any = command.app.client_manager
    response = manager.accelerator.request(path, method, microversion=MICROVERSION, **arguments)
    exceptions.raise_from_response(response)
    return response.json()
