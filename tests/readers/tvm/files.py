"""Small texts of Relay and Relax, and what is said of them."""

from __future__ import annotations

from cyborg_rr.domain.graph.graph import Graph, Node
from cyborg_rr.domain.requirement.requirement import IRRequirement
from cyborg_rr.readers.reading.analysis import analyse_by
from cyborg_rr.readers.reading.options import parse_options
from cyborg_rr.readers.reading.reader import Reader
from cyborg_rr.readers.reading.source import Source
from cyborg_rr.readers.tvm.relax.reader import RelaxReader
from cyborg_rr.readers.tvm.relay.reader import RelayReader
from tests.readers import hostile

VERSION = '#[version = "0.0.5"]\n'
HEAD = "from tvm.script import relax as R\n\n@I.ir_module\nclass Module:\n"


def relay(body: str, parameters: str = "%x: Tensor[(2, 8), float32]") -> bytes:
    """A module of one function."""
    return f"{VERSION}def @main({parameters}) {{\n{body}\n}}\n".encode()


def relax(lines: str, parameters: str = 'x: R.Tensor((2, 8), dtype="float32")') -> bytes:
    """A module of one function; its lines are indented here."""
    indented = "\n".join(f"        {line}" for line in lines.splitlines())
    return f"{HEAD}    @R.function\n    def main({parameters}):\n{indented}\n".encode()


def read_relay(data: bytes) -> Graph:
    """The graph of a text, or of JSON."""
    return RelayReader().read(Source("test", data))


def read_relax(data: bytes) -> Graph:
    """The graph of a script."""
    return RelaxReader().read(Source("test", data))


def analyse(reader: Reader, data: bytes, *inputs: str) -> IRRequirement:
    """What a file asks for."""
    return analyse_by(reader, Source("test", data), parse_options(None, inputs))


def last(graph: Graph) -> Node:
    """The node that comes last."""
    return graph.body.nodes[-1]


def refuse(reader: Reader, data: bytes, cause: str) -> None:
    """The file is refused soon, in one line, for that cause."""
    hostile.refuse(reader, Source("hostile", data), cause)
