"""The policy: the rules that others are made of.

The rules of operations stand beside their controllers; ``caller`` holds callers against them. Some
of these serve no rule of ours: an operator's policy file for the existing accelerator service may
be made of any of them.
"""

from __future__ import annotations

from oslo_policy import policy

BASE_RULES = [
    policy.RuleDefault("public_api", "@", description="Everybody, even without a token."),
    policy.RuleDefault("allow", "@", description="Everybody."),
    policy.RuleDefault("deny", "!", description="Nobody."),
    policy.RuleDefault("default", "rule:admin_or_owner", description="What has no rule."),
    policy.RuleDefault("is_admin", "role:admin", description="An administrator."),
    policy.RuleDefault(
        "admin_or_owner",
        "role:admin or project_id:%(project_id)s",
        description="An administrator, or anybody of the object's project.",
    ),
    policy.RuleDefault(
        "admin_or_user",
        "role:admin or user_id:%(user_id)s",
        description="An administrator, or the object's user.",
    ),
    policy.RuleDefault("admin_api", "role:admin", description="An administrator."),
    policy.RuleDefault(
        "project_admin_api",
        "role:admin and project_id:%(project_id)s",
        description="An administrator of the object's project.",
    ),
    policy.RuleDefault("service_api", "role:service", description="Another service."),
    policy.RuleDefault(
        "project_reader_api",
        "role:reader and project_id:%(project_id)s",
        description="A reader of the object's project.",
    ),
    policy.RuleDefault(
        "project_member_api",
        "role:member and project_id:%(project_id)s",
        description="A member of the object's project.",
    ),
    policy.RuleDefault(
        "project_manager_api",
        "role:manager and project_id:%(project_id)s",
        description="A manager of the object's project.",
    ),
    policy.RuleDefault(
        "project_reader_or_admin",
        "rule:project_reader_api or rule:admin_api",
        description="A reader of the object's project, or an administrator.",
    ),
    policy.RuleDefault(
        "project_member_or_admin",
        "rule:project_member_api or rule:admin_api",
        description="A member of the object's project, or an administrator.",
    ),
    policy.RuleDefault(
        "project_manager_or_admin",
        "rule:project_manager_api or rule:admin_api",
        description="A manager of the object's project, or an administrator.",
    ),
    policy.RuleDefault(
        "project_member_or_service",
        "rule:project_member_api or rule:service_api or (role:member and rule:admin_api)",
        description="A member of the object's project, another service, or an administrator who"
        " is a member of some project.",
    ),
]
