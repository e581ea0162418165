"""A further family of whole PCI functions is a row and a tree, and nothing else.

The change is made in a copy of the sources, where the shared tests run in a process of their own.
"""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import yaml

from tests.architecture.tree import copy_tree

COPIED = (
    "cyborg_rr",
    "tests/__init__.py",
    "tests/architecture",
    "tests/builders.py",
    "tests/data/sysfs",
    "tests/drivers",
    "tests/fakes",
    "doc/source/drivers.rst",
    "pyproject.toml",
)
FAMILIES = "cyborg_rr/drivers/whole_function/families.csv"
TREE = "tests/data/sysfs/imaginary/tree.yaml"

ROW = (
    "imaginary_npu,NPU,f00d,Imaginary,0001 Imaginary One; 0002 Imaginary Two,imagine,number,"
    "/dev/imaginary{number},,,slices,the manual of the imaginary\n"
)


def add_row(root: Path) -> None:
    with (root / FAMILIES).open("a") as file:
        file.write(ROW)


def add_tree(root: Path) -> None:
    entries: dict[str, dict[str, str]] = {"bus/pci/devices": {}}
    for bus, device_id in (("3b", "0x0001"), ("af", "0x0002")):
        address = f"0000:{bus}:00.0"
        entries["bus/pci/devices"][address] = f"-> ../../../devices/{address}"
        entries[f"devices/{address}"] = {
            "vendor": "0xf00d",
            "device": device_id,
            "class": "0x120000",
            "subsystem_vendor": "0xf00d",
            "subsystem_device": "0x0000",
            "numa_node": "0",
            "number": "3",
            "driver": "-> ../../bus/pci/drivers/imagine",
        }
    drivers = {
        "imaginary_npu": {"devices": 2, "victim": "0000:3b:00.0"},
        "pci": {"devices": 2},
    }
    document = {"origin": "documentation", "source": "a test", "drivers": drivers}
    (root / TREE).parent.mkdir()
    (root / TREE).write_text(yaml.safe_dump(document | {"entries": entries}))


def run_shared_tests(root: Path) -> tuple[int, str]:
    """The exit status and the last words of the shared tests on the new driver and tree."""
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"]
    chosen = ["-k", "imaginary or documentation", "tests/drivers/shared"]
    done = subprocess.run(
        [*command, *chosen], cwd=root, capture_output=True, text=True, check=False
    )
    return done.returncode, done.stdout[-2000:]


def test_a_further_family_is_a_row_and_a_tree(tmp_path: Path) -> None:
    copy_tree(tmp_path, *COPIED)
    add_row(tmp_path)
    add_tree(tmp_path)
    status, words = run_shared_tests(tmp_path)
    assert status == 0, words
    passed = re.search(r"(\d+) passed", words)
    assert passed is not None
    assert int(passed[1]) > 90


def test_a_row_without_a_tree_fails(tmp_path: Path) -> None:
    copy_tree(tmp_path, *COPIED)
    add_row(tmp_path)
    status, words = run_shared_tests(tmp_path)
    assert status == 1, words
    assert "test_every_driver_has_a_tree[imaginary_npu]" in words
