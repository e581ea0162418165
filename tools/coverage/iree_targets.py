"""Write the coverage tables of IREE: what its compiler takes for each target, asked call by call.

    python tools/coverage/iree_targets.py cyborg_rr/catalogue/coverage ANSWERS [WHAT...]

Run by a Python that has iree-base-compiler, onnx and onnxruntime (for the schemas of
com.microsoft). ANSWERS is a folder for what the compiler said, so that a search that was stopped
goes on; compiling needs no device. WHAT are targets, kinds of files and operations, in place of
all: ``cuda stablehlo`` is what CUDA takes of StableHLO, ``onnx CastLike`` that operation for all
targets. What is not asked stays as the tables in the folder have it.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

from lowering.asking import Iree
from lowering.chains import list_rules as list_chains
from lowering.compiler import TARGETS
from lowering.importing import identify_module, identify_onnx, import_onnx, read_module
from lowering.modules import Way, load_ways, write_module
from lowering.together import Asker, Together
from lowering.ways import list_modules, make_sets
from probing.asking import DIED
from probing.calls import load_specimens
from probing.functions import FUNCTIONS, ask_function
from probing.schemas import list_schemas
from probing.tables import Rules, ask_operation, open_ends, read_table, renew, write_table

LEAST = 7
"""The oldest operation set of ONNX that files of today still state."""

LATEST = 28

_STABLEHLO = Path(__file__).parent / "lowering" / "stablehlo.yaml"

_KINDS = ("onnx", "stablehlo")

_ARCHITECTURES = {"cuda": "sm_80", "rocm": "gfx942", "vulkan": "the target it has by default"}


class Wanted(NamedTuple):
    """What is asked: for which targets, of which kinds of files, of which operations (all)."""

    targets: tuple[str, ...]
    kinds: tuple[str, ...]
    operations: frozenset[str]

    def wants(self, name: str) -> bool:
        """Whether an operation is asked."""
        return not self.operations or name in self.operations


def parse_wanted(words: list[str]) -> Wanted:
    """What the words of a command line ask; where they name none of a sort, all of it."""
    return Wanted(
        tuple(name for name in TARGETS if name in words) or tuple(TARGETS),
        tuple(name for name in _KINDS if name in words) or _KINDS,
        frozenset(words) - {*TARGETS, *_KINDS},
    )


class Watching:
    """Asks, and notes the versions of the operation set at which the compiler died of a model."""

    def __init__(self, ask: Asker) -> None:
        self._ask = ask
        self.prepare = ask.prepare
        self._died: set[int] = set()

    def __call__(self, model: bytes) -> str:
        """The answer to one question."""
        said = self._ask(model)
        if said == DIED:
            self._died.add(identify_onnx(model).version)
        return said

    def list_open(self) -> list[dict[str, Any]]:
        """A rule that leaves open whether the operation is taken from the first of them on."""
        if not self._died:
            return []
        return [{"since": min(self._died), "until": LATEST, "where": [["unstated"]]}]


def ask_onnx(
    iree: Iree, target: str, domain: str, versions: tuple[int, int], wanted: Wanted
) -> Rules:
    """The rules of the operations of an operation set for a target; empty for what is refused."""
    specimens = load_specimens(domain)
    schemas = list_schemas(domain)
    names = [name for name in schemas if name in specimens and wanted.wants(name)]

    def search(name: str, ask: Asker) -> Any:
        watching = Watching(ask)
        rules = ask_operation(
            watching, schemas[name], specimens[name], versions, [], is_thorough=False, is_brief=True
        )
        return rules + watching.list_open()

    together = Together(lambda models: iree.ask_many(models, target))
    found = together.run([partial(search, name) for name in names])
    return dict(zip(names, found, strict=True))


def ask_sets(iree: Iree, target: str, wanted: Wanted) -> dict[str, Rules]:
    """The rules of the operation sets of ONNX for a target."""
    chains = list_chains(partial(iree.ask_many, target=target), LATEST)
    chosen = {name: rules for name, rules in chains.items() if wanted.wants(name)}
    asked = ask_onnx(iree, target, "", (LEAST, LATEST), wanted)
    return {
        "ai.onnx": open_ends(asked | chosen, LATEST),  # a lowering is for all versions from one on
        "com.microsoft": ask_onnx(iree, target, "com.microsoft", (1, 1), wanted),
        FUNCTIONS: ask_function(lambda model: iree.ask_many([model], target)[0]),
    }


def ask_modules(iree: Iree, target: str, wanted: Wanted) -> dict[str, Rules]:
    """The rules of the operations of StableHLO for a target; empty for what is refused."""
    ways = {name: each for name, each in load_ways(_STABLEHLO).items() if wanted.wants(name)}
    modules = list_modules(ways)
    answers = dict(zip(modules, iree.ask_many(modules, target), strict=True))

    def ask(way: Way, types: Mapping[str, str]) -> str:
        return answers[write_module(way, types).encode()]

    return make_sets(ways, ask)


def describe(target: str, sets: Mapping[str, Rules]) -> dict[str, Any]:
    """The head of the table for a target."""
    others = ""
    if "stablehlo" in sets:
        others = ", and to one module for each operation of StableHLO and CHLO in all element types"
    return {
        "release": "3.13",
        "date": "2026-11-27",
        "source": "tools/coverage/iree_targets.py: answers of iree-base-compiler 3.13.0,"
        f" compiling for {_ARCHITECTURES[target]} without a device, to one model for each"
        " operation, version, element type, stored operand and attribute of the schemas of"
        f" onnx{others}",
        "otherwise": "refused",
    }


def main() -> None:
    """Write the tables into a folder."""
    folder, answers = Path(sys.argv[1]), Path(sys.argv[2])
    wanted = parse_wanted(sys.argv[3:])
    asked: dict[str, dict[str, Rules]] = {target: {} for target in wanted.targets}
    if "onnx" in wanted.kinds:
        iree = Iree("onnx", import_onnx, identify_onnx, answers / "onnx.jsonl")
        for target, found in asked.items():
            found.update(ask_sets(iree, target, wanted))
    if "stablehlo" in wanted.kinds:
        iree = Iree("stablehlo", read_module, identify_module, answers / "stablehlo.jsonl")
        for target, found in asked.items():
            found.update(ask_modules(iree, target, wanted))
    for target, found in asked.items():
        file = folder / f"iree-{target}.json"
        sets = renew(read_table(file), found)
        file.write_text(write_table(describe(target, sets), sets), encoding="utf-8")


if __name__ == "__main__":
    main()
