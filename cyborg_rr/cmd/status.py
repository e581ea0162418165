"""cyborg-rr-status: say before an upgrade what stands in its way."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from cyborg_rr.processes.ending import exit_on_mistake
from cyborg_rr.processes.upkeep.upgrade import check_upgrade

PROGRAM = "cyborg-rr-status"


def main() -> None:
    """Entry point of ``cyborg-rr-status``."""
    exit_on_mistake(run)


def run(arguments: Sequence[str] | None = None) -> int:
    """Run ``upgrade check`` and print what came of it."""
    return check_upgrade(sys.argv[1:] if arguments is None else arguments, PROGRAM)
