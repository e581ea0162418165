"""A mistake in the configuration ends a process with one line that names the option."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.warm.starting import run_script as run_warm

SCRIPTS = (
    "cyborg-rr-dbsync",
    "cyborg-rr-manage",
    "cyborg-rr-status",
    "cyborg-rr-conductor",
    "cyborg-rr-api",
    "cyborg-rr-agent",
)
DO_SOMETHING = {
    "cyborg-rr-dbsync": ("upgrade",),
    "cyborg-rr-manage": ("audit",),
    "cyborg-rr-status": ("upgrade", "check"),
}


def run_script(script: str, config: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run a console script with a configuration file to its end."""
    action = arguments or DO_SOMETHING.get(script, ())
    return run_warm(script, "--config-file", config, *action)


@pytest.mark.parametrize("script", SCRIPTS)
def test_a_value_of_the_wrong_type_is_named(script: str, tmp_path: Path) -> None:
    """Loaded anew, as nothing else here is: each script is installed and starts by itself."""
    config = tmp_path / "x.conf"
    config.write_text("[api]\nport = many\n")
    program = Path(sys.executable).with_name(script)
    command = [program, "--config-file", config, *DO_SOMETHING.get(script, ())]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert ended.returncode == 2
    assert len(ended.stderr.splitlines()) == 1
    assert "option port" in ended.stderr


@pytest.mark.parametrize(
    ("script", "text", "words"),
    [
        ("cyborg-rr-dbsync", "[database]\nconnection = nonsense\n", "[database] connection"),
        ("cyborg-rr-conductor", "[database]\n", "[database] connection: it is not set"),
        (
            "cyborg-rr-conductor",
            "[DEFAULT]\ntransport_url = carrier-pigeon://\n"
            "[database]\nconnection = sqlite:///{directory}/x.sqlite\n",
            "[DEFAULT] transport_url",
        ),
        (
            "cyborg-rr-conductor",
            "[DEFAULT]\ntransport_url = fake://\n"
            "[database]\nconnection = sqlite:///{directory}/x.sqlite\n"
            "[conductor]\nbind_timeout = 20\nagent_timeout = 20\n",
            "[conductor] bind_timeout",
        ),
        (
            "cyborg-rr-agent",
            "[DEFAULT]\ntransport_url = fake://\nstate_path = {directory}\n"
            "[agent]\nenabled_drivers = gpux\n",
            "[agent] enabled_drivers",
        ),
        (
            "cyborg-rr-agent",
            "[DEFAULT]\ntransport_url = fake://\nstate_path = {directory}\n"
            "[pci]\ndevice_spec = vendor\n",
            "[pci] device_spec",
        ),
        (
            "cyborg-rr-api",
            "[DEFAULT]\ntransport_url = fake://\n"
            "[database]\nconnection = sqlite:///{directory}/x.sqlite\n"
            "[api]\nauth_strategy = noauth\nhost_ip = 0.0.0.0\n",
            "[api] host_ip",
        ),
    ],
)
def test_a_value_that_cannot_work_is_named(
    script: str, text: str, words: str, tmp_path: Path
) -> None:
    config = tmp_path / "x.conf"
    config.write_text(text.format(directory=tmp_path))
    if "sqlite" in text:
        assert run_script("cyborg-rr-dbsync", config).returncode == 0
    ended = run_script(script, config)
    assert ended.returncode == 2, ended.stderr
    assert len(ended.stderr.splitlines()) == 1, ended.stderr
    assert words in ended.stderr


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    ended = run_script("cyborg-rr-dbsync", tmp_path / "nowhere.conf")
    assert ended.returncode == 2
    assert "nowhere.conf" in ended.stderr
