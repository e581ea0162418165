"""The two small processes that do with privileges what the agent may not do itself.

Each keeps one capability: writing attributes of the machine's own ``/sys``, and commands to NVMe
controllers. They start when they are needed first. This module imports oslo.privsep, which takes
time and memory that an agent without privileged acts shall not spend, so it is imported late.
"""

from __future__ import annotations

import os
import shlex
import sys
from typing import Any

from oslo_config import cfg
from oslo_privsep import capabilities, priv_context

from cyborg_rr.drivers.privileged import nvme, writing

MACHINE = "/sys"
"""The only root that is written to with privileges."""

TIMEOUT_S = 120.0
"""How long an act may take; splitting a large device into its functions takes tens of seconds."""

attributes = priv_context.PrivContext(
    "cyborg_rr.drivers.privileged",
    cfg_section="cyborg_rr_attributes",
    pypath=f"{__name__}.attributes",
    capabilities=[capabilities.CAP_DAC_OVERRIDE],
    timeout=TIMEOUT_S,
)
controllers = priv_context.PrivContext(
    "cyborg_rr.drivers.privileged",
    cfg_section="cyborg_rr_controllers",
    pypath=f"{__name__}.controllers",
    capabilities=[capabilities.CAP_SYS_ADMIN],
    timeout=TIMEOUT_S,
)
CONTEXTS = (attributes, controllers)


def use_helper(command: str | None) -> None:
    """Which command starts the processes; None: ``privsep-helper``, through sudo unless root."""
    beside = os.path.join(os.path.dirname(sys.executable), "privsep-helper")
    helper = beside if os.path.exists(beside) else "privsep-helper"
    default = shlex.quote(helper) if os.geteuid() == 0 else f"sudo {shlex.quote(helper)}"
    for context in CONTEXTS:
        cfg.CONF.set_default("helper_command", command or default, group=context.cfg_section)


@attributes.entrypoint
def write_attribute(path: str, value: str) -> None:
    """Write to the machine's own tree; see ``writing.write_below``."""
    writing.write_below(MACHINE, path, value)


@controllers.entrypoint
def run_admin_command(controller: str, command: dict[str, int]) -> tuple[int, int, bytes]:
    """Send a command to an NVMe controller; see ``nvme.run_admin_command``."""
    return nvme.run_admin_command(controller, nvme.AdminCommand(**command))


use_helper(None)
__all__: list[Any] = ["attributes", "controllers", "run_admin_command", "use_helper"]
