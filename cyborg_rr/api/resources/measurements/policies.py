"""Policy rules of measurements: they change what everybody is told, and are the operator's."""

from __future__ import annotations

from oslo_policy import policy

LIST = "cyborg:measurement:get_all"
SHOW = "cyborg:measurement:get_one"
CREATE = "cyborg:measurement:create"
DELETE = "cyborg:measurement:delete"

RULES = [
    policy.DocumentedRuleDefault(
        name=LIST,
        check_str="rule:admin_api",
        description="List measurements.",
        operations=[
            {"method": "GET", "path": "/v2/measurements"},
        ],
        scope_types=["project"],
    ),
    policy.DocumentedRuleDefault(
        name=SHOW,
        check_str="rule:admin_api",
        description="Show a measurement.",
        operations=[
            {"method": "GET", "path": "/v2/measurements/{uuid}"},
        ],
        scope_types=["project"],
    ),
    policy.DocumentedRuleDefault(
        name=CREATE,
        check_str="rule:admin_api",
        description="Store a measurement, by which matches are estimated from then on.",
        operations=[
            {"method": "POST", "path": "/v2/measurements"},
        ],
        scope_types=["project"],
    ),
    policy.DocumentedRuleDefault(
        name=DELETE,
        check_str="rule:admin_api",
        description="Delete a measurement.",
        operations=[
            {"method": "DELETE", "path": "/v2/measurements/{uuid}"},
        ],
        scope_types=["project"],
    ),
]
