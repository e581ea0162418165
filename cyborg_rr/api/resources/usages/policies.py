"""Policy rules of usages: a project sees its own, an administrator sees all."""

from __future__ import annotations

from oslo_policy import policy

LIST = "cyborg:usage:get_all"

RULES = [
    policy.DocumentedRuleDefault(
        name=LIST,
        check_str="rule:project_reader_or_admin",
        description="List what projects hold of each resource class, and what they may hold.",
        operations=[
            {"method": "GET", "path": "/v2/usages"},
        ],
        scope_types=["project"],
    ),
]
