"""The JSON of usages."""

from __future__ import annotations

from typing import Any

from cyborg_rr.api.request.answer import Call
from cyborg_rr.domain.quota import Usage

COLLECTION = "usages"


def render_usage(usage: Usage, _call: Call) -> dict[str, Any]:
    """Every class that the project holds or has a limit of; no limit is null."""
    names = sorted({*usage.held, *usage.limits.by_class})
    return {
        "project_id": usage.project_id,
        "resources": {
            name: {"held": usage.held.get(name, 0), "limit": usage.limits.by_class.get(name)}
            for name in names
        },
    }
