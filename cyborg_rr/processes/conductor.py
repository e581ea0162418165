"""The conductor, made from its options."""

from __future__ import annotations

from typing import Any

from oslo_config import cfg

from cyborg_rr.catalogue.catalogue import Catalogue
from cyborg_rr.conductor.bind import Binder
from cyborg_rr.conductor.heal import Healer
from cyborg_rr.conductor.hosts import Hosts
from cyborg_rr.conductor.instances.events import Pace as EventPace
from cyborg_rr.conductor.instances.gone import ReclaimPace
from cyborg_rr.conductor.instances.wiring import NovaParts, NovaSettings, wire_nova
from cyborg_rr.conductor.publishing.placement import Pace
from cyborg_rr.conductor.publishing.publishers import Publisher, load_publishers
from cyborg_rr.conductor.publishing.wiring import (
    PlacementParts,
    PlacementSettings,
    wire_placement,
)
from cyborg_rr.conductor.release import Releaser
from cyborg_rr.conductor.report import Reporter
from cyborg_rr.conductor.service import ConductorService, UseCases
from cyborg_rr.conductor.status import DeviceStatus, HandleStates
from cyborg_rr.conductor.unbind import Unbinder
from cyborg_rr.conf import nova as nova_conf
from cyborg_rr.conf.placement import DEFAULT_TIMEOUT, GROUP
from cyborg_rr.db.engine import Database
from cyborg_rr.processes.database import open_database
from cyborg_rr.processes.options import load_catalogue
from cyborg_rr.rpc.agent_client import AgentClient
from cyborg_rr.rpc.transport import make_transport


def make_conductor(conf: cfg.ConfigOpts) -> ConductorService:
    """The conductor that the options describe; ``CyborgError`` for a mistake in them."""
    database = open_database(conf)
    return wire_conductor(conf, database, make_transport(conf), load_catalogue(conf))


def wire_conductor(
    conf: cfg.ConfigOpts, database: Database, transport: Any, catalogue: Catalogue
) -> ConductorService:
    """The conductor on parts that are there already."""
    settings = conf.conductor
    agents = AgentClient(transport, settings.agent_timeout)
    placement = make_placement(conf, database)
    own = [] if placement is None else [placement.publisher]
    publishers: list[Publisher] = [*own, *load_publishers(settings.publishers, database)]
    releaser = Releaser(database, agents, publishers)
    unbinder = Unbinder(database, releaser)
    nova = make_nova(conf, database)
    background = [*own, *nova.background, *nova.make_reclaimer(unbinder)]
    use_cases = UseCases(
        binder=Binder(
            database,
            agents,
            releaser,
            conf.host,
            publishers,
            None if placement is None else placement.allocations,
            nova.events,
        ),
        unbinder=unbinder,
        reporter=Reporter(
            database, catalogue, publishers, release_grace_seconds=2 * settings.agent_timeout
        ),
        status=DeviceStatus(database, publishers),
        handles=HandleStates(database, agents, releaser, publishers),
        hosts=Hosts(database, publishers),
        healer=Healer(database, unbinder, releaser, conf.host, settings.bind_timeout),
    )
    return ConductorService(conf.host, use_cases, transport, settings.heal_interval, background)


def make_placement(conf: cfg.ConfigOpts, database: Database) -> PlacementParts | None:
    """What speaks to Placement, as the options describe it; None where there is none."""
    settings = conf.placement
    return wire_placement(
        conf,
        GROUP.name,
        PlacementSettings(
            call_seconds=settings.timeout or DEFAULT_TIMEOUT,
            max_answer_bytes=settings.max_answer_bytes,
            pace=Pace(settings.reconcile_interval, settings.workers),
            verifies_allocations=settings.verify_allocation,
        ),
        database,
    )


def make_nova(conf: cfg.ConfigOpts, database: Database) -> NovaParts:
    """What speaks to Nova, as the options describe it."""
    settings = conf.nova
    pace = EventPace(
        settings.event_patience, settings.timeout or nova_conf.DEFAULT_TIMEOUT, settings.workers
    )
    reclaim = ReclaimPace(settings.reclaim_interval, settings.reclaim_grace)
    return wire_nova(
        conf,
        nova_conf.GROUP.name,
        NovaSettings(
            settings.max_answer_bytes, pace, reclaim if settings.reclaim_leaked_requests else None
        ),
        database,
    )
