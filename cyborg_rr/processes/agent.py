"""The agent of this host, and of simulated ones, made from its options."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from oslo_config import cfg
from oslo_log import log

from cyborg_rr.agent.attach import Attachments
from cyborg_rr.agent.coming import Coming
from cyborg_rr.agent.deadlines import DriverCalls
from cyborg_rr.agent.discovery import Host
from cyborg_rr.agent.ledger import Ledger
from cyborg_rr.agent.ledger.directory import DirectoryLock, HostLock
from cyborg_rr.agent.ledger.faults import (
    LedgerFailed,
    LedgerOfAnother,
    LedgerUnreadable,
    StateDirectoryInUse,
)
from cyborg_rr.agent.ledger.hosts import RealHost
from cyborg_rr.agent.machine import read_machine_parts
from cyborg_rr.agent.service import AgentService
from cyborg_rr.catalogue.catalogue import Catalogue
from cyborg_rr.domain.errors import BadCatalogue, InvalidInput
from cyborg_rr.domain.hardware.addresses import PciAddress
from cyborg_rr.drivers.driver import Memory
from cyborg_rr.drivers.loading import load_drivers
from cyborg_rr.drivers.simulated.fleet import load_fleet
from cyborg_rr.processes.dependencies import LedgerUnavailable
from cyborg_rr.processes.options import (
    find_release,
    load_catalogue,
    make_driver_context,
    read_cleaning,
)
from cyborg_rr.rpc.conductor_client import ConductorClient
from cyborg_rr.rpc.transport import make_transport

LOG = log.getLogger(__name__)

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
    hosts = [_make_real_host(conf)]
    if conf.agent.fleet_file:
        hosts += _make_simulated_hosts(conf, Path(conf.agent.fleet_file), get_catalogue())
        _check_names(hosts, conf.agent.fleet_file)
    ledger, let_go = _open_ledger(conf, [host.name for host in hosts])
    for host in hosts:
        host.memory = Memory(ledger.list_learnt(host.name))
    hosts[0].host_id = ledger.identify(hosts[0].name).id  # simulated hosts make nothing

    coming = Coming()
    return AgentService(
        name=conf.host,
        hosts=hosts,
        attachments=Attachments(ledger, conf.agent.driver_timeout, read_cleaning(conf)),
        conductor=ConductorClient(transport, SECONDS_TO_REPORT, attendance=coming),
        transport=transport,
        report_interval_seconds=conf.agent.report_interval,
        on_stop=let_go,
        version=find_release(),
        coming=coming,
    )


def _open_ledger(conf: cfg.ConfigOpts, names: Sequence[str]) -> tuple[Ledger, Callable[[], None]]:
    """The ledger of the state directory for this process alone, and how to let go of both.

    The first host is the real one.
    """
    directory = Path(conf.state_path)
    machine_parts = read_machine_parts()
    if not machine_parts:
        LOG.warning("This machine says nothing of itself: a copied ledger would not be noticed")
    try:
        with ExitStack() as stack:
            stack.callback(DirectoryLock(directory).release)
            ledger = Ledger(directory / "agent-ledger.sqlite")
            stack.callback(ledger.close)
            ledger.settle(RealHost(names[0], machine_parts), names[1:], conf.agent.adopt_ledger)
            stack.callback(HostLock(ledger.identify(names[0]).id).release)
            return ledger, stack.pop_all().close
    except LedgerOfAnother as error:
        raise LedgerOfAnother(f"option [DEFAULT] state_path: {directory}: {error}") from None
    except (OSError, sqlite3.Error, LedgerUnreadable, LedgerFailed, StateDirectoryInUse) as error:
        raise LedgerUnavailable(f"option [DEFAULT] state_path: {directory}: {error}") from error


def _make_real_host(conf: cfg.ConfigOpts) -> Host:
    """This host with the enabled drivers."""
    name = conf.agent.resource_provider_name or conf.host
    return Host(
        name,
        load_drivers(
            conf.agent.enabled_drivers,
            make_driver_context(conf, name, watch_xids=conf.agent.watch_xids),
        ),
        calls=DriverCalls(conf.agent.driver_timeout),
        offer_in_use=_parse_addresses(conf.agent.offer_in_use),
    )


def _parse_addresses(texts: Sequence[str]) -> frozenset[str]:
    try:
        return frozenset(PciAddress.parse(text).render() for text in texts)
    except InvalidInput as error:
        raise InvalidInput(f"option [agent] offer_in_use: {error}") from error


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
