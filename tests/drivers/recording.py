"""Writes down what the drivers read of a machine's sysfs, as a tree for tests/data/sysfs.

Usage: ``python tests/drivers/recording.py "which machine" >tests/data/sysfs/<name>/tree.yaml``
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

import yaml

FILES = re.compile(
    "vendor|device|class|revision|subsystem_vendor|subsystem_device|numa_node|boot_vga|resource"
    "|sriov_totalvfs|sriov_numvfs|dev_id|xclbinuuid|VBNV|bitstream_id|afu_id|compat_id|interface_id"
)
LINKS = re.compile(r"driver|physfn|virtfn[0-9]+")
DIRECTORIES = re.compile(
    r"fpga_region|region[0-9]+|dfl-(fme|port)\.[0-9]+|dfl-fme-region\.[0-9]+|fpga|pr"
    r"|intel-fpga-(dev|fme|port)\.[0-9]+|rom[.a-z0-9]*"
)
MAX_FILE_BYTES = 4096


def record(root: Path) -> dict[str, dict[str, str]]:
    """Directory (relative to the root) to its entries; a value that begins with ``-> `` is a link.

    The last line end of each file is left out.
    """
    devices = root / "bus/pci/devices"
    entries = {
        str(devices.relative_to(root)): {
            link.name: f"-> {link.readlink()}" for link in sorted(devices.iterdir())
        }
    }
    for link in sorted(devices.iterdir()):
        record_directory(root, link.resolve(), entries)
    return entries


def record_directory(root: Path, directory: Path, entries: dict[str, dict[str, str]]) -> None:
    """Add the interesting entries of one directory and of those inside it."""
    found = entries.setdefault(str(directory.relative_to(root)), {})
    for path in sorted(directory.iterdir()):
        if path.is_symlink():
            if LINKS.fullmatch(path.name):
                found[path.name] = f"-> {path.readlink()}"
        elif path.is_dir():
            if DIRECTORIES.fullmatch(path.name):
                record_directory(root, path, entries)
        elif FILES.fullmatch(path.name):
            content = path.read_bytes()[:MAX_FILE_BYTES].decode("ascii", "replace")
            found[path.name] = content.removesuffix("\n")


def main() -> None:
    """Print the tree of this machine."""
    tree = {
        "origin": "recorded",
        "source": sys.argv[1],
        "drivers": {},  # which drivers find how many devices is for people to say
        "entries": record(Path("/sys")),
    }
    yaml.safe_dump(tree, sys.stdout, sort_keys=False, width=100)


if __name__ == "__main__":
    main()
