"""What a report may be: bounded, and without two things at one place."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator, Mapping
from dataclasses import fields

from cyborg_rr.domain.errors import InvalidInput
from cyborg_rr.domain.hardware.devices import Device, Snapshot, Trouble
from cyborg_rr.domain.hardware.fields import DeployableFields, DeviceFields
from cyborg_rr.domain.hardware.hosts import AgentWord, Speaker
from cyborg_rr.domain.hardware.keys import key_of, render_canonical
from cyborg_rr.domain.hardware.life import Cleanings

MAX_DEVICES = 10_000
MAX_HANDLES = 100_000
MAX_TEXT_LENGTH = 255
"""Width of the columns of names."""

MAX_CODE_LENGTH = 30
"""Width of the columns of codes and types."""

MAX_DRIVER_LENGTH = 100
"""Width of the columns of a driver's name."""

MAX_JSON_LENGTH = 65_535
"""Bytes in a column of JSON on the database that takes least (TEXT of MariaDB)."""

MAX_LEFT_OUT_LENGTH = 1_000_000
"""Characters of all that a host leaves out: MEDIUMTEXT of MariaDB holds them however written."""

_MOST_WRITTEN = 12
"""Characters that JSON needs for one at most: two escapes."""

MAX_UUID_LENGTH, MAX_HASH_LENGTH = 36, 64
"""Widths of those columns."""

MAX_MINOR = 2**31 - 1
"""What an integer column holds."""

MAX_VERSION_LENGTH = 50
"""Width of the column of an agent's release."""

MAX_DRIVERS = 200
"""Drivers that an agent may have."""

MAX_CAUSE_LENGTH = 4096
"""Of the words for a trouble."""


def _list_texts(device: Device) -> Iterator[tuple[str, str]]:
    """The texts of a device that go into columns of bounded width."""
    yield from _list_text_fields(device.fields)
    yield "partition", device.facts.partition or ""
    yield "identity", device.identity or ""
    for deployable in device.deployables:
        yield "deployable name", deployable.name
        yield "part", deployable.part
        yield from _list_text_fields(deployable.fields)
        yield from (("attribute key", key) for key in deployable.attributes)
        yield from (("place", handle.place) for handle in deployable.handles)
        yield from (("isolation unit", handle.unit or "") for handle in deployable.handles)


def _list_names(device: Device) -> Iterator[tuple[str, str]]:
    """The texts that things are told by, each once in its host, device or part."""
    for deployable in device.deployables:
        yield "deployable name", deployable.name
        yield "part", deployable.part
        yield from (("place", handle.place) for handle in deployable.handles)


def _list_short_texts(device: Device) -> Iterator[tuple[str, str, int]]:
    """The texts with narrower columns, and how much these hold."""
    yield "type", device.type, MAX_CODE_LENGTH
    for deployable in device.deployables:
        yield "driver name", deployable.driver_name or "", MAX_DRIVER_LENGTH
        for handle in deployable.handles:
            yield "type of attach handle", handle.type, MAX_CODE_LENGTH


def _list_mappings(device: Device) -> Iterator[tuple[str, Mapping[str, object]]]:
    """What goes into columns of JSON."""
    yield "control path", device.control_path
    yield "capacities", device.capacities
    for field in fields(device.fields):
        value = getattr(device.fields, field.name)
        if isinstance(value, Mapping):
            yield field.name.replace("_", " "), value
    for deployable in device.deployables:
        for handle in deployable.handles:
            yield "attach handle", handle.info
            yield "consumption", handle.consumes


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
    deployables = [each for device in snapshot.devices for each in device.deployables]
    _check_count(snapshot, len(snapshot.devices), "devices", MAX_DEVICES)
    _check_count(snapshot, len(snapshot.left_out), "devices that are left out", MAX_DEVICES)
    handle_count = sum(len(deployable.handles) for deployable in deployables)
    _check_count(snapshot, handle_count, "attach handles", MAX_HANDLES)
    for device in snapshot.devices:
        for what, text in _list_texts(device):
            _check_length(snapshot, what, text, MAX_TEXT_LENGTH)
        for what, text, most in _list_short_texts(device):
            _check_length(snapshot, what, text, most)
        for what, name in _list_names(device):
            _check_end(snapshot, what, name)
        for what, mapping in _list_mappings(device):
            _check_size(snapshot, what, mapping)
        _check_trouble(snapshot, device.trouble)
    for left_out in snapshot.left_out:
        _check_length(snapshot, "name", left_out.name, MAX_TEXT_LENGTH)
        _check_length(snapshot, "slot", left_out.slot_key, MAX_CAUSE_LENGTH)
        _check_trouble(snapshot, left_out.trouble)
    said = sum(
        len(each.name) + len(each.slot_key) + len(each.trouble.text) for each in snapshot.left_out
    )
    _check_count(snapshot, said, "characters of what is left out", MAX_LEFT_OUT_LENGTH)
    _check_distinct(snapshot)


