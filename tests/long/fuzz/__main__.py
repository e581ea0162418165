"""Ten minutes of CPU of a fuzzer for each reader: ``python -m tests.long.fuzz``.

The fuzzer is libFuzzer (by atheris, from the extra ``fuzz``), guided by the code that an input
reaches. What it finds is tried again without instruments: only an input that fails there counts.
The exit status is 0 when none did, 1 when one did, 2 where the fuzzer is not installed.
"""

from __future__ import annotations

import argparse
import hashlib
import importlib.util
import json
import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from cyborg_rr.readers.reading.detection import list_readers
from tests.long.fuzz.inputs import Inputs

SUSPECT_SECONDS = 10
"""Instrumented code on a busy machine: what takes longer than this is tried again."""

SUSPECT_MIB = 1024
"""The fuzzer keeps its corpus in the same process."""

MAX_INPUT_BYTES = 1 << 16
ROUND_SECONDS = 60


def main(arguments: Sequence[str]) -> int:
    """Fuzz each reader for the time that is left to it."""
    options = _parse(arguments)
    if importlib.util.find_spec("atheris") is None:
        print("NOT RUN: atheris is missing; install the extra 'fuzz'", file=sys.stderr)
        return 2
    wrong = [
        path
        for name in options.reader or [name for name, _ in list_readers()]
        for path in _fuzz(name, options.work / name, options.minutes * 60)
    ]
    return 1 if wrong else 0


def _parse(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.long.fuzz")
    parser.add_argument("--reader", action="append", help="one of all (may be repeated)")
    parser.add_argument(
        "--minutes", type=float, default=10, help="of CPU, for each reader, in all runs"
    )
    parser.add_argument(
        "--work", type=Path, default=Path("fuzzed"), help="inputs so far, and those that failed"
    )
    return parser.parse_args(arguments)


def _fuzz(name: str, work: Path, seconds: float) -> list[Path]:
    """Fuzz in rounds, so that a run that is ended goes on from its last; what failed."""
    corpus, found = work / "corpus", work / "found"
    for folder in (corpus, found):
        folder.mkdir(parents=True, exist_ok=True)
    for seed in Inputs(name).make_seeds():
        (corpus / hashlib.sha256(seed).hexdigest()).write_bytes(seed)
    spent_file = work / "spent.json"
    spent = json.loads(spent_file.read_text()) if spent_file.exists() else 0
    while spent < seconds:
        spent += _run_round(name, work, min(ROUND_SECONDS, seconds - spent))
        spent_file.write_text(json.dumps(spent))
    wrong = list(_list_wrong(name, found))
    inputs = sum(1 for _ in corpus.iterdir())
    print(
        f"{name}: {spent:.0f} s of CPU, {inputs} inputs kept, {len(wrong)} not endured", flush=True
    )
    return wrong


def _run_round(name: str, work: Path, seconds: float) -> float:
    """Run the fuzzer; the seconds of CPU that it took.

    Where it ends at an input, that lies in ``found``.

    Raises ``SystemExit`` where it ends for another reason: then nothing was tried.
    """
    before = set((work / "found").iterdir())
    limits = {
        "max_total_time": max(1, round(seconds)),
        "timeout": SUSPECT_SECONDS,
        "rss_limit_mb": SUSPECT_MIB,
        "max_len": MAX_INPUT_BYTES,
        "artifact_prefix": f"{work / 'found'}/",
    }
    command = [sys.executable, "-m", "tests.long.fuzz.target", name, str(work / "found")]
    command += [str(work / "corpus")]
    command += [f"-{key}={value}" for key, value in limits.items()]
    taken = _measure_children()
    with (work / "log").open("ab") as log:
        ended = subprocess.run(
            command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, check=False
        )
    if ended.returncode != 0 and before == set((work / "found").iterdir()):
        raise SystemExit(f"NOT RUN: the fuzzer did not work; see {work / 'log'}")
    return _measure_children() - taken


def _measure_children() -> float:
    times = os.times()
    return times.children_user + times.children_system


def _list_wrong(name: str, found: Path) -> Iterator[Path]:
    """The inputs that fail again; what is endured now is forgotten."""
    for path in sorted(found.iterdir()):
        command = [sys.executable, "-m", "tests.long.fuzz.replay", name, str(path)]
        again = subprocess.run(command, capture_output=True, text=True, check=False)
        if again.returncode == 0:
            path.unlink()
            continue
        last = (again.stderr.strip().splitlines() or [f"ended with {again.returncode}"])[-1]
        print(f"{name}: {last}\n    {' '.join(command[1:])}", flush=True)
        yield path


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
