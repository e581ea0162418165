"""Why a function is not offered: the causes that are the same for every family, with their codes.

Addresses that the operator named one by one are offered although the host itself uses what is
there; what cannot work is left out all the same.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from cyborg_rr.domain.errors import InvalidInput
from cyborg_rr.domain.hardware.addresses import PciAddress
from cyborg_rr.domain.hardware.devices import Trouble
from cyborg_rr.drivers.driver import NO_VGPU_TYPE, Memory
from cyborg_rr.drivers.pci.reading.files import SLEEPS_WITHOUT_POWER
from cyborg_rr.drivers.pci.reading.function import PciFunction
from cyborg_rr.drivers.sysfs import Unreadable

NOT_ANSWERING = "not_answering"
ADDRESS_UNUSABLE = "address_unusable"
CONSOLE = "console"
USED_BY_HOST = "used_by_host"
GROUP_NOT_VIABLE = "group_not_viable"
LINK_DEGRADED = "link_degraded"
FATAL_ERRORS = "aer_fatal"
SPLIT = "split"
GIVEN_AWAY = "given_away"
UNREADABLE = "unreadable"
BLANK = "blank"
MANAGEMENT = "management"
MODULE_INCOMPLETE = "module_incomplete"

USUAL = frozenset({CONSOLE, SPLIT, GIVEN_AWAY, NO_VGPU_TYPE})
"""What a host in order has too: nothing to be warned of."""

VFIO = "vfio-pci"
"""The kernel driver of what a guest has, or shall have. It wants a token for the virtual functions
of what it has (Linux drivers/vfio/pci), which the compute service does not give."""

MAX_DOMAIN = 0xFFFF
"""What libvirt (``virPCIDeviceAddress``) and Nova (``pci/devspec.py``) take at most."""

_AWAKE = "D0"


MANAGES = Trouble(MANAGEMENT, "it manages a card, which is used through another function")


class Unusable(Unreadable):
    """A function that was read well but is not offered; ``code`` says why, and so does the text."""

    def __init__(self, code: str, text: str) -> None:
        super().__init__(text)
        self.code = code


def find_cause(function: PciFunction, exact: frozenset[PciAddress]) -> Trouble | None:
    """Why a function cannot be handed out, whatever it is; None when nothing speaks against it."""
    if function.address.domain > MAX_DOMAIN:
        return Trouble(
            ADDRESS_UNUSABLE,
            f"its PCI domain {function.address.domain:x} is beyond {MAX_DOMAIN:x},"
            " which the compute service cannot address",
        )
    if function.power_state == SLEEPS_WITHOUT_POWER:
        return Trouble(NOT_ANSWERING, "it has no power (D3cold)")
    if not function.is_answering:
        return Trouble(NOT_ANSWERING, "its configuration space reads as all ones")
    if function.is_parted and function.address not in exact:
        return Trouble(UNREADABLE, "it is a virtual function that does not say of which card")
    physical = function.physical_function and function.bus.find(function.physical_function)
    if physical and physical.driver == VFIO:
        return Trouble(GIVEN_AWAY, "its physical function is not the host's: vfio-pci has it")
    if function.is_display and function.address not in exact:
        booted = "it is the display that the host booted on"
        return Trouble(
            CONSOLE, booted if function.is_boot_vga else "the host shows a picture on it"
        )
    return None


def find_link_trouble(function: PciFunction) -> Trouble | None:
    """Whether a function that is awake has fewer lanes than it and its port can have.

    Speed is no sign: GPUs lower it when they are idle.
    """
    link = function.link if function.power_state == _AWAKE else None
    if link is None or link.width is None or link.max_width is None:
        return None
    upstream = function.upstream
    port = upstream.link if upstream is not None else None
    possible = min(link.max_width, (port and port.max_width) or link.max_width)
    if link.width >= possible:
        return None
    return Trouble(LINK_DEGRADED, f"its link has {link.width} of {possible} lanes")


def find_error_trouble(function: PciFunction, memory: Memory) -> Trouble | None:
    """Whether the function had fatal errors since the last look that counted them.

    The kernel's counter never goes back while it runs: only its growth says anything of now.
    """
    count = function.fatal_errors
    if count is None:
        return None
    more = memory.count_growth(function.slot_key, FATAL_ERRORS, count)
    if not more:
        return None
    return Trouble(FATAL_ERRORS, f"it had {more} fatal PCI errors since the last look")


def parse_exact(options: Mapping[str, object]) -> frozenset[PciAddress]:
    """The addresses that the operator named one by one, from a driver's options.

    They stand in ``offer_in_use`` and, without ``*`` and ``?``, in the entries of ``pci_devices``.
    """
    named = options.get("offer_in_use", ())
    if not isinstance(named, Sequence) or isinstance(named, str):
        raise InvalidInput("option [agent] offer_in_use: must be a list of PCI addresses")
    found = {_parse_named(text) for text in named}
    listed = options.get("pci_devices", ())
    entries = listed if isinstance(listed, Sequence) else ()
    for entry in entries:
        address = entry.get("address") if isinstance(entry, Mapping) else None
        try:
            found.add(PciAddress.parse(str(address)))
        except InvalidInput:
            continue  # a pattern, or what the driver that reads the option will refuse
    return frozenset(found)


def _parse_named(text: object) -> PciAddress:
    try:
        return PciAddress.parse(str(text))
    except InvalidInput as error:
        raise InvalidInput(f"option [agent] offer_in_use: {error}") from None
