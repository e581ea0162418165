"""A simulated fleet: hosts and their products, read from a YAML file.

The file says for example ``hosts: [{name: gpu-%04d, count: 4, devices: {nvidia-h100-sxm-80: 8}}]``;
``devices`` may also be a list of ``{product, count, partition}``. Products are catalogue ids.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Protocol

from cyborg_rr.catalogue.products import Product
from cyborg_rr.domain.errors import BadCatalogue, NotFound
from cyborg_rr.domain.hardware.found import FoundDevice
from cyborg_rr.domain.words import find_meant, offer
from cyborg_rr.drivers.simulated.plain_yaml import load_plain_yaml
from cyborg_rr.drivers.simulated.products import DeviceGroup, make_devices
from cyborg_rr.drivers.sysfs import render_safe

MAX_FILE_BYTES = 1 << 20
MAX_FLEET_DEVICES = 100_000

_HOST_NAME = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._-]{0,253}[A-Za-z0-9])?", re.ASCII)
_NUMBER_FORM = re.compile(r"%(0?)([0-9]{0,2})d", re.ASCII)


class ProductShelf(Protocol):
    """Where products are looked up."""

    @property
    def products(self) -> Iterable[Product]: ...


@dataclass(frozen=True, slots=True)
class FleetHost:
    """One simulated host and what is in it; hosts of one entry share their devices."""

    name: str
    devices: tuple[FoundDevice, ...]


@dataclass(frozen=True)
class Fleet:
    """All simulated hosts, in the order of the file."""

    hosts: tuple[FleetHost, ...]

    @cached_property
    def _by_name(self) -> Mapping[str, FleetHost]:
        return {host.name: host for host in self.hosts}

    def get_host(self, name: str) -> FleetHost:
        """The host of that name; ``NotFound`` when the fleet has none."""
        try:
            return self._by_name[name]
        except KeyError:
            raise NotFound("fleet host", name) from None


def load_fleet(path: Path, shelf: ProductShelf) -> Fleet:
    """Read a fleet file; ``BadCatalogue`` names the file, the place in it and what is wrong."""
    try:
        with path.open("rb") as file:
            data = file.read(MAX_FILE_BYTES + 1)
    except OSError as error:
        raise BadCatalogue(f"{path}: cannot be read: {error.strerror or error}") from None
    if len(data) > MAX_FILE_BYTES:
        raise BadCatalogue(f"{path}: is larger than {MAX_FILE_BYTES} bytes")
    return parse_fleet(data, str(path), shelf)


def parse_fleet(data: bytes | str, source: str, shelf: ProductShelf) -> Fleet:
    """The fleet that a YAML text describes; ``source`` names the text in errors."""
    document = load_plain_yaml(data, source)
    return _FleetReader(source, shelf).read(document)


class _FleetReader:
    """Checks the loaded document piece by piece, so that an error names the file and the place."""

    def __init__(self, source: str, shelf: ProductShelf) -> None:
        self._source = source
        self._products = {product.id: product for product in shelf.products}
        self._devices = 0
        self._names: set[str] = set()

    def read(self, document: object) -> Fleet:
        body = self._mapping(document, "the file", frozenset({"hosts"}))
        hosts = self._list(body["hosts"], "hosts")
        return Fleet(
            tuple(
                host
                for index, entry in enumerate(hosts)
                for host in self._read_hosts(entry, f"hosts[{index}]")
            )
        )

    def _read_hosts(self, entry: object, place: str) -> Iterator[FleetHost]:
        body = self._mapping(entry, place, frozenset({"name", "devices"}), frozenset({"count"}))
        count = self._count(body.get("count", 1), f"{place}.count")
        groups = self._read_groups(body["devices"], f"{place}.devices")
        self._devices += count * sum(group.count for group in groups)
        if self._devices > MAX_FLEET_DEVICES:
            raise self._bad(place, f"the fleet has more than {MAX_FLEET_DEVICES} devices")
        devices = make_devices(groups)
        for name in self._render_names(body["name"], count, f"{place}.name"):
            yield FleetHost(name, devices)

    def _render_names(self, pattern: object, count: int, place: str) -> Iterator[str]:
        if not isinstance(pattern, str):
            raise self._bad(place, f"must be text, not {pattern!r}")
        forms = len(_NUMBER_FORM.findall(pattern))
        if forms > 1 or (count > 1 and forms == 0):
            raise self._bad(
                place, f"{pattern!r} needs one number form such as %04d for {count} hosts"
            )
        for index in range(count):
            name = _NUMBER_FORM.sub(lambda form: _render_number(form, index), pattern)  # noqa: B023
            if not _HOST_NAME.fullmatch(name):
                raise self._bad(place, f"{name!r} is not a host name")
            if name in self._names:
                raise self._bad(place, f"host {name!r} stands twice")
            self._names.add(name)
            yield name

    def _read_groups(self, value: object, place: str) -> tuple[DeviceGroup, ...]:
        if isinstance(value, dict):
            return tuple(
                self._group(product, count, None, f"{place}.{product}")
                for product, count in value.items()
            )
        groups = []
        for index, entry in enumerate(self._list(value, place)):
            inner = f"{place}[{index}]"
            body = self._mapping(
                entry, inner, frozenset({"product"}), frozenset({"count", "partition"})
            )
            partition = body.get("partition")
            groups.append(self._group(body["product"], body.get("count", 1), partition, inner))
        return tuple(groups)

    def _group(self, product: object, count: object, partition: object, place: str) -> DeviceGroup:
        known = self._products.get(product) if isinstance(product, str) else None
        if known is None:
            near = offer(find_meant(str(product), self._products))
            raise self._bad(place, f"the catalogue has no product {product!r}{near}")
        return DeviceGroup(
            known, self._count(count, place), self._partition(partition, known, place)
        )

    def _partition(self, partition: object, product: Product, place: str) -> str | None:
        profiles = [known.profile for known in product.partitions]
        if partition is None or partition in profiles:
            return None if partition is None else str(partition)
        known = ", ".join(profiles) or "none"
        raise self._bad(place, f"{product.id} has no partition {partition!r}; known: {known}")

    def _mapping(
        self,
        value: object,
        place: str,
        required: frozenset[str],
        optional: frozenset[str] = frozenset(),
    ) -> dict[str, object]:
        if not isinstance(value, dict):
            raise self._bad(place, f"must be a mapping with {', '.join(sorted(required))}")
        for key in value:
            if key not in required | optional:
                allowed = ", ".join(sorted(required | optional))
                raise self._bad(place, f"unknown key {key!r}; known: {allowed}")
        for key in sorted(required - value.keys()):
            raise self._bad(place, f"{key} is missing")
        return value

    def _list(self, value: object, place: str) -> list[object]:
        if not isinstance(value, list):
            raise self._bad(place, "must be a list")
        return value

    def _count(self, value: object, place: str) -> int:
        if not isinstance(value, int) or isinstance(value, bool) or value < 1:
            raise self._bad(place, f"must be a whole number of at least 1, not {value!r}")
        if value > MAX_FLEET_DEVICES:
            raise self._bad(place, f"{value} is more than {MAX_FLEET_DEVICES}")
        return value

    def _bad(self, place: str, cause: str) -> BadCatalogue:
        return BadCatalogue(f"{self._source}: {render_safe(place)}: {cause}")  # keys are anybody's


def _render_number(form: re.Match[str], number: int) -> str:
    width = int(form[2] or 0)
    return str(number).rjust(width, "0" if form[1] else " ")
