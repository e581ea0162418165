"""Policy rules of accelerator requests; foreign ones never exist for a caller."""

from __future__ import annotations

from oslo_policy import policy

LIST = "cyborg:arq:get_all"
SHOW = "cyborg:arq:get_one"
CREATE = "cyborg:arq:create"
DELETE = "cyborg:arq:delete"
UPDATE = "cyborg:arq:update"

RULES = [
    policy.DocumentedRuleDefault(
        name=LIST,
        check_str="rule:project_reader_or_admin",
        description="List accelerator requests.",
        operations=[
            {"method": "GET", "path": "/v2/accelerator_requests"},
        ],
        scope_types=["project"],
    ),
    policy.DocumentedRuleDefault(
        name=SHOW,
        check_str="rule:project_reader_or_admin",
        description="Show an accelerator request.",
        operations=[
            {"method": "GET", "path": "/v2/accelerator_requests/{uuid}"},
        ],
        scope_types=["project"],
    ),
    policy.DocumentedRuleDefault(
        name=CREATE,
        check_str="rule:project_member_or_service",
        description="Create the accelerator requests of a device profile.",
        operations=[
            {"method": "POST", "path": "/v2/accelerator_requests"},
        ],
        scope_types=["project"],
    ),
    policy.DocumentedRuleDefault(
        name=DELETE,
        check_str="rule:project_member_or_service",
        description="Delete accelerator requests.",
        operations=[
            {"method": "DELETE", "path": "/v2/accelerator_requests"},
            {"method": "DELETE", "path": "/v2/accelerator_requests/{uuids}"},
        ],
        scope_types=["project"],
    ),
    policy.DocumentedRuleDefault(
        name=UPDATE,
        check_str="rule:project_member_or_service",
        description="Bind and unbind accelerator requests; needs a service token besides.",
        operations=[
            {"method": "PATCH", "path": "/v2/accelerator_requests"},
            {"method": "PATCH", "path": "/v2/accelerator_requests/{uuid}"},
        ],
        scope_types=["project"],
    ),
]
