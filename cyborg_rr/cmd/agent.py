"""cyborg-rr-agent: discovers the accelerators of this host and hands them out."""

from __future__ import annotations

import sys

from oslo_log import log

from cyborg_rr.conf.agent import SWITCHES
from cyborg_rr.conf.opts import make_config
from cyborg_rr.processes.agent import make_agent
from cyborg_rr.processes.dependencies import naming_dependencies
from cyborg_rr.processes.ending import exit_on_mistake
from cyborg_rr.processes.logs import set_up_log
from cyborg_rr.processes.signals import wait_for_end

LOG = log.getLogger(__name__)


def main() -> None:
    """Entry point of ``cyborg-rr-agent``."""
    exit_on_mistake(run)


@naming_dependencies()
def run() -> int:
    """Serve until a signal ends it."""
    conf = make_config(sys.argv[1:], program="cyborg-rr-agent", switches=SWITCHES)
    set_up_log(conf)
    service = make_agent(conf)
    service.start()
    LOG.info("Agent %s takes calls", service.name)
    wait_for_end()
    LOG.info("Agent %s ends; the report in progress is finished", service.name)
    service.stop()
    return 0
