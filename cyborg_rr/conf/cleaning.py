"""How hosts clean what instances had: group [cleaning], read by agents."""

from __future__ import annotations

from oslo_config import cfg

GROUP = cfg.OptGroup("cleaning", title="Cleaning of released devices")

OPTIONS: list[cfg.Opt] = [
    cfg.StrOpt(
        "hook",
        help="Command that cleans, or checks, what an instance had: an absolute path, with"
        " arguments where it needs some, run without a shell. Status 0 means clean.",
    ),
    cfg.StrOpt(
        "hook_when",
        default="instead",
        choices=[
            ("instead", "The hook alone decides; the driver does nothing."),
            ("after", "The hook runs when the driver's own step has succeeded."),
            ("before", "The hook runs before the driver's own step, which decides with it."),
        ],
        help="Where the hook stands to the driver's own step. A device for which its driver has"
        " no step is cleaned by the hook alone.",
    ),
    cfg.IntOpt(
        "hook_timeout",
        default=300,
        min=1,
        help="Seconds after which the hook, with all it has started, is killed: not clean.",
    ),
    cfg.IntOpt(
        "step_timeout",
        default=900,
        min=1,
        help="Seconds that a driver's own step may take. Erasing a drive can take long.",
    ),
    cfg.StrOpt(
        "without_method",
        default="quarantine",
        choices=[
            ("quarantine", "It stays out of use until an operator decides."),
            ("release", "It is handed out again as it is, which is logged and shown."),
        ],
        help="What becomes of a device that nothing here can clean: neither kernel nor driver has"
        " a way, and there is no hook.",
    ),
    cfg.ListOpt(
        "reset_suffices",
        default=[],
        help="Drivers, such as intel_fpga, for whose devices a function reset counts as a clean"
        " although it leaves in place what is programmed into them.",
    ),
    cfg.IntOpt("workers", default=4, min=1, max=64, help="Devices that a host cleans at a time."),
]


def register(conf: cfg.ConfigOpts) -> None:
    """Add the group to a configuration."""
    conf.register_group(cfg.OptGroup(GROUP.name, GROUP.title))  # a copy would share its options
    conf.register_opts(OPTIONS, group=GROUP)


def list_opts() -> list[tuple[cfg.OptGroup, list[cfg.Opt]]]:
    """The options, for the sample generator."""
    return [(GROUP, OPTIONS)]
