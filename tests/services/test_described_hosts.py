"""Hosts as they are described, seen by the real agent code, conductor and API."""

from __future__ import annotations

import json
import logging
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from cyborg_rr.agent.attach import Attachments
from cyborg_rr.agent.discovery import Host
from cyborg_rr.agent.ledger import Ledger
from cyborg_rr.agent.service import AgentService
from cyborg_rr.drivers.driver import DriverContext, Memory
from cyborg_rr.drivers.gpu.nvidia.driver import NvidiaGpuDriver
from cyborg_rr.processes.conductor import wire_conductor
from cyborg_rr.rpc.conductor_client import ConductorClient
from tests.api.stage import NEWEST, Stage
from tests.drivers.nvidia.machines import load_nvml
from tests.drivers.trees import load_tree
from tests.fakes.nvml import FakeNvml
from tests.memory_bus import make_memory_bus
from tests.services.conftest import stop_server

HOST = "host-1"


class Site:
    """One service, and one host whose tree changes; ``stage`` calls its API."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.stage = Stage(directory)
        self.transport = make_memory_bus(self.stage.conf)
        self.client = ConductorClient(self.transport, 30)
        self.conductor = wire_conductor(
            self.stage.conf, self.stage.database, self.transport, self.stage.catalogue
        )
        self.conductor.start()
        self.stage.conductor = self.client  # type: ignore[assignment]
        self.agent: AgentService | None = None

    def start_agent(self, tree: str, nvml: FakeNvml | None) -> None:
        """A new run of the agent, over what the last one left behind, on a host like that tree."""
        self.stop_agent()
        root = load_tree(tree).write(self.directory / uuid.uuid4().hex)
        self.ledger = Ledger(self.directory / "ledger.sqlite")
        host = Host(HOST, [NvidiaGpuDriver(DriverContext(root), nvml)])
        host.memory = Memory(self.ledger.list_learnt(HOST))
        self.agent = AgentService(
            HOST, [host], Attachments(self.ledger), self.client, self.transport, 3600
        )
        assert self.agent.report_all()
        self.agent._server.start()

    def stop_agent(self) -> None:
        """As when the host is switched off."""
        if self.agent is not None:
            stop_server(self.agent._server)
            self.ledger.close()

    def close(self) -> None:
        """Stop everything."""
        self.stop_agent()
        self.conductor.stop()
        self.stage.close()

    def get(self, path: str) -> Any:
        """What the newest API shows."""
        answer = self.stage.call("GET", f"/v2/{path}", version=NEWEST)
        assert answer.status == 200, answer.body
        return answer.json


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    """A service without hosts."""
    made = Site(tmp_path)
    yield made
    made.close()


def test_another_card_in_the_slot_of_a_held_one_is_new_and_the_request_is_told(
    site: Site, caplog: pytest.LogCaptureFixture
) -> None:
    site.start_agent("swap-held-before", None)
    old = {device["model"]: device for device in site.get("devices")["devices"]}
    (arq,) = site.stage.create_arqs()
    assert site.stage.bind([arq], HOST).status == 202
    held = site.get(f"accelerator_requests/{arq}")
    assert (held["trouble"], held["attach_handle_info"]["bus"]) == (None, "41")
    providers = {one["name"]: one["rp_uuid"] for one in site.get("deployables")["deployables"]}
    with caplog.at_level(logging.WARNING):
        site.start_agent("swap-held-after", None)
    devices = {device["uuid"]: device for device in site.get("devices")["devices"]}
    before = {device["uuid"]: device for device in old.values()}
    (lost,) = (uuid for uuid, one in devices.items() if one["state"] == "missing")
    (new,) = devices.keys() - before.keys()
    assert before[lost]["device_class"] == devices[lost]["device_class"] == "nvidia-t4"
    assert devices[new]["device_class"] != "nvidia-t4"
    assert (devices[new]["state"], len(devices)) == ("present", 3)
    told = site.get(f"accelerator_requests/{arq}")
    for word in (lost, "0000:41:00.0", HOST, "no longer"):
        assert word in told["trouble"]
    assert told["trouble_since"] is not None
    assert {**told, "trouble": None, "trouble_since": None, "updated_at": None} == {
        **held,
        "updated_at": None,
    }
    (line,) = (record.getMessage() for record in caplog.records if arq in record.getMessage())
    assert "0000:41:00.0" in line
    parts = {one["name"]: one["rp_uuid"] for one in site.get("deployables")["deployables"]}
    assert parts.items() > providers.items()
    assert len(parts) == 3
    shown = site.stage.call("GET", f"/v2/accelerator_requests/{arq}", version="2.100").json
    assert "trouble" not in shown


def test_the_old_card_back_in_its_slot_is_what_the_request_holds(site: Site) -> None:
    site.start_agent("swap-held-before", None)
    devices = site.get("devices")["devices"]
    (arq,) = site.stage.create_arqs()
    site.stage.bind([arq], HOST)
    site.start_agent("swap-held-after", None)
    site.start_agent("swap-held-before", None)
    again = [{**one, "updated_at": None} for one in site.get("devices")["devices"]]
    assert again == [{**one, "updated_at": None} for one in devices]
    assert site.get(f"accelerator_requests/{arq}")["trouble"] is None


@pytest.mark.parametrize("pair", ["a2-vfio", "a100-vfio"])
def test_a_gpu_with_a_guest_is_shown_as_before_when_the_agent_has_restarted(
    site: Site, pair: str
) -> None:
    site.start_agent(f"{pair}-before", load_nvml(f"{pair}-before"))
    (before,) = site.get("devices")["devices"]
    (classes,) = site.get("resource_representations")["resource_representations"]
    (part,) = site.get("deployables")["deployables"]
    site.start_agent(f"{pair}-after-restart", None)
    (after,) = site.get("devices")["devices"]
    assert {**after, "updated_at": None} == {**before, "updated_at": None}
    assert after["identity"].startswith("nvidia:GPU-")
    assert after["device_class"].startswith("nvidia-a")
    (again,) = site.get("resource_representations")["resource_representations"]
    assert again == classes
    assert again["representation"]["memory_bytes"] > 0
    (same,) = site.get("deployables")["deployables"]
    assert {**same, "updated_at": None} == {**part, "updated_at": None}
    assert json.loads(same["attributes_list"])
