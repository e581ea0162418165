"""A new reader is its package, one line, a sample and what it says of it: tried on a copy.

``tests/promises/new_reader`` is moved into a copy of the tree, which an environment of its own
has installed. Nothing else of the copy is changed.
"""

from __future__ import annotations

import json
import os
import shutil
import site
import subprocess
import tomllib
import venv
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.architecture.tree import ROOT, copy_tree

EXAMPLE = ROOT / "tests" / "promises" / "new_reader"
LINE = 'tiny = "cyborg_rr.readers.tiny.reader:TinyReader"'
LINE_OF_A_READER_WITHOUT_SAMPLE = 'bare = "cyborg_rr.readers.tiny.reader:TinyReader"'

_HEADER = '[project.entry-points."cyborg_rr.readers"]\n'
_RUN = """
import sys
from importlib.metadata import entry_points
(command,) = entry_points(group="console_scripts", name="cyborg-rr")
sys.exit(command.load()())
"""


@dataclass(frozen=True)
class Installed:
    """A copy of the tree and the interpreter that has it installed."""

    tree: Path
    python: Path

    def run(self, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
        """Run Python in the copy."""
        return subprocess.run(
            [str(self.python), *map(str, arguments)],
            cwd=self.tree,
            env={
                "PATH": os.environ["PATH"],
                "PYTHONDONTWRITEBYTECODE": "1",
                "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",  # the suite needs none; starting takes half
            },
            capture_output=True,
            text=True,
            check=False,
        )


def _copy_what_is_needed(target: Path) -> None:
    """What is needed of the tree: the package, its settings, the shared suite and all samples."""
    copy_tree(target, "cyborg_rr", "pyproject.toml", "tests/data/onnx", "tests/data/stablehlo")
    for name in ("test_shared", "samples", "folders", "golden", "hostile"):
        copy_tree(target, f"tests/readers/{name}.py")
    copy_tree(target, "tests/patience.py")
    for name in ("__init__.py", "readers/__init__.py"):
        (target / "tests" / name).touch()


def _add_reader(tree: Path) -> None:
    """The whole change: a package, a line, a sample."""
    shutil.copytree(EXAMPLE / "tiny", tree / "cyborg_rr" / "readers" / "tiny")
    settings = (tree / "pyproject.toml").read_text()
    assert _HEADER in settings
    (tree / "pyproject.toml").write_text(settings.replace(_HEADER, f"{_HEADER}{LINE}\n"))
    (tree / "tests" / "data" / "tiny").mkdir()
    shutil.copy(EXAMPLE / "model.json", tree / "tests" / "data" / "tiny")


def _install(tree: Path, environment: Path, *more: str) -> Path:
    """An interpreter that has the copy installed by its own pyproject.toml, as pip would do it."""
    venv.create(environment, with_pip=False, symlinks=True)
    (packages,) = environment.glob("lib/python*/site-packages")
    (packages / "copy.pth").write_text("\n".join([str(tree), *site.getsitepackages()]))
    settings = tomllib.loads((tree / "pyproject.toml").read_text())["project"]
    groups = {"console_scripts": settings["scripts"], **settings["entry-points"]}
    lines = [
        line
        for group, entries in groups.items()
        for line in (f"[{group}]", *(f"{name} = {value}" for name, value in entries.items()))
    ]
    metadata = packages / "cyborg_rr-0.dist-info"
    metadata.mkdir()
    (metadata / "METADATA").write_text("Metadata-Version: 2.1\nName: cyborg_rr\nVersion: 0\n")
    (metadata / "entry_points.txt").write_text("\n".join([*lines, *more]) + "\n")
    return environment / "bin" / "python"


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Installed:
    """The copy with the new reader, and its golden file written as a person would write it."""
    tree = tmp_path_factory.mktemp("tree")
    _copy_what_is_needed(tree)
    _add_reader(tree)
    copy = Installed(tree, _install(tree, tmp_path_factory.mktemp("environment")))
    done = copy.run("-m", "tests.readers.golden", "tiny")
    assert done.returncode == 0, done.stderr
    return copy


def test_the_new_reader_inspects_its_model(installed: Installed) -> None:
    model = installed.tree / "tests" / "data" / "tiny" / "model.json"
    done = installed.run("-c", _RUN, "inspect", model, "-f", "json")
    assert done.returncode == 0, done.stderr
    requirement = json.loads(done.stdout)
    assert requirement["ir"]["family"] == "tiny"
    assert requirement["operations"] == {"add": 1, "relu": 1, "softmax": 1, "frobnicate": 1}
    assert requirement["unknown_operations"] == {"frobnicate": 1}


def test_the_shared_suite_accepts_the_new_reader(installed: Installed) -> None:
    done = installed.run("-m", "pytest", "-q", "-p", "no:cacheprovider", "-k", "tiny", "tests")
    assert done.returncode == 0, done.stdout
    assert int(done.stdout.rpartition(" passed")[0].split()[-1]) >= 20


def test_the_contracts_accept_the_new_family(installed: Installed) -> None:
    lint = "from importlinter.cli import lint_imports_command; lint_imports_command()"
    done = installed.run("-c", lint, "--no-cache")
    assert done.returncode == 0, done.stdout
    assert "0 broken" in done.stdout


def test_a_reader_without_a_sample_fails_the_shared_suite(
    installed: Installed, tmp_path: Path
) -> None:
    entry = f"[cyborg_rr.readers]\n{LINE_OF_A_READER_WITHOUT_SAMPLE}".replace('"', "")
    bare = Installed(installed.tree, _install(installed.tree, tmp_path / "environment", entry))
    done = bare.run(
        "-m", "pytest", "-q", "-p", "no:cacheprovider", "-k", "has_a_sample and bare", "tests"
    )
    assert done.returncode == 1, done.stdout
    assert "test_a_reader_has_a_sample[bare]" in done.stdout


def test_nothing_else_of_the_copy_differs(installed: Installed) -> None:
    changed = {
        path.relative_to(installed.tree).as_posix()
        for path in installed.tree.rglob("*")
        if path.is_file()
        and "__pycache__" not in path.parts
        and (
            not (ROOT / (name := path.relative_to(installed.tree))).exists()
            or path.read_bytes() != (ROOT / name).read_bytes()
        )
    }
    assert changed == {
        "cyborg_rr/readers/tiny/__init__.py",
        "cyborg_rr/readers/tiny/reader.py",
        "pyproject.toml",
        "tests/data/tiny/model.json",
        "tests/data/tiny/golden/model.json",
    }
