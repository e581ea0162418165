"""Runs inside: plays with the devices of this machine and says what kernel and agent see.

Usage: ``python -m tests.long.kernel.guest SPEC``, where SPEC lists what the driver ``pci`` offers,
in JSON. The answer is one line of base64 on the second serial line: JSON, as ``checks`` reads it.
"""

from __future__ import annotations

import base64
import json
import logging
import os
import sys
import threading
import time
import tty
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from cyborg_rr.agent.discovery import Host
from cyborg_rr.domain.hardware.devices import AttachHandle, Device
from cyborg_rr.drivers.driver import CleanFailed, DriverContext, NoCleanMethod
from cyborg_rr.drivers.loading import list_available, load_drivers
from cyborg_rr.drivers.recording.record import record_host
from cyborg_rr.drivers.sysfs import Sysfs, Unreadable
from tests.drivers.trees import parse_tree

SYS = Path("/sys")
BUS = SYS / "bus/pci"
ANSWER = "/dev/ttyS1"
ROUNDS = 10
"""How often a device is unplugged while the agent looks."""

PULL_DELAY_SECONDS = 0.015
"""By so much later in each round; a look takes about 0.05 s here."""


class Guest:
    """The agent's host with its drivers, and the story so far."""

    def __init__(self, spec: Sequence[dict[str, str]]) -> None:
        self._spec = spec
        self._host = self.make_host(SYS)
        self.steps: list[dict[str, Any]] = []

    def make_host(self, sysfs: Path) -> Host:
        """The agent's view of a machine, with every driver that reads sysfs."""
        names = [name for name in list_available() if name != "fake"]
        return Host("guest", load_drivers(names, self.make_context(sysfs)))

    def make_context(self, sysfs: Path = SYS, **options: object) -> DriverContext:
        """What drivers of a machine are given."""
        return DriverContext(sysfs, {"pci_devices": self._spec, "nvml": False, **options})

    def list_handles(self) -> list[AttachHandle]:
        """All that the agent would report now."""
        devices = self._host.look()[0].devices
        return [h for device in devices for part in device.deployables for h in part.handles]

    def look(self) -> list[dict[str, Any]]:
        """What the agent would report now."""
        snapshot, _ = self._host.look()
        assert not snapshot.failed_drivers, snapshot.failed_drivers
        return [render_device(device) for device in snapshot.devices]

    def tell(self, step: str, **more: object) -> None:
        """Add what kernel and agent see after a step."""
        began = time.process_time()
        agent = self.look()
        seconds = round(time.process_time() - began, 4)
        self.steps.append(
            {"step": step, "kernel": read_bus(), "agent": agent, "cpu_seconds": seconds, **more}
        )


def render_device(device: Device) -> dict[str, Any]:
    """What the checks need of a device."""
    return {
        "identity": device.identity,
        "address": render_address(device.control_path),
        "capacities": dict(device.capacities),
        "handles": [
            {
                "address": render_address(handle.info),
                "unit": handle.unit,
                "consumes": dict(handle.consumes),
            }
            for deployable in device.deployables
            for handle in deployable.handles
        ],
    }


def render_address(parts: Any) -> str:
    return "{domain}:{bus}:{device}.{function}".format(**parts)


def read_bus() -> dict[str, dict[str, Any]]:
    """The functions as the kernel lists them, read with nothing of the project."""
    return {path.name: read_function(path) for path in sorted((BUS / "devices").iterdir())}


def read_function(path: Path) -> dict[str, Any]:
    def link(name: str) -> str | None:
        return os.path.basename(os.readlink(path / name)) if (path / name).is_symlink() else None

    return {
        "ids": [(path / name).read_text().strip()[2:] for name in ("vendor", "device", "class")],
        "group": link("iommu_group"),
        "physical": link("physfn"),
        "virtual": [link(each.name) for each in path.glob("virtfn*")],
        "answers": (path / "config").read_bytes()[:64].strip(b"\xff") != b"",
    }


def list_functions(*ids: str) -> list[Path]:
    """Directories of the physical functions with these ids (vendor:device)."""
    return [
        BUS / "devices" / name
        for name, function in read_bus().items()
        if ":".join(function["ids"][:2]) in ids and function["physical"] is None
    ]


def tell_of_virtual_functions(guest: Guest) -> None:
    """More, fewer and none; and the card pulled while they are there."""
    cards = [path for path in list_functions("1b36:0010", "8086:10c9") if _can_share(path)]
    for count in (4, 0, 2):
        for path in cards:
            (path / "sriov_numvfs").write_text(str(count))
        guest.tell(f"{count} virtual functions", cards=[path.name for path in cards])
    for path in cards:
        (path / "remove").write_text("1")
    guest.tell("cards pulled with their virtual functions", gone=[path.name for path in cards])
    (BUS / "rescan").write_text("1")
    guest.tell("cards are back")


