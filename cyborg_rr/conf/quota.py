"""Options of quota: groups [quota] and [oslo_limit], of which the latter is oslo.limit's."""

from __future__ import annotations

from oslo_config import cfg
from oslo_limit import opts as oslo_limit

from cyborg_rr.conf.calling import list_calling_opts, register_calling

GROUP = cfg.OptGroup("quota", title="Quota")
LIMIT_GROUP = cfg.OptGroup("oslo_limit", title="Unified limits in Keystone")

NONE, UNIFIED_LIMITS = "none", "unified_limits"

DEFAULT_TIMEOUT = 10
"""Seconds that one call of Keystone may take."""

OWN_SERVICE_TYPE = "accelerator"
"""Of this service in Keystone's catalogue; its limits are registered for its endpoint."""

OPTIONS: list[cfg.Opt] = [
    cfg.StrOpt(
        "driver",
        default=NONE,
        choices=[
            (NONE, "Projects may hold what there is."),
            (
                UNIFIED_LIMITS,
                "Projects may hold what their limits in Keystone say; see group [oslo_limit].",
            ),
        ],
        help="Who says how many accelerators a project may hold. It must be the same for conductors"
        " and API.",
    ),
    cfg.IntOpt(
        "keep_limits",
        default=10,
        min=0,
        help="Seconds for which limits that Keystone told are taken to hold still. 0 asks it at"
        " each bind.",
    ),
    cfg.IntOpt(
        "max_answer_bytes",
        default=64 * 1024 * 1024,
        min=64 * 1024,
        help="Largest answer of Keystone that is read. A limit takes about 400 bytes.",
    ),
]
ENDPOINT_OPTIONS: list[cfg.Opt] = [
    option
    for _, options in oslo_limit.list_opts()
    for option in options
    if option.dest.startswith("endpoint_") and option.dest != "endpoint_override"
]
"""By which oslo.limit finds our endpoint: its own, as it declares them."""


def register(conf: cfg.ConfigOpts) -> None:
    """Add both groups to a configuration, with keystoneauth's options."""
    conf.register_group(cfg.OptGroup(GROUP.name, GROUP.title))  # a copy would share its options
    conf.register_opts(OPTIONS, group=GROUP)
    name = LIMIT_GROUP.name
    conf.register_group(cfg.OptGroup(name, LIMIT_GROUP.title))
    conf.register_opts(ENDPOINT_OPTIONS, group=LIMIT_GROUP)
    register_calling(conf, name, "identity", DEFAULT_TIMEOUT)
    conf.set_default("min_version", "3", group=name)
    conf.set_default("max_version", "3.latest", group=name)
    conf.set_default("endpoint_service_type", OWN_SERVICE_TYPE, group=name)


def list_opts() -> list[tuple[cfg.OptGroup, list[cfg.Opt]]]:
    """The options, for the sample generator."""
    return [(GROUP, OPTIONS), (LIMIT_GROUP, [*ENDPOINT_OPTIONS, *list_calling_opts()])]
