"""Policy rules of attributes."""

from __future__ import annotations

from oslo_policy import policy

LIST = "cyborg:attribute:get_all"
SHOW = "cyborg:attribute:get_one"
CREATE = "cyborg:attribute:create"
DELETE = "cyborg:attribute:delete"

RULES = [
    policy.DocumentedRuleDefault(
        name=LIST,
        check_str="rule:project_manager_or_admin",
        description="List attributes.",
        operations=[
            {"method": "GET", "path": "/v2/attributes"},
        ],
        scope_types=["project"],
    ),
    policy.DocumentedRuleDefault(
        name=SHOW,
        check_str="rule:project_manager_or_admin",
        description="Show an attribute.",
        operations=[
            {"method": "GET", "path": "/v2/attributes/{uuid}"},
        ],
        scope_types=["project"],
    ),
    policy.DocumentedRuleDefault(
        name=CREATE,
        check_str="rule:admin_api",
        description="Add an attribute to a deployable.",
        operations=[
            {"method": "POST", "path": "/v2/attributes"},
        ],
        scope_types=["project"],
    ),
    policy.DocumentedRuleDefault(
        name=DELETE,
        check_str="rule:admin_api",
        description="Delete an attribute.",
        operations=[
            {"method": "DELETE", "path": "/v2/attributes/{uuid}"},
        ],
        scope_types=["project"],
    ),
]
