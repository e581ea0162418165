"""What the API works with; made once per process and passed in."""

from __future__ import annotations

from dataclasses import dataclass, field

from cyborg_rr.catalogue.catalogue import Catalogue
from cyborg_rr.db.engine import Database
from cyborg_rr.outside.limits.limits import LimitSource, Unlimited
from cyborg_rr.outside.limits.wiring import make_limits
from cyborg_rr.rpc.conductor_client import ConductorClient

__all__ = ["ReadingSettings", "Services", "Settings", "make_limits"]


@dataclass(frozen=True, slots=True)
class ReadingSettings:
    """How uploads are read: so many at a time, each within limits of its own.

    They are spooled to ``spool_directory``; None is the system's directory for temporary files.
    """

    concurrent: int
    spool_directory: str | None
    max_file_bytes: int
    memory_bytes: int
    cpu_seconds: int
    wall_seconds: int


@dataclass(frozen=True, slots=True)
class Settings:
    """What an operator decides about the API.

    Links begin with ``public_endpoint``; None is where the request came in. One project may have
    ``max_waiting_requests`` that are bound to nothing, and ``max_ir_requirements``.
    """

    public_endpoint: str | None
    max_body_bytes: int
    max_json_depth: int
    max_waiting_requests: int
    max_ir_requirements: int
    reading: ReadingSettings


@dataclass(frozen=True, slots=True)
class Services:
    """Settings, database, the way to the conductor, the catalogue, and who limits projects."""

    settings: Settings
    database: Database
    conductor: ConductorClient
    catalogue: Catalogue
    limits: LimitSource = field(default_factory=Unlimited)
