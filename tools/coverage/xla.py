"""Write the coverage tables of XLA: what it compiles for GPUs and TPUs, asked call by call.

    python tools/coverage/xla.py SITE MEMORY cyborg_rr/catalogue/coverage [WHAT ...]

Run by a Python that has jax. SITE is a folder with the wheels jax-cuda13-pjrt, jax-cuda13-plugin,
libtpu, nvidia-cuda-nvcc and nvidia-nvvm unpacked; no device is needed. MEMORY is a folder for the
answers, so that a search that was stopped goes on. WHAT are tables and operations, in place of all:
``xla-tpu stablehlo.dot`` asks the TPU's compiler about that operation, and leaves all else as the
table in the folder has it.
"""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from probing.asking import Ask, Process
from probing.grouping import ask_each
from probing.remembering import remember
from probing.stablehlo import Call, list_calls, load_specimens, render_module
from writing import Rule, read_table, render_table
from xla_rooms.asking import start, start_reading
from xla_rooms.customs import list_candidates, list_registered, write_customs
from xla_rooms.opcodes import find_opcodes, start_translating, write_mhlo, write_opcodes
from xla_rooms.rocm import leave_cuda_out
from xla_rooms.rules import NOT_ASKED, UNSTATED, Targets, fold

_SECONDS = 30.0

_VARYING = frozenset({"stablehlo.add", "stablehlo.dot_general"})
"""Operations that devices have units of their own for: all targets are asked about these."""

_SLOW = frozenset({"i64", "u64"})
"""What TPUs reckon bit by bit, in programs that take long to compile."""

_SMALL = frozenset({"i2", "u2"})
"""What TPUs take or not by where the dimensions of a tensor lie: no single call tells."""

Specimens = Mapping[str, Sequence[Sequence[Call]]]
"""By operation the calls of each specimen."""


class Table(NamedTuple):
    """A table to write: ``main`` is asked about all, ``others`` where targets may differ.

    ``between`` are asked about calls on which the others do not agree.
    """

    name: str
    release: str
    main: str
    others: tuple[str, ...]
    between: tuple[str, ...]
    is_ladder: bool

    @property
    def names(self) -> list[str]:
        """All targets, the least first."""
        return sorted((self.main, *self.others, *self.between), key=_order)


Sets = dict[str, dict[str, list[Rule]]]
"""The rules by dialect and operation."""


TABLES = (
    Table("xla-tpu", "libtpu 0.0.52", "tpu_v5e", (), (), False),
    Table("xla-gpu", "jaxlib 0.12", "sm_90", ("sm_75",), ("sm_80",), True),
)  # fmt: skip


class Compilers:
    """The compilers for all targets, each started once it is asked."""

    def __init__(self, site: Path, memory: Path) -> None:
        self.site, self._memory = site, memory
        self._asked: dict[str, Ask] = {}

    def ask(self, target: str, text: str) -> str:
        """What a target says against a module."""
        if target not in self._asked:
            made = Process(start(self.site, target), _SECONDS)
            self._asked[target] = remember(made, self._memory / f"{target}.jsonl")
        return self._asked[target](text.encode())

    def ask_all(self, target: str, specimens: Iterable[Sequence[Call]]) -> dict[Call, str]:
        """What a target says against each call of each specimen."""
        is_tpu = target.startswith("tpu")
        found: dict[Call, str] = {}
        for every in specimens:
            left = {call for call in every if is_tpu and _SMALL & {*call.inputs, *call.outputs}}
            found |= dict.fromkeys(left, NOT_ASKED)
            calls = [call for call in every if call not in left]
            alone = _SLOW if is_tpu else ()
            found |= ask_each(lambda some: self.ask(target, render_module(some)), calls, alone)
            print(target, calls[0].operation if calls else "", len(calls), file=sys.stderr)
        return found


def read_specimens(memory: Path, operations: frozenset[str]) -> tuple[Specimens, Specimens]:
    """All calls, or those of some operations, and those that the reader of modules takes."""
    ask = remember(Process(start_reading, _SECONDS), memory / "reading.jsonl")
    every: dict[str, list[list[Call]]] = {}
    taken: dict[str, list[list[Call]]] = {}
    for operation, written in load_specimens():
        if operations and operation not in operations:
            continue
        calls = list(list_calls(written))
        every.setdefault(operation, []).append(calls)
        readable = [call for call in calls if not ask(render_module([call]).encode())]
        taken.setdefault(operation, []).append(readable)
    return every, taken


def read_opcodes(memory: Path) -> dict[str, str]:
    """By opcode of HLO the operation that is read as it."""
    ask = remember(Process(start_translating, _SECONDS), memory / "opcodes.jsonl")
    every: dict[str, list[list[Call]]] = {}
    for operation, written in load_specimens():
        every.setdefault(operation, []).append(list(list_calls(written)))
    return find_opcodes(ask, every)


