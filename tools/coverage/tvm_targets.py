"""Write the coverage table of TVM for a target: what it imports and makes code of, one by one.

    python tools/coverage/tvm_targets.py TARGET KEPT > cyborg_rr/catalogue/coverage/tvm-TARGET.json

TARGET is cuda, rocm, opencl, or import for what no target takes: code is not made then, and what is
imported stays open. Needs apache-tvm, onnx, onnxruntime (for the schemas of
com.microsoft) and jaxlib 0.6.2 with its jax (the StableHLO front end uses names that later ones
have not). KEPT is a folder that answers are kept in: with it the search, of an hour, goes on where
it was stopped. Every model is imported, legalised, scheduled for a GPU and made into code, which is
neither compiled nor linked further; no device.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path

import tvm.relax.frontend.onnx
import tvm.relax.frontend.stablehlo  # noqa: F401  once, not in each process that is forked
from probing.tables import Rules, write_table
from tvm_rooms.compiling import CODE, IMPORT, TARGETS
from tvm_rooms.onnx_models import ask_onnx
from tvm_rooms.stablehlo_modules import ask_stablehlo

OPEN = ["unstated"]


def describe(target: str) -> str:
    """What was done with a model of which the answer is that it is taken."""
    if target == IMPORT:
        return "imported and legalised; code was not made"
    device = TARGETS[target].get("arch") or TARGETS[target].get("mcpu") or "any device"
    return f"imported, legalised and made into {CODE[target]} for {device}"


def leave_open(sets: Mapping[str, Rules]) -> None:
    """Say of everything that is imported that nobody states whether the device takes it."""
    for rules in sets.values():
        for rule in (rule for each in rules.values() for rule in each):
            rule["where"] = [*(each for each in rule.get("where", ()) if each != OPEN), OPEN]


if __name__ == "__main__":
    notes: list[str] = []
    target, kept = sys.argv[1], Path(sys.argv[2])
    onnx_sets = ask_onnx(target, kept / f"{target}-onnx.jsonl", notes)
    sets = onnx_sets | ask_stablehlo(target, kept / f"{target}-stablehlo.jsonl", notes)
    if target == IMPORT:
        leave_open(sets)
    header = {
        "release": "0.27",
        "date": "2026-11-27",
        "source": f"tools/coverage/tvm_targets.py {target}: apache-tvm 0.27.0.post1, asked with"
        " one model for each operation, version, element type, stored operand and attribute of the"
        " schemas of onnx 1.23.2, and with one module for each operation, rank and element type"
        f" that its StableHLO front end (with jaxlib 0.6.2) knows: {describe(target)}",
        "otherwise": "refused",
    }
    print(write_table(header, sets), end="")
    print(*notes, sep="\n", file=sys.stderr)
