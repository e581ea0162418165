"""Which device of this host is measured, and of which class it is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from cyborg_rr import offline
from cyborg_rr.cli.measuring.protocol import Hello
from cyborg_rr.cli.spelling import list_called, resolve_device
from cyborg_rr.domain.errors import CyborgError, InvalidInput
from cyborg_rr.domain.hardware.addresses import PciAddress
from cyborg_rr.domain.hardware.devices import Device
from cyborg_rr.processes.this_host import discover_here

HOST_CLASS: Final = "cpu"
"""The class of the host's own processor, which no driver reports."""

_MEASURED_KIND: Final = "GPU"


@dataclass(frozen=True, slots=True)
class Subject:
    """A device to measure: its class, and what is known of it (None: nothing)."""

    device_class: str
    representation: offline.ResourceRepresentation | None


@dataclass(frozen=True, slots=True)
class Host:
    """The devices of this host that runtimes can be measured on, with their representations."""

    devices: Sequence[tuple[Device, offline.ResourceRepresentation]]
    catalogue: offline.Catalogue

    def choose(self, stated: str | None) -> str:
        """What a runtime calls the device: as stated, else the first GPU, else the processor."""
        return stated or ("cuda:0" if self.devices else HOST_CLASS)

    def find(self, hello: Hello, device: str, stated_class: str | None) -> Subject:
        """The class of the device that a runtime measured; ``InvalidInput`` where it is not clear.

        A stated class comes first, then where the device is, then that all of the host are of one
        class, then its name.
        """
        if stated_class is not None:
            return Subject(stated_class, self._find_class(stated_class))
        if device.partition(":")[0] == HOST_CLASS:
            return Subject(HOST_CLASS, None)
        found = [known for own, known in self.devices if _is_at(own, hello.pci)]
        classes = {known.device_class: known for _, known in self.devices}
        if not found and len(classes) == 1:
            found = list(classes.values())
        if found:
            return Subject(found[0].device_class, found[0])
        return self._find_by_name(hello)

    def _find_by_name(self, hello: Hello) -> Subject:
        names = list_called(self.catalogue.products)
        try:
            product = resolve_device(hello.device, names)
        except InvalidInput as error:
            raise InvalidInput(
                f"which device class {hello.device!r} is of is not known ({error});"
                " say it with --device-class"
            ) from None
        return Subject(product, self.catalogue.represent_product(product))

    def _find_class(self, name: str) -> offline.ResourceRepresentation | None:
        own = {known.device_class: known for _, known in self.devices}
        if name in own:
            return own[name]
        if name == HOST_CLASS:
            return None
        return offline.represent(name, catalogue=self.catalogue)


def look_at_host(catalogue: offline.Catalogue) -> Host:
    """The GPUs that the drivers see here; none where they cannot look."""
    try:
        seen = discover_here().devices
    except CyborgError:
        seen = ()
    known = [(device, catalogue.represent(device.facts)) for device in seen]
    return Host([pair for pair in known if pair[1].kind == _MEASURED_KIND], catalogue)


def _is_at(device: Device, pci: str | None) -> bool:
    if pci is None:
        return False
    try:
        return PciAddress.parse_info(device.control_path) == PciAddress.parse(pci.lower())
    except InvalidInput:
        return False
