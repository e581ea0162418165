"""Plays many long histories of hardware: ``python -m tests.long.hardware_story``.

Those of ``tests/services/test_hardware_story.py``, of which the test command plays a few that are
always the same; here they are new ones each time. The exit status is 0 when nothing that overlaps
was held twice, 1 otherwise, after the shortest history that was found is printed.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from hypothesis import HealthCheck, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.services.test_hardware_story import HardwareStory


def main(arguments: Sequence[str]) -> int:
    """Play so many histories of so many steps."""
    parser = argparse.ArgumentParser(prog="python -m tests.long.hardware_story")
    parser.add_argument("--histories", type=int, default=500, help="how many (default: 500)")
    parser.add_argument("--steps", type=int, default=60, help="steps of each (default: 60)")
    options = parser.parse_args(arguments)
    how = settings(
        max_examples=options.histories,
        stateful_step_count=options.steps,
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    try:
        run_state_machine_as_test(HardwareStory, settings=how)
    except Exception as error:
        print("".join(getattr(error, "__notes__", [])) or repr(error))
        raise SystemExit(1) from error
    print(f"{options.histories} histories of at most {options.steps} steps: nothing held twice")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
