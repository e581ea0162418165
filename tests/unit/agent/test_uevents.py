"""The kernel's word that something changed wakes the agent; only that it did matters."""

from __future__ import annotations

import os
import socket
import threading
from pathlib import Path

import pytest

from cyborg_rr.agent import uevents
from cyborg_rr.agent.uevents import KernelEvents, concerns_us


def message(subsystem: str, action: str = "add") -> bytes:
    """As lib/kobject_uevent.c makes it."""
    path = f"/devices/pci0000:00/{subsystem}"
    texts = [f"{action}@{path}", f"ACTION={action}", f"DEVPATH={path}", f"SUBSYSTEM={subsystem}"]
    return "\0".join([*texts, "SEQNUM=1", ""]).encode()


@pytest.mark.parametrize("subsystem", ["pci", "drm", "mdev", "vfio", "accel", "nvme"])
def test_a_device_that_may_be_an_accelerator_concerns_us(subsystem: str) -> None:
    assert concerns_us(message(subsystem))


@pytest.mark.parametrize(
    "data",
    [
        message("usb"),
        message("pci_express"),
        message("x"),
        b"",
        b"libudev\0\xfe\xed\xca\xfe",
        b"\xff" * 8192,
        b"add@/devices/SUBSYSTEM=pci",
    ],
)
def test_anything_else_does_not(data: bytes) -> None:
    assert not concerns_us(data)


def test_a_change_that_the_kernel_tells_is_heard() -> None:
    try:
        uevents.open_socket().close()
    except OSError:
        pytest.skip("the kernel's events cannot be heard here")
    trigger = next(Path("/sys/bus/pci/devices").glob("*/uevent"), None)
    if trigger is None or not os.access(trigger, os.W_OK):
        pytest.skip("no PCI device can be asked to tell of itself here")
    heard = threading.Event()
    events = KernelEvents(heard.set)
    events.start()
    try:
        trigger.write_text("change")
        heard.wait(5)
    finally:
        events.stop()
    if not heard.is_set():
        pytest.skip("this network namespace gets none of the kernel's events")


def test_where_the_kernel_cannot_be_heard_it_is_said_once_and_nothing_fails(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO", "cyborg_rr")
    monkeypatch.delattr(socket, "AF_NETLINK", raising=False)
    events = KernelEvents(lambda: None)
    events.start()
    events.stop()
    (record,) = caplog.records
    assert "polled only" in record.getMessage()
