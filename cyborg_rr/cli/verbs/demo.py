"""cyborg-rr demo: the whole chain once, over the REST API, on a simulated fleet.

Discover, keep, read a model, match it with reasons, make the device profile, create and bind an
accelerator request, look at its attach handle, release it.
"""

from __future__ import annotations

import argparse
import json
import socket
import tempfile
import time
import uuid
from importlib import resources
from pathlib import Path
from typing import Any

from cyborg_rr.cli.rendering.page import Page
from cyborg_rr.cli.rendering.progress import ProgressLine
from cyborg_rr.cli.rendering.requirements import render_summary
from cyborg_rr.cli.rendering.verdicts import render_counts, show_verdicts
from cyborg_rr.cli.service_client import ServiceClient
from cyborg_rr.domain.errors import CyborgError
from cyborg_rr.domain.printing import name_count
from cyborg_rr.processes.embedded import LOOPBACK, Embedded, make_embedded

FLEET = """\
hosts:
  - {name: gpu-%02d, count: 2, devices: {nvidia-h100-sxm-80: 8}}
  - {name: infer-%02d, count: 2, devices: {nvidia-l4: 4, nvidia-t4: 2}}
  - {name: rocm-0, devices: {amd-mi300x: 8}}
  - {name: tpu-0, devices: {google-tpu-v5e: 4}}
  - {name: fpga-0, devices: {xilinx-alveo-u250: 2, intel-pac-a10: 1}}
  - {name: npu-0, devices: {huawei-ascend-310p3: 4}}
"""
SHIPPED_BATCH = 8
"""The batch of the shipped model when none is asked for: its file leaves it open."""


class DemoFailed(CyborgError):
    """A part of the demonstration did not give what it should."""

    code = "demo_failed"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of ``demo``."""
    parser.add_argument("--model", type=Path, help="another model file than the shipped ResNet-50")
    parser.add_argument("--batch", type=int, metavar="N", help="size of the first dimension")
    parser.add_argument(
        "--hold", type=float, default=0.0, metavar="SECONDS", help="stay bound that long"
    )


def run(arguments: argparse.Namespace) -> int:
    """Tell the whole story; an error ends it with status 2."""
    with tempfile.TemporaryDirectory(prefix="cyborg-rr-demo-") as directory:
        fleet = Path(directory) / "fleet.yaml"
        fleet.write_text(FLEET)
        page = Page()
        _open_chapter("Starting API, conductor and agent in this process")
        began = time.monotonic()
        service = make_embedded(Path(directory) / "state", fleet)
        service.start()
        page.say(
            f"{service.url} answers after {time.monotonic() - began:.1f} s. Every caller is an"
            f" administrator there, so it listens on {LOOPBACK} only."
        )
        try:
            _tell_story(page, arguments, service)
        finally:
            service.stop()
    page.show_next("The same service, kept running", ["cyborg-rr", "up"])
    return 0


def _tell_story(page: Page, arguments: argparse.Namespace, service: Embedded) -> None:
    api = ServiceClient(service.url)
    _open_chapter("Discovering this host and a simulated fleet")
    with ProgressLine("hosts reported") as progress:
        service.agent.report_all(progress.show)
    service.agent.start()
    devices = api.get("/v2/devices")["devices"]
    classes = api.get("/v2/resource_representations")["resource_representations"]
    here = sum(device["hostname"] == socket.gethostname() for device in devices)
    page.say(f"{here} devices on this host, {len(devices) - here} in the fleet; by device class:")
    page.show_pairs(
        (entry["device_class"], f"{entry['free']} of {entry['devices']} free") for entry in classes
    )

    requirement = _analyse(page, arguments, api)

    _open_chapter("Matching it to the inventory, once for each class")
    answer = api.post("/v2/matches", {"ir_requirement": requirement["uuid"]})
    page.say(render_counts(answer["matches"]), hang=2, colour="strong")
    show_verdicts(page, answer["matches"], is_everything=False)
    suggestion = answer["device_profile"]
    if suggestion is None:
        raise DemoFailed("no device of the fleet can run this model")

    _open_chapter("Making the device profile")
    name = f"demo-{uuid.uuid4().hex[:8]}"
    profile = api.post("/v2/device_profiles", [{"name": name, "groups": suggestion["groups"]}])
    page.say(json.dumps(profile["groups"]), hang=2)
    page.say(f"It selects {name_count(len(suggestion['selects']), 'device')}.")

    _bind_and_release(page, arguments, api, name, suggestion["selects"])


def _analyse(page: Page, arguments: argparse.Namespace, api: ServiceClient) -> dict[str, Any]:
    _open_chapter("Reading the model")
    shipped = resources.files("cyborg_rr.catalogue") / "models" / "resnet50.onnx"
    batch = arguments.batch
    with resources.as_file(shipped) as default:
        path = arguments.model or default
        if arguments.model is None and batch is None:
            batch = SHIPPED_BATCH
        stored = api.upload("/v2/ir_requirements", path, {"name": path.name, "batch": batch})
    document: dict[str, Any] = stored["requirement"]
    page.say(render_summary(document) + (f", batch {batch}" if batch else ""), hang=2)
    for warning in document["warnings"]:
        page.say(f"warning: {warning}", hang=2)
    return dict(stored)


def _bind_and_release(
    page: Page,
    arguments: argparse.Namespace,
    api: ServiceClient,
    profile: str,
    selected: list[str],
) -> None:
    _open_chapter("Creating accelerator requests and binding them")
    arqs = api.post("/v2/accelerator_requests", {"device_profile_name": profile})["arqs"]
    instance = str(uuid.uuid4())
    patch = {}
    for arq, device_uuid in zip(arqs, selected, strict=False):
        deployable = api.get(f"/v2/deployables?device={device_uuid}")["deployables"][0]
        host = api.get(f"/v2/devices/{device_uuid}")["hostname"]
        patch[arq["uuid"]] = [
            {"op": "add", "path": "/hostname", "value": host},
            {"op": "add", "path": "/device_rp_uuid", "value": deployable["rp_uuid"]},
            {"op": "add", "path": "/instance_uuid", "value": instance},
        ]
    api.call("PATCH", "/v2/accelerator_requests", json=patch)
    for arq in arqs:
        path = f"/v2/accelerator_requests/{arq['uuid']}"
        page.show_command(["curl", "-s", f"{api.url}{path}"])
        page.show_json({key: value for key, value in api.get(path).items() if key != "links"})
    if arguments.hold:
        page.say(f"It stays bound for {arguments.hold:g} s.")
        page.flush()
        time.sleep(arguments.hold)

    _open_chapter("Releasing it")
    api.call("DELETE", f"/v2/accelerator_requests?instance={instance}")
    left = api.get("/v2/accelerator_requests")["arqs"]
    if left:
        raise DemoFailed(f"{len(left)} accelerator requests are left")
    free = api.get("/v2/resource_representations")["resource_representations"]
    page.say(f"No request is left; {sum(entry['free'] for entry in free)} devices are free again.")


def _open_chapter(title: str) -> None:
    page = Page()
    page.say()
    page.say(f"== {title}", colour="strong")
    page.flush()
