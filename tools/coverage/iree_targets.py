"""Write the coverage tables of IREE: what its compiler takes for each target, asked call by call.

    python tools/coverage/iree_targets.py cyborg_rr/catalogue/coverage ANSWERS [WHAT...]

Run by a Python that has iree-base-compiler, onnx and onnxruntime (for the schemas of
com.microsoft). ANSWERS is a folder for what the compiler said, so that a search that was stopped
goes on; compiling needs no device. WHAT are targets and kinds of files, in place of all: ``cuda
onnx`` is the table for CUDA without StableHLO.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

from lowering.asking import Iree
from lowering.chains import list_rules as list_chains
from lowering.compiler import TARGETS
from lowering.importing import identify_module, identify_onnx, import_onnx, read_module
from lowering.modules import Way, load_ways, write_module
from lowering.together import Asker, Together
from lowering.ways import list_modules, make_sets
from probing.calls import load_specimens
from probing.schemas import list_schemas
from probing.tables import Rules, ask_operation, write_table

LEAST = 7
"""The oldest operation set of ONNX that files of today still state."""

LATEST = 28

_STABLEHLO = Path(__file__).parent / "lowering" / "stablehlo.yaml"

_OTHERS = ", and to one module for each operation of StableHLO and CHLO in all element types"

_ARCHITECTURES = {"cuda": "sm_80", "rocm": "gfx942", "vulkan": "the target it has by default"}


def ask_onnx(iree: Iree, target: str, domain: str, versions: tuple[int, int]) -> Rules:
    """The rules of all operations of an operation set for a target."""
    specimens = load_specimens(domain)
    schemas = list_schemas(domain)
    names = [name for name in schemas if name in specimens]

    def search(name: str, ask: Asker) -> Any:
        return ask_operation(
            ask, schemas[name], specimens[name], versions, [], is_thorough=False, is_brief=True
        )

    together = Together(lambda models: iree.ask_many(models, target))
    found = together.run([partial(search, name) for name in names])
    return {name: rules for name, rules in zip(names, found, strict=True) if rules}


def ask_sets(iree: Iree, target: str) -> dict[str, Rules]:
    """The rules of the operation sets of ONNX for a target."""
    chains = list_chains(partial(iree.ask_many, target=target), LATEST)
    return {
        "ai.onnx": open_ends(ask_onnx(iree, target, "", (LEAST, LATEST)) | chains),
        "com.microsoft": ask_onnx(iree, target, "com.microsoft", (1, 1)),
    }


def open_ends(rules: Rules) -> Rules:
    """The rules of the latest version for those to come: a lowering is for all from one on."""
    return {
        name: [
            {key: value for key, value in rule.items() if (key, value) != ("until", LATEST)}
            for rule in each
        ]
        for name, each in rules.items()
    }


def ask_modules(iree: Iree, target: str, file: Path) -> dict[str, Rules]:
    """The rules of all operations that a file has specimens of, for a target."""
    ways = load_ways(file)
    modules = list_modules(ways)
    answers = dict(zip(modules, iree.ask_many(modules, target), strict=True))

    def takes(way: Way, types: Mapping[str, str]) -> bool:
        return not answers[write_module(way, types).encode()]

    return make_sets(ways, takes)


def main() -> None:
    """Write the tables into a folder."""
    folder, answers = Path(sys.argv[1]), Path(sys.argv[2])
    onnx = Iree("onnx", import_onnx, identify_onnx, answers / "onnx.jsonl")
    stablehlo = Iree("stablehlo", read_module, identify_module, answers / "stablehlo.jsonl")
    wanted = sys.argv[3:]
    is_whole = "onnx" not in wanted
    targets = [name for name in TARGETS if name in wanted] or list(TARGETS)
    asked = {target: ask_sets(onnx, target) for target in targets}
    for target, found in asked.items():
        sets = found | (ask_modules(stablehlo, target, _STABLEHLO) if is_whole else {})
        header = {
            "release": "3.13",
            "date": "2026-11-27",
            "source": "tools/coverage/iree_targets.py: answers of iree-base-compiler 3.13.0,"
            f" compiling for {_ARCHITECTURES[target]} without a device, to one model for each"
            " operation, version, element type, stored operand and attribute of the schemas of"
            " onnx" + (_OTHERS if is_whole else ""),
            "otherwise": "refused",
        }
        (folder / f"iree-{target}.json").write_text(write_table(header, sets), encoding="utf-8")


if __name__ == "__main__":
    main()
