"""Options that all processes share: group [DEFAULT]."""

from __future__ import annotations

import socket

from oslo_config import cfg

OPTIONS: list[cfg.Opt] = [
    cfg.StrOpt(
        "host",
        default=socket.gethostname(),
        sample_default="<the host's name>",
        help="Name of this process on the message bus. Each agent needs its own, and so does each"
        " conductor: at its start one undoes the binds that a last run under its name began.",
    ),
    cfg.StrOpt(
        "state_path",
        default="/var/lib/cyborg_rr",
        help="Directory for what a process must keep, such as the agent's ledger of claims.",
    ),
]


def register(conf: cfg.ConfigOpts) -> None:
    """Add the options to a configuration."""
    conf.register_opts(OPTIONS)


def list_opts() -> list[tuple[str, list[cfg.Opt]]]:
    """The options, for the sample generator."""
    return [("DEFAULT", OPTIONS)]
