"""What the options say of limits, for the conductor and the API alike."""

from __future__ import annotations

from contextlib import suppress

from keystoneauth1 import exceptions, loading
from oslo_config import cfg

from cyborg_rr.conductor.quota.wiring import LimitSettings
from cyborg_rr.conf.quota import DEFAULT_TIMEOUT, ENDPOINT_OPTIONS, LIMIT_GROUP, UNIFIED_LIMITS


def read_limit_settings(conf: cfg.ConfigOpts) -> LimitSettings:
    """Groups [quota] and [oslo_limit]."""
    settings, limit = conf.quota, conf.oslo_limit
    return LimitSettings(
        is_on=settings.driver == UNIFIED_LIMITS,
        group=LIMIT_GROUP.name,
        system_scope=_find_system_scope(conf) if settings.driver == UNIFIED_LIMITS else None,
        call_seconds=limit.timeout or DEFAULT_TIMEOUT,
        max_answer_bytes=settings.max_answer_bytes,
        keep_seconds=settings.keep_limits,
        endpoint={option.dest: getattr(limit, option.dest) for option in ENDPOINT_OPTIONS},
    )


def _find_system_scope(conf: cfg.ConfigOpts) -> str | None:
    """An option of the plugin that ``auth_type`` names, known once that is loaded, if it has it."""
    with suppress(exceptions.ClientException):  # who makes the caller tells of it
        loading.load_auth_from_conf_options(conf, LIMIT_GROUP.name)
    scope: str | None = getattr(conf.oslo_limit, "system_scope", None)
    return scope
