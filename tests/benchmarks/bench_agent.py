"""What an agent costs a host that nothing happens on: its memory, and its share of a core.

Run: python -m tests.benchmarks.bench_agent [SECONDS [INTERVAL]]

By default two minutes at an interval of 60 seconds, on a made tree of eight GPUs and 256 virtual
functions. The agent is wired as its process wires it, with all drivers, on a bus in its own process
(the code of the RabbitMQ driver is loaded all the same) and with a conductor that answers from
memory in the place of the real one.
"""

from __future__ import annotations

import importlib
import os
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path

CHILD = "agent"
START_SECONDS = 10
DRIVERS = "nvidia_gpu,intel_fpga,xilinx_fpga,huawei_ascend,pci"


def run_agent(directory: Path, interval: int) -> None:
    """The agent, until it is ended."""
    from cyborg_rr.conf.opts import make_config
    from cyborg_rr.processes.agent import wire_agent
    from cyborg_rr.processes.signals import wait_for_end
    from cyborg_rr.rpc.transport import make_transport
    from tests.fakes.conductor import AnsweringConductor

    importlib.import_module("oslo_messaging._drivers.impl_rabbit")  # as an agent on a real bus
    conf = make_config(
        [],
        files=[],
        host="bench",
        state_path=str(directory / "state"),
        agent__enabled_drivers=DRIVERS.split(","),
        agent__sysfs_path=str(directory / "sys"),
        agent__report_interval=interval,
    )
    agent = wire_agent(conf, make_transport(conf, "fake://"), lambda: None)  # type: ignore[arg-type, return-value]
    agent._reporter._conductor = AnsweringConductor()  # type: ignore[assignment]
    agent.start()
    wait_for_end()
    agent.stop()


def read_cpu_seconds(pid: int) -> float:
    """User and system time of a process, from proc(5)."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def read_mib(pid: int, field: str) -> float:
    """A figure of memory of a process."""
    found = re.search(rf"{field}:\s+(\d+) kB", Path(f"/proc/{pid}/status").read_text())
    return int(found[1]) / 1024 if found else 0.0


def main() -> None:
    """Start the agent, leave it alone, and print what it cost."""
    from tests.benchmarks.bench_discovery import write_host

    seconds = int(sys.argv[1]) if len(sys.argv) > 1 else 120
    interval = int(sys.argv[2]) if len(sys.argv) > 2 else 60
    with tempfile.TemporaryDirectory() as text:
        directory = Path(text)
        write_host(directory / "sys")
        arguments = ["-m", "tests.benchmarks.bench_agent", CHILD, text, str(interval)]
        process = subprocess.Popen([sys.executable, *arguments])
        try:
            time.sleep(START_SECONDS)
            before = read_cpu_seconds(process.pid)
            time.sleep(seconds)
            used = read_cpu_seconds(process.pid) - before
            print(f"{used:.2f} s of CPU in {seconds} s: {used / seconds:.2%} of a core")
            for field in ("VmRSS", "VmHWM"):
                print(f"{field} {read_mib(process.pid, field):.1f} MiB")
        finally:
            process.terminate()
            process.wait(30)


if __name__ == "__main__":
    if sys.argv[1:2] == [CHILD]:
        run_agent(Path(sys.argv[2]), int(sys.argv[3]))
    else:
        main()
