"""The operator's own step: a command with a time limit, whose status decides."""

from __future__ import annotations

import os
import selectors
import signal
import subprocess
import time
import uuid
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import IO

from cyborg_rr.agent.cleaning.leftovers import MARK, kill_marked
from cyborg_rr.drivers.driver import CleanFailed
from cyborg_rr.drivers.sysfs import render_safe

METHOD = "hook"
"""How a clean is called that the hook did."""

MAX_OUTPUT_BYTES = 4096
"""What is kept of the output: its end, where programs say why they failed."""

_CHUNK_BYTES = 64 * 1024
_LOOK_SECONDS = 0.05
_ENVIRONMENT = {"PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "LANG": "C"}


def run_hook(command: Sequence[str], facts: Mapping[str, str], timeout_seconds: float) -> None:
    """Run the command with only ``facts``, a mark and a plain PATH in its environment.

    Raises ``CleanFailed`` unless it ends with status 0 in time. Whatever it has started and left
    behind is killed, a daemon too: it could still touch a device that is handed out again.
    """
    deadline = time.monotonic() + timeout_seconds
    mark = uuid.uuid4().hex
    try:
        process = subprocess.Popen(
            list(command),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            cwd="/",
            env={**_ENVIRONMENT, **facts, MARK: mark},
            start_new_session=True,
        )
    except OSError as error:
        raise CleanFailed("hook_unusable", f"{command[0]}: {error.strerror}") from error
    try:
        output = _read_until(process, deadline)
        has_ended = _has_ended(process)
    finally:
        _kill_all(process)
        kill_marked(mark)
    if not has_ended:
        raise CleanFailed(
            "hook_timed_out", f"the hook did not end within {timeout_seconds:g} s{_quote(output)}"
        )
    status = process.returncode
    if status != 0:
        ended = f"status {status}" if status > 0 else f"signal {-status}"
        raise CleanFailed("hook_failed", f"the hook ended with {ended}{_quote(output)}")


def _read_until(process: subprocess.Popen[bytes], deadline: float) -> bytes:
    """The end of the output; returns when the program has ended or the time is over."""
    output = process.stdout
    assert output is not None  # noqa: S101  # it was asked for
    os.set_blocking(output.fileno(), False)
    kept = b""
    with selectors.DefaultSelector() as selector:
        selector.register(output, selectors.EVENT_READ)
        while not _has_ended(process) and time.monotonic() < deadline:
            if selector.select(timeout=_LOOK_SECONDS):
                chunk = _read(output)
                if not chunk:  # it closed its output and goes on
                    selector.unregister(output)
                kept = (kept + chunk)[-MAX_OUTPUT_BYTES:]
    return (kept + _read(output))[-MAX_OUTPUT_BYTES:]


def _read(output: IO[bytes]) -> bytes:
    try:
        return os.read(output.fileno(), _CHUNK_BYTES)
    except BlockingIOError:
        return b""


def _has_ended(process: subprocess.Popen[bytes]) -> bool:
    """Whether it has, without reaping it: its number stays its own until its session is ended."""
    return os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None


def _kill_all(process: subprocess.Popen[bytes]) -> None:
    """End the program's whole session, which nobody else is in."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    if process.stdout is not None:
        process.stdout.close()


def _quote(output: bytes) -> str:
    text = render_safe(output.decode("utf-8", "replace")[-255:])
    return f": {text}" if text else ""
