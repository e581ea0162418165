"""From options to what the parts of a process are given."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path

from oslo_config import cfg

from cyborg_rr.agent.cleaning.settings import CleaningSettings, HookWhen, parse_hook
from cyborg_rr.catalogue.catalogue import Catalogue
from cyborg_rr.catalogue.loading import load
from cyborg_rr.domain.errors import InvalidInput
from cyborg_rr.domain.hardware.addresses import PciAddress
from cyborg_rr.drivers.driver import DriverContext

SYSFS = "/sys"
PROC = "/proc"
ROOT = "/"
"""What a machine mounts where; another tree of devices says nothing of mounts."""


_INTERFACE = re.compile(r"[^/:\s]{1,15}")
"""IFNAMSIZ is 16 with the end mark: Linux include/uapi/linux/if.h."""


def find_release() -> str:
    """The release of this software, as processes tell each other."""
    return version("cyborg_rr")


def load_catalogue(conf: cfg.ConfigOpts) -> Catalogue:
    """The shipped catalogue with the operator's own files."""
    return load(tuple(Path(path) for path in conf.catalogue.extra_paths))


def make_driver_context(conf: cfg.ConfigOpts, host: str, **options: object) -> DriverContext:
    """What drivers of a host are given."""
    return DriverContext(
        sysfs=Path(conf.agent.sysfs_path),
        options={
            "pci_devices": parse_device_specs(conf.pci.device_spec),
            "physical_networks": parse_networks(conf.nic.physical_network_mappings),
            "reset_suffices": conf.cleaning.reset_suffices,
            "records": str(Path(conf.state_path) / "companions"),
            "proc": PROC if conf.agent.sysfs_path == SYSFS else None,
            "root": ROOT if conf.agent.sysfs_path == SYSFS else None,
            "fleet_host": host,
            **options,
        },
    )


def parse_device_specs(texts: Sequence[str]) -> list[dict[str, str]]:
    """The objects of [pci] device_spec; ``InvalidInput`` names the option and the text."""
    specs = []
    for text in texts:
        try:
            spec = json.loads(text)
        except ValueError as error:
            raise InvalidInput(
                f"option [pci] device_spec: {text!r} is not JSON ({error})"
            ) from error
        if not isinstance(spec, dict) or not all(isinstance(v, str) for v in spec.values()):
            raise InvalidInput(f"option [pci] device_spec: {text!r} is not an object of texts")
        specs.append(spec)
    return specs


def parse_networks(texts: Sequence[str]) -> dict[str, str]:
    """The network by address or interface, as [nic] physical_network_mappings says."""
    networks: dict[str, str] = {}
    for text in texts:
        network, _, target = text.partition(":")
        place = f"option [nic] physical_network_mappings: {text!r}"
        if not network.strip() or not target.strip():
            raise InvalidInput(f"{place} must be a network, a colon and an interface or address")
        name = _parse_target(target.strip(), place)
        if networks.setdefault(name, network.strip()) != network.strip():
            raise InvalidInput(f"{place}: {name} leads to {networks[name]} already")
    return networks


def _parse_target(target: str, place: str) -> str:
    if ":" not in target:
        if not _INTERFACE.fullmatch(target):
            raise InvalidInput(f"{place}: {target!r} is no name of an interface")
        return target
    try:
        return PciAddress.parse(target).render()
    except InvalidInput as error:
        raise InvalidInput(f"{place}: {error}") from error


def read_cleaning(conf: cfg.ConfigOpts) -> CleaningSettings:
    """What the options say of cleaning; ``InvalidInput`` for a hook that cannot be run."""
    options = conf.cleaning
    return CleaningSettings(
        hook=parse_hook(options.hook),
        hook_when=HookWhen(options.hook_when),
        hook_timeout_seconds=options.hook_timeout,
        step_timeout_seconds=options.step_timeout,
        releases_without_method=options.without_method == "release",
        workers=options.workers,
    )
