"""From HLO as text or protobuf to a graph."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from cyborg_rr.domain.graph.graph import Arguments, Block, Graph, IRIdentity, MemoryPlan
from cyborg_rr.readers.hlo.calls import order_computations
from cyborg_rr.readers.hlo.entry import Parameter, count_tensors, list_parameters, sort_parameters
from cyborg_rr.readers.hlo.marks import START
from cyborg_rr.readers.hlo.module import Module
from cyborg_rr.readers.hlo.proto.module import parse_proto
from cyborg_rr.readers.hlo.shardings import read_shardings
from cyborg_rr.readers.hlo.text.module import parse_text
from cyborg_rr.readers.hlo.writing import BlockWriter
from cyborg_rr.readers.kit.unknown import explain_unknown
from cyborg_rr.readers.kit.weights import explain_weights
from cyborg_rr.readers.reading.source import Source


def read_source(source: Source, family: str) -> Graph:
    """Read a whole file; see ``Reader.read``."""
    is_text = START.match(source.head) is not None
    module = parse_text(source.data) if is_text else parse_proto(source.data)
    entry = module.get_entry()
    writer = BlockWriter(module)
    for computation in order_computations(module, entry)[:-1]:
        writer.write(computation)
    parameters = list_parameters(sort_parameters(module, entry))
    body = writer.write_entry(entry, parameters)
    shardings = read_shardings(module, parameters)
    note = _explain_parameters(parameters, body)
    return Graph(
        ir=IRIdentity("hlo", None, module.encoding),
        name=module.name or source.name,
        body=body,
        completeness="partial" if writer.unknown else "full",
        replicas=module.replicas,
        partitions=max(module.partitions, shardings.devices),
        warnings=(*shardings.warnings, *_list_warnings(module, note, writer.unknown)),
        arguments=Arguments(tuple(writer.arguments), note),
        memory_plan=_find_plan(module),
        shardings=shardings.values,
        is_divided=shardings.is_divided,
    )


def _find_plan(module: Module) -> MemoryPlan | None:
    if module.temporary_bytes is None:
        return None
    return MemoryPlan(module.temporary_bytes, "buffer_assignment")


def _explain_parameters(parameters: Sequence[Parameter], body: Block) -> str:
    stored = any(tensor.kind == "parameter" for tensor in body.stored.values())
    return explain_weights((each.weight for each in parameters), count_tensors(parameters), stored)


def _list_warnings(module: Module, note: str, unknown: Counter[str]) -> list[str]:
    warnings = [note] if note else []
    return warnings + explain_unknown(unknown)
