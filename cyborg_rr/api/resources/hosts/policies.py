"""Policy rules of hosts: they are the operator's."""

from __future__ import annotations

from oslo_policy import policy

LIST = "cyborg:host:get_all"
SHOW = "cyborg:host:get_one"
DELETE = "cyborg:host:delete"

RULES = [
    policy.DocumentedRuleDefault(
        name=LIST,
        check_str="rule:admin_api",
        description="List hosts.",
        operations=[
            {"method": "GET", "path": "/v2/hosts"},
        ],
        scope_types=["project"],
    ),
    policy.DocumentedRuleDefault(
        name=SHOW,
        check_str="rule:admin_api",
        description="Show a host.",
        operations=[
            {"method": "GET", "path": "/v2/hosts/{name}"},
        ],
        scope_types=["project"],
    ),
    policy.DocumentedRuleDefault(
        name=DELETE,
        check_str="rule:admin_api",
        description="Remove a host that holds nothing.",
        operations=[
            {"method": "DELETE", "path": "/v2/hosts/{name}"},
        ],
        scope_types=["project"],
    ),
]
