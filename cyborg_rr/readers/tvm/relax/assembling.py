"""From a script of Relax to a graph."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import partial
from typing import Final

from cyborg_rr.domain.errors import UnreadableModel
from cyborg_rr.domain.graph.graph import Arguments, Dialect, Graph, IRIdentity, StoredTensor
from cyborg_rr.domain.graph.naming import list_names
from cyborg_rr.readers.kit.unknown import explain_unknown
from cyborg_rr.readers.reading.source import Buffer, Source
from cyborg_rr.readers.tvm.calls import list_statements, plan_calls
from cyborg_rr.readers.tvm.lowering import Lowering
from cyborg_rr.readers.tvm.program import ENTRY, KERNEL_MARK, Apply, Function, Keep, Program
from cyborg_rr.readers.tvm.relax.script import RelaxScript
from cyborg_rr.readers.tvm.translation.relax_operations import (
    count_relax_results,
    find_relax_rule,
    name_relax,
)
from cyborg_rr.readers.tvm.weights import find_named_weights
from cyborg_rr.readers.tvm.written.arrays import as_weight
from cyborg_rr.readers.tvm.written.nodes import MAX_JSON_BYTES, parse_nodes
from cyborg_rr.readers.tvm.written.types import TupleType, ValueType

MAX_TEXT_BYTES: Final = 128 * 1024**2

_METADATA: Final = re.compile(rb'^metadata\s*=\s*[\w.]+\(\s*(?:r|f)?"""', re.MULTILINE)
_END: Final = b'"""'
_PACKED_WEIGHTS: Final = frozenset({"params", "packed_params", "model_params", "weights"})


def read_source(source: Source, family: str) -> Graph:
    """Read a whole file; see ``Reader.read``."""
    if source.is_folder:
        raise UnreadableModel("a folder is no TVM script: give the file of its text")
    program = _read_script(source.data)
    entry = _find_entry(program)
    called, allowed = plan_calls(program, entry)
    find_rule = partial(find_relax_rule, summings=program.summings)
    lowering = Lowering(program, find_rule, count_relax_results, allowed, name_relax)
    for function in called:
        lowering.write_function(function)
    weights, note = _find_weights(entry), ""
    if not weights:
        weights, note = find_named_weights(entry)
    body, arguments = lowering.write_entry(entry, weights, "absent")
    return Graph(
        ir=IRIdentity(family, None, "text", producer="TVM", dialects=(Dialect("relax", None),)),
        name=source.name or "model",
        body=body,
        completeness="partial" if lowering.unknown else "full",
        warnings=(*([note] if note else []), *_list_warnings(program, entry, lowering)),
        arguments=Arguments(arguments, note),
        bounds=_find_bounds(entry),
    )


def _read_script(data: Buffer) -> Program:
    """The functions of a script; the metadata behind or before them is taken out of it."""
    found = _METADATA.search(data)
    constants: dict[tuple[str, int], StoredTensor] = {}
    parts = [(0, len(data))]
    if found is not None:
        end = data.find(_END, found.end())
        if end < 0:
            raise UnreadableModel("the metadata of the script is not closed")
        constants = _read_metadata(data, found.end(), end)
        parts = [(0, found.start()), (end + len(_END), len(data))]
    if sum(end - begin for begin, end in parts) > MAX_TEXT_BYTES:
        raise UnreadableModel(f"the script is longer than {MAX_TEXT_BYTES} bytes")
    text = b"".join(bytes(data[begin:end]) for begin, end in parts).decode("utf-8", "replace")
    text = text.removeprefix("\ufeff")
    return RelaxScript(f"\n{text}", constants).read()


def _read_metadata(data: Buffer, start: int, end: int) -> dict[tuple[str, int], StoredTensor]:
    """Constants by key and place; of a form that is newer than TVM 0.19 none are."""
    if end - start > MAX_JSON_BYTES:
        raise UnreadableModel("the metadata of the script is too long")
    content = bytes(data[start:end]).replace(b'\\"', b'"').replace(b"\\n", b"\n")
    if not re.match(rb'\s*\{\s*"root"', content):
        return {}
    nodes = parse_nodes(content)
    found = {}
    for key in nodes.entries(nodes.root):
        for place, stored in nodes.list_constants(key).items():
            found[key, place] = as_weight(stored)
    return found


def _find_entry(program: Program) -> Function:
    """The function ``main``, else the first one that is there."""
    found = program.functions.get(ENTRY)
    if found is None:
        found = next(iter(program.functions.values()), None)
    if found is None:
        raise UnreadableModel(
            "the script has no function of Relax, only kernels: give the module that they were "
            "made from"
        )
    return found


def _find_weights(entry: Function) -> Mapping[str, ValueType]:
    """What stands behind the inputs, as ``num_input`` counts them, or is a tuple of that name."""
    count = entry.attributes.get("num_input")
    behind = entry.parameters[count:] if type(count) is int and count >= 0 else []
    packed = [
        (name, type_)
        for name, type_ in entry.parameters
        if name in _PACKED_WEIGHTS and isinstance(type_, TupleType)
    ]
    return dict(behind or packed)


def _find_bounds(entry: Function) -> dict[str, int]:
    stated = entry.attributes.get("tir_var_upper_bound")
    if not isinstance(stated, Mapping):
        return {}
    return {name: most for name, most in stated.items() if type(most) is int and most > 0}


def _list_warnings(program: Program, entry: Function, lowering: Lowering) -> list[str]:
    warnings = [*program.warnings]
    statements = list(list_statements(entry.body))
    if any(
        isinstance(each, Apply) and each.operation.startswith(KERNEL_MARK) for each in statements
    ):
        warnings.append("kernels are judged by their names alone: what they compute is an estimate")
    if any(isinstance(each, Keep) and each.stored.location == "absent" for each in statements):
        warnings.append(
            "the script was printed without its constants: print it with show_meta=True, or make "
            "parameters of them"
        )
    if lowering.left_out:
        warnings.append(f"constants of unknown size are left out: {list_names(lowering.left_out)}")
    others = [name for name in program.functions if name != entry.name]
    if lowering.objects:
        warnings.append(
            f"arguments that are no tensors count as nothing: {list_names(lowering.objects)}"
        )
    if lowering.recursive:
        warnings.append(
            f"functions that call themselves are counted once: {list_names(lowering.recursive)}"
        )
    if others:
        warnings.append(f"functions besides {entry.name[:60]}: {list_names(others)}")
    return warnings + explain_unknown(lowering.unknown)
