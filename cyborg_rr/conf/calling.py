"""How another service of the cloud is reached: keystoneauth's options in a group of ours."""

from __future__ import annotations

from keystoneauth1 import loading
from oslo_config import cfg


def register_calling(
    conf: cfg.ConfigOpts, group: str, service_type: str, timeout_seconds: int
) -> None:
    """Add the options to a group; a call takes at most so long, by internal endpoints first."""
    loading.register_auth_conf_options(conf, group)
    loading.register_session_conf_options(conf, group)
    loading.register_adapter_conf_options(conf, group, include_deprecated=False)
    conf.set_default("timeout", timeout_seconds, group=group)
    conf.set_default("service_type", service_type, group=group)
    conf.set_default("valid_interfaces", ["internal", "public"], group=group)


def list_calling_opts() -> list[cfg.Opt]:
    """The options, for the sample generator; those of an ``auth_type`` are keystoneauth's."""
    return [
        *loading.get_auth_common_conf_options(),
        *loading.get_session_conf_options(),
        *loading.get_adapter_conf_options(include_deprecated=False),
    ]
