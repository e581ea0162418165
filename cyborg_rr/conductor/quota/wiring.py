"""The quota, made where options say so."""

from __future__ import annotations

from typing import Any

from cyborg_rr.conductor.quota.allowance import LimitedQuota, Quota, Unbounded
from cyborg_rr.db.engine import Database
from cyborg_rr.outside.limits.wiring import LimitSettings, make_limits

__all__ = ["LimitSettings", "make_quota"]


def make_quota(conf: Any, settings: LimitSettings, database: Database) -> Quota:
    """As the settings say; ``InvalidInput`` for a mistake in the options of Keystone."""
    limits = make_limits(conf, settings)
    return LimitedQuota(database, limits) if limits.is_limiting else Unbounded()
