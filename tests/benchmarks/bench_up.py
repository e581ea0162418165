"""How fast `cyborg-rr up` answers, and what it holds in memory with many simulated devices.

Run: python tests/benchmarks/bench_up.py [DEVICES]
"""

from __future__ import annotations

import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import requests

DEVICES_PER_HOST = 8
LIMIT_SECONDS = 300


def read_kib(pid: int, field: str) -> int:
    """A memory figure of a process in KiB."""
    text = Path(f"/proc/{pid}/status").read_text()
    found = re.search(rf"{field}:\s+(\d+) kB", text)
    return int(found[1]) if found else 0


def main() -> None:
    """Start the service on a fresh state, wait until all devices are there, and print figures."""
    devices = int(sys.argv[1]) if len(sys.argv) > 1 else 10_000
    hosts = devices // DEVICES_PER_HOST
    with tempfile.TemporaryDirectory() as directory:
        fleet = Path(directory) / "fleet.yaml"
        fleet.write_text(
            f"hosts: [{{name: host-%05d, count: {hosts},"
            f" devices: {{nvidia-h100-sxm-80: {DEVICES_PER_HOST}}}}}]\n"
        )
        program = Path(sys.executable).parent / "cyborg-rr"
        output = Path(directory) / "output"
        began = time.monotonic()
        with output.open("wb") as file:
            process = subprocess.Popen(
                [program, "up", "--port", "0", "--state-dir", directory, "--fleet", fleet],
                stdout=file,
                stderr=file,
                env={"PYTHONUNBUFFERED": "1", "PATH": "/usr/bin:/bin"},
            )
        try:
            watch(process, output, began, hosts * DEVICES_PER_HOST)
        finally:
            process.terminate()
            process.wait(60)


def watch(process: subprocess.Popen[bytes], output: Path, began: float, devices: int) -> None:
    """Print when the first answer came and when the last device was there."""
    session = requests.Session()
    session.trust_env = False
    url = None
    while url is None:
        found = re.search(r"http://127\.0\.0\.1:\d+", output.read_text())
        url = found[0] if found else None
        time.sleep(0.01)
    session.get(f"{url}/v2", timeout=10).raise_for_status()
    print(f"first answer after {time.monotonic() - began:.2f} s")
    count = 0
    while count < devices and time.monotonic() - began < LIMIT_SECONDS:
        time.sleep(1)
        classes = session.get(
            f"{url}/v2/resource_representations",
            headers={"OpenStack-API-Version": "accelerator 2.100"},
            timeout=60,
        ).json()["resource_representations"]
        count = max((entry["devices"] for entry in classes), default=0)
    print(f"{count} devices after {time.monotonic() - began:.1f} s")
    print(f"resident {read_kib(process.pid, 'VmRSS') / 1024:.0f} MiB")
    began = time.monotonic()
    listed = session.get(f"{url}/v2/devices", timeout=60).json()["devices"]
    print(f"list of {len(listed)} devices in {time.monotonic() - began:.2f} s")
    page = []
    for _ in range(20):
        began = time.monotonic()
        session.get(f"{url}/v2/devices?limit=100", timeout=60).raise_for_status()
        page.append(time.monotonic() - began)
    print(f"page of 100 devices: median {sorted(page)[10] * 1e3:.1f} ms")
    print(f"peak resident {read_kib(process.pid, 'VmHWM') / 1024:.0f} MiB")


if __name__ == "__main__":
    main()