def _can_share(path: Path) -> bool:
    return (path / "sriov_numvfs").exists()


def tell_of_resets(guest: Guest) -> None:
    """Every function that the kernel can reset, reset."""
    done = {}
    for path in list_functions("1b36:0010", "1234:11e8", "8086:10d3", "1af4:1050"):
        if (path / "reset_method").exists() and (path / "reset_method").read_text().strip():
            try:
                (path / "reset").write_text("1")
                done[path.name] = "done"
            except OSError as error:
                done[path.name] = str(error.strerror)
    guest.tell("functions reset", resets=done)


def tell_of_cleaning(guest: Guest) -> None:
    """Everything offered cleaned as the driver does it, and who has what before and after."""
    (driver,) = load_drivers(["pci"], guest.make_context(reset_suffices=["pci"]))
    before, cleaned, methods = read_drivers(), {}, {}
    for handle in guest.list_handles():
        try:
            outcome = driver.clean(handle)
        except (CleanFailed, NoCleanMethod) as error:
            outcome = f"{getattr(error, 'cause', error.code)}: {error}"
        address = render_address(handle.info)
        cleaned[address] = outcome
        named = BUS / "devices" / address / "reset_method"
        methods[address] = named.read_text().split() if named.exists() else []
    guest.tell(
        "functions cleaned", cleaned=cleaned, methods=methods, drivers=[before, read_drivers()]
    )


def read_drivers() -> dict[str, str]:
    """The kernel's driver of each function that has one."""
    links = ((path.name, path / "driver") for path in sorted((BUS / "devices").iterdir()))
    return {name: os.path.basename(os.readlink(link)) for name, link in links if link.is_symlink()}


def tell_of_unplugging(guest: Guest) -> None:
    """A device pulled within a read, and again and again while the agent looks."""
    (victim, *_) = list_functions("1234:11e8")
    with Sysfs(SYS).open(f"bus/pci/devices/{victim.name}") as directory:
        assert directory is not None
        (victim / "remove").write_text("1")
        read = [_try_to_read(directory, name) for name in ("vendor", "config", "numa_node")]
    (BUS / "rescan").write_text("1")
    looks = list(_look_while_unplugging(guest, victim))
    guest.tell("unplugged within reads", within=read, looks=looks, victim=victim.name)


def _try_to_read(directory: Any, name: str) -> str:
    try:
        return "nothing" if directory.find_bytes(name) is None else "something"
    except Unreadable:
        return "unreadable"


def _look_while_unplugging(guest: Guest, victim: Path) -> Iterator[dict[str, int]]:
    """For each round, how many looks saw the victim and how many did not."""
    for number in range(ROUNDS):
        seen = missed = 0
        puller = threading.Thread(target=_pull, args=(victim, number * PULL_DELAY_SECONDS))
        puller.start()
        while puller.is_alive() or not missed:
            addresses = {device["address"] for device in guest.look()}
            seen, missed = (seen + 1, missed) if victim.name in addresses else (seen, missed + 1)
        puller.join()
        (BUS / "rescan").write_text("1")
        yield {"seen": seen, "missed": missed}


def _pull(victim: Path, delay: float) -> None:
    time.sleep(delay)
    (victim / "remove").write_text("1")


def tell_of_recording(guest: Guest) -> None:
    """A recording of this machine, and what the agent finds on it."""
    recording = record_host(SYS, None, ["guest"])
    text = recording.render("a guest")
    again = parse_tree("again", text).write(Path("/run/recorded"))
    snapshot, _ = guest.make_host(again).look()
    guest.tell(
        "recorded",
        recording=text,
        recorded_agent=[render_device(device) for device in snapshot.devices],
        recording_left_out=dict(recording.left_out),
    )


def main() -> None:
    """Tell the whole story and write it to the second serial line."""
    os.environ["TMPDIR"] = "/run"  # the only place that can be written to
    warnings: list[str] = []
    handler = logging.Handler(logging.WARNING)
    handler.emit = lambda record: warnings.append(record.getMessage())  # type: ignore[method-assign]
    logging.getLogger().addHandler(handler)
    guest = Guest(json.loads(sys.argv[1]))
    guest.tell("booted")
    for tell in (
        tell_of_virtual_functions,
        tell_of_resets,
        tell_of_cleaning,
        tell_of_unplugging,
        tell_of_recording,
    ):
        tell(guest)
    answer = {"kernel": os.uname().release, "steps": guest.steps, "warnings": warnings}
    line = os.open(ANSWER, os.O_WRONLY | os.O_NOCTTY)
    tty.setraw(line)
    with os.fdopen(line, "wb") as file:
        file.write(b"\n" + base64.b64encode(json.dumps(answer).encode()) + b"\n")


if __name__ == "__main__":
    main()
