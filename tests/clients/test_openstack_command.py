"""Every ``openstack accelerator`` command, unmodified, of both packages that have them."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from cyborg_rr.client.osc.service import Printable
from tests.clients.driven import Driven, driving
from tests.clients.service import FPGA_HOST, Running
from tests.fakes.elsewhere import Elsewhere
from tests.fakes.serving import serving
from tests.nova.conftest import wait_until

VERSION = ("--os-accelerator-api-version", "2.3")


class OpenStack:
    """Runs commands as an administrator."""

    def __init__(self, package: str, driven: Driven) -> None:
        self.package = package
        self._driven = driven

    def run(self, *words: str) -> tuple[int, str, str]:
        """Status, output and errors of a command."""
        status, output, errors = self._driven.ask([*VERSION, "accelerator", *words])
        return status, output, errors

    def show(self, *words: str) -> Any:
        """What a command that succeeds shows."""
        status, output, errors = self.run(*words, "-f", "json")
        assert status == 0, errors
        return json.loads(output)

    def do(self, *words: str) -> None:
        """A command that succeeds and shows nothing."""
        status, _, errors = self.run(*words)
        assert status == 0, errors

    def fail(self, *words: str) -> str:
        """What a command that fails says."""
        status, output, errors = self.run(*words)
        assert status == 1, output + errors
        return errors


@pytest.fixture(scope="module")
def environment(service: Running) -> Iterator[dict[str, str]]:
    """Of an administrator in a cloud that has compute and image services too."""
    with serving(Elsewhere()) as url:
        service.realm.add_endpoint("compute", f"{url}/v2.1")
        service.realm.add_endpoint("image", f"{url}/v2")
        user = service.realm.credentials("admin").render_environment()
        yield {**user, "OS_REGION_NAME": service.realm.name}


@pytest.fixture(scope="module", params=["openstackclient", "cyborgclient"])
def openstack(
    request: pytest.FixtureRequest,
    environment: dict[str, str],
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[OpenStack]:
    log = tmp_path_factory.mktemp("openstack") / "log"
    with driving("openstack.py", request.param, log=log, environment=environment) as driven:
        yield OpenStack(request.param, driven)


def test_the_executable_finds_the_service_in_the_catalogue(environment: dict[str, str]) -> None:
    program = Path(sys.executable).with_name("openstack")
    done = subprocess.run(
        [program, "accelerator", "device", "list", "-f", "value", "-c", "hostname"],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert sorted(done.stdout.split()) == [FPGA_HOST, "gpu-1", "gpu-1"]


def test_devices(openstack: OpenStack) -> None:
    found = openstack.show("device", "list")
    assert sorted(each["hostname"] for each in found) == [FPGA_HOST, "gpu-1", "gpu-1"]
    one = found[0]["uuid"]
    assert openstack.show("device", "show", one)["status"] == "enabled"
    openstack.do("device", "disable", one)
    assert openstack.show("device", "show", one)["status"] == "maintaining"
    openstack.do("device", "enable", one)
    listed = openstack.show("device", "list", "--long")
    assert {each["uuid"]: each["status"] for each in listed}[one] == "enabled"
    gone = str(uuid.uuid4())
    assert gone in openstack.fail("device", "show", gone)


def test_deployables(openstack: OpenStack) -> None:
    names = [each["name"] for each in openstack.show("deployable", "list")]
    assert f"{FPGA_HOST}_FakeDevice" in names
    found = openstack.show("deployable", "list", "--long")
    counts = {each["name"]: each["num_accelerators"] for each in found}
    assert counts[f"{FPGA_HOST}_FakeDevice"] == 16
    one = found[0]
    assert openstack.show("deployable", "show", one["uuid"])["name"] == one["name"]
    said = openstack.fail("deployable", "program", one["uuid"], str(uuid.uuid4()))
    if openstack.package == "openstackclient":  # the other calls itself without end there
        assert "does not load bitstreams" in said


def test_profiles(openstack: OpenStack) -> None:
    groups = [{"resources:FPGA": "1", "trait:CUSTOM_X": "required"}, {"resources:PGPU": "2"}]
    name = f"{openstack.package}-{uuid.uuid4().hex}"
    create = ("device", "profile", "create", name)
    made = openstack.show(*create, json.dumps(groups), "--description", "a test")
    assert (made["groups"], made["description"]) == (groups, "a test")
    assert "exists already" in openstack.fail(*create, json.dumps(groups))
    assert openstack.show("device", "profile", "show", name)["uuid"] == made["uuid"]
    assert openstack.show("device", "profile", "show", made["uuid"])["groups"] == groups
    for words in (("list",), ("list", "--long")):
        listed = openstack.show("device", "profile", *words)
        assert name in [each["name"] for each in listed]
    openstack.do("device", "profile", "delete", made["uuid"])
    assert made["uuid"] in openstack.fail("device", "profile", "show", made["uuid"])
    openstack.fail("device", "profile", "delete", made["uuid"])


def test_accelerator_requests(openstack: OpenStack, service: Running) -> None:
    name = f"{openstack.package}-{uuid.uuid4().hex}"
    openstack.show("device", "profile", "create", name, '[{"resources:FPGA": "1"}]')
    made = openstack.show("arq", "create", name)
    one = made["uuid"]
    assert (made["state"], made["device_profile_name"]) == ("Initial", name)
    assert openstack.show("arq", "show", one) == made
    for words in (("list",), ("list", "--long")):
        assert one in [each["uuid"] for each in openstack.show("arq", *words)]

    bind = ["arq", "bind", one, FPGA_HOST, str(uuid.uuid4()), str(uuid.uuid4())]
    if openstack.package == "cyborgclient":
        bind.append(service.realm.projects["demo"])
    for words in (bind, ["arq", "unbind", one]):
        assert "requires a service token" in openstack.fail(*words)  # a person's command has none

    openstack.do("arq", "delete", one)
    openstack.fail("arq", "show", one)
    openstack.fail("arq", "delete", one)


def test_attributes(openstack: OpenStack) -> None:
    deployable = openstack.show("deployable", "list")[0]["uuid"]
    made = openstack.show("device", "attribute", "create", deployable, "rack", "7")
    assert (made["key"], made["value"]) == ("rack", "7")
    assert openstack.show("device", "attribute", "show", made["uuid"]) == made
    for words in (("list",), ("list", "--long")):
        listed = openstack.show("device", "attribute", *words)
        assert made["uuid"] in [each["uuid"] for each in listed]
    openstack.do("device", "attribute", "delete", made["uuid"])
    openstack.fail("device", "attribute", "show", made["uuid"])


def test_attach_handles(openstack: OpenStack) -> None:
    """These commands are this package's own, beside either of the others."""
    listed = openstack.show("handle", "list", "--host", FPGA_HOST, "--state", "free")
    assert {each["hostname"] for each in listed} == {FPGA_HOST}
    one, other = (each["uuid"] for each in listed[:2])
    assert re.fullmatch(r"0000:0c:\d\d\.\d", listed[0]["address"])
    openstack.do("handle", "quarantine", one, "--reason", "it smells")
    shown = openstack.show("handle", "show", one)
    assert (shown["state"], shown["reason"]) == ("quarantined", "it smells")
    device = shown["device_uuid"]
    found = openstack.show("handle", "list", "--device", device, "--state", "quarantined", "--long")
    assert [(each["uuid"], each["reason"]) for each in found] == [(one, "it smells")]
    openstack.do("handle", "declare", "clean", one, "--reason", "I washed it")
    shown = openstack.show("handle", "show", one)
    assert (shown["state"], shown["last_clean"]["method"]) == ("free", "operator")
    said = openstack.fail("handle", "clean", other, one)
    assert "2 of 2 attach handles failed" in said
    assert f"{other}: " in said


