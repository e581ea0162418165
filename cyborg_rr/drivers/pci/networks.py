"""Which physical network the functions of a network card lead to, as the operator says."""

from __future__ import annotations

from collections.abc import Mapping

from cyborg_rr.domain.errors import InvalidInput
from cyborg_rr.drivers.driver import DriverContext, Memory
from cyborg_rr.drivers.pci.reading.function import PciFunction
from cyborg_rr.drivers.sysfs import Unreadable

NETWORK_CLASS = "02"
"""Class code of network controllers: PCI Code and ID Assignment Specification."""

_NET = "net"
"""The directory of a function's interfaces: Linux Documentation/ABI/testing/sysfs-class-net."""

_LEARNT = "interfaces"


class PhysicalNetworks:
    """Reads the option ``physical_networks``: a network by interface name or PCI address."""

    def __init__(self, context: DriverContext) -> None:
        names = context.options.get("physical_networks", {})
        if not isinstance(names, Mapping):
            raise InvalidInput("option physical_networks must be a mapping")
        self._names: Mapping[str, str] = names

    def find(self, function: PciFunction, memory: Memory) -> str | None:
        """The network of a function, be it said of itself or of its physical function.

        What a function's interfaces were called is remembered: while an instance has it, the host
        has no interface of it.
        """
        if not self._names or not function.identity.pci_class.startswith(NETWORK_CLASS):
            return None
        known = [function]
        if function.physical_function is not None:
            physical = function.bus.find(function.physical_function)
            known += [] if physical is None else [physical]
        for one in known:
            for name in (one.address.render(), *_list_interfaces(one, memory)):
                if name in self._names:
                    return self._names[name]
        return None


def _list_interfaces(function: PciFunction, memory: Memory) -> tuple[str, ...]:
    try:
        with function.files.open_folder(_NET) as directory:
            found = () if directory is None else directory.names()
    except Unreadable:
        found = ()
    if found:
        memory.learn(function.slot_key, {_LEARNT: list(found)})
        return found
    known = (memory.recall(function.slot_key) or {}).get(_LEARNT)
    return tuple(known) if isinstance(known, list) else ()
