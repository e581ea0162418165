"""Audit and heal, on the database itself; healing calls agents as a conductor does."""

from __future__ import annotations

from datetime import timedelta

from oslo_config import cfg

from cyborg_rr.conductor.auditing.audit import Auditor
from cyborg_rr.conductor.auditing.finding import Patience
from cyborg_rr.conductor.auditing.kinds import KINDS, Code, Kind
from cyborg_rr.conductor.auditing.mend import Mender, Outcome
from cyborg_rr.conductor.auditing.outside import Outside
from cyborg_rr.conductor.publishing.drift import PublishingNow
from cyborg_rr.conductor.publishing.publishers import Publisher, load_publishers
from cyborg_rr.conductor.publishing.wiring import PlacementParts
from cyborg_rr.conductor.release import Releaser
from cyborg_rr.conductor.unbind import Unbinder
from cyborg_rr.db.clock import utc_now
from cyborg_rr.db.engine import Database
from cyborg_rr.processes.conductor import make_nova, make_placement
from cyborg_rr.processes.database import COMMAND_SECONDS, open_database
from cyborg_rr.rpc.agent_client import AgentClient
from cyborg_rr.rpc.transport import make_transport

__all__ = ["KINDS", "Code", "Kind", "Outcome", "open_auditor", "open_mender", "utc_now"]


def open_auditor(conf: cfg.ConfigOpts, settle_seconds: int) -> Auditor:
    """Who finds what is wrong in the service that the options describe."""
    database = open_database(conf, COMMAND_SECONDS)
    return _make_auditor(conf, database, settle_seconds, make_placement(conf, database))


def open_mender(conf: cfg.ConfigOpts, settle_seconds: int) -> Mender:
    """Who mends it too; a bus that does not answer keeps nobody from what needs no host."""
    database = open_database(conf, COMMAND_SECONDS)
    agents = AgentClient(make_transport(conf), conf.conductor.agent_timeout)
    placement = make_placement(conf, database)
    publishers: list[Publisher] = load_publishers(conf.conductor.publishers, database)
    if placement is not None:
        publishers.append(PublishingNow(placement.publisher))
    releaser = Releaser(database, agents, publishers)
    return Mender(
        database,
        _make_auditor(conf, database, settle_seconds, placement),
        Unbinder(database, releaser),
        releaser,
        publishers,
    )


def _make_auditor(
    conf: cfg.ConfigOpts,
    database: Database,
    settle_seconds: int,
    placement: PlacementParts | None,
) -> Auditor:
    patience = Patience(
        timedelta(seconds=conf.conductor.bind_timeout), timedelta(seconds=settle_seconds)
    )
    view = None if placement is None else placement.view
    instances = make_nova(conf, database).client
    return Auditor(database, patience, Outside(instances, view))
