"""What deployables are called: a name is given once, at first sight, and belongs to one device."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from cyborg_rr.db.tables import DeployableRow
from cyborg_rr.domain.hardware.comparing import NewPart
from cyborg_rr.domain.hardware.keys import hash_key

DIGITS = 8
"""Of the hash of a device's key, where another device has the name already."""

MAX_NAME_LENGTH = 255
"""Width of the column."""


def give_names(session: Session, parts: Sequence[NewPart]) -> list[str]:
    """The names of new deployables: what their host proposes, unless that is taken already.

    One statement, and one more for each time that names which are not taken have to be sought.
    """
    names: list[str | None] = [None] * len(parts)
    given: set[str] = set()
    attempt = 0
    while None in names:
        wanted = {
            index: _propose(parts[index], attempt)
            for index, name in enumerate(names)
            if name is None
        }
        taken = given | _find_taken(session, set(wanted.values()))
        for index, name in wanted.items():
            if name not in taken:
                names[index] = name
                taken.add(name)
                given.add(name)
        attempt += 1
    return [name for name in names if name is not None]


def _propose(part: NewPart, attempt: int) -> str:
    name = part.described.deployable.name
    if attempt == 0:
        return name
    text = part.device_key if attempt == 1 else f"{part.device_key} {attempt}"
    return f"{name[: MAX_NAME_LENGTH - DIGITS - 1]}_{hash_key(text)[:DIGITS]}"


def _find_taken(session: Session, names: Collection[str]) -> set[str]:
    found = session.scalars(select(DeployableRow.name).where(DeployableRow.name.in_(names)))
    return set(found)
