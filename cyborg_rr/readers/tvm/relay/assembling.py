"""From a file of Relay to a graph."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from cyborg_rr.domain.errors import UnreadableModel
from cyborg_rr.domain.graph.graph import (
    Arguments,
    Dialect,
    Graph,
    IRIdentity,
    StoredLocation,
    StoredTensor,
    TensorType,
)
from cyborg_rr.domain.graph.naming import list_names
from cyborg_rr.readers.formats.nnvm.parameters import holds_parameters, parse_parameters
from cyborg_rr.readers.kit.unknown import explain_unknown
from cyborg_rr.readers.reading.source import Buffer, Source
from cyborg_rr.readers.tvm.calls import plan_calls
from cyborg_rr.readers.tvm.lowering import Lowering
from cyborg_rr.readers.tvm.program import ENTRY, Function, Program
from cyborg_rr.readers.tvm.relay.document import RelayDocument
from cyborg_rr.readers.tvm.relay.text import RelayText
from cyborg_rr.readers.tvm.translation.operations import count_results, find_relay_rule
from cyborg_rr.readers.tvm.weights import find_named_weights
from cyborg_rr.readers.tvm.written.arrays import as_weight
from cyborg_rr.readers.tvm.written.nodes import parse_nodes
from cyborg_rr.readers.tvm.written.types import ValueType

MAX_TEXT_BYTES: Final = 128 * 1024**2

_METADATA: Final = re.compile(rb"^(?:#\[metadata\]|METADATA:)", re.MULTILINE)
_VERSION: Final = re.compile(
    r"\s*(?:Relay module function:\s*)?"
    r'(?:#\[version = "v?([0-9.]{1,20})"\]|v([0-9]\.[0-9]\.[0-9]))\s'
)
_JSON: Final = re.compile(rb"\s*\{")


def read_source(source: Source, family: str) -> Graph:
    """Read a whole file; see ``Reader.read``."""
    if source.is_folder:
        raise UnreadableModel("a folder is no Relay module: give the file of its text or JSON")
    data = source.data
    program = _read_json(data) if _JSON.match(data) else _read_text(data)
    entry = _find_entry(program)
    called, allowed = plan_calls(program, entry)
    lowering = Lowering(program, find_relay_rule, count_results, allowed)
    for function in called:
        lowering.write_function(function)
    weights: Mapping[str, ValueType] = _find_weights(source, entry)
    location: StoredLocation = "external" if weights else "absent"
    note = ""
    if not weights:
        weights, note = find_named_weights(entry)
    body, arguments = lowering.write_entry(entry, weights, location)
    if any(each.kind == "parameter" for each in body.stored.values()) and not weights:
        note = ""
    return Graph(
        ir=IRIdentity(
            family,
            program.version,
            program.encoding,
            producer="TVM",
            producer_version=program.producer_version,
            dialects=(Dialect("relay", program.version),),
        ),
        name=source.name or "model",
        body=body,
        completeness="partial" if lowering.unknown else "full",
        warnings=(*([note] if note else []), *_list_warnings(program, entry, lowering)),
        arguments=Arguments(arguments, note),
    )


def _read_text(data: Buffer) -> Program:
    found = _METADATA.search(data)
    stop = len(data) if found is None else found.start()
    if stop > MAX_TEXT_BYTES:
        raise UnreadableModel(f"the text is longer than {MAX_TEXT_BYTES} bytes")
    text = bytes(data[:stop]).decode("utf-8", "replace").removeprefix("\ufeff")
    constants: dict[int, StoredTensor] = {}
    if found is not None:
        kept = parse_nodes(data, found.end()).list_constants("relay.Constant")
        constants = {place: as_weight(stored) for place, stored in kept.items()}
    version = _VERSION.match(text)
    program = RelayText(text, version.end() if version else 0, len(text), constants).read()
    program.version = (version[1] or version[2]) if version else None
    return program


def _read_json(data: Buffer) -> Program:
    return RelayDocument(parse_nodes(data)).read()


def _find_entry(program: Program) -> Function:
    """The function ``main``, else the only one."""
    found = program.functions.get(ENTRY)
    if found is not None:
        return found
    if len(program.functions) == 1:
        return next(iter(program.functions.values()))
    raise UnreadableModel(
        f"the module has no function main (it has {list_names(list(program.functions))})"
    )


def _find_weights(source: Source, entry: Function) -> Mapping[str, TensorType]:
    """Parameters that lie beside the file, as far as its main function takes them."""
    if source.folder is None or source.is_folder:
        return {}
    beside = [name for name in source.folder.files if name.lower().endswith(".params")]
    for name in beside[:8]:
        data = source.folder.open(name)
        if holds_parameters(data):
            found = parse_parameters(data)
            wanted = {each for each, _ in entry.parameters}
            taken = {each: type_ for each, type_ in found.items() if each in wanted}
            if taken:
                return taken
    return {}


def _list_warnings(program: Program, entry: Function, lowering: Lowering) -> list[str]:
    warnings = [*program.warnings]
    compilers = {
        str(function.attributes["Compiler"])
        for function in program.functions.values()
        if isinstance(function.attributes.get("Compiler"), str)
    }
    if compilers:
        warnings.append(f"parts are set aside for other compilers: {list_names(sorted(compilers))}")
    if lowering.left_out:
        warnings.append(
            "the text was printed without its constants (show_meta_data=True keeps them); of "
            f"unknown size, and left out, are: {list_names(lowering.left_out)}"
        )
    if lowering.objects:
        warnings.append(
            f"arguments that are no tensors count as nothing: {list_names(lowering.objects)}"
        )
    if lowering.recursive:
        warnings.append(
            f"functions that call themselves are counted once: {list_names(lowering.recursive)}"
        )
    return warnings + explain_unknown(lowering.unknown)
