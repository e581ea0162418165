"""Policy rules of matches; the devices that a profile selects are told to who may list devices."""

from __future__ import annotations

from oslo_policy import policy

CREATE = "cyborg:match:create"

RULES = [
    policy.DocumentedRuleDefault(
        name=CREATE,
        check_str="rule:project_reader_or_admin",
        description="Match an IR requirement against the inventory.",
        operations=[
            {"method": "POST", "path": "/v2/matches"},
        ],
        scope_types=["project"],
    ),
]
