"""The traits that device classes stand for: made of their representations, so never stored."""

from __future__ import annotations

import json
from collections.abc import Collection
from functools import lru_cache

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from cyborg_rr import codec
from cyborg_rr.db.tables import DeployableRow, DeviceClassRow, DeviceRow
from cyborg_rr.domain.errors import UnreadableDocument
from cyborg_rr.domain.representation.representation import ResourceRepresentation
from cyborg_rr.domain.representation.traits import list_traits

CLASS_OF_PART = func.coalesce(DeployableRow.device_class_id, DeviceRow.device_class_id)
"""The row of the class that describes a deployable: its own, else that of its device."""


def list_classes_with(session: Session, trait: str) -> list[int]:
    """The rows of the classes that stand for a trait."""
    return [row_id for row_id, traits in load_class_traits(session).items() if trait in traits]


def load_class_traits(
    session: Session, class_ids: Collection[int] | None = None
) -> dict[int, frozenset[str]]:
    """The traits of the classes with those rows (None: of all), in one statement."""
    statement = select(DeviceClassRow.id, DeviceClassRow.document)
    if class_ids is not None:
        statement = statement.where(DeviceClassRow.id.in_(class_ids))
    return {row_id: _read_traits(document) for row_id, document in session.execute(statement)}


@lru_cache(maxsize=1024)
def _read_traits(document: str) -> frozenset[str]:
    """Once for each document: there are few classes, and many devices of each.

    What a newer release wrote and this one cannot read has none, until this process is upgraded.
    """
    try:
        read = codec.parse_stored(ResourceRepresentation, json.loads(document), "device class")
    except UnreadableDocument:
        return frozenset()
    return frozenset(list_traits(read))