def check_speaker(speaker: Speaker) -> None:
    """``InvalidInput`` for a name or a host identity that the tables cannot hold."""
    for what, text in (("host", speaker.hostname), ("agent", speaker.agent)):
        is_name = isinstance(text, str) and 0 < len(text) <= MAX_TEXT_LENGTH
        if not is_name or text.endswith(" "):
            raise InvalidInput(
                f"the {what} must have a name of 1 to {MAX_TEXT_LENGTH} characters without a blank"
                " at its end"
            )
    identity = speaker.identity
    if identity is None:
        return
    for what, text, most in (
        ("id", identity.id, MAX_UUID_LENGTH),
        ("run", identity.run, MAX_UUID_LENGTH),
        ("machine", identity.machine, MAX_HASH_LENGTH),
        ("node", identity.node, MAX_TEXT_LENGTH),
    ):
        if len(text) > most or not (text.isascii() or what == "node"):
            raise InvalidInput(f"the {what} of a host has at most {most} characters of ASCII")
    if not identity.id or not 0 <= identity.minor <= MAX_MINOR:
        raise InvalidInput("a host has an id, and a minor version that is a small number")


def check_word(word: AgentWord | None) -> None:
    """``InvalidInput`` for what an agent says of itself that the tables cannot hold."""
    if word is None:
        return
    if len(word.version) > MAX_VERSION_LENGTH or not 0 <= word.report_interval <= MAX_MINOR:
        raise InvalidInput("an agent has a version, and an interval in seconds")
    texts = [*word.drivers, *(each.trouble or "" for each in word.drivers.values())]
    if len(word.drivers) > MAX_DRIVERS or any(len(text) > MAX_CAUSE_LENGTH for text in texts):
        raise InvalidInput(
            f"an agent has at most {MAX_DRIVERS} drivers, with names and troubles of at most"
            f" {MAX_CAUSE_LENGTH} characters"
        )


def check_cleanings(told: Cleanings) -> None:
    """``InvalidInput`` for what a host says of what it let go of when the tables cannot hold it."""
    bindings = [item.binding_id for item in told.unclean]
    bindings += [item.binding_id for item in told.cleaned]
    for binding_id in bindings:
        if len(binding_id) > MAX_UUID_LENGTH or not binding_id.isascii():
            raise InvalidInput(f"a binding has at most {MAX_UUID_LENGTH} characters of ASCII")
    codes = (item.code or "" for item in told.unclean)
    methods = (item.method or "" for item in told.cleaned)
    if max(map(len, codes), default=0) > MAX_CODE_LENGTH:
        raise InvalidInput(f"the code of a clean has at most {MAX_CODE_LENGTH} characters")
    if max(map(len, methods), default=0) > MAX_TEXT_LENGTH:
        raise InvalidInput(f"the method of a clean has at most {MAX_TEXT_LENGTH} characters")


def _check_count(snapshot: Snapshot, count: int, what: str, most: int) -> None:
    if count > most:
        raise InvalidInput(
            f"host {snapshot.hostname} reports {count} {what}; at most {most} are taken"
        )


def _check_length(snapshot: Snapshot, what: str, text: str, most: int) -> None:
    if len(text) > most:
        raise InvalidInput(
            f"host {snapshot.hostname} reports a {what} of {len(text)} characters, at most"
            f" {most} are taken: {text[:40]}..."
        )


def _check_end(snapshot: Snapshot, what: str, name: str) -> None:
    """Databases that pad texts take two for one of which one only ends in blanks."""
    if name.endswith(" "):
        raise InvalidInput(
            f"host {snapshot.hostname} reports a {what} with a blank at its end: {name[:40]!r}"
        )


def _check_size(snapshot: Snapshot, what: str, mapping: Mapping[str, object]) -> None:
    estimate = sum(len(name) + len(str(value)) for name, value in mapping.items())
    if (estimate + len(mapping)) * _MOST_WRITTEN <= MAX_JSON_LENGTH:
        return
    length = len(render_canonical(dict(mapping)))
    if length > MAX_JSON_LENGTH:
        raise InvalidInput(
            f"host {snapshot.hostname} reports a {what} of {length} bytes, at most"
            f" {MAX_JSON_LENGTH} are taken"
        )


def _check_trouble(snapshot: Snapshot, trouble: Trouble | None) -> None:
    if trouble is not None:
        _check_length(snapshot, "code", trouble.code, MAX_CODE_LENGTH)
        _check_length(snapshot, "cause", trouble.text, MAX_CAUSE_LENGTH)


def _check_distinct(snapshot: Snapshot) -> None:
    """Nothing is there twice, whichever way it is told from others."""
    host, devices = snapshot.hostname, snapshot.devices
    _check_all_differ(host, "devices at one place", (device.key for device in devices))
    paths = (key_of(device.control_path) for device in devices)
    _check_all_differ(host, "devices at one place", paths)
    for device in devices:
        parts = (each.part for each in device.deployables if each.part)
        _check_all_differ(host, "deployables of one part", parts)
        for deployable in device.deployables:
            keys = (handle.key for handle in deployable.handles)
            _check_all_differ(host, "attach handles at one place", keys)
            places = (handle.place for handle in deployable.handles if handle.place)
            _check_all_differ(host, "attach handles at one place", places)
    names = (deployable.name for device in devices for deployable in device.deployables)
    _check_all_differ(host, "deployables of one name", names)


def _check_all_differ(host: str, what: str, marks: Iterable[Hashable]) -> None:
    listed = list(marks)
    if len(set(listed)) != len(listed):
        raise InvalidInput(f"host {host} reports two {what}")
