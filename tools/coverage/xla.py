"""Write the coverage tables of XLA: what it compiles for GPUs and TPUs, asked call by call.

    python tools/coverage/xla.py SITE MEMORY cyborg_rr/catalogue/coverage

Run by a Python that has jaxlib. SITE is a folder with the wheels jax-cuda13-pjrt, libtpu,
nvidia-cuda-nvcc and nvidia-nvvm unpacked; no device is needed. MEMORY is a folder for the answers,
so that a search that was stopped goes on.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

from probing.asking import Process
from probing.grouping import ask_each
from probing.remembering import remember
from probing.stablehlo import Call, list_calls, load_specimens, render_module
from xla_asking import start, start_reading

_SECONDS = 60.0

GPUS = ("sm_75", "sm_90", "sm_100")
TPUS = ("tpu_v2", "tpu_v5e", "tpu_v6e")


def list_readable(memory: Path) -> list[list[Call]]:
    """By specimen the calls that the reader of modules takes."""
    ask = remember(Process(start_reading, _SECONDS), memory / "reading.jsonl")
    return [
        [call for call in list_calls(written) if not ask(render_module([call]).encode())]
        for _, written in load_specimens()
    ]


def ask_target(
    target: str, specimens: Sequence[Sequence[Call]], site: Path, memory: Path
) -> dict[Call, str]:
    """What the compiler for a target says against each call."""
    ask = remember(Process(start(site, target), _SECONDS), memory / f"{target}.jsonl")
    found: dict[Call, str] = {}
    for calls in specimens:
        found |= ask_each(lambda some: ask(render_module(some).encode()), calls)
        print(target, calls[0].operation if calls else "", len(calls), file=sys.stderr)
    return found


def main() -> None:
    """Write the tables into a folder."""
    site, memory, _ = map(Path, sys.argv[1:4])
    specimens = list_readable(memory)
    for target in sys.argv[4:]:
        ask_target(target, specimens, site, memory)


if __name__ == "__main__":
    main()
