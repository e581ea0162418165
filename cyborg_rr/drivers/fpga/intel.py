"""Intel FPGA cards, under the kernel's DFL drivers or the older OPAE driver.

A card with virtual functions enabled offers those, otherwise itself. A card of the Open FPGA Stack
has several physical functions: the first manages the card and is never handed out, the others are,
each whole or by its virtual functions. The loaded functions (AFU ids) and the regions that accept
bitstreams are read, so that a profile can ask for them.

Sources of the layouts: Linux Documentation/fpga/dfl.rst, Documentation/ABI/testing/
sysfs-platform-dfl-fme, sysfs-platform-dfl-port and sysfs-class-fpga-region; the OPAE driver
architecture document for ``/sys/class/fpga``; for the functions of a card of the Open FPGA Stack
the lists of opae.io and of lspci in the tests of opae-sdk (pull request 3109) and OFS's guides.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from types import MappingProxyType

from cyborg_rr.domain.hardware.addresses import PciAddress
from cyborg_rr.domain.hardware.capacities import FUNCTIONS, VIRTUAL_FUNCTION
from cyborg_rr.domain.hardware.devices import AttachHandle
from cyborg_rr.domain.hardware.fields import DeviceFields
from cyborg_rr.domain.hardware.found import FoundDevice, FoundPart
from cyborg_rr.drivers.driver import DriverContext, HandleUnusable, Look
from cyborg_rr.drivers.pci.family import PciFamilyDriver
from cyborg_rr.drivers.pci.reading.function import PciFunction, PciIdentity, path_of
from cyborg_rr.drivers.pci.sriov import (
    WHOLE_PLACE,
    find_capacities,
    get_virtual,
    make_virtual_handles,
    make_whole_handle,
)
from cyborg_rr.drivers.pci.state import MANAGEMENT, Unusable
from cyborg_rr.drivers.sysfs import Directory, Sysfs, Unreadable

VENDOR_ID = "8086"

Functions = Mapping[PciAddress, PciFunction]


@dataclass(frozen=True, slots=True)
class Card:
    """A card by the ids of its physical and, if it has any, its virtual functions.

    ``board`` is its name in short; ``is_managed``: the first of its functions manages it.
    """

    device_id: str
    virtual_device_id: str | None
    board: str
    model: str
    is_managed: bool = False


CARDS = (
    Card("09c4", "09c5", "PAC ARRIA10", "PAC with Arria 10 GX"),
    Card("0b30", "0b31", "PAC N3000", "FPGA PAC N3000"),
    Card("0b2b", "0b2c", "PAC D5005", "FPGA PAC D5005"),
    Card("bcce", "bccf", "OFS AGILEX7", "Agilex 7 OFS card", is_managed=True),
)
"""The ids are those of the catalogue; bccf is the OFS virtual function."""

_BY_DEVICE_ID: Mapping[str, Card] = MappingProxyType(
    {
        device_id: card
        for card in CARDS
        for device_id in (card.device_id, card.virtual_device_id)
        if device_id is not None
    }
)

UUID_DIGITS = 32
_DFL_REGION = re.compile(r"region[0-9]{1,5}", re.ASCII)
_DFL_PART = re.compile(r"dfl-(fme|port)\.[0-9]{1,5}", re.ASCII)
_DFL_FME_REGION = re.compile(r"dfl-fme-region\.[0-9]{1,5}", re.ASCII)
_OPAE_DEVICE = re.compile(r"intel-fpga-dev\.[0-9]{1,5}", re.ASCII)
_OPAE_PART = re.compile(r"intel-fpga-(fme|port)\.[0-9]{1,5}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Configuration:
    """What is loaded: AFU ids, the regions that can be reprogrammed, the static part's id."""

    functions: frozenset[str] = frozenset()
    regions: frozenset[str] = frozenset()
    bitstreams: frozenset[str] = frozenset()

    def __or__(self, other: Configuration) -> Configuration:
        return Configuration(
            self.functions | other.functions,
            self.regions | other.regions,
            self.bitstreams | other.bitstreams,
        )


class IntelFpgaDriver(PciFamilyDriver):
    """Reports each card with a handle for each function that can be handed out."""

    is_programmable = True

    def __init__(self, context: DriverContext) -> None:
        super().__init__("intel_fpga", context, is_fpga, VENDOR_ID)

    def prepare(self, handle: AttachHandle) -> None:
        """As for any function, but never the one that manages a card."""
        function = self._get_function(handle)
        if _is_manager(function):
            raise HandleUnusable(f"{function.address.render()} manages its card")
        super().prepare(handle)

    def _find_devices(self, look: Look) -> Iterator[FoundDevice]:
        functions = {function.address: function for function in self._list_functions(look)}
        physical = [card for card in functions.values() if card.physical_function is None]
        for _, group in groupby(physical, key=_card_of):
            card = list(group)
            device = self._read_or_leave_out(look, card[0], self._read_card, card, functions)
            if device is not None:
                yield device

    def _read_card(self, card: Sequence[PciFunction], functions: Functions) -> FoundDevice:
        self._check_manager(card[0])
        handles: list[AttachHandle] = []
        loaded = Configuration()
        for function in card:
            virtual = get_virtual(function, functions)
            handles += _offer(function, virtual)
            for part in (function, *virtual):
                loaded |= _read_configuration(self._sysfs, part.path)
        if not handles:
            raise Unusable(MANAGEMENT, "it shows the function that manages it, and no other")
        return make_device(card, handles, loaded)

    def _check_manager(self, first: PciFunction) -> None:
        """``Unreadable`` when the first function is there, but is not the one of a card."""
        manager = _card_of(first)
        if manager != first.address and self._sysfs.resolve(path_of(manager)) is not None:
            raise Unreadable(f"its first function {manager.render()} cannot be read")


