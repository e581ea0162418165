"""Policy rules of deployables."""

from __future__ import annotations

from oslo_policy import policy

LIST = "cyborg:deployable:get_all"
SHOW = "cyborg:deployable:get_one"
PROGRAM = "cyborg:deployable:program"

RULES = [
    policy.DocumentedRuleDefault(
        name=LIST,
        check_str="rule:project_manager_or_admin",
        description="List deployables.",
        operations=[
            {"method": "GET", "path": "/v2/deployables"},
        ],
        scope_types=["project"],
    ),
    policy.DocumentedRuleDefault(
        name=SHOW,
        check_str="rule:project_manager_or_admin",
        description="Show a deployable.",
        operations=[
            {"method": "GET", "path": "/v2/deployables/{uuid}"},
        ],
        scope_types=["project"],
    ),
    policy.DocumentedRuleDefault(
        name=PROGRAM,
        check_str="rule:admin_api",
        description="Load a bitstream into a deployable.",
        operations=[
            {"method": "PATCH", "path": "/v2/deployables/{uuid}/program"},
        ],
        scope_types=["project"],
    ),
]