def test_a_quarantined_handle_is_cleaned_again(openstack: OpenStack) -> None:
    one = openstack.show("handle", "list", "--host", FPGA_HOST, "--state", "free")[-1]["uuid"]
    openstack.do("handle", "quarantine", one, "--reason", "it smells")
    openstack.do("handle", "clean", one)
    wait_until(lambda: openstack.show("handle", "show", one)["state"] == "free")


def test_what_is_wrong_with_a_command_of_handles_is_said(openstack: OpenStack) -> None:
    gone = str(uuid.uuid4())
    assert gone in openstack.fail("handle", "show", gone)
    said = openstack.fail("handle", "show", "../devices")
    assert "attach handle ..%2Fdevices could not be found" in said
    assert "state must be one of free, held" in openstack.fail("handle", "list", "--state", "fre")


def test_a_list_of_handles_fits_a_terminal_of_eighty_columns(openstack: OpenStack) -> None:
    status, output, _ = openstack.run("handle", "list")
    assert status == 0
    assert max(map(len, output.splitlines())) <= 80


def test_words_of_others_do_nothing_to_a_terminal() -> None:
    column = Printable("its fan\x1b[2J")
    assert column.human_readable() == "its fan\\x1b[2J"
    assert column.machine_readable() == "its fan\x1b[2J"
