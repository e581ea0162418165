"""Versions of what vendors install on a host, and files that are not what they should be."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from cyborg_rr.drivers.driver import DriverContext, Look
from cyborg_rr.drivers.gpu.amd.driver import AmdGpuDriver
from cyborg_rr.drivers.toolchains import MAX_BYTES, TOOLCHAINS, Toolchains

ROCM = "opt/rocm/.info/version"
CUDA = "usr/local/cuda/version.json"
CANN = "usr/local/Ascend/ascend-toolkit/latest/version.cfg"
FILES = {
    ROCM: ("1002", "6.2.0-66\n", {"rocm": "6.2.0-66"}),
    CUDA: (
        "10de",
        '{"cuda": {"name": "CUDA SDK", "version": "12.6.3"}, "nvcc": {"version": "12.6.85"}}',
        {"cuda_toolkit": "12.6.3"},
    ),
    "opt/xilinx/xrt/version.json": (
        "10ee",
        '{"BUILD_VERSION" : "2.14.354", "BUILD_BRANCH" : "2022.2"}',
        {"xrt": "2.14.354"},
    ),
    "usr/local/Ascend/driver/version.info": (
        "19e5",
        "package_version=25.0.rc1\nVersion=25.0.rc1\n",
        {"ascend": "25.0.rc1"},
    ),
    CANN: (
        "19e5",
        "# version: 1.0\ntoolkit_running_version=[7.3.0.1.231:8.0.RC2]\n",
        {"cann": "8.0.RC2"},
    ),
    "sys/module/habanalabs/version": (
        "1da3",
        "1.16.2-f195ec4\n",
        {"habanalabs": "1.16.2-f195ec4"},
    ),
}


def write(root: Path, path: str, content: str | bytes) -> Path:
    file = root / path
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(content.encode() if isinstance(content, str) else content)
    return file


def test_every_row_is_tried() -> None:
    assert {row.path for row in TOOLCHAINS} == set(FILES)


@pytest.mark.parametrize("path", FILES)
def test_a_file_gives_the_version_to_devices_of_its_vendor_only(tmp_path: Path, path: str) -> None:
    vendor, content, versions = FILES[path]
    write(tmp_path, path, content)
    toolchains = Toolchains(tmp_path)
    assert toolchains.list_versions(vendor) == versions
    assert toolchains.list_versions("8086") == {}


@pytest.mark.parametrize(
    "content",
    [
        "",
        "\x1b[31m6.2",
        "6.2\nevil: yes",
        "\u0666.2",
        "6" * 64,
        b"\xff\xfe",
        "6.2" + " " * MAX_BYTES,
    ],
)
def test_a_version_that_is_none_is_not_shown(tmp_path: Path, content: str | bytes) -> None:
    write(tmp_path, ROCM, content)
    assert Toolchains(tmp_path).list_versions("1002") == {}


@pytest.mark.parametrize(
    "content", ["{", "[" * 30_000, '{"cuda": 1}', '{"cuda": {"version": 12}}', "[]", "null"]
)
def test_json_of_another_form_says_nothing(tmp_path: Path, content: str) -> None:
    write(tmp_path, CUDA, content)
    assert Toolchains(tmp_path).list_versions("10de") == {}


@pytest.mark.parametrize("value", ["[", "[]", "[a:]", ":", ""])
def test_a_setting_of_another_form_says_nothing(tmp_path: Path, value: str) -> None:
    write(tmp_path, CANN, f"toolkit_running_version={value}\n")
    assert Toolchains(tmp_path).list_versions("19e5") == {}


def test_what_is_no_file_is_not_waited_for(tmp_path: Path) -> None:
    fifo = write(tmp_path, ROCM, "")
    fifo.unlink()
    os.mkfifo(fifo)
    write(tmp_path, CUDA + "/below", "a directory")
    toolchains = Toolchains(tmp_path)
    assert toolchains.list_versions("1002") == toolchains.list_versions("10de") == {}


def test_a_file_is_read_again_when_it_has_changed_and_only_then(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path, ROCM, "6.2.0")
    toolchains = Toolchains(tmp_path)
    assert toolchains.list_versions("1002") == {"rocm": "6.2.0"}
    with monkeypatch.context() as patched:
        patched.delattr(os, "open")
        assert toolchains.list_versions("1002") == {"rocm": "6.2.0"}
    write(tmp_path, ROCM, "6.10.0")
    assert toolchains.list_versions("1002") == {"rocm": "6.10.0"}
    (tmp_path / ROCM).unlink()
    assert toolchains.list_versions("1002") == {}


def test_a_device_shows_them_beside_its_own(shared_trees: dict[str, Path], tmp_path: Path) -> None:
    write(tmp_path, ROCM, "7.1.1")
    context = DriverContext(shared_trees["amd-mi300x-parts"], {"root": str(tmp_path)})
    devices = AmdGpuDriver(context).discover(Look())
    assert devices
    for device in devices:
        assert device.fields.versions["rocm"] == "7.1.1"


def test_a_recorded_tree_has_nothing_of_the_host_that_looks_at_it(
    shared_trees: dict[str, Path],
) -> None:
    (device, *_) = AmdGpuDriver(DriverContext(shared_trees["amd-mi300x-parts"])).discover(Look())
    assert "rocm" not in device.fields.versions
