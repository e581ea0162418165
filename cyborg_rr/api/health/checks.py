"""What is asked of each dependency, and what its answers mean."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial

from oslo_db import exception as db_exception

from cyborg_rr.api.health.probe import NO_ANSWER, OK, Finding
from cyborg_rr.db import schema
from cyborg_rr.db.engine import Database, check_writes, ping
from cyborg_rr.db.faults import takes_no_writes
from cyborg_rr.db.leases import list_conductors
from cyborg_rr.domain.errors import AgentUnavailable, InvalidInput
from cyborg_rr.rpc.conductor_client import ConductorClient

BUS_SECONDS = 2.0
"""How long the bus may take; a conductor, where there is one, answers from memory."""

WELL = Finding(OK)
READ_ONLY, SCHEMA_OLD, NONE_ALIVE = "read_only", "schema_old", "none_alive"


def check_database(database: Database) -> Finding:
    """Whether the database answers."""
    try:
        with database.reading() as session:
            ping(session)
    except db_exception.DBError as error:
        return Finding(NO_ANSWER.code, error)
    return WELL


def _check_writes(database: Database) -> Finding:
    try:
        with database.writing() as session:
            check_writes(session)
    except db_exception.DBError as error:
        return Finding(READ_ONLY if takes_no_writes(error) else NO_ANSWER.code, error)
    return WELL


def _check_schema(database: Database) -> Finding:
    try:
        schema.check_version(database.engine)
    except InvalidInput as error:
        return Finding(SCHEMA_OLD, error)
    except db_exception.DBError as error:
        return Finding(NO_ANSWER.code, error)
    return WELL


def _check_conductors(database: Database) -> Finding:
    try:
        with database.reading() as session:
            is_any_alive = any(lease.is_alive for lease in list_conductors(session).values())
    except db_exception.DBError as error:
        return Finding(NO_ANSWER.code, error)
    return WELL if is_any_alive else Finding(NONE_ALIVE)


def _check_bus(conductor: ConductorClient) -> Finding:
    try:
        conductor.check_bus(BUS_SECONDS)
    except AgentUnavailable as error:
        return Finding(NO_ANSWER.code, error)
    return WELL


def list_checks(
    database: Database, conductor: ConductorClient
) -> Mapping[str, Callable[[], Finding]]:
    """All that the service needs, by the names under which the answer has it."""
    return {
        "database": partial(check_database, database),
        "database_writes": partial(_check_writes, database),
        "schema": partial(_check_schema, database),
        "bus": partial(_check_bus, conductor),
        "conductors": partial(_check_conductors, database),
    }
