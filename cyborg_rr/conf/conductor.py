"""Options of the conductor: group [conductor]."""

from __future__ import annotations

from oslo_config import cfg

GROUP = cfg.OptGroup("conductor", title="Conductor")

OPTIONS: list[cfg.Opt] = [
    cfg.IntOpt(
        "bind_timeout",
        default=60,
        min=1,
        help="Seconds after which a bind that nobody finished is undone.",
    ),
    cfg.IntOpt(
        "agent_timeout", default=20, min=1, help="Seconds to wait for a host to answer a call."
    ),
    cfg.IntOpt(
        "heal_interval",
        default=30,
        min=1,
        help="Seconds between looks for interrupted binds and unconfirmed releases.",
    ),
    cfg.ListOpt(
        "publishers",
        default=[],
        help="Names, in the namespace cyborg_rr.publishers, of those who are told when the"
        " inventory of a host has changed.",
    ),
]


def register(conf: cfg.ConfigOpts) -> None:
    """Add the group to a configuration."""
    conf.register_group(cfg.OptGroup(GROUP.name, GROUP.title))  # a copy would share its options
    conf.register_opts(OPTIONS, group=GROUP)


def list_opts() -> list[tuple[cfg.OptGroup, list[cfg.Opt]]]:
    """The options, for the sample generator."""
    return [(GROUP, OPTIONS)]
