"""Whether a GPU still shows to one process what another one left in its memory.

Usage: ``python3 -m tests.long.residue`` at the root of the tree, on a machine with a GPU and torch.
One process fills most of the free memory with a pattern and ends; another one takes as much and
counts, before it writes anything, how many of its words are zero, the pattern, or something else.
A third does both, so that it is seen that the scan finds a pattern which is there. Resets nothing
and changes no setting. Says what the vendor's driver does between two processes of one host; it
says nothing of what a reset or another driver leaves.

Ends with 0 when nothing was left, 1 when the pattern was found, 2 when nothing can be said.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from importlib import import_module
from typing import Any

PATTERN = 0x5EC2E7C0DE5EC2E7
"""A word of 64 bits that nobody else writes, positive when it is signed."""

CHUNK_BYTES = 1 << 30
WORD_BYTES = 8
LEFT_FREE_BYTES = 1 << 30
"""Taken by nobody: the context of the process, and what the driver sets aside."""

TIMEOUT_S = 150.0
CLEAN, FOUND, UNKNOWN = 0, 1, 2


def take_memory(torch: Any) -> Iterator[Any]:
    """The free memory of the first GPU, in pieces that nobody has written since they were given."""
    free, _ = torch.cuda.mem_get_info(0)
    for _ in range(max(0, free - LEFT_FREE_BYTES) // CHUNK_BYTES):
        try:
            yield torch.empty(CHUNK_BYTES // WORD_BYTES, dtype=torch.int64, device="cuda:0")
        except torch.cuda.OutOfMemoryError:
            return


def fill(torch: Any, pieces: Sequence[Any]) -> dict[str, int]:
    """Write the pattern everywhere."""
    for piece in pieces:
        piece.fill_(PATTERN)
    torch.cuda.synchronize()
    return {"gib": len(pieces)}


def scan(torch: Any, pieces: Sequence[Any]) -> dict[str, int]:
    """Count what is there."""
    words = zero = pattern = 0
    for piece in pieces:
        words += piece.numel()
        zero += int((piece == 0).sum().item())
        pattern += int((piece == PATTERN).sum().item())
    return {"words": words, "zero": zero, "pattern": pattern, "other": words - zero - pattern}


def fill_and_scan(torch: Any, pieces: Sequence[Any]) -> dict[str, int]:
    """What the scan says of memory that does hold the pattern."""
    fill(torch, pieces)
    return scan(torch, pieces)


STEPS: dict[str, Callable[[Any, Sequence[Any]], dict[str, int]]] = {
    "fill": fill,
    "scan": scan,
    "check": fill_and_scan,
}


def run_step(name: str) -> None:
    """One step, in a process of its own: its answer on one line."""
    torch = import_module("torch")
    pieces = list(take_memory(torch))  # all of it first, so that no piece is one that was freed
    answer: dict[str, Any] = {**STEPS[name](torch, pieces), "gpu": torch.cuda.get_device_name(0)}
    print(json.dumps(answer), flush=True)


def start_step(name: str) -> dict[str, Any]:
    """Run a step in another process; its answer."""
    began = time.monotonic()
    command = [sys.executable, "-m", "tests.long.residue", "--step", name]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, timeout=TIMEOUT_S, check=True)
    answer: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    print(f"{name}: {answer} ({time.monotonic() - began:.1f} s)", flush=True)
    return answer


def judge(check: dict[str, Any], found: dict[str, Any]) -> tuple[int, str]:
    """Status and words from what was found where the pattern is, and where it was."""
    if not check["words"] or check["pattern"] != check["words"]:
        return UNKNOWN, "the scan does not find a pattern that is there: nothing can be said"
    if not found["words"]:
        return UNKNOWN, "there was no free memory to look at"
    if found["pattern"]:
        share = found["pattern"] / found["words"]
        return FOUND, f"LEFT THERE: {share:.2%} of the words are those of the process before"
    if found["other"]:
        share = found["other"] / found["words"]
        return CLEAN, f"nothing of the pattern was left; {share:.4%} of the words are not zero"
    return CLEAN, "all words are zero: nothing was left"


def main(arguments: Sequence[str] | None = None) -> int:
    """Fill, look, say what was found."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--step", choices=sorted(STEPS), help=argparse.SUPPRESS)
    step = parser.parse_args(arguments).step
    if step is not None:
        run_step(step)
        return CLEAN
    try:
        check = start_step("check")  # which leaves the pattern in the whole of the memory too
        start_step("fill")
        status, words = judge(check, start_step("scan"))
    except (subprocess.SubprocessError, ValueError, KeyError, OSError) as error:
        status, words = UNKNOWN, f"a step failed: {error}"
    print(words)
    return status


if __name__ == "__main__":
    sys.exit(main())
