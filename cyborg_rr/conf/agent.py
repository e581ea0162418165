"""Options of the agent: group [agent], and one group for each driver that has options."""

from __future__ import annotations

from oslo_config import cfg

GROUP = cfg.OptGroup("agent", title="Agent")

OPTIONS: list[cfg.Opt] = [
    cfg.ListOpt(
        "enabled_drivers",
        default=["nvidia_gpu", "intel_fpga", "xilinx_fpga", "huawei_ascend"],
        help="Drivers, in the namespace cyborg_rr.drivers, that look for devices on this host. The"
        " first one that reports a device keeps it.",
    ),
    cfg.StrOpt(
        "resource_provider_name",
        help="Name of this host as the compute service's resource provider has it; the host name"
        " of [DEFAULT] by default. Devices are reported under it.",
    ),
    cfg.IntOpt(
        "report_interval", default=60, min=1, help="Seconds between looks at the host's devices."
    ),
    cfg.ListOpt(
        "offer_in_use",
        default=[],
        help="PCI addresses, such as 0000:3b:00.0, of devices that are offered even while the host"
        " itself uses them. Any other such device is left out until somebody holds it.",
    ),
    cfg.StrOpt("sysfs_path", default="/sys", help="Where the kernel's device tree is mounted."),
    cfg.StrOpt(
        "fleet_file",
        help="YAML file that describes simulated hosts for the fake driver; the agent then reports"
        " those hosts as well.",
    ),
]

PCI_GROUP = cfg.OptGroup("pci", title="Generic PCI driver")
PCI_OPTIONS: list[cfg.Opt] = [
    cfg.MultiStrOpt(
        "device_spec",
        default=[],
        help="Which PCI functions the pci driver takes, one JSON object for each:"
        ' ``{"vendor_id": "10de", "product_id": "1eb8", "class": "0302", "address": "0000:3b:*"}``.'
        " All members are optional; one object must match whole. Nothing is taken by default.",
    ),
]


def register(conf: cfg.ConfigOpts) -> None:
    """Add the groups to a configuration."""
    conf.register_group(cfg.OptGroup(GROUP.name, GROUP.title))  # a copy would share its options
    conf.register_opts(OPTIONS, group=GROUP)
    conf.register_group(cfg.OptGroup(PCI_GROUP.name, PCI_GROUP.title))
    conf.register_opts(PCI_OPTIONS, group=PCI_GROUP)


def list_opts() -> list[tuple[cfg.OptGroup, list[cfg.Opt]]]:
    """The options, for the sample generator."""
    return [(GROUP, OPTIONS), (PCI_GROUP, PCI_OPTIONS)]
