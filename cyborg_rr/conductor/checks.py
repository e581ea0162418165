"""What a report may be: bounded, and without two things at one place."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields

from cyborg_rr.domain.errors import InvalidInput
from cyborg_rr.domain.hardware.devices import Device, Snapshot
from cyborg_rr.domain.hardware.fields import DeployableFields, DeviceFields

MAX_DEVICES = 10_000
MAX_HANDLES = 100_000
MAX_TEXT_LENGTH = 255
"""Width of the columns of names."""


def _list_texts(device: Device) -> Iterator[tuple[str, str]]:
    """The texts of a device that go into columns of bounded width."""
    yield from _list_text_fields(device.fields)
    yield "partition", device.facts.partition or ""
    for deployable in device.deployables:
        yield "deployable name", deployable.name
        yield from _list_text_fields(deployable.fields)
        yield from (("attribute key", key) for key in deployable.attributes)


def _list_text_fields(values: DeviceFields | DeployableFields) -> Iterator[tuple[str, str]]:
    """Every field that is a text, whichever come to be added."""
    for field in fields(values):
        value = getattr(values, field.name)
        if isinstance(value, str):
            yield field.name.replace("_", " "), value


def check_report(snapshot: Snapshot) -> None:
    """``InvalidInput`` for a report that the tables cannot hold."""
    if not snapshot.hostname or len(snapshot.hostname) > MAX_TEXT_LENGTH:
        raise InvalidInput(f"a report must name its host in 1 to {MAX_TEXT_LENGTH} characters")
    if len(snapshot.devices) > MAX_DEVICES:
        raise InvalidInput(
            f"host {snapshot.hostname} reports {len(snapshot.devices)} devices; at most"
            f" {MAX_DEVICES} are taken"
        )
    handle_count = sum(
        len(deployable.handles) for device in snapshot.devices for deployable in device.deployables
    )
    if handle_count > MAX_HANDLES:
        raise InvalidInput(
            f"host {snapshot.hostname} reports {handle_count} attach handles; at most"
            f" {MAX_HANDLES} are taken"
        )
    for device in snapshot.devices:
        for what, text in _list_texts(device):
            if len(text) > MAX_TEXT_LENGTH:
                raise InvalidInput(
                    f"host {snapshot.hostname} reports a {what} of {len(text)} characters, at most"
                    f" {MAX_TEXT_LENGTH} are taken: {text[:40]}..."
                )
    keys = [device.key for device in snapshot.devices]
    if len(set(keys)) != len(keys):
        raise InvalidInput(f"host {snapshot.hostname} reports two devices at one place")
    if any(
        len({handle.key for handle in deployable.handles}) != len(deployable.handles)
        for device in snapshot.devices
        for deployable in device.deployables
    ):
        raise InvalidInput(f"host {snapshot.hostname} reports two attach handles at one place")
    names = [deployable.name for device in snapshot.devices for deployable in device.deployables]
    if len(set(names)) != len(names):
        raise InvalidInput(f"host {snapshot.hostname} reports two deployables of one name")