def ask_targets(table: Table, compilers: Compilers, taken: Specimens) -> dict[str, dict[Call, str]]:
    """What the targets of a table say, each of what it is asked about."""
    every = [calls for found in taken.values() for calls in found]
    some = [calls for name in taken if name in _VARYING for calls in taken[name]]
    answers = {table.main: compilers.ask_all(table.main, every)}
    for target in table.others:
        answers[target] = compilers.ask_all(target, some)
    differing = [
        [call for call in calls if len({bool(answers[t][call]) for t in answers}) > 1]
        for calls in some
    ]
    for target in table.between:
        answers[target] = compilers.ask_all(target, differing)
    return answers


def list_unasked(specimens: Specimens) -> dict[str, list[str]]:
    """By dialect the operations of which there is no specimen."""
    found: dict[str, list[str]] = {}
    for dialect in ("stablehlo", "chlo", "sdy"):
        module = importlib.import_module(f"jaxlib.mlir.dialects._{dialect}_ops_gen")
        names = {getattr(each, "OPERATION_NAME", "") for each in vars(module).values()}
        found[dialect] = sorted(
            name.partition(".")[2] for name in names - {""} if name not in specimens
        )
    return found


def ask_whole(table: Table, every: Specimens, compilers: Compilers, taken: Specimens) -> Sets:
    """The rules of all operations."""
    sets: Sets = {
        dialect: {name: [Rule(where=(UNSTATED,))] for name in names}
        for dialect, names in list_unasked(every).items()
    }
    renew(sets, table, every, compilers, taken)
    registered = list_registered(compilers.site) if table.is_ladder else []
    sets["stablehlo"]["custom_call"] = write_customs(
        lambda text: compilers.ask(table.main, text), list_candidates(), registered
    )
    return sets


def renew(
    sets: Sets, table: Table, every: Specimens, compilers: Compilers, taken: Specimens
) -> None:
    """Put the rules of operations that are asked in the place of those that stand there.

    Every module that is asked calls functions, which is therefore known to be taken.
    """
    answers = ask_targets(table, compilers, taken)
    targets = Targets(tuple(table.names), table.is_ladder)
    sets["func"] = {"call": [Rule()]}
    for operation, specimens in every.items():
        dialect, _, name = operation.partition(".")
        rules = fold([call for calls in specimens for call in calls], answers, targets)
        sets[dialect].pop(name, None)
        if rules:
            sets[dialect][name] = rules


def write_table(table: Table, sets: Sets) -> str:
    """The text of a table."""
    header = {
        "release": table.release,
        "date": "2026-11-27",
        "source": f"tools/coverage/xla.py: the compiler of {table.release}, ahead of time for"
        f" {', '.join(table.names)}, asked with one call for each operation, element type and"
        " attribute of StableHLO, CHLO and Shardy that jaxlib 0.12.0.1 reads; HLO and MHLO as the"
        " operations of StableHLO that are read as theirs",
        "otherwise": "refused",
    }
    return render_table(header, sets, names_rules=True)


def describe_rocm(table: Table) -> dict[str, str]:
    """The head of the table for AMD's GPUs, which nobody was asked about."""
    return {
        "release": f"jax-rocm 0.8, by {table.release}",
        "date": "2026-11-27",
        "source": f"tools/coverage/xla.py: what the compiler of {table.release} takes for CUDA of"
        " any capability, but for calls of CUDA's libraries; all else is open",
        "otherwise": "unknown",
    }


def _order(target: str) -> tuple[int, str]:
    return len(target), target


def main() -> None:
    """Write the tables into a folder."""
    site, memory, folder = map(Path, sys.argv[1:4])
    wanted = sys.argv[4:]
    named = [table for table in TABLES if table.name in wanted]
    operations = frozenset(wanted) - {table.name for table in TABLES}
    every, taken = read_specimens(memory, operations)
    opcodes = read_opcodes(memory)
    compilers = Compilers(site, memory)
    for table in named or TABLES:
        file = folder / f"{table.name}.json"
        if operations:
            sets = read_table(file)
            renew(sets, table, every, compilers, taken)
        else:
            sets = ask_whole(table, every, compilers, taken)
        sets["hlo"] = write_opcodes(sets, opcodes)
        sets["mhlo"] = write_mhlo(sets)
        file.write_text(write_table(table, sets), encoding="utf-8")
        if table.is_ladder:
            text = render_table(describe_rocm(table), leave_cuda_out(sets), names_rules=True)
            (folder / "xla-rocm.json").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
