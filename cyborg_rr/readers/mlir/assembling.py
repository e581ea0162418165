"""From one module of MLIR text to a graph, by the form that most of its operations have."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from cyborg_rr.domain.errors import UnreadableModel
from cyborg_rr.domain.graph.graph import Dialect, Graph, IRIdentity, Target
from cyborg_rr.readers.dialects.mlir.calls import list_operations, plan_calls
from cyborg_rr.readers.formats.mlir.structure import Function, Module
from cyborg_rr.readers.formats.mlir.text import parse_module
from cyborg_rr.readers.mlir.entry import find_entry, list_arguments
from cyborg_rr.readers.mlir.lowering import Lowering
from cyborg_rr.readers.mlir.onnx_form import is_onnx, read_onnx
from cyborg_rr.readers.mlir.program import assemble_program
from cyborg_rr.readers.mlir.torch.writing import read_torch
from cyborg_rr.readers.reading.source import Source

_BUFFERS: Final = frozenset({"memref", "bufferization", "affine", "vector", "llvm", "spirv", "gpu"})
"""Dialects behind the tensors: what a compiler makes of them for one machine."""

_TARGET: Final = re.compile(r"(cuda|hip):([0-9a-z]{1,16}+)")
_KERNEL_NOTE: Final = (
    "the file is a kernel of Triton: figures are those of one program on its block; how many"
    " programs are started is not in the file"
)


def read_source(source: Source, family: str) -> Graph:
    """Read a whole file; see ``Reader.read``."""
    module = parse_module(source.data)
    entry, note = find_entry(module)
    used = _count_dialects(entry)
    identity = IRIdentity(
        family, None, "text", dialects=tuple(Dialect(name, None) for name in sorted(used))
    )
    if (used["onnx"] or used["torch"]) and is_onnx(entry):
        graph = read_onnx(module, entry, identity)
    elif used["torch"] * 2 > sum(used.values()):
        graph = read_torch(module, entry, identity)
    else:
        _refuse_buffers(used)
        graph = _read_tensors(module, entry, identity)
    kernel = (_KERNEL_NOTE,) if used["tt"] else ()
    notes = (*kernel, *([note] if note else []), *graph.warnings)
    return replace(
        graph, name=module.name or source.name, warnings=notes, targets=_list_targets(module)
    )


def _count_dialects(entry: Function) -> Counter[str]:
    """How many operations of the function each dialect has; calls and returns have none."""
    used: Counter[str] = Counter()
    names = Counter([operation.name for operation in list_operations(entry.body or [])])
    for name, count in names.items():
        dialect, _, rest = name.partition(".")
        if rest and dialect != "func":
            used[dialect[:64]] += count
    return used


def _refuse_buffers(used: Mapping[str, int]) -> None:
    """Refuse what is lowered to buffers: whole tensors are gone from it."""
    lowered = [name for name in used if name in _BUFFERS]
    if lowered and sum(used[name] for name in lowered) * 4 > sum(used.values()):
        raise UnreadableModel(
            f"the module holds operations of the dialect {lowered[0]!r}, which work on buffers of"
            " one machine: give it as it was before bufferization, with operations on tensors"
        )


def _read_tensors(module: Module, entry: Function, identity: IRIdentity) -> Graph:
    """A module of operations on tensors."""
    arguments = list_arguments(module, entry)
    called, calls = plan_calls(module, entry)
    lowering = Lowering(module)
    for function in called:
        lowering.write_function(function)
    body = lowering.lower(entry, arguments)
    return assemble_program(identity, body, arguments, lowering.unknown, calls)


def _list_targets(module: Module) -> tuple[Target, ...]:
    """The one that Triton's later form states: ``ttg.target = "cuda:90"``."""
    stated = module.attributes.get("ttg.target", module.attributes.get("triton_gpu.target"))
    match = _TARGET.fullmatch(stated) if isinstance(stated, str) else None
    if match is None:
        return ()
    return (Target("arch", f"sm_{match[2]}" if match[1] == "cuda" else match[2]),)
