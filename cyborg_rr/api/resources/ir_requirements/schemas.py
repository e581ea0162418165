"""The JSON of IR requirements."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from cyborg_rr import codec
from cyborg_rr.api.request.answer import Call, render_time
from cyborg_rr.api.request.version import V2_101
from cyborg_rr.db.requirements import StoredRequirement
from cyborg_rr.domain.requirement.requirement import IRRequirement

COLLECTION = "ir_requirements"
MAX_NAME_LENGTH = 255


def render_summary(stored: StoredRequirement, call: Call) -> dict[str, Any]:
    """A requirement in a list: what it is of, without the requirement itself.

    One that a newer release stored may lack either: the list is then still one.
    """
    identity = stored.document.get("ir")
    return {
        "uuid": stored.uuid,
        "name": stored.name,
        "project_id": stored.project_id,
        "ir": dict(identity) if isinstance(identity, Mapping) else None,
        "sha256": stored.document.get("sha256"),
        "links": call.links.own(COLLECTION, stored.uuid),
        "created_at": render_time(stored.created_at),
    }


def render_requirement(stored: StoredRequirement, call: Call) -> dict[str, Any]:
    """A requirement with its document, below 2.101 without what came with that."""
    document = dict(stored.document)
    if call.version < V2_101:
        document = codec.restrict(IRRequirement, document, 0)
    return {**render_summary(stored, call), "requirement": document}
