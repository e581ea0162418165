"""AMD/Xilinx Alveo cards: the management and the user function of a slot are one device.

Only the user function is handed out: whoever holds the management function can rewrite the shell,
so it stays with the host. A card that shows no user function (factory image, or no shell yet)
offers nothing: it is left out as blank, or as what only manages where it shows that function.

Sources: the XRT documentation on sysfs nodes (``xclbinuuid`` of xocl; ``VBNV`` in the directory
``rom`` and ``interface_uuids`` of either driver) and XRT's table of PCI ids.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from types import MappingProxyType

from cyborg_rr.domain.hardware.addresses import PciAddress
from cyborg_rr.domain.hardware.fields import DeviceFields
from cyborg_rr.domain.hardware.found import FoundDevice, FoundPart
from cyborg_rr.drivers.driver import DriverContext, Look
from cyborg_rr.drivers.pci.family import PciFamilyDriver
from cyborg_rr.drivers.pci.reading.function import PciFunction, PciIdentity
from cyborg_rr.drivers.pci.state import BLANK, MANAGEMENT, Unusable
from cyborg_rr.drivers.sysfs import Sysfs, Unreadable

VENDOR_ID = "10ee"


@dataclass(frozen=True, slots=True)
class Card:
    """A card by the ids that its functions have; ``factory_id`` is that of the factory image."""

    management_id: str
    user_id: str
    factory_id: str | None
    model: str


CARDS = (
    Card("5000", "5001", "d000", "Alveo U200"),
    Card("5004", "5005", "d004", "Alveo U250"),
    Card("500c", "500d", "d00c", "Alveo U280"),
    Card("5020", "5021", "d020", "Alveo U50"),
    Card("505c", "505d", None, "Alveo U55C"),
    Card("5094", "5095", None, "Alveo V70"),
    Card("50b0", "50b1", None, "Alveo V70"),
    Card("50b4", "50b5", None, "Alveo V80"),
)
"""The ids are those of the catalogue."""

_BY_DEVICE_ID: Mapping[str, Card] = MappingProxyType(
    {
        device_id: card
        for card in CARDS
        for device_id in (card.management_id, card.user_id, card.factory_id)
        if device_id is not None
    }
)

BLANK_IDS = frozenset({"903f"})
"""What the vendor's DMA block calls itself unless a design changes it (Gen3 x16): a card that shows
it runs no shell of XRT. Source: the table of ids of the kernel driver xdma (dma_ip_drivers)."""

_ROM = re.compile(r"rom(?:\.[mu])?(?:\.[0-9]{1,12})?", re.ASCII)
_UUID = re.compile(r"[0-9a-f]{8}(?:-?[0-9a-f]{4}){3}-?[0-9a-f]{12}", re.ASCII)
_NOTHING_LOADED = frozenset({"", "0" * 32})


class XilinxFpgaDriver(PciFamilyDriver):
    """Reports each card with the handle of its user function."""

    is_programmable = True

    def __init__(self, context: DriverContext) -> None:
        super().__init__("xilinx_fpga", context, is_alveo, VENDOR_ID, is_user_function)

    def _find_devices(self, look: Look) -> Iterator[FoundDevice]:
        functions = [one for one in self._list_functions(look) if one.physical_function is None]
        for _, group in groupby(functions, key=lambda function: _slot_of(function.address)):
            card_functions = list(group)
            first = card_functions[0]
            device = self._read_or_leave_out(look, first, self._read_card, card_functions)
            if device is not None:
                yield device

    def _read_card(self, functions: Sequence[PciFunction]) -> FoundDevice:
        if any(function.identity.device_id in BLANK_IDS for function in functions):
            raise Unusable(BLANK, "it is blank: it runs no shell, only the vendor's DMA block")
        users = [function for function in functions if is_user_function(function.identity)]
        if len(users) != 1:
            ids = ", ".join(function.identity.device_id for function in functions)
            cause = f"needs one user function, has {len(users)} (device ids: {ids})"
            if users:
                raise Unreadable(cause)
            is_managed = any(_is_management_function(one.identity) for one in functions)
            raise Unusable(MANAGEMENT if is_managed else BLANK, cause)
        loaded = _find_loaded_uuid(self._sysfs, users[0])
        shell = _find_shell(self._sysfs, functions)
        interfaces = _list_interfaces(self._sysfs, functions)
        return make_device(functions[0], users[0], loaded, shell, interfaces)


def make_device(
    first: PciFunction,
    user: PciFunction,
    loaded: str | None,
    shell: str | None,
    interfaces: Sequence[str] = (),
) -> FoundDevice:
    """One card from its first and its user function, the loaded function, shell and interfaces."""
    device_id = first.identity.device_id
    return FoundDevice(
        control_path=first.address.render_handle_info(),
        facts=replace(
            first.describe("FPGA"),
            functions=(loaded,) if loaded else (),
            firmware_version=shell,
            platforms=(*((shell,) if shell else ()), *interfaces),
        ),
        fields=DeviceFields(
            vendor=VENDOR_ID,
            model=_BY_DEVICE_ID[device_id].model,
            std_board_info={"product_id": device_id},
            numa_node=first.numa_node,
        ),
        parts=(
            FoundPart(
                first.address.render(),
                (user.handle,),
                attributes={"shell": shell} if shell else {},
            ),
        ),
        vendor_name="Xilinx",
    )


def _find_loaded_uuid(sysfs: Sysfs, user: PciFunction) -> str | None:
    with sysfs.open(user.path) as directory:
        text = directory.find_text("xclbinuuid") if directory else None
    uuid = (text or "").lower()
    if uuid.replace("-", "") in _NOTHING_LOADED:
        return None
    if not _UUID.fullmatch(uuid):
        raise Unreadable(f"xclbinuuid: {uuid[:40]!a} is not a UUID")
    return uuid


def _find_shell(sysfs: Sysfs, functions: Sequence[PciFunction]) -> str | None:
    for function in functions:
        for name in sysfs.names(function.path):
            if not _ROM.fullmatch(name):
                continue
            with sysfs.open(f"{function.path}/{name}") as rom:
                shell = rom.find_text("VBNV") if rom else None
            if shell:
                return shell
    return None


def _list_interfaces(sysfs: Sysfs, functions: Sequence[PciFunction]) -> tuple[str, ...]:
    """Uuids of what designs are linked for, as the drivers tell them, one on each line."""
    found: dict[str, None] = {}
    for function in functions:
        with sysfs.open(function.path) as directory:
            text = directory.find_text("interface_uuids") if directory else None
        found |= dict.fromkeys(filter(_UUID.fullmatch, (text or "").lower().split()))
    return tuple(found)


def is_alveo(identity: PciIdentity) -> bool:
    """Whether a function belongs to a known card, or to one that shows no more than its DMA."""
    return identity.vendor_id == VENDOR_ID and (
        identity.device_id in _BY_DEVICE_ID or identity.device_id in BLANK_IDS
    )


def is_user_function(identity: PciIdentity) -> bool:
    """Whether a function is the one that runs the user's kernels."""
    card = _BY_DEVICE_ID.get(identity.device_id) if identity.vendor_id == VENDOR_ID else None
    return card is not None and card.user_id == identity.device_id


def _is_management_function(identity: PciIdentity) -> bool:
    card = _BY_DEVICE_ID.get(identity.device_id)
    return card is not None and card.management_id == identity.device_id


def _slot_of(address: PciAddress) -> tuple[int, int, int]:
    return (address.domain, address.bus, address.device)
