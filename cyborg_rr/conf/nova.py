"""Options of Nova: group [nova]."""

from __future__ import annotations

from oslo_config import cfg

from cyborg_rr.conf.calling import list_calling_opts, register_calling

GROUP = cfg.OptGroup("nova", title="Nova")
SERVICE_TYPE = "compute"

DEFAULT_TIMEOUT = 10
"""Seconds that one call may take."""

OPTIONS: list[cfg.Opt] = [
    cfg.IntOpt(
        "event_patience",
        default=300,
        min=1,
        help="Seconds for which Nova is told again how a bind ended, until it takes it; so long a"
        " failed request is shown as being bound. As long as Nova waits for it: its option"
        " [DEFAULT] arq_binding_timeout.",
    ),
    cfg.IntOpt("workers", default=2, min=1, max=32, help="Instances that are told of at a time."),
    cfg.IntOpt(
        "max_answer_bytes",
        default=1024 * 1024,
        min=64 * 1024,
        help="Largest answer of Nova that is read.",
    ),
    cfg.BoolOpt(
        "reclaim_leaked_requests",
        default=False,
        help="Delete the accelerator requests of instances that Nova does not have any more. The"
        " user of this group must be an administrator for Nova.",
    ),
    cfg.IntOpt(
        "reclaim_interval",
        default=300,
        min=1,
        help="Seconds between looks for such instances. One look asks for a hundred at most.",
    ),
    cfg.IntOpt(
        "reclaim_grace",
        default=600,
        min=1,
        help="Seconds for which Nova must not have had an instance, and for which its requests must"
        " have been bound, before they are deleted.",
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
