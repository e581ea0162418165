"""Options of the conductor: group [conductor]."""

from __future__ import annotations

from oslo_config import cfg

GROUP = cfg.OptGroup("conductor", title="Conductor")

OPTIONS: list[cfg.Opt] = [
    cfg.IntOpt(
        "bind_timeout",
        default=60,
        min=1,
        help="Seconds after which a bind that nobody finished is undone; more than agent_timeout.",
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
    cfg.IntOpt(
        "lost_after",
        default=180,
        min=0,
        help="Seconds after which a host that nobody has heard is lost, but never before it has"
        " missed three of its reports. What is asked of a lost host is refused at once. 0: no host"
        " is ever lost.",
    ),
    cfg.IntOpt(
        "gossip_interval",
        default=10,
        min=1,
        help="Seconds after which the conductors tell each other whom they heard.",
    ),
    cfg.IntOpt(
        "lease_seconds",
        default=20,
        min=4,
        help="Seconds after which a conductor that has not renewed its lease in the database counts"
        " as ended: what it was binding is undone by another, and another may have its name.",
    ),
    cfg.IntOpt(
        "database_timeout",
        default=60,
        min=0,
        help="Seconds that a conductor waits for one answer of the database, before it drops the"
        " connection; more than the database lets a statement wait for a lock. 0: for ever. What"
        " [database] connection says itself (read_timeout, write_timeout, connect_timeout;"
        " tcp_user_timeout) counts more.",
    ),
    cfg.IntOpt(
        "calls_per_host",
        default=4,
        min=1,
        help="Calls that may be on their way to one host at a time; more of them wait, and where"
        " too many do they are refused.",
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
