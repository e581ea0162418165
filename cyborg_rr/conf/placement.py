"""Options of Placement: group [placement]."""

from __future__ import annotations

from keystoneauth1 import loading
from oslo_config import cfg

GROUP = cfg.OptGroup("placement", title="Placement")
SERVICE_TYPE = "placement"

DEFAULT_TIMEOUT = 30
"""Seconds that one call may take."""

OPTIONS: list[cfg.Opt] = [
    cfg.IntOpt(
        "reconcile_interval",
        default=600,
        min=1,
        help="Seconds between looks at everything that Placement has of ours, to repair what"
        " somebody else changed there. Each is a tenth earlier or later, by chance.",
    ),
    cfg.IntOpt(
        "workers", default=2, min=1, max=32, help="Hosts that are brought in line at a time."
    ),
    cfg.IntOpt(
        "max_answer_bytes",
        default=64 * 1024 * 1024,
        min=64 * 1024,
        help="Largest answer of Placement that is read. A list of all our providers takes about 400"
        " bytes for each.",
    ),
    cfg.BoolOpt(
        "verify_allocation",
        default=False,
        help="Refuse to bind a request for an instance that has no allocation of the resource"
        " provider. Each bind then needs an answer of Placement.",
    ),
]


def register(conf: cfg.ConfigOpts) -> None:
    """Add the group to a configuration, with keystoneauth's options."""
    conf.register_group(cfg.OptGroup(GROUP.name, GROUP.title))  # a copy would share its options
    conf.register_opts(OPTIONS, group=GROUP)
    loading.register_auth_conf_options(conf, GROUP.name)
    loading.register_session_conf_options(conf, GROUP.name)
    loading.register_adapter_conf_options(conf, GROUP.name, include_deprecated=False)
    conf.set_default("timeout", DEFAULT_TIMEOUT, group=GROUP.name)
    conf.set_default("service_type", SERVICE_TYPE, group=GROUP.name)
    conf.set_default("valid_interfaces", ["internal", "public"], group=GROUP.name)


def list_opts() -> list[tuple[cfg.OptGroup, list[cfg.Opt]]]:
    """The options, for the sample generator; those of an ``auth_type`` are keystoneauth's."""
    return [
        (
            GROUP,
            [
                *OPTIONS,
                *loading.get_auth_common_conf_options(),
                *loading.get_session_conf_options(),
                *loading.get_adapter_conf_options(include_deprecated=False),
            ],
        )
    ]
