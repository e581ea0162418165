"""Starts processes of the service in milliseconds: ``python -m tests.long.kills.nursery``.

It has loaded all the service's modules and the catalogue once; a process is a fork that runs the
``main`` of its console script. Each line of its input is a JSON object that says which; the answer
is the process's id. Its processes end with it, and it ends with its input.
"""

from __future__ import annotations

import ctypes
import gc
import importlib
import json
import os
import signal
import sys
import traceback
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from tests.long.kills.points import POINTS, install

REPORT_SECONDS = 5.0
"""So long an agent waits for a conductor that died with its report: otherwise as long as its usual
period, which is a second here."""

_DIE_WITH_PARENT = 1
"""PR_SET_PDEATHSIG of linux/prctl.h."""


def main() -> None:
    """Start what is asked for until nobody asks any more."""
    _load_all()
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # the kernel then keeps nothing of the dead
    parent = os.getpid()
    print(json.dumps({"ready": True}), flush=True)
    for line in sys.stdin:
        wanted = json.loads(line)
        process = os.fork()
        if process == 0:
            _be(wanted, parent)
        print(json.dumps({"process": process}), flush=True)


def _load_all() -> None:
    options = importlib.import_module("cyborg_rr.processes.options")
    load = cache(options.load)
    load(())
    setattr(options, "load", load)  # noqa: B010  it is the function of another module
    agent = importlib.import_module("cyborg_rr.processes.agent")
    setattr(agent, "SECONDS_TO_REPORT", REPORT_SECONDS)  # noqa: B010
    for kind in POINTS:
        importlib.import_module(f"cyborg_rr.cmd.{kind}")
        for point in POINTS[kind]:
            importlib.import_module(point.partition(":")[0])
    for late in ("oslo_messaging._drivers.impl_rabbit", "pymysql", "psycopg2"):
        importlib.import_module(late)
    gc.freeze()


def _be(wanted: Mapping[str, Any], parent: int) -> None:
    """Become a process of the service; never returns."""
    status = 1
    try:
        ctypes.CDLL(None).prctl(_DIE_WITH_PARENT, signal.SIGKILL)
        if os.getppid() != parent:
            return
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        kind, directory = wanted["kind"], Path(wanted["directory"])
        log = os.open(directory / "log", os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        nothing = os.open(os.devnull, os.O_RDONLY)
        for target, source in ((0, nothing), (1, log), (2, log)):
            os.dup2(source, target)
        sys.argv = [f"cyborg-rr-{kind}", "--config-file", str(directory / "conf")]
        install(kind, directory)
        importlib.import_module(f"cyborg_rr.cmd.{kind}").main()
    except SystemExit as end:
        status = end.code if isinstance(end.code, int) else 1
    except Exception:  # noqa: BLE001  the interpreter would say it, and end as well
        traceback.print_exc()
    finally:
        os._exit(status)


if __name__ == "__main__":
    main()
