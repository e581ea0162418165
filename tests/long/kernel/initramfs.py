"""The first file system of the guest: a shell, the kernel modules that it needs, and a script.

The script mounts the host's own file system, read-only, and runs the project's Python in it.
"""

from __future__ import annotations

import re
import stat
from collections.abc import Iterator, Sequence
from pathlib import Path

SCRIPT = """\
#!/bin/busybox sh
export PATH=/bin
/bin/busybox mkdir -p /proc /sys /host
/bin/busybox mount -t proc proc /proc
/bin/busybox mount -t sysfs sysfs /sys
for module in $(/bin/busybox cat /modules/order); do
    /bin/busybox insmod /modules/$module || echo "module $module was not taken"
done
/bin/busybox mount -t 9p -o trans=virtio,version=9p2000.L,ro,cache=loose,msize=524288 host /host
/bin/busybox mount -t proc proc /host/proc
/bin/busybox mount -t sysfs sysfs /host/sys
/bin/busybox mount -t devtmpfs devtmpfs /host/dev
/bin/busybox mount -t tmpfs tmpfs /host/run
/bin/busybox chroot /host /usr/bin/env {environment} {command} </host/dev/null
echo "the guest's program ended with status $?"
/bin/busybox poweroff -f
"""

_DEPENDS = re.compile(rb"\0depends=([^\0]*)\0")


def find_modules(modules: Path, wanted: Sequence[str]) -> list[Path]:
    """Files of the modules with those that they stand on, in the order of loading."""
    files = {_name_of(path): path for path in modules.rglob("*.ko")}
    ordered: dict[str, Path] = {}

    def add(name: str) -> None:
        path = files.get(name)
        if path is None or name in ordered:
            return  # built into this kernel, or there already
        found = _DEPENDS.search(path.read_bytes())
        for other in found[1].decode().split(",") if found else ():
            add(other.replace("-", "_"))
        ordered[name] = path

    for name in wanted:
        add(name)
    return list(ordered.values())


def _name_of(path: Path) -> str:
    return path.stem.replace("-", "_")


def make_initramfs(busybox: Path, modules: Sequence[Path], command: str, environment: str) -> bytes:
    """The archive, in the ``newc`` form of cpio (Linux, early-userspace/buffer-format)."""
    order = "\n".join(path.name for path in modules)
    script = SCRIPT.format(command=command, environment=environment)
    files = [
        ("bin", stat.S_IFDIR | 0o755, b""),
        ("modules", stat.S_IFDIR | 0o755, b""),
        ("bin/busybox", stat.S_IFREG | 0o755, busybox.read_bytes()),
        ("modules/order", stat.S_IFREG | 0o644, order.encode()),
        *((f"modules/{path.name}", stat.S_IFREG | 0o644, path.read_bytes()) for path in modules),
        ("init", stat.S_IFREG | 0o755, script.encode()),
        ("TRAILER!!!", 0, b""),
    ]
    return b"".join(_pack(files))


def _pack(files: Sequence[tuple[str, int, bytes]]) -> Iterator[bytes]:
    for inode, (name, mode, content) in enumerate(files, 1):
        fields = (inode, mode, 0, 0, 1, 0, len(content), 0, 0, 0, 0, len(name) + 1, 0)
        head = b"070701" + b"".join(b"%08X" % field for field in fields) + name.encode() + b"\0"
        yield head + b"\0" * (-len(head) % 4)
        yield content + b"\0" * (-len(content) % 4)
