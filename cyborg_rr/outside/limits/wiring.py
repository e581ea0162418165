"""Who says how much projects may hold, made where options say so."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from oslo_log import log

from cyborg_rr.domain.errors import InvalidInput
from cyborg_rr.outside.calling import make_caller
from cyborg_rr.outside.limits.limits import KeptLimits, LimitSource, Unlimited

LOG = log.getLogger(__name__)

SERVICE = "Keystone"


@dataclass(frozen=True, slots=True)
class LimitSettings:
    """What one call may take (seconds, bytes), and how long (seconds) its answer is kept.

    ``group`` are the options by which Keystone is reached, ``system_scope`` what they say of the
    token, ``endpoint`` those that name our own endpoint there. Without ``is_on`` nobody is asked.
    """

    is_on: bool
    group: str
    system_scope: str | None
    call_seconds: float
    max_answer_bytes: int
    keep_seconds: float
    endpoint: Mapping[str, str | None]


def make_limits(conf: Any, settings: LimitSettings) -> LimitSource:
    """As the settings say; ``InvalidInput`` for what Keystone would not answer in full."""
    if not settings.is_on:
        return Unlimited()
    # Who has no limits need not load what asks for them, which takes half a second.
    from cyborg_rr.outside.limits.unified import UnifiedLimits

    caller = make_caller(
        conf,
        settings.group,
        SERVICE,
        seconds=settings.call_seconds,
        max_bytes=settings.max_answer_bytes,
    )
    if caller is None:
        raise InvalidInput(f"options of group [{settings.group}]: auth_type is not set")
    if settings.system_scope != "all":
        raise InvalidInput(
            f"options of group [{settings.group}]: system_scope must be all, since only a reader of"
            " the system sees the limits of every project"
        )
    LOG.info("Projects may hold what their limits accelerators:CLASS in Keystone say")
    return KeptLimits(UnifiedLimits(caller, settings.endpoint), settings.keep_seconds)
