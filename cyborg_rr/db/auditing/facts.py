"""What is stored of things that may be wrong, as an audit judges it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from cyborg_rr.domain.hardware.stored import DeviceState, HandleState
from cyborg_rr.domain.requests import ArqState


@dataclass(frozen=True, slots=True)
class HostFacts:
    """A host; ``is_settled`` says whether its last report was taken in with nothing left over."""

    name: str
    is_settled: bool
    told_at: datetime
    refused_at: datetime | None
    refused_reason: str | None
    lost_at: datetime | None
    lost_reason: str | None


@dataclass(frozen=True, slots=True)
class ConductorFacts:
    """The lease of a conductor, which ``is_alive`` until it expires by the database's time."""

    name: str
    is_alive: bool
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class HeldFacts:
    """The handle that a request holds, and the device that it is on."""

    uuid: str
    binding_id: str | None
    provider_uuid: str
    hostname: str
    device_uuid: str
    device_state: DeviceState
    device_told_at: datetime
    trouble_code: str | None
    trouble_text: str | None
    trouble_since: datetime | None


@dataclass(frozen=True, slots=True)
class RequestFacts:
    """A request that is being bound, is bound or failed to be, with what it holds."""

    uuid: str
    state: ArqState
    hostname: str | None
    provider_uuid: str | None
    instance_uuid: str | None
    binding_id: str | None
    conductor: str | None
    bind_started_at: datetime | None
    changed_at: datetime
    reason: str | None
    trouble: str | None
    trouble_since: datetime | None
    held: HeldFacts | None


@dataclass(frozen=True, slots=True)
class HandleFacts:
    """A handle that is on its way to be free, or that nobody holds as it should be held.

    ``owner_state`` is the state of the request that it is held by (None: there is no such request).
    """

    uuid: str
    state: HandleState
    state_since: datetime | None
    reason_code: str | None
    reason: str | None
    binding_id: str | None
    arq_uuid: str | None
    owner_state: ArqState | None
    deployable_name: str
    hostname: str


@dataclass(frozen=True, slots=True)
class ProviderFacts:
    """A deployable whose provider is not outside as it should be."""

    uuid: str
    name: str
    hostname: str
    code: str
    reason: str | None
    since: datetime | None


@dataclass(frozen=True, slots=True)
class StrayFacts:
    """Devices of a host that is not known."""

    hostname: str
    devices: int
    since: datetime


@dataclass(frozen=True, slots=True)
class EventFacts:
    """How a bind ended, which the compute service has not taken yet."""

    arq_uuid: str
    instance_uuid: str
    attempts: int
    last_error: str | None
    since: datetime
