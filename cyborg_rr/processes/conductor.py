"""The conductor, made from its options."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from oslo_config import cfg
from oslo_utils import uuidutils

from cyborg_rr.catalogue.catalogue import Catalogue
from cyborg_rr.conductor.bind import Binder
from cyborg_rr.conductor.heal import Healer
from cyborg_rr.conductor.hosts import Hosts
from cyborg_rr.conductor.instances.events import Pace as EventPace
from cyborg_rr.conductor.instances.gone import ReclaimPace
from cyborg_rr.conductor.instances.wiring import NovaParts, NovaSettings, wire_nova
from cyborg_rr.conductor.leases import Leases, Turn
from cyborg_rr.conductor.liveness.background import MAX_THREADS, Background
from cyborg_rr.conductor.liveness.calls import HostCalls, LimitedAgents
from cyborg_rr.conductor.liveness.gossip import Gossip
from cyborg_rr.conductor.liveness.heard import Liveness
from cyborg_rr.conductor.liveness.membership import Membership
from cyborg_rr.conductor.liveness.pulse import Pulse
from cyborg_rr.conductor.liveness.watch import Watch
from cyborg_rr.conductor.publishing.placement import Pace
from cyborg_rr.conductor.publishing.publishers import Publisher, load_publishers
from cyborg_rr.conductor.publishing.unpublished import Unpublished
from cyborg_rr.conductor.publishing.wiring import (
    PlacementParts,
    PlacementSettings,
    wire_placement,
)
from cyborg_rr.conductor.quota.wiring import make_quota
from cyborg_rr.conductor.release import Releaser
from cyborg_rr.conductor.report import Reporter
from cyborg_rr.conductor.service import ConductorService, Standing, UseCases, Worker
from cyborg_rr.conductor.status import DeviceStatus, HandleStates
from cyborg_rr.conductor.unbind import Unbinder
from cyborg_rr.conf import nova as nova_conf
from cyborg_rr.conf.placement import DEFAULT_TIMEOUT, GROUP
from cyborg_rr.db.engine import Database
from cyborg_rr.domain.errors import InvalidInput
from cyborg_rr.processes.database import open_database
from cyborg_rr.processes.limits import read_limit_settings
from cyborg_rr.processes.options import find_release, load_catalogue
from cyborg_rr.rpc.agent_client import AgentClient
from cyborg_rr.rpc.liveness_client import LivenessClient
from cyborg_rr.rpc.transport import count_workers, make_transport

WAITING_SHARE = 0.75
"""Of the workers that answer calls, those that may wait for hosts."""

RECLAIM_TURNS = 2
"""Intervals for which whoever looks for leaks goes on doing so: another begins from nothing."""


def make_conductor(
    conf: cfg.ConfigOpts, on_lost: Callable[[], None] = lambda: None
) -> ConductorService:
    """The conductor that the options describe; ``CyborgError`` for a mistake in them.

    ``on_lost`` is called should another have its name: then it must end.
    """
    database = open_database(conf, conf.conductor.database_timeout)
    return wire_conductor(conf, database, make_transport(conf), load_catalogue(conf), on_lost)


def wire_conductor(
    conf: cfg.ConfigOpts,
    database: Database,
    transport: Any,
    catalogue: Catalogue,
    on_lost: Callable[[], None] = lambda: None,
) -> ConductorService:
    """The conductor on parts that are there already; ``InvalidInput`` for a mistake in options."""
    settings = conf.conductor
    if settings.bind_timeout <= settings.agent_timeout:
        raise InvalidInput(
            f"option [conductor] bind_timeout: {settings.bind_timeout} is not more than"
            f" agent_timeout ({settings.agent_timeout}), so binds would be undone while hosts"
            " still prepare them"
        )
    run = uuidutils.generate_uuid()
    leases = Leases(database, run)
    looking = Turn(leases, conf.host, "placement", conf.placement.reconcile_interval)
    placement = make_placement(conf, database, looking.is_ours)
    own = [] if placement is None else [placement.publisher]
    publishers: list[Publisher] = [*own, *load_publishers(settings.publishers, database)]
    standing = _make_standing(conf, database, transport, publishers, leases, on_lost)
    liveness = standing.liveness
    workers = int(WAITING_SHARE * count_workers(transport))
    calls = HostCalls(liveness, settings.calls_per_host, workers)
    client = AgentClient(transport, settings.agent_timeout)
    agents = LimitedAgents(client, liveness, calls, settings.agent_timeout)
    tellers = HostCalls(liveness, settings.calls_per_host, workers=2 * MAX_THREADS)
    telling = LimitedAgents(client, liveness, tellers, settings.agent_timeout)
    releaser = Releaser(database, telling, publishers, standing.background)
    unbinder = Unbinder(database, releaser)
    reclaiming = Turn(leases, conf.host, "reclaim", RECLAIM_TURNS * conf.nova.reclaim_interval)
    nova = make_nova(conf, database, reclaiming.is_ours)
    publishing: list[Worker] = [*own] or [Unpublished(database)]
    background = [*publishing, *nova.background, *nova.make_reclaimer(unbinder)]
    use_cases = UseCases(
        binder=Binder(
            database,
            agents,
            releaser,
            conf.host,
            publishers,
            None if placement is None else placement.allocations,
            calls.check,
            make_quota(conf, read_limit_settings(conf), database),
            nova.events,
        ),
        unbinder=unbinder,
        reporter=Reporter(
            database,
            catalogue,
            publishers,
            release_grace_seconds=2 * settings.agent_timeout,
            liveness=liveness,
        ),
        status=DeviceStatus(database, publishers),
        handles=HandleStates(database, agents, releaser, publishers),
        hosts=Hosts(database, publishers),
        healer=Healer(database, unbinder, releaser, conf.host, settings.bind_timeout),
    )
    return ConductorService(
        conf.host,
        use_cases,
        standing,
        transport,
        settings.heal_interval,
        background,
        client.tell_all_of_conductor,
    )


def make_placement(
    conf: cfg.ConfigOpts, database: Database, may_look: Callable[[], bool] = lambda: True
) -> PlacementParts | None:
    """What speaks to Placement, as the options describe it; None where there is none."""
    return wire_placement(conf, GROUP.name, read_placement(conf), database, may_look)


def read_placement(conf: cfg.ConfigOpts) -> PlacementSettings:
    """What the options say of calls of Placement."""
    settings = conf.placement
    return PlacementSettings(
        call_seconds=settings.timeout or DEFAULT_TIMEOUT,
        max_answer_bytes=settings.max_answer_bytes,
        pace=Pace(settings.reconcile_interval, settings.workers),
        verifies_allocations=settings.verify_allocation,
    )


def _make_standing(
    conf: cfg.ConfigOpts,
    database: Database,
    transport: Any,
    publishers: Sequence[Publisher],
    leases: Leases,
    on_lost: Callable[[], None],
) -> Standing:
    """How the conductor knows who is alive."""
    settings = conf.conductor
    liveness = Liveness()
    membership = Membership(leases, conf.host, settings.lease_seconds, find_release(), on_lost)
    client = LivenessClient(transport)
    gossip = Gossip(conf.host, leases.holder, liveness, client, settings.gossip_interval)
    watch = Watch(
        database,
        liveness,
        gossip,
        membership,
        publishers,
        settings.lost_after,
        has_silent_conductor=client.has_silent_conductor,
    )
    return Standing(liveness, gossip, watch, membership, Background(), Pulse())


def make_nova(
    conf: cfg.ConfigOpts, database: Database, may_reclaim: Callable[[], bool] = lambda: True
) -> NovaParts:
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
        may_reclaim,
    )
