"""Policy rules of attach handles: they are the operator's."""

from __future__ import annotations

from oslo_policy import policy

LIST = "cyborg:attach_handle:get_all"
SHOW = "cyborg:attach_handle:get_one"
UPDATE = "cyborg:attach_handle:update"
DECLARE_CLEAN = "cyborg:attach_handle:declare_clean"

RULES = [
    policy.DocumentedRuleDefault(
        name=LIST,
        check_str="rule:admin_api",
        description="List attach handles.",
        operations=[
            {"method": "GET", "path": "/v2/attach_handles"},
        ],
        scope_types=["project"],
    ),
    policy.DocumentedRuleDefault(
        name=SHOW,
        check_str="rule:admin_api",
        description="Show an attach handle.",
        operations=[
            {"method": "GET", "path": "/v2/attach_handles/{uuid}"},
        ],
        scope_types=["project"],
    ),
    policy.DocumentedRuleDefault(
        name=UPDATE,
        check_str="rule:admin_api",
        description="Quarantine an attach handle, or have it cleaned again.",
        operations=[
            {"method": "PATCH", "path": "/v2/attach_handles/{uuid}"},
        ],
        scope_types=["project"],
    ),
    policy.RuleDefault(
        name=DECLARE_CLEAN,
        check_str="rule:admin_api",
        description="With the rule above: declare a quarantined attach handle clean by one's own"
        " word, so that it is handed out again.",
        scope_types=["project"],
    ),
]
