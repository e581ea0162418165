"""Ports get functions of network cards whose physical network is known, and no others."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from cyborg_rr.domain.hardware.devices import Snapshot
from tests.api.stage import Stage
from tests.builders import make_device

GROUP = {"resources:PGPU": "1", "trait:CUSTOM_PHYSNET_PHYSNET1": "required"}


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    """A host with a function that leads somewhere, and one that does not."""
    stage = Stage(tmp_path)
    leading, other = (make_device("host-1", number) for number in range(2))
    (part,) = leading.deployables
    network = {**part.attributes, "physical_network": "physnet1"}
    traits = (*part.traits, "CUSTOM_PHYSNET_PHYSNET1")
    leading = replace(leading, deployables=(replace(part, attributes=network, traits=traits),))
    stage.conductor.add_host(Snapshot("host-1", (leading, other)))
    yield stage
    stage.close()


def list_providers(stage: Stage) -> list[str]:
    parts = stage.call("GET", "/v2/deployables").json["deployables"]
    return [part["rp_uuid"] for part in sorted(parts, key=lambda part: str(part["name"]))]


@pytest.mark.parametrize("version", ["2.0", "2.3", "2.100", "2.101"])
def test_the_request_of_a_port_says_to_which_network_its_handle_leads(
    stage: Stage, version: str
) -> None:
    (arq,) = stage.create_arqs(stage.create_profile([GROUP]))
    provider, _ = list_providers(stage)
    assert stage.bind([arq], "host-1", device_rp_uuid=provider).status == 202
    shown = stage.call("GET", f"/v2/accelerator_requests/{arq}", version=version).json
    assert shown["attach_handle_info"]["physical_network"] == "physnet1"
    assert {"domain", "bus", "device", "function"} < set(shown["attach_handle_info"])


def test_a_function_that_leads_nowhere_is_refused_to_a_port_and_says_why(stage: Stage) -> None:
    (arq,) = stage.create_arqs(stage.create_profile([GROUP]))
    _, provider = list_providers(stage)
    refused = stage.bind([arq], "host-1", device_rp_uuid=provider)
    assert refused.status == 400
    assert "it lacks the trait CUSTOM_PHYSNET_PHYSNET1" in refused.fault
    assert "option [nic] physical_network_mappings" in refused.fault
    shown = stage.call("GET", f"/v2/accelerator_requests/{arq}").json
    assert (shown["state"], shown["attach_handle_info"]) == ("Initial", {})


def test_what_is_bound_to_no_network_shows_none(stage: Stage) -> None:
    (arq,) = stage.create_arqs()
    _, provider = list_providers(stage)
    assert stage.bind([arq], "host-1", device_rp_uuid=provider).status == 202
    shown = stage.call("GET", f"/v2/accelerator_requests/{arq}").json
    assert "physical_network" not in shown["attach_handle_info"]
