"""cyborg-rr up: the whole service in one process, kept running."""

from __future__ import annotations

import argparse
import os
import time
from pathlib import Path

from cyborg_rr.cli.rendering.page import Page
from cyborg_rr.cli.rendering.progress import ProgressLine
from cyborg_rr.processes.embedded import DEFAULT_PORT, LOOPBACK, make_embedded
from cyborg_rr.processes.signals import wait_for_end


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of ``up``."""
    parser.add_argument(
        "--port",
        type=_parse_port,
        default=DEFAULT_PORT,
        metavar="N",
        help="%(default)s unless given; 0: any free one",
    )
    parser.add_argument(
        "--state-dir",
        type=Path,
        default=_default_state_directory(),
        metavar="DIR",
        help="where the database and the ledger live, %(default)s unless given",
    )
    parser.add_argument("--fleet", type=Path, metavar="FILE", help="simulated hosts to add")


def _parse_port(text: str) -> int:
    if not (text.isascii() and text.isdecimal() and len(text) <= 5 and int(text) <= 65535):
        raise argparse.ArgumentTypeError(f"{text} is not a port number")
    return int(text)


def _default_state_directory() -> Path:
    """Where programs of this user keep their state (XDG base directories)."""
    base = os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state"
    return Path(base) / "cyborg_rr"


def run(arguments: argparse.Namespace) -> int:
    """Serve until a signal ends it."""
    began = time.monotonic()
    service = make_embedded(arguments.state_dir, arguments.fleet, arguments.port)
    service.start()
    _greet(Page(), service.url, time.monotonic() - began, arguments.state_dir)
    with ProgressLine("hosts reported") as progress:
        service.agent.report_all(progress.show)
    service.agent.start()
    wait_for_end()
    print("stopping")
    service.stop()
    return 0


def _greet(page: Page, url: str, seconds: float, state: Path) -> None:
    page.say(f"cyborg-rr answers at {url} ({seconds:.1f} s after its start)")
    page.say(f"state: {state}", depth=1)
    page.say(
        f"There is no Keystone here: every caller is an administrator. It listens on {LOOPBACK}"
        " only, so that nobody but users of this machine can call it.",
        depth=1,
    )
    page.say("Try next:")
    page.show_command(["curl", "-s", f"{url}/v2/devices"], depth=1)
    version = "OpenStack-API-Version: accelerator 2.100"
    classes = ["curl", "-s", "-H", version, f"{url}/v2/resource_representations"]
    page.show_command(classes, depth=1)
    page.show_command(["cyborg-rr", "match", "MODEL.onnx"], depth=1)
    page.flush()
