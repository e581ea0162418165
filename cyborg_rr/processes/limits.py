"""What the options say of limits, for the conductor and the API alike."""

from __future__ import annotations

from oslo_config import cfg

from cyborg_rr.conductor.quota.wiring import LimitSettings
from cyborg_rr.conf.quota import DEFAULT_TIMEOUT, ENDPOINT_OPTIONS, LIMIT_GROUP, UNIFIED_LIMITS


def read_limit_settings(conf: cfg.ConfigOpts) -> LimitSettings:
    """Groups [quota] and [oslo_limit]."""
    settings, limit = conf.quota, conf.oslo_limit
    return LimitSettings(
        is_on=settings.driver == UNIFIED_LIMITS,
        group=LIMIT_GROUP.name,
        call_seconds=limit.timeout or DEFAULT_TIMEOUT,
        max_answer_bytes=settings.max_answer_bytes,
        keep_seconds=settings.keep_limits,
        endpoint={option.dest: getattr(limit, option.dest) for option in ENDPOINT_OPTIONS},
    )
