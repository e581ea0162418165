"""An operator's policy file for the existing accelerator service goes on working."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from cyborg_rr.api.operations import list_rules
from tests.warm.starting import run_script

BASE_RULES = [
    "admin_api",
    "project_admin_api",
    "project_member_api",
    "project_reader_api",
    "project_manager_api",
    "service_api",
    "project_member_or_admin",
    "project_reader_or_admin",
    "project_manager_or_admin",
    "project_member_or_service",
    "public_api",
    "allow",
    "deny",
    "default",
    "is_admin",
    "admin_or_owner",
    "admin_or_user",
]
"""The rules of the existing service that rules of operations are made of."""

OPERATIONS = [
    "device_profile:get_all",
    "device_profile:get_one",
    "device_profile:create",
    "device_profile:delete",
    "arq:get_all",
    "arq:get_one",
    "arq:create",
    "arq:delete",
    "arq:update",
    "device:get_all",
    "device:get_one",
    "device:enable",
    "device:disable",
    "deployable:get_all",
    "deployable:get_one",
    "deployable:program",
    "attribute:get_all",
    "attribute:get_one",
    "attribute:create",
    "attribute:delete",
]


def run_tool(tool: str, directory: Path, policy: str) -> subprocess.CompletedProcess[str]:
    """One of oslo.policy's tools on a policy file, as an operator runs it."""
    file = directory / "policy.yaml"
    file.write_text(policy)
    configuration = directory / "cyborg.conf"
    configuration.write_text(f"[oslo_policy]\npolicy_file = {file}\n")
    return run_script(tool, "--namespace", "cyborg_rr", "--config-file", configuration)


def test_every_name_of_the_existing_service_is_a_rule() -> None:
    names = {rule.name for rule in list_rules()}
    assert names >= {*BASE_RULES, *(f"cyborg:{operation}" for operation in OPERATIONS)}


def test_a_policy_file_made_of_every_base_rule_is_valid(tmp_path: Path) -> None:
    lines = [f'"cyborg:{each}": "rule:{base}"' for each, base in zip(OPERATIONS, BASE_RULES)]  # noqa: B905 - more operations than rules
    told = run_tool("oslopolicy-validator", tmp_path, "\n".join(lines))
    assert told.returncode == 0, told.stdout + told.stderr


@pytest.mark.parametrize("line", ['"cyborg:nope": "rule:allow"', '"cyborg:arq:create": "rule:x"'])
def test_a_mistake_in_a_policy_file_is_found(tmp_path: Path, line: str) -> None:
    assert run_tool("oslopolicy-validator", tmp_path, line).returncode == 1


def test_a_rule_that_only_repeats_the_default_is_named(tmp_path: Path) -> None:
    told = run_tool(
        "oslopolicy-list-redundant", tmp_path, '"cyborg:device:enable": "rule:admin_api"'
    )
    assert told.returncode == 0
    assert "cyborg:device:enable" in told.stdout
