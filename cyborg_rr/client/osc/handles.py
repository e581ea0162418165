"""``openstack accelerator handle``: what can be handed out, and whether it is clean."""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import quote

from openstack.exceptions import SDKException
from osc_lib.cli.format_columns import DictColumn
from osc_lib.command.command import Command, Lister, ShowOne
from osc_lib.exceptions import CommandError

from cyborg_rr.client.osc.service import Printable, ask

HANDLES = "/attach_handles"
ADDRESS = "{domain}:{bus}:{device}.{function}"

_SHORT = ("uuid", "hostname", "address", "state")
_LONG = (*_SHORT, "device_uuid", "state_since", "arq_uuid", "reason_code", "reason")
_SHOWN = (
    "uuid",
    "hostname",
    "device_uuid",
    "deployable_uuid",
    "attach_handle_type",
    "attach_handle_info",
    "place",
    "state",
    "state_since",
    "reason_code",
    "reason",
    "arq_uuid",
    "last_clean",
    "created_at",
    "updated_at",
)

Row = tuple[Any, ...]


class ListHandles(Lister):
    """List attach handles"""

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        """The options."""
        parser: argparse.ArgumentParser = super().get_parser(prog_name)
        parser.add_argument(
            "--state",
            metavar="<state>",
            help="Only those that are free, held, releasing, dirty or quarantined",
        )
        parser.add_argument("--device", metavar="<uuid>", help="Only those of a device")
        parser.add_argument("--host", metavar="<hostname>", help="Only those of a host")
        parser.add_argument(
            "--long", action="store_true", help="Who holds each, since when it is so, and why"
        )
        return parser

    def take_action(self, parsed_args: argparse.Namespace) -> tuple[Row, Iterable[Row]]:
        """Ask for all that fit."""
        wanted = {
            "state": parsed_args.state,
            "device": parsed_args.device,
            "hostname": parsed_args.host,
        }
        where = {name: value for name, value in wanted.items() if value is not None}
        found = ask(self, "GET", HANDLES, params=where)["attach_handles"]
        columns = _LONG if parsed_args.long else _SHORT
        return columns, [_render(handle, columns) for handle in found]


class ShowHandle(ShowOne):
    """Show an attach handle, why it is in its state, and its last clean"""

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        """The options."""
        return _add_handle(super().get_parser(prog_name))

    def take_action(self, parsed_args: argparse.Namespace) -> tuple[Row, Row]:
        """Ask for one."""
        return _SHOWN, _render(ask(self, "GET", _path(parsed_args.handle)), _SHOWN)


class CleanHandle(Command):
    """Have quarantined attach handles cleaned again"""

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        """The options."""
        return _add_handle(super().get_parser(prog_name), name="handles", nargs="+")

    def take_action(self, parsed_args: argparse.Namespace) -> None:
        """Ask for each; the others are not kept waiting by one that is refused."""
        refused = 0
        for handle in parsed_args.handles:
            try:
                _set_state(self, handle, "dirty")
            except SDKException as error:
                refused += 1
                self.log.error("%s: %s", handle, error)
        if refused:
            raise CommandError(f"{refused} of {len(parsed_args.handles)} attach handles failed")


class QuarantineHandle(Command):
    """Take a free or dirty attach handle out of use"""

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        """The options."""
        return _add_handle(_add_reason(super().get_parser(prog_name)))

    def take_action(self, parsed_args: argparse.Namespace) -> None:
        """Ask for it."""
        _set_state(self, parsed_args.handle, "quarantined", parsed_args.reason)


class DeclareHandleClean(Command):
    """Put a quarantined attach handle back into use, clean by your word"""

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        """The options."""
        return _add_handle(_add_reason(super().get_parser(prog_name)))

    def take_action(self, parsed_args: argparse.Namespace) -> None:
        """Ask for it."""
        _set_state(self, parsed_args.handle, "free", parsed_args.reason)


def _add_handle(
    parser: argparse.ArgumentParser, name: str = "handle", **more: Any
) -> argparse.ArgumentParser:
    parser.add_argument(name, metavar="<uuid>", help="The attach handle", **more)
    return parser


def _add_reason(parser: argparse.ArgumentParser) -> argparse.ArgumentParser:
    parser.add_argument("--reason", metavar="<text>", required=True, help="Why, in one line")
    return parser


def _set_state(command: Command, handle: str, state: str, reason: str | None = None) -> None:
    wish = {"state": state} if reason is None else {"state": state, "reason": reason}
    ask(command, "PATCH", _path(handle), json=wish)


def _path(handle: str) -> str:
    return f"{HANDLES}/{quote(handle, safe='')}"


def _render(handle: Mapping[str, Any], columns: Iterable[str]) -> Row:
    """The columns of one; ``address`` is where its function is, for those that have one."""
    values = {**handle, "address": _find_address(handle["attach_handle_info"])}
    return tuple(_render_value(values[column]) for column in columns)


def _render_value(value: Any) -> Any:
    return DictColumn(value) if isinstance(value, dict) else Printable(value)


def _find_address(info: Mapping[str, str]) -> str | None:
    try:
        return ADDRESS.format(**info)
    except KeyError:
        return None
