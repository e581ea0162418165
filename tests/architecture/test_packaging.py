"""The wheel holds the whole package, under a version that says where it comes from."""

import importlib.metadata
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from tests.architecture.tree import PACKAGE, ROOT, copy_tree

_BUILD = "import pbr.build, sys; print(pbr.build.build_wheel(sys.argv[1]))"
_METADATA = ("pyproject.toml", "setup.py", "setup.cfg", "README.rst", "LICENSE")


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A wheel built from a copy of the tree that has no git history."""
    tree = tmp_path_factory.mktemp("tree")
    copy_tree(tree, "cyborg_rr", *_METADATA)
    target = tmp_path_factory.mktemp("wheel")
    done = subprocess.run(
        [sys.executable, "-c", _BUILD, str(target)],
        cwd=tree,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "cyborg_rr: no version:" in done.stderr
    return target / done.stdout.splitlines()[-1]


def test_the_wheel_holds_every_file_of_the_package(wheel: Path) -> None:
    held = {name for name in zipfile.ZipFile(wheel).namelist() if name.startswith("cyborg_rr/")}
    standing = {
        path.relative_to(ROOT).as_posix()
        for path in PACKAGE.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    assert standing - held == set()
    assert held - standing == set()


def test_a_tree_without_history_builds_under_a_version_that_says_so(wheel: Path) -> None:
    assert wheel.name.startswith("cyborg_rr-0.0.1.dev0+nogit-")


def test_the_installed_version_is_not_a_placeholder() -> None:
    assert importlib.metadata.version("cyborg_rr") != "0.0.0"


def test_the_base_install_needs_no_framework_and_no_vendor_library() -> None:
    heavy = {"torch", "onnx", "numpy", "tensorflow", "jax", "nvidia-ml-py", "eventlet"}
    required = {
        requirement.split(">")[0].split(";")[0].strip().lower()
        for requirement in importlib.metadata.requires("cyborg_rr") or []
        if "extra ==" not in requirement
    }
    assert required
    assert required & heavy == set()
