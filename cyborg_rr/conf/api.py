"""Options of the API process: group [api]."""

from __future__ import annotations

from oslo_config import cfg

DEFAULT_PORT = 6666

GROUP = cfg.OptGroup("api", title="REST API")

OPTIONS: list[cfg.Opt] = [
    cfg.HostAddressOpt(
        "host_ip", default="127.0.0.1", help="Address on which cyborg-rr-api listens."
    ),
    cfg.PortOpt("port", default=DEFAULT_PORT, help="TCP port on which cyborg-rr-api listens."),
    cfg.IntOpt(
        "threads", default=10, min=1, max=1000, help="Requests that one process answers at a time."
    ),
    cfg.IntOpt(
        "reserved_threads",
        default=3,
        min=0,
        max=1000,
        help="Of [api] threads, those that never wait for a conductor or for the rest of a long"
        " body; at least one of the others always may. Beyond that the answer is 503.",
    ),
    cfg.IntOpt(
        "calls_per_host",
        default=4,
        min=1,
        max=1000,
        help="Binds on one host for which one process waits at a time. Beyond that the answer is"
        " 503.",
    ),
    cfg.IntOpt(
        "database_timeout",
        default=10,
        min=0,
        help="Seconds that a request waits for one answer of the database; beyond that it is 503"
        " and the connection is dropped. 0: for ever. What [database] connection says itself"
        " (read_timeout, write_timeout, connect_timeout; tcp_user_timeout) counts more.",
    ),
    cfg.IntOpt(
        "max_connections",
        default=1000,
        min=16,
        max=100_000,
        help="Connections of cyborg-rr-api at a time, as far as the system's limit of open files"
        " (less 256) allows. When there are more, the one that has waited longest without a"
        " request is closed.",
    ),
    cfg.URIOpt(
        "public_endpoint",
        schemes=["http", "https"],
        help="URL under which clients reach the API; links are made from it. Without it they are"
        " made from the request's host and the mount point.",
    ),
    cfg.StrOpt(
        "auth_strategy",
        default="keystone",
        choices=[
            ("keystone", "Keystone tokens are checked by keystonemiddleware."),
            (
                "noauth",
                "Every caller counts as an administrator with a service token. Only for one"
                " host: the API then refuses to listen on anything but loopback, and requests for"
                " pages of others in a browser.",
            ),
        ],
        help="How callers are told apart.",
    ),
    cfg.IntOpt(
        "max_body_bytes",
        default=1024 * 1024,
        min=1024,
        help="Largest JSON body that is read. A model file has its own limit in [readers].",
    ),
    cfg.IntOpt(
        "max_waiting_requests",
        default=10_000,
        min=1,
        help="Accelerator requests of one project that are bound to no instance. A project that"
        " has as many can make none (403) until some are bound or deleted.",
    ),
    cfg.IntOpt(
        "max_ir_requirements",
        default=1000,
        min=1,
        help="IR requirements that are kept for one project. A project that has as many can store"
        " none (403) until some are deleted.",
    ),
    cfg.IntOpt("max_json_depth", default=25, min=5, max=200, help="Deepest nesting of JSON."),
]


def register(conf: cfg.ConfigOpts) -> None:
    """Add the group to a configuration."""
    conf.register_group(cfg.OptGroup(GROUP.name, GROUP.title))  # a copy would share its options
    conf.register_opts(OPTIONS, group=GROUP)


def list_opts() -> list[tuple[cfg.OptGroup, list[cfg.Opt]]]:
    """The options, for the sample generator."""
    return [(GROUP, OPTIONS)]
