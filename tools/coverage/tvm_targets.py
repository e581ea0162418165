"""Write the coverage table of TVM for a target: what it imports and makes code of, one by one.

    python tools/coverage/tvm_targets.py TARGET KEPT > cyborg_rr/catalogue/coverage/tvm-TARGET.json

TARGET is cuda, rocm or opencl. Needs apache-tvm, onnx, onnxruntime (for the schemas of
com.microsoft) and jaxlib 0.6.2 with its jax (the StableHLO front end uses names that later ones
have not). KEPT is a folder that answers are kept in: with it the search, of an hour, goes on where
it was stopped. Every model is imported, legalised, scheduled for a GPU and made into code, which is
neither compiled nor linked further; no device.
"""

from __future__ import annotations

import sys
from pathlib import Path

import tvm.relax.frontend.onnx
import tvm.relax.frontend.stablehlo  # noqa: F401  once, not in each process that is forked
from probing.tables import write_table
from tvm_rooms.compiling import CODE, TARGETS
from tvm_rooms.onnx_models import ask_onnx
from tvm_rooms.stablehlo_modules import ask_stablehlo

if __name__ == "__main__":
    notes: list[str] = []
    target, kept = sys.argv[1], Path(sys.argv[2])
    onnx_sets = ask_onnx(target, kept / f"{target}-onnx.jsonl", notes)
    sets = onnx_sets | ask_stablehlo(target, kept / f"{target}-stablehlo.jsonl", notes)
    header = {
        "release": "0.27",
        "date": "2026-11-27",
        "source": f"tools/coverage/tvm_targets.py {target}: apache-tvm 0.27.0.post1, asked with"
        " one model for each operation, version, element type, stored operand and attribute of the"
        " schemas of onnx 1.23.2, and with one module for each operation, rank and element type"
        " that its StableHLO front end (with jaxlib 0.6.2) knows: imported, legalised and made into"
        f" {CODE[target]} for {TARGETS[target].get('arch') or TARGETS[target].get('mcpu')}",
        "otherwise": "refused",
    }
    print(write_table(header, sets), end="")
    print(*notes, sep="\n", file=sys.stderr)
