"""The three small processes that do with privileges what the agent may not do itself.

Each keeps one capability or none: writing attributes of the machine's own ``/sys``, commands to
NVMe controllers, and asking whether a block device is taken. They start when they are needed
first. This module imports oslo.privsep, which takes time and memory that an agent without
privileged acts shall not spend, so it is imported late.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

from oslo_privsep import capabilities, priv_context

from cyborg_rr.drivers.privileged import blocks, nvme, writing

MACHINE = "/sys"
"""The only root that is written to with privileges."""

TIMEOUT_S = 120.0
"""How long an act may take; splitting a large device into its functions takes tens of seconds."""

_PREFIX = "cyborg_rr.drivers.privileged"


class Context(priv_context.PrivContext):
    """A context that starts its helper without a shell, a configuration, or sudo when it is root.

    The command is the same each time, so that a line of sudoers can name it whole.
    """

    def helper_command(self, sockpath: str) -> list[str]:
        """The command that starts the process."""
        names = ["--privsep_context", str(self.pypath), "--privsep_sock_path", sockpath]
        return [*find_helper(), *names]


def find_helper() -> Sequence[str]:
    """``privsep-helper`` beside this interpreter, else on the path; through sudo unless root."""
    beside = os.path.join(os.path.dirname(sys.executable), "privsep-helper")
    helper = beside if os.path.exists(beside) else "privsep-helper"
    return (helper,) if os.geteuid() == 0 else ("sudo", "--non-interactive", helper)


attributes = Context(
    _PREFIX,
    cfg_section="cyborg_rr_attributes",
    pypath=f"{__name__}.attributes",
    capabilities=[capabilities.CAP_DAC_OVERRIDE],
    timeout=TIMEOUT_S,
)
controllers = Context(
    _PREFIX,
    cfg_section="cyborg_rr_controllers",
    pypath=f"{__name__}.controllers",
    capabilities=[capabilities.CAP_SYS_ADMIN],
    timeout=nvme.MAX_TIMEOUT_MS / 1000 + TIMEOUT_S,
)

block_devices = Context(
    _PREFIX,
    cfg_section="cyborg_rr_block_devices",
    pypath=f"{__name__}.block_devices",
    capabilities=[],  # the devices are root's
    timeout=TIMEOUT_S,
)


@attributes.entrypoint
def write_attribute(path: str, value: str) -> None:
    """Write to the machine's own tree; see ``writing.write_below``."""
    writing.write_below(MACHINE, path, value)


@controllers.entrypoint
def run_admin_command(
    address: str, controller: str, command: dict[str, int]
) -> tuple[int, int, bytes]:
    """Send a command to an NVMe controller; see ``nvme.run_admin_command``."""
    return nvme.run_admin_command(MACHINE, address, controller, nvme.AdminCommand(**command))


@block_devices.entrypoint
def is_block_busy(name: str, number: str) -> bool:
    """Ask of a block device of the machine; see ``blocks.is_block_busy``."""
    return blocks.is_block_busy(name, number)
