"""cyborg-rr-conductor: keeps the inventory and binds accelerator requests."""

from __future__ import annotations

import sys

from oslo_log import log

from cyborg_rr.conf.opts import make_config
from cyborg_rr.processes.conductor import make_conductor
from cyborg_rr.processes.dependencies import naming_dependencies
from cyborg_rr.processes.ending import exit_on_mistake
from cyborg_rr.processes.logs import set_up_log
from cyborg_rr.processes.signals import end_soon, wait_for_end

LOG = log.getLogger(__name__)


def main() -> None:
    """Entry point of ``cyborg-rr-conductor``."""
    exit_on_mistake(run)


@naming_dependencies()
def run() -> int:
    """Serve until a signal ends it."""
    conf = make_config(sys.argv[1:], program="cyborg-rr-conductor")
    set_up_log(conf)
    service = make_conductor(conf, on_lost=end_soon)
    service.start()
    LOG.info("Conductor %s takes calls", service.name)
    wait_for_end()
    LOG.info("Conductor %s ends; the calls in progress are finished", service.name)
    service.stop()
    return 0
