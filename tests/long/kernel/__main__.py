"""Lets the agent look at a kernel of its own: ``python -m tests.long.kernel``.

Boots a guest with emulated devices, plays with them inside (virtual functions, resets, unplugging)
and holds what the agent sees against what that kernel says. The exit status is 0 when all of it
holds, 1 when something does not, 2 when the guest could not be run.
"""

from __future__ import annotations

import argparse
import base64
import json
import platform
import shlex
import shutil
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from tests.long.kernel.checks import list_checks
from tests.long.kernel.initramfs import find_modules, make_initramfs
from tests.long.kernel.machine import DEVICES, GuestFailed, list_missing, make_command, run
from tests.long.kernel.packages import MODULES, Missing, find_parts

ROOT = Path(__file__).parents[3]
CACHE = Path.home() / ".cache" / "cyborg_rr" / "kernel"
QEMU = "qemu-system-x86_64"


def main(arguments: Sequence[str]) -> int:
    """Run the guest and say what was found."""
    parser = argparse.ArgumentParser(prog="python -m tests.long.kernel", description=__doc__)
    parser.add_argument("--qemu", default=QEMU, help="the program to run the guest with")
    parser.add_argument("--cache", type=Path, default=CACHE, help="where packages are unpacked")
    parser.add_argument("--answer", type=Path, help="keep what the guest said in this file")
    options = parser.parse_args(arguments)
    try:
        qemu = _find_qemu(options.qemu)
        missing = list_missing(qemu)
        answer, seconds = _ask_guest(qemu, options.cache, missing)
    except (GuestFailed, Missing) as error:
        print(error, file=sys.stderr)
        return 2
    if options.answer is not None:
        options.answer.write_text(json.dumps(answer, indent=1))
    for name, reason in missing.items():
        print(f"skipped: {name}: {reason}")
    return _judge(answer, missing, seconds)


def _find_qemu(name: str) -> str:
    if platform.machine() != "x86_64":
        raise Missing("the guest runs this Python, so it needs an x86_64 host")
    found = shutil.which(name)
    if found is None:
        raise Missing(f"{name} is not here; Debian's package is qemu-system-x86")
    return found


def _list_ids(missing: Mapping[str, str]) -> list[tuple[str, str]]:
    return [ids for device in DEVICES if device.name not in missing for ids in device.ids]


def _ask_guest(qemu: str, cache: Path, missing: Mapping[str, str]) -> tuple[dict[str, Any], float]:
    parts = find_parts(cache)
    spec = [{"vendor_id": vendor, "product_id": product} for vendor, product in _list_ids(missing)]
    program = [sys.executable, "-B", "-m", "tests.long.kernel.guest", json.dumps(spec)]
    with tempfile.TemporaryDirectory(prefix="cyborg-rr-kernel-") as name:
        folder = Path(name)
        initramfs = folder / "initramfs"
        modules = find_modules(parts.modules, MODULES)
        environment = f"-i PATH=/usr/bin:/bin PYTHONPATH={shlex.quote(str(ROOT))}"
        initramfs.write_bytes(
            make_initramfs(parts.busybox, modules, shlex.join(program), environment)
        )
        began = time.monotonic()
        command = make_command(qemu, parts.kernel, initramfs, folder, list(missing))
        said = run(command, folder)
        return json.loads(base64.b64decode(said)), time.monotonic() - began


def _judge(answer: Mapping[str, Any], missing: Mapping[str, str], seconds: float) -> int:
    """Print each check with what is wrong; whether anything is."""
    steps = answer["steps"]
    failed = 0
    for sentence, check in list_checks(_list_ids(missing)):
        wrong = list(check(steps))
        failed += bool(wrong)
        print(f"{'failed' if wrong else 'holds '} {sentence}")
        for line in wrong:
            print(f"       {line}")
    print(f"Linux {answer['kernel']}, {len(steps)} looks compared, {seconds:.0f} s")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
