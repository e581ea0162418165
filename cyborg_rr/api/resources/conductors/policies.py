"""Policy rules of conductors: they are the operator's."""

from __future__ import annotations

from oslo_policy import policy

LIST = "cyborg:conductor:get_all"

RULES = [
    policy.DocumentedRuleDefault(
        name=LIST,
        check_str="rule:admin_api",
        description="List the conductors.",
        operations=[
            {"method": "GET", "path": "/v2/conductors"},
        ],
        scope_types=["project"],
    ),
]
