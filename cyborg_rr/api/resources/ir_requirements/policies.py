"""Policy rules of IR requirements; foreign ones never exist for a caller, whatever they say."""

from __future__ import annotations

from oslo_policy import policy

LIST = "cyborg:ir_requirement:get_all"
SHOW = "cyborg:ir_requirement:get_one"
CREATE = "cyborg:ir_requirement:create"
DELETE = "cyborg:ir_requirement:delete"

RULES = [
    policy.DocumentedRuleDefault(
        name=LIST,
        check_str="rule:project_reader_or_admin",
        description="List IR requirements.",
        operations=[
            {"method": "GET", "path": "/v2/ir_requirements"},
        ],
        scope_types=["project"],
    ),
    policy.DocumentedRuleDefault(
        name=SHOW,
        check_str="rule:project_reader_or_admin",
        description="Show an IR requirement.",
        operations=[
            {"method": "GET", "path": "/v2/ir_requirements/{uuid}"},
        ],
        scope_types=["project"],
    ),
    policy.DocumentedRuleDefault(
        name=CREATE,
        check_str="rule:project_member_or_admin",
        description="Analyse a model file, or store an IR requirement.",
        operations=[
            {"method": "POST", "path": "/v2/ir_requirements"},
        ],
        scope_types=["project"],
    ),
    policy.DocumentedRuleDefault(
        name=DELETE,
        check_str="rule:project_member_or_admin",
        description="Delete an IR requirement.",
        operations=[
            {"method": "DELETE", "path": "/v2/ir_requirements/{uuid}"},
        ],
        scope_types=["project"],
    ),
]