def make_device(
    card: Sequence[PciFunction], handles: Sequence[AttachHandle], loaded: Configuration
) -> FoundDevice:
    """One card from its physical functions, what it offers and what it runs."""
    first = card[0]
    identity, kind = first.identity, _BY_DEVICE_ID[first.identity.device_id]
    return FoundDevice(
        control_path=first.address.render_handle_info(),
        facts=replace(
            first.describe("FPGA"),
            functions=tuple(sorted(loaded.functions)),
            firmware_version=",".join(sorted(loaded.bitstreams)) or None,
            platforms=tuple(sorted(loaded.regions)),
        ),
        fields=DeviceFields(
            vendor=identity.vendor_id,
            model=kind.model,
            std_board_info={"product_id": identity.device_id, "class": identity.pci_class},
            numa_node=first.numa_node,
        ),
        parts=(
            FoundPart(
                first.address.render(), tuple(handles), regions=tuple(sorted(loaded.regions))
            ),
        ),
        vendor_name="Intel",
        board=kind.board,
        capacities={
            name: total
            for function in card
            for name, total in find_capacities(function, _name_capacity(function)).items()
        },
    )


def _card_of(function: PciFunction) -> PciAddress:
    """The first function of its card: of others than managed ones each is a card of its own."""
    is_managed = _BY_DEVICE_ID[function.identity.device_id].is_managed
    return replace(function.address, function=0) if is_managed else function.address


def _is_manager(function: PciFunction) -> bool:
    return (
        _BY_DEVICE_ID[function.identity.device_id].is_managed
        and function.physical_function is None
        and function.address.function == 0
    )


def _name_capacity(function: PciFunction) -> str:
    """What it and its virtual functions draw on: of several functions each has its own."""
    number = function.address.function if _card_of(function) != function.address else 0
    return f"{FUNCTIONS}_{number}" if number else FUNCTIONS


def _offer(function: PciFunction, virtual: Sequence[PciFunction]) -> Sequence[AttachHandle]:
    """What one physical function offers; the first of a card is named by no number."""
    capacity = _name_capacity(function)
    prefix = "" if capacity == FUNCTIONS else f"pf{function.address.function}"
    if virtual:
        place = f"{prefix}{VIRTUAL_FUNCTION}"
        return make_virtual_handles(virtual, place, capacity)
    if _is_manager(function):
        return ()
    return (make_whole_handle(function, prefix or WHOLE_PLACE, capacity),)


def is_fpga(identity: PciIdentity) -> bool:
    """Whether a function belongs to a known card."""
    return identity.vendor_id == VENDOR_ID and identity.device_id in _BY_DEVICE_ID


def _read_configuration(sysfs: Sysfs, path: str) -> Configuration:
    loaded = Configuration()
    for region in _list_matching(sysfs, f"{path}/fpga_region", _DFL_REGION):
        for part in _list_matching(sysfs, region, _DFL_PART):
            loaded |= _read_dfl_part(sysfs, part)
    for device in _list_matching(sysfs, f"{path}/fpga", _OPAE_DEVICE):
        for part in _list_matching(sysfs, device, _OPAE_PART):
            loaded |= _read_opae_part(sysfs, part)
    return loaded


def _read_dfl_part(sysfs: Sysfs, path: str) -> Configuration:
    """A management engine (with its reconfigurable regions) or a port (with its AFU)."""
    with sysfs.open(path) as part:
        loaded = _read_ids(part)
    for owner in _list_matching(sysfs, path, _DFL_FME_REGION):
        for region in _list_matching(sysfs, f"{owner}/fpga_region", _DFL_REGION):
            with sysfs.open(region) as directory:
                loaded |= Configuration(regions=_find_uuid(directory, "compat_id"))
    return loaded


def _read_opae_part(sysfs: Sysfs, path: str) -> Configuration:
    with sysfs.open(path) as part:
        loaded = _read_ids(part)
    with sysfs.open(f"{path}/pr") as region:
        return loaded | Configuration(regions=_find_uuid(region, "interface_id"))


def _read_ids(part: Directory | None) -> Configuration:
    bitstream = part.find_text("bitstream_id") if part else None
    if bitstream is not None and not re.fullmatch(r"0x[0-9a-fA-F]{1,16}", bitstream, re.ASCII):
        raise Unreadable(f"bitstream_id: {bitstream[:40]!a} is not a hexadecimal number")
    return Configuration(
        functions=_find_uuid(part, "afu_id"),
        bitstreams=frozenset({bitstream.lower()} if bitstream else ()),
    )


def _find_uuid(directory: Directory | None, name: str) -> frozenset[str]:
    value = directory.find_hex(name, UUID_DIGITS) if directory else None
    return frozenset({value} if value else ())


def _list_matching(sysfs: Sysfs, path: str, form: re.Pattern[str]) -> list[str]:
    return [f"{path}/{name}" for name in sysfs.names(path) if form.fullmatch(name)]
