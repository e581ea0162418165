"""Reasons that many devices share, said once: by what decides, then by the fix that helps."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Final

from cyborg_rr.cli.rendering.fixes import render_fix
from cyborg_rr.domain.matching.refusal import split_reason

ANY_DEVICE: Final = "this device"
"""What stands for the name of each device in a reason that several share."""


@dataclass(slots=True)
class ReasonGroup:
    """The devices that one reason decides about: their names by the hint, what else is said.

    ``fixes`` are changes with which the model runs, ``nearest`` devices on which it does.
    """

    text: str
    devices: dict[str, list[str]] = field(default_factory=dict)
    others: Counter[str] = field(default_factory=Counter)
    fixes: Counter[str] = field(default_factory=Counter)
    nearest: Counter[str] = field(default_factory=Counter)

    @property
    def count(self) -> int:
        """How many devices they are."""
        return sum(map(len, self.devices.values()))


def strip_name(text: str, device: str) -> str:
    """A reason without the name of the device that it is about."""
    return re.sub(rf"(?<![\w-]){re.escape(device)}(?![\w-])", ANY_DEVICE, text)


def _tell(reason: str, device: str) -> str:
    """A reason of any device, with what would remove it alone."""
    text, hint = split_reason(strip_name(reason, device))
    return f"{text} (hint: {hint})" if hint else text


def group_reasons(documents: Iterable[dict[str, Any]]) -> list[ReasonGroup]:
    """Verdicts by their first reason, which decides; that of most devices first."""
    groups: dict[str, ReasonGroup] = {}
    for document in documents:
        name = document["device_class"]
        first, *others = document["reasons"] or ["no reason given"]
        text, fix = split_reason(strip_name(first, name))
        group = groups.setdefault(text, ReasonGroup(text))
        group.devices.setdefault(fix, []).append(name)
        if document.get("nearest_fix"):
            group.fixes[render_fix(document["nearest_fix"])] += 1
        if document.get("nearest_device"):
            group.nearest[document["nearest_device"]] += 1
        group.others.update(dict.fromkeys((_tell(other, name) for other in others), 1))
    ranked = sorted(groups.values(), key=lambda group: -group.count)
    for group in ranked:
        group.devices = dict(sorted(group.devices.items(), key=lambda item: -len(item[1])))
    return ranked


@dataclass(slots=True)
class Note:
    """What is said of some of the rows above it: the changes that they need, and why."""

    mark: str
    changes: tuple[str, ...]
    reasons: tuple[str, ...]
    count: int = 0


def collect_notes(documents: Iterable[dict[str, Any]]) -> tuple[list[Note], dict[str, Note]]:
    """The notes in the order of the rows, and the note of each device class that has one."""
    notes: dict[tuple[tuple[str, ...], ...], Note] = {}
    found: dict[str, Note] = {}
    for document in documents:
        name = document["device_class"]
        changes = tuple(document["changes"])
        reasons = tuple(_tell(reason, name) for reason in document["reasons"])
        if changes or reasons:
            key = (changes, reasons)
            note = notes.setdefault(key, Note(_make_mark(len(notes)), changes, reasons))
            note.count += 1
            found[name] = note
    return list(notes.values()), found


def _make_mark(place: int) -> str:
    """a, b ... z, aa, ab ..."""
    letters = ""
    place += 1
    while place:
        place, rest = divmod(place - 1, 26)
        letters = chr(ord("a") + rest) + letters
    return f"[{letters}]"
