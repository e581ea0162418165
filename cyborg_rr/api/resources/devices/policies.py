"""Policy rules of devices. They tell of hosts, so ordinary members do not see them."""

from __future__ import annotations

from oslo_policy import policy

LIST = "cyborg:device:get_all"
SHOW = "cyborg:device:get_one"
ENABLE = "cyborg:device:enable"
DISABLE = "cyborg:device:disable"

RULES = [
    policy.DocumentedRuleDefault(
        name=LIST,
        check_str="rule:project_manager_or_admin",
        description="List devices.",
        operations=[
            {"method": "GET", "path": "/v2/devices"},
        ],
        scope_types=["project"],
    ),
    policy.DocumentedRuleDefault(
        name=SHOW,
        check_str="rule:project_manager_or_admin",
        description="Show a device.",
        operations=[
            {"method": "GET", "path": "/v2/devices/{uuid}"},
        ],
        scope_types=["project"],
    ),
    policy.DocumentedRuleDefault(
        name=ENABLE,
        check_str="rule:admin_api",
        description="Put a device back into use.",
        operations=[
            {"method": "POST", "path": "/v2/devices/{uuid}/enable"},
        ],
        scope_types=["project"],
    ),
    policy.DocumentedRuleDefault(
        name=DISABLE,
        check_str="rule:admin_api",
        description="Take a device out of use.",
        operations=[
            {"method": "POST", "path": "/v2/devices/{uuid}/disable"},
        ],
        scope_types=["project"],
    ),
]
