"""Where device and toolchain facts come from: group [catalogue]."""

from __future__ import annotations

from oslo_config import cfg

GROUP = cfg.OptGroup("catalogue", title="Device catalogue")

OPTIONS: list[cfg.Opt] = [
    cfg.ListOpt(
        "extra_paths",
        default=[],
        help="Files or directories with devices and toolchains of your own, in the formats of the"
        " files that ship with the service. Later ones win over earlier ones.",
    ),
]


def register(conf: cfg.ConfigOpts) -> None:
    """Add the group to a configuration."""
    conf.register_group(cfg.OptGroup(GROUP.name, GROUP.title))  # a copy would share its options
    conf.register_opts(OPTIONS, group=GROUP)


def list_opts() -> list[tuple[cfg.OptGroup, list[cfg.Opt]]]:
    """The options, for the sample generator."""
    return [(GROUP, OPTIONS)]
