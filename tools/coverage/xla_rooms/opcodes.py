"""The operations of HLO: those of StableHLO that XLA reads as them, and what it has besides."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Mapping, Sequence

from probing.asking import Ask
from probing.stablehlo import Call, render_module
from writing import Rule
from xla_rooms.rules import UNSTATED

Sets = Mapping[str, Mapping[str, list[Rule]]]

_BESIDE = """
    add-dependency all-gather-done all-reduce-done async-done async-start async-update bitcast call
    collective-permute-done conditional copy copy-done copy-start domain fusion get-tuple-element
    tuple
""".split()  # noqa: SIM905
"""What XLA's own passes put into programs on values of any type, as copies and fusions."""

_STARTED = {f"{name}-start": name for name in ("all-gather", "all-reduce", "collective-permute")}
"""Begins of operations that passes divide in two."""

_OTHERS = """
    acos acosh asin asinh atan atanh collective-reduce cosh dynamic-reshape infeed outfeed
    ragged-all-to-all recv recv-done rng rng-get-and-update-state scaled-dot scan send send-done
    shuffle sinh stochastic-convert
""".split()  # noqa: SIM905
"""All others of xla/hlo/ir/hlo_opcode.h (openxla/xla at 0725a3a): how they are taken is open."""

_MEANT = {
    "custom-call": "stablehlo.custom_call",
    "dot": "stablehlo.dot_general",
    "get-dimension-size": "stablehlo.get_dimension_size",
    "while": "stablehlo.while",
}
"""Of several that are read as one the one that has all its attributes; what is reckoned at once."""

_HOLDING = frozenset({"parameter", "tuple", "get-tuple-element"})
"""What only holds values."""

_COMPUTATION = re.compile(r"^(?:ENTRY )?%?f0[\w.]* [^\n]*{\n(.*?)^}", re.MULTILINE | re.DOTALL)
_OPCODE = re.compile(r"^\s+(?:ROOT )?%?[\w.\-]+ = .*? ([a-z][a-z0-9\-]*)\(", re.MULTILINE)


def start_translating() -> Ask:
    """What makes HLO of a module; it says the opcodes that the first function becomes."""
    os.environ["JAX_PLATFORMS"] = "cpu"
    import io

    from jax._src.interpreters import mlir
    from jax._src.lib import _jax
    from jaxlib.mlir import ir

    def ask(data: bytes) -> str:
        try:
            with mlir.make_ir_context():
                text = io.BytesIO()
                ir.Module.parse(data.decode()).operation.write_bytecode(text)
                made = _jax.mlir.mlir_module_to_xla_computation(
                    text.getvalue(), use_tuple_args=False, return_tuple=False
                )
        except Exception:  # noqa: BLE001  tools refuse in any way
            return ""
        function = _COMPUTATION.search(made.as_hlo_text())
        found = _OPCODE.findall(function[1]) if function is not None else []
        return " ".join(name for name in found if name not in _HOLDING)

    return ask


def find_opcodes(ask: Ask, every: Mapping[str, Sequence[Sequence[Call]]]) -> dict[str, str]:
    """By opcode the operation of StableHLO or CHLO that is read as it and as nothing else."""
    found: dict[str, str] = {}
    for operation, specimens in every.items():
        opcode = _find_opcode(operation, ask, (call for calls in specimens for call in calls))
        if opcode and (opcode not in found or opcode == _spell(operation)):
            found[opcode] = operation
    return {**found, **_MEANT}


def _find_opcode(operation: str, ask: Ask, calls: Iterable[Call]) -> str:
    """What the first call that is read becomes: one opcode, or the one that is called alike."""
    for call in calls:
        opcodes = ask(render_module([call]).encode()).split()
        if opcodes:
            alike = _spell(operation)
            return alike if alike in opcodes else opcodes[0] if len(opcodes) == 1 else ""
    return ""


def _spell(operation: str) -> str:
    """The name of an operation as HLO would have it."""
    return operation.partition(".")[2].replace("_", "-")


def write_opcodes(sets: Sets, opcodes: Mapping[str, str]) -> dict[str, list[Rule]]:
    """The rules of HLO: of each opcode those of the operation that is read as it."""
    found = {name: [Rule(where=(UNSTATED,))] for name in _OTHERS}
    for opcode, operation in opcodes.items():
        dialect, _, name = operation.partition(".")
        found[opcode] = sets[dialect].get(name, [])
    found |= {name: [Rule()] for name in _BESIDE}
    for opcode, name in _STARTED.items():
        found[opcode] = found.get(name, [])
    return {name: rules for name, rules in found.items() if rules}


def write_mhlo(sets: Sets) -> dict[str, list[Rule]]:
    """The rules of MHLO, which has the operations of StableHLO, and those of HLO by their opcodes.

    A module of either is read as the same HLO.
    """
    spelled = {name.replace("-", "_"): rules for name, rules in sets["hlo"].items()}
    return {**spelled, **sets["stablehlo"]}
