"""Rows to domain values: the only place where the two meet."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable, Mapping, Sequence
from functools import cache, lru_cache
from operator import attrgetter
from types import MappingProxyType
from typing import Any, TypeVar, get_origin, get_type_hints

from sqlalchemy import case

from cyborg_rr.db.tables import (
    AcceleratorRequestRow,
    AttachHandleRow,
    AttributeRow,
    DeployableRow,
    DeviceProfileRow,
    DeviceRow,
)
from cyborg_rr.domain.hardware.devices import AttachHandle, Trouble
from cyborg_rr.domain.hardware.fields import PHYSICAL_NETWORK, DeployableFields, DeviceFields
from cyborg_rr.domain.hardware.keys import render_canonical
from cyborg_rr.domain.hardware.stored import (
    AttributeOrigin,
    DeviceState,
    HandleRecord,
    HandleState,
    OperatorStatus,
    StoredAttribute,
    StoredDeployable,
    StoredDevice,
)
from cyborg_rr.domain.profiles import DeviceProfile
from cyborg_rr.domain.requests import AcceleratorRequest, ArqState

Stored = TypeVar("Stored")


def parse_text_map(text: str) -> dict[str, str]:
    """A JSON object of text values that this service wrote itself.

    Anything else that somebody put there says nothing: one such row must not break whole lists.
    """
    value: object = json.loads(text)
    return value if isinstance(value, dict) else {}


@lru_cache(maxsize=4096)
def _parse_shared(text: str) -> Mapping[str, str]:
    """As ``parse_text_map``, once for the many devices that say the same; nobody can change it."""
    return MappingProxyType(parse_text_map(text))


def by_key(key: Any, rows: Mapping[Any, Mapping[str, Any]]) -> dict[str, Any]:
    """Values for one UPDATE that writes other ones to each row, by the value of a key column."""
    names = next(iter(rows.values()), {}).keys()
    return {
        name: case({value: row[name] for value, row in rows.items()}, value=key) for name in names
    }


@lru_cache(maxsize=4096)
def parse_amounts(text: str | None) -> Mapping[str, int]:
    """Amounts by name, once for the many rows that say the same; the first release stored none."""
    value: dict[str, int] = {} if text is None else json.loads(text)
    return MappingProxyType(value)


def to_fields(kind: Callable[..., Stored], row: object) -> Stored:
    """The fields that a report decides, each from the column of its name."""
    values = {name: getattr(row, name) for name in _names_of(kind)}
    for name in _mappings_of(kind):
        values[name] = _parse_shared(values[name] or "{}")  # null: stored before it was a field
    return kind(**values)


def columns_of(fields: DeviceFields | DeployableFields) -> dict[str, Any]:
    """The columns of such fields; mappings are canonical JSON text."""
    kind: Any = type(fields)
    columns = {name: getattr(fields, name) for name in _names_of(kind)}
    for name in _mappings_of(kind):
        columns[name] = render_canonical(dict(columns[name]))
    return columns


@cache
def _mappings_of(kind: Any) -> tuple[str, ...]:
    hints = get_type_hints(kind)
    return tuple(name for name, hint in hints.items() if get_origin(hint) is Mapping)


@cache
def _names_of(kind: Any) -> tuple[str, ...]:
    return tuple(field.name for field in dataclasses.fields(kind))


def _fill(kind: Callable[..., Stored], row: object, **others: object) -> Stored:
    """A stored value, each field from the column of its name where ``others`` does not give it."""
    names, read = _columns_beside(kind, tuple(others))
    return kind(**dict(zip(names, read(row), strict=True)), **others)


@cache
def _columns_beside(kind: Any, given: tuple[str, ...]) -> tuple[tuple[str, ...], Any]:
    """The names of the fields that come from columns, and what reads them all at once."""
    names = tuple(name for name in _names_of(kind) if name not in given)
    return names, attrgetter(*names)


def to_device(row: DeviceRow, device_class: str) -> StoredDevice:
    """A device row with the name of its class."""
    return _fill(
        StoredDevice,
        row,
        device_class=device_class,
        fields=to_fields(DeviceFields, row),
        status=OperatorStatus(row.status),
        state=DeviceState(row.state),
        capacities=parse_amounts(row.capacities),
        trouble=to_trouble(row.trouble_code, row.trouble_text),
    )


def to_trouble(code: str | None, text: str | None) -> Trouble | None:
    """Why a device cannot be used, or a deployable is withheld, from the columns that say it."""
    return None if code is None else Trouble(code, text or "")


def to_deployable(row: DeployableRow, attributes: Sequence[tuple[str, str]]) -> StoredDeployable:
    """A deployable row with its attributes."""
    fields = to_fields(DeployableFields, row)
    return _fill(
        StoredDeployable,
        row,
        fields=fields,
        attributes=tuple(attributes),
        withheld=to_trouble(row.withheld_code, row.withheld_reason),
    )


def to_attribute(row: AttributeRow) -> StoredAttribute:
    """An attribute row."""
    return _fill(StoredAttribute, row, origin=AttributeOrigin(row.origin))


def to_profile(row: DeviceProfileRow) -> DeviceProfile:
    """A device profile row."""
    groups: list[dict[str, str]] = json.loads(row.groups)
    return _fill(DeviceProfile, row, groups=tuple(groups))


def to_request(
    row: AcceleratorRequestRow,
    handle: AttachHandleRow | None,
    shown_state: str,
    network: str | None,
) -> AcceleratorRequest:
    """A request row with the handle that it holds; the handle shows only while it is bound.

    ``network`` is the physical network that the handle leads to: a function of a network card.
    """
    shown = handle if row.state == ArqState.BOUND else None
    return _fill(
        AcceleratorRequest,
        row,
        state=ArqState(row.state),
        group=parse_text_map(row.group),
        handle=None if shown is None else _add_network(to_handle(shown), network),
        handle_uuid=None if shown is None else shown.uuid,
        trouble=None if shown is None else row.trouble,
        trouble_since=None if shown is None else row.trouble_since,
        shown_state=ArqState(shown_state),
    )


def _add_network(handle: AttachHandle, network: str | None) -> AttachHandle:
    if network is None:
        return handle
    return dataclasses.replace(handle, info={**handle.info, PHYSICAL_NETWORK: network})


def to_handle(row: AttachHandleRow) -> AttachHandle:
    """What an instance is given."""
    return AttachHandle(
        row.type,
        parse_text_map(row.info),
        place=row.place or "",
        consumes=parse_amounts(row.consumes),
        unit=row.unit,
    )


def to_handle_record(
    row: AttachHandleRow, deployable: DeployableRow, device_uuid: str, hostname: str
) -> HandleRecord:
    """A handle row with what it is on."""
    return _fill(
        HandleRecord,
        row,
        hostname=hostname,
        device_uuid=device_uuid,
        deployable_uuid=deployable.uuid,
        deployable_name=deployable.name,
        handle=to_handle(row),
        state=HandleState(row.state),
    )
