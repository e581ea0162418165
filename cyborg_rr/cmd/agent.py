"""cyborg-rr-agent: discovers the accelerators of this host and hands them out."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from oslo_config import cfg
from oslo_log import log

from cyborg_rr.agent.attach import Attachments
from cyborg_rr.agent.discovery import Host
from cyborg_rr.agent.ledger import Ledger
from cyborg_rr.agent.service import AgentService
from cyborg_rr.catalogue.loading import Catalogue
from cyborg_rr.cmd.ending import exit_on_mistake
from cyborg_rr.cmd.signals import wait_for_end
from cyborg_rr.cmd.wiring import load_catalogue, make_driver_context
from cyborg_rr.conf.opts import PROJECT, make_config
from cyborg_rr.domain.errors import BadCatalogue
from cyborg_rr.drivers.loading import load_drivers
from cyborg_rr.drivers.simulated.fleet import load_fleet
from cyborg_rr.rpc.conductor_client import ConductorClient
from cyborg_rr.rpc.transport import make_transport

LOG = log.getLogger(__name__)

SECONDS_TO_REPORT = 60.0
"""How long a conductor may take to store a report."""


def main() -> None:
    """Entry point of ``cyborg-rr-agent``."""
    exit_on_mistake(run)


def run() -> int:
    """Serve until a signal ends it."""
    conf = make_config(sys.argv[1:], program="cyborg-rr-agent")
    log.setup(conf, PROJECT)
    service = make_agent(conf, make_transport(conf), load_catalogue)
    service.start()
    LOG.info("Agent %s takes calls", conf.host)
    wait_for_end()
    LOG.info("Agent %s ends; the report in progress is finished", conf.host)
    service.stop()
    return 0


def make_agent(conf: cfg.ConfigOpts, transport: Any, catalogue_of: Any) -> AgentService:
    """The agent of this host, and of the hosts of [agent] fleet_file."""
    ledger = Ledger(Path(conf.state_path) / "agent-ledger.sqlite")
    hosts = [make_real_host(conf)]
    if conf.agent.fleet_file:
        hosts += make_simulated_hosts(conf, Path(conf.agent.fleet_file), catalogue_of(conf))
        _check_names(hosts, conf.agent.fleet_file)
    return AgentService(
        name=conf.host,
        hosts=hosts,
        attachments=Attachments(ledger),
        conductor=ConductorClient(transport, SECONDS_TO_REPORT),
        transport=transport,
        report_interval_seconds=conf.agent.report_interval,
    )


def make_real_host(conf: cfg.ConfigOpts) -> Host:
    """This host with the enabled drivers."""
    name = conf.agent.resource_provider_name or conf.host
    return Host(name, load_drivers(conf.agent.enabled_drivers, make_driver_context(conf, name)))


def make_simulated_hosts(
    conf: cfg.ConfigOpts, fleet_file: Path, catalogue: Catalogue
) -> list[Host]:
    """The hosts that a fleet file describes, each played by the fake driver."""
    fleet = load_fleet(fleet_file, catalogue)
    return [
        Host(host.name, load_drivers(["fake"], make_driver_context(conf, host.name, fleet=fleet)))
        for host in fleet.hosts
    ]


def _check_names(hosts: Sequence[Host], fleet_file: str) -> None:
    if any(host.name == hosts[0].name for host in hosts[1:]):
        raise BadCatalogue(f"{fleet_file}: host {hosts[0].name} is the name of this real host")
