"""A report that says only what changed, device by device, since one that the conductor has.

It stands for a whole report: it names the hash of the one that it changes and of the one that comes
out. A conductor that has not the first, or does not arrive at the second, asks for the whole, so
that nothing depends on which of an agent's messages were lost, repeated or late. A device that did
not change is a number, its place in the list of the report that is changed; all others, and the
parts of a report that are no devices, are said whole where they differ.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from cyborg_rr.domain.errors import InvalidInput
from cyborg_rr.domain.hardware.keys import hash_key, render_canonical, render_list, render_object
from cyborg_rr.rpc import messages

_DEVICES = "devices"


@dataclass(frozen=True, slots=True)
class Told:
    """What a conductor was told of a host, as hashes: of all, of each device, of all else."""

    content_hash: str
    devices: Sequence[str]
    others: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class ReportedChanges:
    """A host's content, of the hash ``content_hash``, as what differs from that of ``base``."""

    hostname: str
    base: str
    content_hash: str
    devices: Sequence[int | Mapping[str, Any]]
    others: Mapping[str, Any]


class Whole(NamedTuple):
    """All that a host says, as a rendered snapshot and as the text of that."""

    content: Mapping[str, Any]
    document: str


def note_told(content: Mapping[str, Any]) -> Told:
    """What to remember of a rendered snapshot, each part of which is made a text only once."""
    devices = [render_canonical(device) for device in content[_DEVICES]]
    others = {key: render_canonical(value) for key, value in _list_others(content).items()}
    return Told(
        hash_key(render_object({**others, _DEVICES: render_list(devices)})),
        [hash_key(text) for text in devices],
        {key: hash_key(text) for key, text in others.items()},
    )


def render_changes(content: Mapping[str, Any], now: Told, told: Told) -> dict[str, Any] | None:
    """What changed in a rendered snapshot, of which ``now`` is noted, since ``told`` was.

    None where no device is as it was: the whole says it as briefly.
    """
    known = {mark: place for place, mark in enumerate(told.devices)}
    places = [known.pop(mark, None) for mark in now.devices]
    if all(place is None for place in places):
        return None
    return {
        messages.VERSION_KEY: messages.VERSION,
        "host": content["host"],
        "base": told.content_hash,
        "hash": now.content_hash,
        _DEVICES: [
            device if place is None else place
            for device, place in zip(content[_DEVICES], places, strict=True)
        ],
        "others": {
            key: value
            for key, value in _list_others(content).items()
            if now.others[key] != told.others.get(key)
        },
    }


def parse_changes(data: Mapping[str, Any]) -> ReportedChanges:
    """What ``render_changes`` wrote; ``InvalidInput`` for anything else.

    No device of the base is taken twice, so that a short message cannot stand for a long report.
    """
    stated = messages.open_envelope(data)
    changes = ReportedChanges(
        hostname=_get(stated, "host", str),
        base=_get(stated, "base", str),
        content_hash=_get(stated, "hash", str),
        devices=_get(stated, _DEVICES, list),
        others=_get(stated, "others", dict),
    )
    places = [item for item in changes.devices if not isinstance(item, dict)]
    if not all(type(place) is int and place >= 0 for place in places):
        raise InvalidInput("a device of reported changes is neither an object nor a place")
    if len(set(places)) != len(places):
        raise InvalidInput("reported changes name one device twice")
    return changes


def apply_changes(document: str, changes: ReportedChanges) -> Whole | None:
    """The whole report that the changes make of the document; None where they do not fit it."""
    content = messages.parse_document(document)
    base = content[_DEVICES]
    if any(isinstance(item, int) and item >= len(base) for item in changes.devices):
        return None
    devices = [base[item] if isinstance(item, int) else item for item in changes.devices]
    content |= {**changes.others, _DEVICES: devices}
    whole = Whole(content, messages.render_document(content))
    return whole if hash_key(whole.document) == changes.content_hash else None


def _list_others(content: Mapping[str, Any]) -> dict[str, Any]:
    """What a report says beside its devices."""
    return {
        key: value for key, value in content.items() if key not in (_DEVICES, messages.VERSION_KEY)
    }


def _get(data: Mapping[str, Any], key: str, kind: type) -> Any:
    if not isinstance(data.get(key), kind):
        raise InvalidInput(f"reported changes have no {key} that is a {kind.__name__}")
    return data[key]
