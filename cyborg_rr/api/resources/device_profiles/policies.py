"""Policy rules of device profiles. Profiles belong to the whole cloud."""

from __future__ import annotations

from oslo_policy import policy

LIST = "cyborg:device_profile:get_all"
SHOW = "cyborg:device_profile:get_one"
CREATE = "cyborg:device_profile:create"
UPDATE = "cyborg:device_profile:update"
DELETE = "cyborg:device_profile:delete"

RULES = [
    policy.DocumentedRuleDefault(
        name=LIST,
        check_str="rule:project_reader_or_admin",
        description="List device profiles.",
        operations=[
            {"method": "GET", "path": "/v2/device_profiles"},
        ],
        scope_types=["project"],
    ),
    policy.DocumentedRuleDefault(
        name=SHOW,
        check_str="rule:project_reader_or_admin",
        description="Show a device profile.",
        operations=[
            {"method": "GET", "path": "/v2/device_profiles/{uuid_or_name}"},
        ],
        scope_types=["project"],
    ),
    policy.DocumentedRuleDefault(
        name=CREATE,
        check_str="rule:admin_api",
        description="Create a device profile.",
        operations=[
            {"method": "POST", "path": "/v2/device_profiles"},
        ],
        scope_types=["project"],
    ),
    policy.DocumentedRuleDefault(
        name=UPDATE,
        check_str="rule:admin_api",
        description="Change a device profile.",
        operations=[
            {"method": "PATCH", "path": "/v2/device_profiles/{uuid_or_name}"},
        ],
        scope_types=["project"],
    ),
    policy.DocumentedRuleDefault(
        name=DELETE,
        check_str="rule:admin_api",
        description="Delete device profiles.",
        operations=[
            {"method": "DELETE", "path": "/v2/device_profiles"},
            {"method": "DELETE", "path": "/v2/device_profiles/{uuid_or_names}"},
        ],
        scope_types=["project"],
    ),
]
