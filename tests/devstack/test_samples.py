"""The generator files in etc/ make samples that name every option and every policy rule."""

import configparser
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from cyborg_rr.api.operations import list_rules
from cyborg_rr.conf.opts import list_opts
from tests.architecture.tree import ROOT

_PROGRAMS = Path(sys.executable).parent


def _generate(program: str, generator: str, target: Path) -> str:
    file = ROOT / "etc" / "cyborg_rr" / generator
    command = [str(_PROGRAMS / program), f"--config-file={file}", f"--output-file={target}"]
    done = subprocess.run(command, cwd=target.parent, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return target.read_text()


def test_the_sample_configuration_names_every_option(tmp_path: Path) -> None:
    sample = _generate("oslo-config-generator", "config-generator.conf", tmp_path / "sample.conf")
    missing = [
        opt.dest for _, opts in list_opts() for opt in opts if f"#{opt.dest} =" not in sample
    ]
    assert missing == []
    for section in ("[database]", "[keystone_authtoken]", "[oslo_messaging_rabbit]"):
        assert section in sample


def test_the_sample_policy_names_every_rule(tmp_path: Path) -> None:
    sample = _generate("oslopolicy-sample-generator", "policy-generator.conf", tmp_path / "p.yaml")
    uncommented = "\n".join(
        line.removeprefix("#") for line in sample.splitlines() if line.startswith('#"')
    )
    assert set(yaml.safe_load(uncommented)) == {rule.name for rule in list_rules()}


@pytest.mark.parametrize("process", ["api", "conductor", "agent"])
def test_a_systemd_unit_starts_a_program_that_is_installed(process: str) -> None:
    unit = configparser.RawConfigParser(strict=False)
    unit.optionxform = str  # type: ignore[assignment,method-assign]
    unit.read(ROOT / "etc" / "systemd" / f"cyborg-rr-{process}.service")
    program = Path(unit["Service"]["ExecStart"].split()[0]).name
    assert program == f"cyborg-rr-{process}"
    assert (_PROGRAMS / program).exists()
