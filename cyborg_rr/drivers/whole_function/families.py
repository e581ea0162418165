"""The families of whole PCI functions: the catalogue's products, and the rows of families.csv.

A family is all that the catalogue knows of one vendor and kind, by PCI id: a product that is added
there is found. A row adds what the catalogue has no word for: the family's name (that of its
driver), the vendor in a word, and what the vendor's kernel driver shows. ``models`` names devices
whose name is not that of the one product with their id (``d802 Ascend 910B; d500 ...``), and those
of which the catalogue does not know.

Where the kernel driver numbers its devices, the row says which driver that is, where the number
stands and which device node it belongs to. ``number_file`` is a file of the PCI directory that
holds the number (``dev_id``), or an entry of a directory in it that ends with the number
(``accel/accel*``); ``serial_file`` is one below that entry with the board's serial number.
``modules`` is how many devices with consecutive numbers are one module. ``not_done`` is what the
documentation says of the driver, ``source`` where the row was learnt.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from types import MappingProxyType

from cyborg_rr.catalogue.products import KINDS
from cyborg_rr.domain.errors import BadCatalogue
from cyborg_rr.drivers.pci.products import find_known
from cyborg_rr.drivers.pci.reading.function import PciIdentity

FAMILIES = Path(__file__).with_name("families.csv")

_FORMS: Mapping[str, re.Pattern[str]] = {
    "name": re.compile(r"[a-z][a-z0-9_]{0,99}"),
    "kind": re.compile("|".join(KINDS)),
    "vendor_id": re.compile(r"[0-9a-f]{4}"),
    "vendor": re.compile(r"[A-Za-z][A-Za-z0-9-]{0,99}"),
    "models": re.compile(r"[0-9a-f]{4} [ -~]{1,100}"),
    "kernel_driver": re.compile(r"[A-Za-z0-9_-]{0,100}"),
    "number_file": re.compile(r"(?:[a-z0-9_]{1,100}(?:/[a-z0-9_!]{1,100}\*)?)?"),
    "device_node": re.compile(r"(?:/dev/[a-z0-9_/]{1,100}\{number\})?"),
    "serial_file": re.compile(r"[a-z0-9_]{0,100}"),
    "modules": re.compile(r"(?:[0-9a-f]{4} [2-9](?:; ?[0-9a-f]{4} [2-9])*)?"),
    "not_done": re.compile(r"[ -~]*"),
    "source": re.compile(r"[ -~]+"),
}


@dataclass(frozen=True, slots=True)
class Numbering:
    """How a kernel driver numbers its devices: where the number stands, and the device node.

    ``device_node`` holds ``{number}``; ``serial_file`` may be empty.
    """

    kernel_driver: str
    file: str
    device_node: str
    serial_file: str = ""


@dataclass(frozen=True, slots=True)
class Family:
    """Devices that are whole PCI functions of one vendor with these device ids.

    ``models`` are their names by device id, ``virtual`` the device ids of virtual functions with
    the names of their devices, ``modules`` how many devices of an id are one module.
    """

    name: str
    kind: str
    vendor_id: str
    vendor: str
    models: Mapping[str, str]
    virtual: Mapping[str, str] = field(default_factory=dict)
    modules: Mapping[str, int] = field(default_factory=dict)
    numbering: Numbering | None = None
    not_done: str = ""

    def recognises(self, identity: PciIdentity) -> bool:
        """Whether a function is a device of this family, or a virtual function of one."""
        return identity.vendor_id == self.vendor_id and (
            identity.device_id in self.models or identity.device_id in self.virtual
        )


@cache
def load_families(path: Path = FAMILIES) -> Mapping[str, Family]:
    """The families of a file by name; ``BadCatalogue`` names the line and the column.

    A file is read once in a process: the agent of a fleet makes drivers for thousands of hosts.
    """
    families: dict[str, Family] = {}
    for family in _read_families(path.read_text(), path.name):
        if family.name in families:
            raise BadCatalogue(f"{path.name}: {family.name} stands twice")
        families[family.name] = family
    return MappingProxyType(families)


def _read_families(text: str, source: str) -> Iterator[Family]:
    reader = csv.DictReader(io.StringIO(text), strict=True)
    if list(reader.fieldnames or ()) != list(_FORMS):
        raise BadCatalogue(f"{source}: line 1: the columns must be {', '.join(_FORMS)}")
    for row in reader:
        yield _read_family(row, f"{source}: line {reader.line_num}")


def _read_family(row: Mapping[str | None, str], place: str) -> Family:
    if None in row:
        raise BadCatalogue(f"{place}: has more cells than the header")
    models = [model.strip() for model in (row["models"] or "").split(";") if model.strip()]
    cells = [(name, row[name]) for name in _FORMS if name != "models"]
    for column, value in [*cells, *(("models", model) for model in models)]:
        if value is None or not _FORMS[column].fullmatch(value):
            raise BadCatalogue(f"{place}: {column} {value!r} is malformed")
    named = {model[:4]: model[5:] for model in models}
    known = find_known(row["vendor_id"], row["kind"])
    if not named and not known.names:
        raise BadCatalogue(f"{place}: models is empty, and the catalogue knows no such product")
    return Family(
        name=row["name"],
        kind=row["kind"],
        vendor_id=row["vendor_id"],
        vendor=row["vendor"],
        models={**known.names, **named},
        virtual=known.virtual,
        modules=dict(_read_modules(row["modules"])),
        numbering=_read_numbering(row, place),
        not_done=row["not_done"],
    )


def _read_numbering(row: Mapping[str | None, str], place: str) -> Numbering | None:
    cells = (row["kernel_driver"], row["number_file"], row["device_node"])
    if any(cells) and not all(cells):
        raise BadCatalogue(f"{place}: kernel_driver, number_file and device_node belong together")
    if row["serial_file"] and "/" not in row["number_file"]:
        raise BadCatalogue(f"{place}: serial_file needs a number_file that is an entry")
    return Numbering(*cells, row["serial_file"]) if all(cells) else None


def _read_modules(text: str) -> Iterator[tuple[str, int]]:
    for part in text.split(";"):
        if part.strip():
            device_id, _, count = part.strip().partition(" ")
            yield device_id, int(count)
