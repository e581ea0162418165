"""All policy rules: the base rules here, the others beside their controllers."""

from __future__ import annotations

from oslo_policy import policy

from cyborg_rr.api.resources.accelerator_requests import policies as accelerator_requests
from cyborg_rr.api.resources.attributes import policies as attributes
from cyborg_rr.api.resources.deployables import policies as deployables
from cyborg_rr.api.resources.device_profiles import policies as device_profiles
from cyborg_rr.api.resources.devices import policies as devices
from cyborg_rr.api.resources.ir_requirements import policies as ir_requirements
from cyborg_rr.api.resources.matches import policies as matches
from cyborg_rr.api.resources.resource_representations import policies as resource_representations

_BASE = [
    policy.RuleDefault("admin_api", "role:admin", description="An administrator."),
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


def list_rules() -> list[policy.RuleDefault]:
    """Every rule, for the enforcer and for the generators of samples and documents."""
    return [
        *_BASE,
        *device_profiles.RULES,
        *accelerator_requests.RULES,
        *devices.RULES,
        *deployables.RULES,
        *attributes.RULES,
        *ir_requirements.RULES,
        *resource_representations.RULES,
        *matches.RULES,
    ]
