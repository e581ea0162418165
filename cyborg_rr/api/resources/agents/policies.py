"""Policy rules of agents: they are the operator's."""

from __future__ import annotations

from oslo_policy import policy

LIST = "cyborg:agent:get_all"
SHOW = "cyborg:agent:get_one"

RULES = [
    policy.DocumentedRuleDefault(
        name=LIST,
        check_str="rule:admin_api",
        description="List the agents of all hosts.",
        operations=[
            {"method": "GET", "path": "/v2/agents"},
        ],
        scope_types=["project"],
    ),
    policy.DocumentedRuleDefault(
        name=SHOW,
        check_str="rule:admin_api",
        description="Show the agent of a host.",
        operations=[
            {"method": "GET", "path": "/v2/agents/{name}"},
        ],
        scope_types=["project"],
    ),
]
