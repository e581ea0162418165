"""Versions of what vendors install on a host beside their drivers, as their own files say them.

A row for each file: where it is below the root, whose devices it is for, how the version stands in
it. Files are read again only when they have changed. Intel's compute runtime, oneAPI and OPAE have
none that says its version (their libraries' names do), so they have no row.
"""

from __future__ import annotations

import json
import os
import re
import stat
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

MAX_BYTES = 64 << 10
"""The longest such file known is CUDA's, of 4 KiB; what is longer is none."""

_VERSION = re.compile(r"[0-9A-Za-z][0-9A-Za-z.+~_-]{0,62}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Line:
    """The file is the version."""

    def find(self, text: str) -> str | None:
        """The version in the text of the file; None where it does not stand there."""
        return text.strip()


@dataclass(frozen=True, slots=True)
class Setting:
    """A line of its own: the name, ``=`` and the version, or a list in brackets that ends in it."""

    name: str

    def find(self, text: str) -> str | None:
        """The version in the text of the file; None where it does not stand there."""
        for line in text.splitlines():
            name, parting, value = line.partition("=")
            if parting and name.strip() == self.name:
                return value.strip().removeprefix("[").removesuffix("]").rpartition(":")[2]
        return None


@dataclass(frozen=True, slots=True)
class Member:
    """A member of a JSON object, within others."""

    path: tuple[str, ...]

    def find(self, text: str) -> str | None:
        """The version in the text of the file; None where it does not stand there."""
        try:
            found: Any = json.loads(text)
        except (ValueError, RecursionError):
            return None
        for name in self.path:
            found = found.get(name) if isinstance(found, dict) else None
        return found if isinstance(found, str) else None


@dataclass(frozen=True, slots=True)
class Toolchain:
    """One file: for devices of which vendor, how its version is called, where and in which form."""

    vendor_id: str
    name: str
    path: str
    form: Line | Setting | Member


TOOLCHAINS = (
    # ROCm documentation, "Verify the ROCm version"; rocm-core installs it: 7.1.1, 6.2.0-66
    Toolchain("1002", "rocm", "opt/rocm/.info/version", Line()),
    # CUDA from 11.1 on: {"cuda": {"name": "CUDA SDK", "version": "12.6.3"}, ...}; "cuda" is what
    # the driver takes at most, as it says itself
    Toolchain("10de", "cuda_toolkit", "usr/local/cuda/version.json", Member(("cuda", "version"))),
    # XRT, src/CMake/version.cmake: {"BUILD_VERSION": "2.14.354", ...}
    Toolchain("10ee", "xrt", "opt/xilinx/xrt/version.json", Member(("BUILD_VERSION",))),
    # vllm-ascend, installation: the file is given to containers; Version=25.0.rc1
    Toolchain("19e5", "ascend", "usr/local/Ascend/driver/version.info", Setting("Version")),
    # xllm, CMake: toolkit_running_version=[7.3.0.1.231:8.0.RC2], the second of which is CANN's
    Toolchain(
        "19e5",
        "cann",
        "usr/local/Ascend/ascend-toolkit/latest/version.cfg",
        Setting("toolkit_running_version"),
    ),
    # the kernel shows MODULE_VERSION, which the driver that Habana delivers has: 1.16.2-f195ec4
    Toolchain("1da3", "habanalabs", "sys/module/habanalabs/version", Line()),
)


class Toolchains:
    """What is installed below one root; nothing below none, as of a recorded tree."""

    def __init__(self, root: Path | None) -> None:
        self._root = root
        self._read: dict[str, tuple[tuple[int, ...], str | None]] = {}

    def list_versions(self, vendor_id: str) -> Mapping[str, str]:
        """The versions of what is for devices of that vendor, by name."""
        if self._root is None:
            return {}
        found = {
            row.name: self._find(self._root / row.path, row)
            for row in TOOLCHAINS
            if row.vendor_id == vendor_id
        }
        return {name: version for name, version in found.items() if version is not None}

    def _find(self, path: Path, row: Toolchain) -> str | None:
        try:
            state = os.stat(path)
        except OSError:
            return None
        key = (state.st_dev, state.st_ino, state.st_size, state.st_mtime_ns)
        known = self._read.get(row.path)
        if known is None or known[0] != key:
            known = self._read[row.path] = (key, _read_version(path, row))
        return known[1]


def _read_version(path: Path, row: Toolchain) -> str | None:
    version = row.form.find(_read_text(path))
    return version if version is not None and _VERSION.fullmatch(version) else None


def _read_text(path: Path) -> str:
    """The file; nothing for what is no file, too long or cannot be read. Opening waits for none."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError:
        return ""
    try:
        is_file = stat.S_ISREG(os.fstat(descriptor).st_mode)
        content = os.read(descriptor, MAX_BYTES + 1) if is_file else b""
    except OSError:
        return ""
    finally:
        os.close(descriptor)
    return content.decode("utf-8", "replace") if len(content) <= MAX_BYTES else ""


def parse_root(options: Mapping[str, object]) -> Path | None:
    """The root where the option ``root`` says one."""
    root = options.get("root")
    return Path(root) if isinstance(root, (str, Path)) else None
