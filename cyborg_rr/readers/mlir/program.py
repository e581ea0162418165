"""The graph of one function whose operations have become a block, whatever dialect they are of."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from cyborg_rr.domain.graph.graph import Arguments, Block, Graph, IRIdentity
from cyborg_rr.readers.kit.unknown import explain_unknown
from cyborg_rr.readers.kit.weights import explain_weights
from cyborg_rr.readers.mlir.entry import EntryArgument


def assemble_program(
    identity: IRIdentity,
    body: Block,
    arguments: Sequence[EntryArgument],
    unknown: Counter[str],
    calls: Mapping[str, int] | None = None,
) -> Graph:
    """The graph, still without a name: what arguments were taken for weights, what is not known."""
    weights = (argument.weight for argument in arguments)
    has_parameters = any(tensor.kind == "parameter" for tensor in body.stored.values())
    note = explain_weights(weights, len(arguments), has_parameters)
    return Graph(
        ir=identity,
        name="",
        body=body,
        completeness="partial" if unknown else "full",
        warnings=(*([note] if note else []), *explain_unknown(unknown)),
        arguments=Arguments(tuple((argument.name,) for argument in arguments), note),
        calls=calls or {},
    )
