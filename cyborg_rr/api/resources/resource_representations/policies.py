"""Policy rules of resource representations. They name no host and no device."""

from __future__ import annotations

from oslo_policy import policy

LIST = "cyborg:resource_representation:get_all"
SHOW = "cyborg:resource_representation:get_one"

RULES = [
    policy.DocumentedRuleDefault(
        name=LIST,
        check_str="rule:project_reader_or_admin",
        description="List resource representations.",
        operations=[
            {"method": "GET", "path": "/v2/resource_representations"},
        ],
        scope_types=["project"],
    ),
    policy.DocumentedRuleDefault(
        name=SHOW,
        check_str="rule:project_reader_or_admin",
        description="Show a resource representation.",
        operations=[
            {"method": "GET", "path": "/v2/resource_representations/{device_class}"},
        ],
        scope_types=["project"],
    ),
]
