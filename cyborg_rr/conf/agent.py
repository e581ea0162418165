"""Options of the agent: group [agent], and one group for each driver that has options."""

from __future__ import annotations

from oslo_config import cfg

GROUP = cfg.OptGroup("agent", title="Agent")

OPTIONS: list[cfg.Opt] = [
    cfg.ListOpt(
        "enabled_drivers",
        default=["accelerators"],
        help="Drivers, in the namespace cyborg_rr.drivers, that look for devices on this host. The"
        " first one that reports a device keeps it. ``accelerators`` stands for all drivers of"
        " accelerators that come with the service and are not named beside it; network cards and"
        " drives are only taken by a driver that is named.",
    ),
    cfg.StrOpt(
        "resource_provider_name",
        help="Name of this host as the compute service's resource provider has it; the host name"
        " of [DEFAULT] by default. Devices are reported under it.",
    ),
    cfg.IntOpt(
        "report_interval",
        default=60,
        min=1,
        help="Seconds between looks at the host's devices, give or take a tenth. What the kernel"
        " says of a device in between is a reason to look at once.",
    ),
    cfg.IntOpt(
        "driver_timeout",
        default=30,
        min=1,
        help="Seconds that a driver may take for a look, or to prepare or release one handle. One"
        " that hangs is not asked again until it has returned; what it reported stays as it is.",
    ),
    cfg.ListOpt(
        "offer_in_use",
        default=[],
        help="PCI addresses, such as 0000:3b:00.0, of devices that are offered even while the host"
        " itself uses them. Any other such device is left out until somebody holds it.",
    ),
    cfg.BoolOpt(
        "adopt_ledger",
        default=False,
        help="Take the ledger in [DEFAULT] state_path for this host's own, although it has claims"
        " under another host name or comes from another machine. For one start after a host was"
        " renamed or repaired; the flag --adopt-ledger says the same.",
    ),
    cfg.BoolOpt(
        "watch_xids",
        default=True,
        help="Count NVIDIA's errors (Xid), and withdraw a GPU after one that only a reset ends. For"
        " this the agent keeps NVIDIA's library and with it the device files of the GPUs open,"
        " except while one of them is with somebody as a whole or in trouble. Without it the files"
        " are closed after each look, and only what errors leave behind is seen.",
    ),
    cfg.StrOpt("sysfs_path", default="/sys", help="Where the kernel's device tree is mounted."),
    cfg.StrOpt(
        "fleet_file",
        help="YAML file that describes simulated hosts for the fake driver; the agent then reports"
        " those hosts as well.",
    ),
]

SWITCHES = [(GROUP, option) for option in OPTIONS if option.dest == "adopt_ledger"]
"""Options that are flags of the agent's command line too."""

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


NIC_GROUP = cfg.OptGroup("nic", title="Network cards")
NIC_OPTIONS: list[cfg.Opt] = [
    cfg.ListOpt(
        "physical_network_mappings",
        default=[],
        help="Which physical network of Neutron the network functions of the pci driver lead to:"
        " ``physnet1:ens2f0`` names the interface of a physical function, for its virtual ones too,"
        " and ``physnet1:0000:3b:02.1`` a function by its address. Ports can be given no other.",
    ),
]


def register(conf: cfg.ConfigOpts) -> None:
    """Add the groups to a configuration."""
    conf.register_group(cfg.OptGroup(GROUP.name, GROUP.title))  # a copy would share its options
    conf.register_opts(OPTIONS, group=GROUP)
    conf.register_group(cfg.OptGroup(PCI_GROUP.name, PCI_GROUP.title))
    conf.register_opts(PCI_OPTIONS, group=PCI_GROUP)
    conf.register_group(cfg.OptGroup(NIC_GROUP.name, NIC_GROUP.title))
    conf.register_opts(NIC_OPTIONS, group=NIC_GROUP)


def list_opts() -> list[tuple[cfg.OptGroup, list[cfg.Opt]]]:
    """The options, for the sample generator."""
    return [(GROUP, OPTIONS), (PCI_GROUP, PCI_OPTIONS), (NIC_GROUP, NIC_OPTIONS)]
