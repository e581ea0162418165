"""Where the guest's kernel and shell come from: this system, else Debian's packages in a cache."""

from __future__ import annotations

import re
import subprocess
from dataclasses import dataclass
from pathlib import Path

KERNEL = "linux-image-amd64"
"""The cloud variant has no 9p."""

SHELL = "busybox-static"
MODULES = ("virtio_pci", "9pnet_virtio", "9p", "nvme", "igb")
_NEEDED = "kernel/fs/9p"


class Missing(Exception):
    """Something that the guest needs is not here and cannot be had."""


@dataclass(frozen=True)
class Parts:
    """Files that a guest is booted from."""

    kernel: Path
    modules: Path
    busybox: Path


def find_parts(cache: Path) -> Parts:
    """Kernel, modules and shell of the same packages, downloaded where there are none."""
    kernel, modules = _find_kernel(cache) or _fetch_kernel(cache)
    busybox = cache / "bin" / "busybox"
    if not busybox.exists():
        _fetch(SHELL, cache)
    return Parts(kernel, modules, busybox)


def _find_kernel(cache: Path) -> tuple[Path, Path] | None:
    for root in (cache, Path("/")):
        for kernel in sorted((root / "boot").glob("vmlinuz-*"), reverse=True):
            modules = root / "lib/modules" / kernel.name.removeprefix("vmlinuz-")
            if any((modules / _NEEDED).glob("*.ko")):
                return kernel, modules
    return None


def _fetch_kernel(cache: Path) -> tuple[Path, Path]:
    told = _run("apt-cache", "depends", KERNEL)
    match = re.search(r"Depends: (linux-image-[0-9][\w.+-]*)", told)
    if match is None:
        raise Missing(f"the package {KERNEL} is not known to apt-get")
    _fetch(match[1], cache)
    found = _find_kernel(cache)
    if found is None:
        raise Missing(f"the package {match[1]} has no kernel with 9p")
    return found


def _fetch(package: str, cache: Path) -> None:
    """Unpack a package into the cache; nothing is installed."""
    cache.mkdir(parents=True, exist_ok=True)
    print(f"fetching {package}", flush=True)
    _run("apt-get", "download", "-q", package, cwd=cache)
    for archive in cache.glob(f"{package}_*.deb"):
        _run("dpkg", "-x", str(archive), str(cache))
        archive.unlink()


def _run(*command: str, cwd: Path | None = None) -> str:
    try:
        done = subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False)
    except FileNotFoundError:
        raise Missing(f"there is no {command[0]} here to fetch packages with") from None
    if done.returncode != 0:
        raise Missing(f"{' '.join(command)}: {' '.join(done.stderr.split())[:300]}")
    return done.stdout
