"""The devstack plugin, run by bash through devstack's phases with stand-ins for its functions."""

import configparser
import getpass
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from cyborg_rr.conf.opts import list_opts, make_config
from cyborg_rr.outside.calling import make_caller
from cyborg_rr.rpc.transport import make_transport
from tests.architecture.tree import ROOT

_HERE = Path(__file__).parent
_SCRIPT = """
set -eo pipefail
source "$TEST_FUNCTIONS"
source "$TEST_PLUGIN/settings"
for phase in "$@"; do
    # The phase is split into words on purpose, as devstack passes them.
    source "$TEST_PLUGIN/plugin.sh" $phase
done
"""
_PROGRAMS = Path(sys.executable).parent
_STACK = ("stack pre-install", "stack install", "stack post-config", "stack extra")


@dataclass(frozen=True)
class Node:
    """What a run of the plugin left behind on a node."""

    configuration: Path
    uwsgi: Path
    state: Path
    calls: list[str]


@pytest.fixture
def run_plugin(tmp_path: Path) -> Callable[..., Node]:
    """Run phases of the plugin with settings as local.conf would make them.

    The program that creates the schema notes that it was called, but where a test names the real
    ones: they take many times as long as the plugin.
    """
    programs = tmp_path / "bin"
    programs.mkdir()
    (programs / "cyborg-rr-dbsync").write_text('#!/bin/sh\necho "cyborg-rr-dbsync $*" >>"$CALLS"\n')
    (programs / "cyborg-rr-dbsync").chmod(0o755)

    def run(*phases: str, **settings: str) -> Node:
        calls = tmp_path / "calls"
        environment = {
            "PATH": os.environ["PATH"],
            "CALLS": str(calls),
            "TEST_PYTHON": sys.executable,
            "TEST_PROGRAMS": str(programs),
            "TEST_INISET": str(_HERE / "iniset.py"),
            "TEST_FUNCTIONS": str(_HERE / "functions.sh"),
            "TEST_PLUGIN": str(ROOT / "devstack"),
            "DEST": str(tmp_path / "dest"),
            "DATA_DIR": str(tmp_path / "data"),
            "CYBORG_RR_CONF_DIR": str(tmp_path / "etc"),
            "STACK_USER": getpass.getuser(),
            "ENABLE_DEBUG_LOG_LEVEL": "True",
            "SERVICE_PROTOCOL": "https",
            "SERVICE_HOST": "192.0.2.1",
            "SERVICE_LISTEN_ADDRESS": "0.0.0.0",
            "REGION_NAME": "RegionOne",
            "KEYSTONE_SERVICE_URI": "https://192.0.2.1/identity",
            "SERVICE_PASSWORD": "secret",
            "SERVICE_DOMAIN_NAME": "Default",
            "SERVICE_TENANT_NAME": "service",
            **settings,
        }
        done = subprocess.run(
            ["bash", "-c", _SCRIPT, "plugin", *phases],
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        etc = tmp_path / "etc"
        return Node(
            etc / "cyborg_rr.conf",
            etc / "uwsgi.ini",
            tmp_path / "data" / "cyborg_rr",
            calls.read_text().splitlines(),
        )

    return run


def test_a_stacked_node_has_a_configuration_that_the_service_accepts(
    run_plugin: Callable[..., Node],
) -> None:
    node = run_plugin(*_STACK, CYBORG_RR_FLEET_FILE="/opt/fleet.yaml")
    conf = make_config([], files=[str(node.configuration)])
    assert conf.debug is True
    assert make_transport(conf).conf.transport_url.startswith("rabbit://")
    assert conf.state_path == str(node.state)
    assert conf.database.connection == f"sqlite:///{node.state}/cyborg_rr.sqlite"
    assert conf.api.auth_strategy == "keystone"
    assert conf.agent.fleet_file == "/opt/fleet.yaml"
    assert conf.agent.enabled_drivers == ["accelerators"]
    assert node.configuration.stat().st_mode & 0o077 == 0, "it holds passwords"


def test_the_plugin_sets_only_options_that_exist(run_plugin: Callable[..., Node]) -> None:
    node = run_plugin(
        *_STACK, CYBORG_RR_FLEET_FILE="/opt/fleet.yaml", CYBORG_RR_API_MODE="standalone"
    )
    ours = {(str(group), opt.dest) for group, opts in list_opts() for opt in opts}
    groups = {group for group, _ in ours} - {"DEFAULT"}
    written = configparser.RawConfigParser(default_section="no default section")
    written.read(node.configuration)
    unknown = {
        (group, name)
        for group in groups & set(written.sections())
        for name in written[group]
        if (group, name) not in ours
    }
    assert unknown == set()
    assert {"api", "agent"} <= set(written.sections())


def test_the_conductor_publishes_to_the_placement_that_is_stacked(
    run_plugin: Callable[..., Node],
) -> None:
    services = "cyborg-rr-api cyborg-rr-conductor cyborg-rr-agent placement-api"
    node = run_plugin(*_STACK, ENABLED=services)
    conf = make_config([], files=[str(node.configuration)])
    caller = make_caller(conf, "placement", "Placement", seconds=1, max_bytes=1000)
    assert caller is not None
    assert (conf.placement.username, conf.placement.project_name) == ("cyborg_rr", "service")
    alone = make_config([], files=[str(run_plugin(*_STACK).configuration)])
    assert alone.placement.auth_type is None


def test_the_conductor_tells_the_nova_that_is_stacked(run_plugin: Callable[..., Node]) -> None:
    services = "cyborg-rr-api cyborg-rr-conductor cyborg-rr-agent n-api"
    node = run_plugin(*_STACK, ENABLED=services)
    conf = make_config([], files=[str(node.configuration)])
    assert make_caller(conf, "nova", "Nova", seconds=1, max_bytes=1000) is not None
    assert (conf.nova.username, conf.placement.auth_type) == ("cyborg_rr", None)


def test_stacking_creates_the_schema_with_the_written_configuration(
    run_plugin: Callable[..., Node],
) -> None:
    node = run_plugin(*_STACK, TEST_PROGRAMS=str(_PROGRAMS))
    assert (node.state / "cyborg_rr.sqlite").stat().st_size > 0
    assert "recreate_database cyborg_rr" in node.calls


def test_clients_find_the_service_in_the_catalogue(run_plugin: Callable[..., Node]) -> None:
    behind_web_server = run_plugin(*_STACK).calls
    assert "create_service_user cyborg_rr admin" in behind_web_server
    assert "get_or_create_service cyborg_rr accelerator Accelerator management" in behind_web_server
    endpoint = "get_or_create_endpoint accelerator RegionOne"
    assert f"{endpoint} https://192.0.2.1/accelerator/v2" in behind_web_server
    alone = run_plugin(*_STACK, CYBORG_RR_API_MODE="standalone").calls
    assert f"{endpoint} http://192.0.2.1:6666/v2" in alone


def test_the_web_server_gets_the_application_that_exists(run_plugin: Callable[..., Node]) -> None:
    node = run_plugin(*_STACK)
    uwsgi = configparser.RawConfigParser()
    uwsgi.read(node.uwsgi)
    module, application = uwsgi["uwsgi"]["module"].split(":")
    assert (ROOT / (module.replace(".", "/") + ".py")).exists()
    assert application == "application"


def test_three_processes_run_with_the_written_configuration(
    run_plugin: Callable[..., Node], tmp_path: Path
) -> None:
    node = run_plugin(*_STACK, CYBORG_RR_API_MODE="standalone")
    programs = tmp_path / "bin"
    started = [call for call in node.calls if call.startswith("run_process")]
    option = f"--config-file {node.configuration}"
    assert f"cyborg-rr-dbsync {option} upgrade" in node.calls
    assert started == [
        f"run_process cyborg-rr-api {programs}/cyborg-rr-api {option}",
        f"run_process cyborg-rr-conductor {programs}/cyborg-rr-conductor {option}",
        f"run_process cyborg-rr-agent {programs}/cyborg-rr-agent {option}  root",
    ]


def test_a_node_with_the_agent_alone_has_no_database_and_no_accounts(
    run_plugin: Callable[..., Node],
) -> None:
    node = run_plugin(*_STACK, ENABLED="cyborg-rr-agent")
    written = configparser.RawConfigParser()
    written.read(node.configuration)
    assert set(written.sections()) == {"agent"}
    assert not any(call.startswith(("recreate_database", "get_or_create")) for call in node.calls)


def test_unstack_stops_and_clean_removes(run_plugin: Callable[..., Node]) -> None:
    node = run_plugin(*_STACK, "unstack", "clean")
    stopped = [call.split()[1] for call in node.calls if call.startswith("stop_process")]
    assert stopped == ["cyborg-rr-agent", "cyborg-rr-conductor", "cyborg-rr-api"]
    assert not node.configuration.parent.exists()
    assert not node.state.exists()


def test_a_node_without_any_of_the_services_is_left_alone(
    run_plugin: Callable[..., Node],
) -> None:
    node = run_plugin(*_STACK, "unstack", "clean", ENABLED="n-cpu")
    assert node.calls == ["define_plugin cyborg_rr"]
    assert not node.configuration.exists()


def test_the_plugin_is_clean_shell(shellcheck: str) -> None:
    scripts = [str(ROOT / "devstack" / name) for name in ("plugin.sh", "settings")]
    subprocess.run([shellcheck, *scripts, str(_HERE / "functions.sh")], check=True)
