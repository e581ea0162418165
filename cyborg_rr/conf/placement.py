"""Options of Placement: group [placement]."""

from __future__ import annotations

from oslo_config import cfg

from cyborg_rr.conf.calling import list_calling_opts, register_calling

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
    register_calling(conf, GROUP.name, SERVICE_TYPE, DEFAULT_TIMEOUT)


def list_opts() -> list[tuple[cfg.OptGroup, list[cfg.Opt]]]:
    """The options, for the sample generator."""
    return [(GROUP, [*OPTIONS, *list_calling_opts()])]
