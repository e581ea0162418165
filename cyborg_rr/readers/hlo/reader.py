"""XLA's HLO as text or protobuf, turned into a graph."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from cyborg_rr.domain.graph.graph import Block, Graph, IRIdentity, MemoryPlan
from cyborg_rr.readers.hlo.calls import order_computations
from cyborg_rr.readers.hlo.entry import Parameter, count_tensors, list_parameters, sort_parameters
from cyborg_rr.readers.hlo.module import Module
from cyborg_rr.readers.hlo.proto.layers import looks_like_hlo
from cyborg_rr.readers.hlo.proto.module import parse_proto
from cyborg_rr.readers.hlo.text.module import START, parse_text
from cyborg_rr.readers.hlo.writing import BlockWriter
from cyborg_rr.readers.kit.unknown import MAX_LISTED_NAMES, explain_unknown
from cyborg_rr.readers.reading.source import Source

_MANY_ARGUMENTS = 8


class HloReader:
    """Reads HLO text, HloModuleProto, and the HloProto and HloSnapshot that hold one."""

    family = "hlo"

    def recognises(self, source: Source) -> bool:
        """Whether the file begins as HLO text, or its first fields are those of a module."""
        if source.is_folder:
            return False
        head = source.head
        return START.match(head) is not None or looks_like_hlo(head, len(source.data))

    def read(self, source: Source) -> Graph:
        """Read a whole file; see ``Reader.read``."""
        is_text = START.match(source.head) is not None
        module = parse_text(source.data) if is_text else parse_proto(source.data)
        entry = module.get_entry()
        writer = BlockWriter(module)
        for computation in order_computations(module, entry)[:-1]:
            writer.write(computation)
        parameters = list_parameters(sort_parameters(module, entry))
        body = writer.write_entry(entry, parameters)
        return Graph(
            ir=IRIdentity("hlo", None, module.encoding),
            name=module.name or source.name,
            body=body,
            completeness="partial" if writer.unknown else "full",
            replicas=module.replicas,
            partitions=module.partitions,
            warnings=tuple(_list_warnings(module, parameters, writer.unknown, body)),
            memory_plan=_find_plan(module),
        )


def _find_plan(module: Module) -> MemoryPlan | None:
    if module.temporary_bytes is None:
        return None
    return MemoryPlan(module.temporary_bytes, "buffer_assignment")


def _list_warnings(
    module: Module, parameters: Sequence[Parameter], unknown: Counter[str], body: Block
) -> list[str]:
    warnings = []
    reasons = Counter(each.weight for each in parameters if each.weight is not None)
    stored = any(tensor.kind == "parameter" for tensor in body.stored.values())
    if reasons:
        why = ", ".join(repr(reason) for reason, _ in reasons.most_common(MAX_LISTED_NAMES))
        warnings.append(
            f"{reasons.total()} of {len(parameters)} parameters of the entry were taken as "
            f"weights, since the file names them so ({why})"
        )
    elif not stored and count_tensors(parameters) >= _MANY_ARGUMENTS:
        warnings.append(
            f"the file does not say which of its {count_tensors(parameters)} parameters are "
            "weights: all count as inputs"
        )
    return warnings + explain_unknown(unknown)
