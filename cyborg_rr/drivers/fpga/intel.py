"""Intel FPGA cards, under the kernel's DFL drivers or the older OPAE driver.

A card with virtual functions enabled offers those, otherwise itself. The loaded functions (AFU
ids) and the regions that accept bitstreams are read, so that a profile can ask for them.

Sources of the layouts: Linux Documentation/fpga/dfl.rst, Documentation/ABI/testing/
sysfs-platform-dfl-fme, sysfs-platform-dfl-port and sysfs-class-fpga-region; the OPAE driver
architecture document for ``/sys/class/fpga``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType

from cyborg_rr.domain.hardware.addresses import PciAddress
from cyborg_rr.domain.hardware.fields import DeviceFields
from cyborg_rr.domain.hardware.found import FoundDevice, FoundPart
from cyborg_rr.drivers.driver import DriverContext, Look
from cyborg_rr.drivers.pci.family import PciFamilyDriver
from cyborg_rr.drivers.pci.function import PciFunction, PciIdentity
from cyborg_rr.drivers.pci.sriov import (
    find_capacities,
    make_virtual_handles,
    make_whole_handle,
)
from cyborg_rr.drivers.sysfs import Directory, Sysfs, Unreadable

VENDOR_ID = "8086"


@dataclass(frozen=True, slots=True)
class Card:
    """A card by the ids of its physical and, if it has any, its virtual functions.

    ``board`` is its name in short.
    """

    device_id: str
    virtual_device_id: str | None
    board: str
    model: str


CARDS = (
    Card("09c4", "09c5", "PAC ARRIA10", "PAC with Arria 10 GX"),
    Card("0b30", "0b31", "PAC N3000", "FPGA PAC N3000"),
    Card("0b2b", "0b2c", "PAC D5005", "FPGA PAC D5005"),
    Card("bcce", "bccf", "OFS AGILEX7", "Agilex 7 OFS card"),
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
    """Reports each card with one handle, or one for each of its virtual functions."""

    is_programmable = True

    def __init__(self, context: DriverContext) -> None:
        super().__init__("intel_fpga", context, is_fpga, VENDOR_ID)

    def _find_devices(self, look: Look) -> Iterator[FoundDevice]:
        functions = {function.address: function for function in self._list_functions(look)}
        for function in functions.values():
            if function.physical_function is not None:
                continue  # a part of the card that its physical function stands for
            virtual = [
                functions[address] for address in function.virtual_functions if address in functions
            ]
            device = self._read_or_leave_out(look, function, self._read_card, function, virtual)
            if device is not None:
                yield device

    def _read_card(self, function: PciFunction, virtual: Sequence[PciFunction]) -> FoundDevice:
        if function.virtual_functions and not virtual:
            raise Unreadable("its virtual functions are enabled but none of them can be read")
        loaded = Configuration()
        for part in (function, *virtual):
            loaded |= _read_configuration(self._sysfs, part.path)
        return make_device(function, virtual or [function], loaded)


def make_device(
    function: PciFunction, offered: Sequence[PciFunction], loaded: Configuration
) -> FoundDevice:
    """One card from its physical function, the functions that it offers and what it runs."""
    identity = function.identity
    card = _BY_DEVICE_ID[identity.device_id]
    return FoundDevice(
        control_path=function.address.render_handle_info(),
        facts=replace(
            function.describe("FPGA"),
            functions=tuple(sorted(loaded.functions)),
            firmware_version=",".join(sorted(loaded.bitstreams)) or None,
        ),
        fields=DeviceFields(
            vendor=identity.vendor_id,
            model=card.model,
            std_board_info={"product_id": identity.device_id, "class": identity.pci_class},
            numa_node=function.numa_node,
        ),
        parts=(
            FoundPart(
                _naming_address(function).render(),
                make_virtual_handles(offered)
                if function.virtual_functions
                else (make_whole_handle(function),),
                regions=tuple(sorted(loaded.regions)),
            ),
        ),
        vendor_name="Intel",
        board=card.board,
        capacities=find_capacities(function),
    )


def is_fpga(identity: PciIdentity) -> bool:
    """Whether a function belongs to a known card."""
    return identity.vendor_id == VENDOR_ID and identity.device_id in _BY_DEVICE_ID


def _naming_address(function: PciFunction) -> PciAddress:
    """The last virtual function, if there are any: the card has always been called so."""
    return function.virtual_functions[-1] if function.virtual_functions else function.address


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
