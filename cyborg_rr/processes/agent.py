"""The agent of this host, and of simulated ones, made from its options."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from oslo_config import cfg

from cyborg_rr.agent.attach import Attachments
from cyborg_rr.agent.discovery import Host
from cyborg_rr.agent.ledger import Ledger
from cyborg_rr.agent.service import AgentService
from cyborg_rr.catalogue.catalogue import Catalogue
from cyborg_rr.domain.errors import BadCatalogue
from cyborg_rr.drivers.loading import load_drivers
from cyborg_rr.drivers.simulated.fleet import load_fleet
from cyborg_rr.processes.dependencies import LedgerUnavailable
from cyborg_rr.processes.options import load_catalogue, make_driver_context, read_cleaning
from cyborg_rr.rpc.conductor_client import ConductorClient
from cyborg_rr.rpc.transport import make_transport

SECONDS_TO_REPORT = 60.0
"""How long a conductor may take to store a report."""


def make_agent(conf: cfg.ConfigOpts) -> AgentService:
    """The agent that the options describe; ``CyborgError`` for a mistake in them."""
    return wire_agent(conf, make_transport(conf), lambda: load_catalogue(conf))


def wire_agent(
    conf: cfg.ConfigOpts, transport: Any, get_catalogue: Callable[[], Catalogue]
) -> AgentService:
    """The agent of this host, and of the hosts of [agent] fleet_file, on that transport.

    The catalogue is asked for only where there is a fleet.
    """
    ledger = _open_ledger(Path(conf.state_path) / "agent-ledger.sqlite")
    hosts = [_make_real_host(conf)]
    if conf.agent.fleet_file:
        hosts += _make_simulated_hosts(conf, Path(conf.agent.fleet_file), get_catalogue())
        _check_names(hosts, conf.agent.fleet_file)
    return AgentService(
        name=conf.host,
        hosts=hosts,
        attachments=Attachments(ledger, read_cleaning(conf)),
        conductor=ConductorClient(transport, SECONDS_TO_REPORT),
        transport=transport,
        report_interval_seconds=conf.agent.report_interval,
    )


def _open_ledger(path: Path) -> Ledger:
    try:
        return Ledger(path)
    except (OSError, sqlite3.Error) as error:
        raise LedgerUnavailable(f"option [DEFAULT] state_path: {error}") from error


def _make_real_host(conf: cfg.ConfigOpts) -> Host:
    """This host with the enabled drivers."""
    name = conf.agent.resource_provider_name or conf.host
    return Host(name, load_drivers(conf.agent.enabled_drivers, make_driver_context(conf, name)))


def _make_simulated_hosts(
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
