"""cyborg-rr: the command for people; each verb is loaded only when it is asked for."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from importlib import import_module
from io import TextIOWrapper
from types import ModuleType
from typing import NoReturn

from cyborg_rr.processes.ending import OneLineParser, Unavailable, exit_on_mistake

VERBS = {
    "demo": "show the whole chain once, from discovery to a released request",
    "up": "start everything in this process and keep serving",
    "match": "rank the devices that can run a model",
    "inspect": "show what a model asks of a device",
    "discover": "show the accelerators of this host",
    "measure": "time what runtimes do on a device of this host",
    "record": "write down the accelerators of this host, for somebody who has none",
}


class ShowVersion(argparse.Action):
    """Looks the version up only when it is asked for."""

    def __init__(self, option_strings: Sequence[str], dest: str, help: str | None = None) -> None:
        super().__init__(option_strings, dest, nargs=0, help=help)

    def __call__(self, parser: argparse.ArgumentParser, *_rest: object) -> NoReturn:
        """Print it and end."""
        from importlib.metadata import version

        print(version("cyborg_rr"))
        parser.exit()


def main() -> None:
    """Entry point of ``cyborg-rr``."""
    exit_on_mistake(lambda: _start(sys.argv[1:]))


def _start(arguments: Sequence[str]) -> int:
    """Run with an output that is there, and takes any text whatever its encoding."""
    if sys.stdout is None or sys.stderr is None:
        raise Unavailable("standard output or standard error is closed")
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    return run(arguments)


def run(arguments: Sequence[str]) -> int:
    """Run one verb and return its status."""
    parser = OneLineParser(
        prog="cyborg-rr", description="Which accelerator can run this model, and give it to me."
    )
    parser.add_argument("--version", action=ShowVersion, help="print the version and end")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    asked = next((argument for argument in arguments if not argument.startswith("-")), None)
    is_plain = asked in VERBS and arguments[0] == asked
    for name in [asked] if asked is not None and is_plain else VERBS:
        summary = VERBS[name]
        command = commands.add_parser(name, help=summary, description=summary)
        if name == asked:
            _load(name).add_arguments(command)
    options = parser.parse_args(arguments)
    status: int = _load(options.command).run(options)
    return status


def _load(verb: str) -> ModuleType:
    return import_module(f"cyborg_rr.cli.verbs.{verb}")
