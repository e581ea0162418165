"""Runs one private server for as long as the test run that owns it lives.

A test run that is killed cannot stop its servers, so each server has this small parent: it
watches its owner and takes the server and its directory away when the owner ends, however it ends.
"""

import argparse
import os
import shutil
import signal
import subprocess
import sys
import time
from types import FrameType

_POLL_SECONDS = 0.2
_GRACE_SECONDS = 10.0


def _is_alive(pid: int) -> bool:
    """Tell whether a process exists; one of another user counts as alive."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _stop(server: "subprocess.Popen[bytes]", stop_signal: int) -> None:
    """End the server and what it started in its session, gently first."""
    for number, patience in ((stop_signal, _GRACE_SECONDS), (signal.SIGKILL, _GRACE_SECONDS)):
        try:
            os.killpg(server.pid, number)
            server.wait(timeout=patience)
        except ProcessLookupError:
            return
        except subprocess.TimeoutExpired:
            continue
        else:
            return


def main(arguments: list[str]) -> int:
    """Start the server, wait for its end, its owner's end or SIGTERM, then clean up."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--owner", type=int, required=True, help="pid of the test run")
    parser.add_argument(
        "--directory", required=True, help="removed at the end, and its parent with the owner"
    )
    parser.add_argument("--log", required=True, help="file for the server's output")
    parser.add_argument("--user", default=None, help="run the server as this user")
    parser.add_argument("--stop-signal", default="SIGTERM", help="name of the first signal")
    parser.add_argument("command", nargs="+")
    options = parser.parse_args(arguments)

    stopping = False

    def _note_stop(number: int, frame: FrameType | None) -> None:
        nonlocal stopping
        stopping = True

    signal.signal(signal.SIGTERM, _note_stop)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    with open(options.log, "ab") as log:
        server = subprocess.Popen(
            options.command,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            cwd=options.directory,
            start_new_session=True,
            user=options.user,
            group=None if options.user is None else _group_of(options.user),
            extra_groups=None if options.user is None else [],
        )
    while server.poll() is None and not stopping and _is_alive(options.owner):
        time.sleep(_POLL_SECONDS)
    _stop(server, signal.Signals[options.stop_signal])
    shutil.rmtree(options.directory, ignore_errors=True)
    if not _is_alive(options.owner):
        shutil.rmtree(os.path.dirname(options.directory), ignore_errors=True)
    return 0


def _group_of(user: str) -> int:
    """Find the first group of a user, so that the server does not keep root's."""
    import pwd

    return pwd.getpwnam(user).pw_gid


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
