"""The families of whole PCI functions: the rows of families.csv.

A row names its family (the driver's name), the kind of device, the vendor, and the models by device
id (``d100 Ascend 310; d500 ...``). Where the vendor's kernel driver numbers its devices, the row
says which driver that is, in which file of the PCI directory the number stands and which device
node it belongs to. ``not_done`` is what the documentation says of the driver, ``source`` where the
row was learnt.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import MappingProxyType

from cyborg_rr.catalogue.products import KINDS
from cyborg_rr.domain.errors import BadCatalogue
from cyborg_rr.drivers.pci.function import PciIdentity

FAMILIES = Path(__file__).with_name("families.csv")

_FORMS: Mapping[str, re.Pattern[str]] = {
    "name": re.compile(r"[a-z][a-z0-9_]{0,99}"),
    "kind": re.compile("|".join(KINDS)),
    "vendor_id": re.compile(r"[0-9a-f]{4}"),
    "vendor": re.compile(r"[A-Za-z][A-Za-z0-9-]{0,99}"),
    "models": re.compile(r"[0-9a-f]{4} [ -~]{1,100}"),
    "kernel_driver": re.compile(r"[A-Za-z0-9_-]{0,100}"),
    "number_file": re.compile(r"[a-z0-9_]{0,100}"),
    "device_node": re.compile(r"(?:/dev/[a-z0-9_/]{1,100}\{number\})?"),
    "not_done": re.compile(r"[ -~]*"),
    "source": re.compile(r"[ -~]+"),
}


@dataclass(frozen=True, slots=True)
class Numbering:
    """How a kernel driver numbers its devices: the file with the number, and the device node.

    ``device_node`` holds ``{number}``.
    """

    kernel_driver: str
    file: str
    device_node: str


@dataclass(frozen=True, slots=True)
class Family:
    """Devices that are whole PCI functions of one vendor with these device ids."""

    name: str
    kind: str
    vendor_id: str
    vendor: str
    models: Mapping[str, str]
    numbering: Numbering | None = None
    not_done: str = ""

    def recognises(self, identity: PciIdentity) -> bool:
        """Whether a function is a device of this family."""
        return identity.vendor_id == self.vendor_id and identity.device_id in self.models


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
    models = [model.strip() for model in (row["models"] or "").split(";")]
    cells = [(name, row[name]) for name in _FORMS if name != "models"]
    for column, value in [*cells, *(("models", model) for model in models)]:
        if value is None or not _FORMS[column].fullmatch(value):
            raise BadCatalogue(f"{place}: {column} {value!r} is malformed")
    numbered = (row["kernel_driver"], row["number_file"], row["device_node"])
    if any(numbered) and not all(numbered):
        raise BadCatalogue(f"{place}: kernel_driver, number_file and device_node belong together")
    return Family(
        name=row["name"],
        kind=row["kind"],
        vendor_id=row["vendor_id"],
        vendor=row["vendor"],
        models={model[:4]: model[5:] for model in models},
        numbering=Numbering(*numbered) if all(numbered) else None,
        not_done=row["not_done"],
    )
