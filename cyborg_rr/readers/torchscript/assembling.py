"""From a TorchScript program to a graph: weights to the byte, the graph of its forward method."""

from __future__ import annotations

from cyborg_rr.domain.errors import UnreadableModel
from cyborg_rr.domain.graph.graph import Graph, IRIdentity
from cyborg_rr.readers.reading.source import Source
from cyborg_rr.readers.torchscript.archive import open_program
from cyborg_rr.readers.torchscript.program import Model


def read_source(source: Source, family: str) -> Graph:
    """Read a whole file; see ``Reader.read``."""
    if source.is_folder:
        raise UnreadableModel("a folder is no TorchScript program: give the .pt file")
    program = open_program(source.data)
    model = Model(program)
    body = model.read()
    return Graph(
        ir=IRIdentity(
            family,
            program.version,
            "zip with bytecode" if program.is_lite else "zip",
            producer="pytorch",
        ),
        name=source.name or "model",
        body=body,
        completeness=model.completeness,
        warnings=tuple(model.warn()),
    )
