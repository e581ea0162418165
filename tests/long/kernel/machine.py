"""The machine that the guest runs on: which devices it has, and how it is started and ended."""

from __future__ import annotations

import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

GUEST_SECONDS = 240
"""After which a guest is ended; it takes about 20 without hardware virtualisation."""

NVME_SERIAL = "QX7SECRET0001"
MAC_ADDRESSES = ("52:54:00:12:34:56", "52:54:00:12:34:57")


@dataclass(frozen=True)
class Emulated:
    """A kind of device: its ids (qemu, specs/pci-ids), its options below a port of its own.

    ``needs`` names the device of qemu and the property without which it is left out.
    """

    name: str
    ids: tuple[tuple[str, str], ...]
    needs: tuple[str, str]
    options: tuple[tuple[str, ...], ...]


DEVICES = (
    Emulated(
        "NVMe with virtual functions",
        (("1b36", "0010"),),
        ("nvme", "sriov_max_vfs"),
        (
            (
                "nvme-subsys,id=disks",
                f"nvme,serial={NVME_SERIAL},subsys=disks,bus={{port}},sriov_max_vfs=4,"
                "sriov_vq_flexible=8,sriov_vi_flexible=4,max_ioqpairs=10,msix_qsize=9",
            ),
        ),
    ),
    Emulated(
        "network card with virtual functions (igb)",
        (("8086", "10c9"), ("8086", "10ca")),
        ("igb", "mac"),
        (("igb,bus={port},mac=52:54:00:12:34:60",),),
    ),
    Emulated(
        "edu, alone and two in one isolation group",
        (("1234", "11e8"),),
        ("edu", "addr"),
        (
            ("edu,bus={port}",),
            ("pcie-pci-bridge,id=below,bus={port}", "edu,bus=below,addr=1", "edu,bus=below,addr=2"),
        ),
    ),
    Emulated(
        "two network cards with serial numbers (e1000e)",
        (("8086", "10d3"),),
        ("e1000e", "mac"),
        tuple((f"e1000e,bus={{port}},mac={address}",) for address in MAC_ADDRESSES),
    ),
    Emulated(
        "virtio-gpu",
        (("1af4", "1050"),),
        ("virtio-gpu-pci", "addr"),
        (("virtio-gpu-pci,bus={port}",),),
    ),
)


class GuestFailed(Exception):
    """The guest did not get as far as its answer; the text has its last words."""


def list_missing(qemu: str) -> dict[str, str]:
    """Devices that this qemu does not have, with the reason."""
    return {
        device.name: f"this qemu has no {device.needs[0]} with {device.needs[1]}"
        for device in DEVICES
        if f"  {device.needs[1]}=" not in _ask(qemu, "-device", f"{device.needs[0]},help")
    }


def _ask(qemu: str, *arguments: str) -> str:
    done = subprocess.run([qemu, *arguments], capture_output=True, text=True, check=False)
    return done.stdout


def make_command(
    qemu: str, kernel: Path, initramfs: Path, folder: Path, missing: Sequence[str]
) -> list[str]:
    """The command line: an IOMMU, a root port for each device, the host's files read-only."""
    machine = ["-machine", "q35", "-accel", "tcg", "-cpu", "max", "-m", "1024"]
    quiet = ["-nodefaults", "-no-user-config", "-no-reboot", "-display", "none"]
    boot = ["-kernel", str(kernel), "-initrd", str(initramfs)]
    boot += ["-append", "console=ttyS0 intel_iommu=on panic=-1 loglevel=4"]
    lines = ["-serial", f"file:{folder / 'console'}", "-serial", f"file:{folder / 'answer'}"]
    files = "local,path=/,mount_tag=host,security_model=none,readonly=on,multidevs=remap"
    devices = ["intel-iommu,intremap=off"]
    for port, options in enumerate(
        each for device in DEVICES if device.name not in missing for each in device.options
    ):
        devices.append(f"pcie-root-port,id=port{port},slot={port + 1}")
        devices += [option.format(port=f"port{port}") for option in options]
    added = [word for device in devices for word in ("-device", device)]
    return [qemu, *machine, *quiet, *boot, *lines, "-virtfs", files, *added]


def run(command: Sequence[str], folder: Path) -> str:
    """The last line that the guest wrote as its answer."""
    with (folder / "errors").open("w") as errors:
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=errors, stderr=errors)
        try:
            process.wait(GUEST_SECONDS)
        except subprocess.TimeoutExpired:
            raise GuestFailed(_describe(folder, f"no end in {GUEST_SECONDS} s")) from None
        finally:
            process.kill()
            process.wait()
    lines = _read(folder / "answer").split()
    if not lines:
        raise GuestFailed(_describe(folder, f"no answer; qemu's status is {process.returncode}"))
    return lines[-1]


def _describe(folder: Path, cause: str) -> str:
    said = _read(folder / "errors") + _read(folder / "console")
    return "\n".join([cause, *said.splitlines()[-40:]])


def _read(path: Path) -> str:
    return path.read_text("utf-8", "replace") if path.exists() else ""
