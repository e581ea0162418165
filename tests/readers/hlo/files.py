"""Where the HLO files of the tests are, and short ways to read text."""

from __future__ import annotations

from pathlib import Path

from cyborg_rr.domain.graph.graph import Graph, Node
from cyborg_rr.domain.graph.inference.inference import infer
from cyborg_rr.domain.requirement.extraction import extract
from cyborg_rr.domain.requirement.requirement import IRRequirement
from cyborg_rr.readers.hlo.reader import HloReader
from cyborg_rr.readers.reading.source import Source
from tests.readers.golden import all_nodes

DATA = Path(__file__).resolve().parents[2] / "data" / "hlo"
FILES = {path.name: path for path in sorted(DATA.glob("*.hlo*"))}
REDUCER = (
    "%sum (a: f32[], b: f32[]) -> f32[] {\n  %a = f32[] parameter(0)\n"
    "  %b = f32[] parameter(1)\n  ROOT %c = f32[] add(%a, %b)\n}\n\n"
)


def read(name: str) -> Graph:
    """The graph of a test file."""
    return read_bytes(FILES[name].read_bytes())


def read_bytes(data: bytes) -> Graph:
    """The graph of a module given as bytes."""
    return HloReader().read(Source("m", data))


def read_text(text: str) -> Graph:
    """The graph of a module given as text."""
    return read_bytes(text.encode())


def read_lines(*lines: str, before: str = "", header: str = "") -> Graph:
    """The graph of an entry of these instructions, the last its result."""
    body = "".join(f"  {line}\n" for line in (*lines[:-1], f"ROOT {lines[-1]}"))
    return read_text(f"HloModule m{header}\n\n{before}ENTRY main {{\n{body}}}\n")


def require(graph: Graph) -> IRRequirement:
    """What the graph asks for at the shapes that it states."""
    return extract(
        infer(graph), name="m", sha256=None, size_bytes=1, reader_name="hlo", bindings={}
    )


def only(graph: Graph, operation: str) -> Node:
    """The one node of that canonical operation."""
    (found,) = [node for node in all_nodes(graph.body) if node.operation == operation]
    return found
