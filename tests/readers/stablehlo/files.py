"""Where the StableHLO files of the tests are, and short ways to read text."""

from __future__ import annotations

import mmap
from pathlib import Path

from cyborg_rr.domain.graph.graph import Graph, Node
from cyborg_rr.readers.reading.source import Source
from cyborg_rr.readers.stablehlo.reader import StablehloReader
from tests.readers.golden import all_nodes

DATA = Path(__file__).resolve().parents[2] / "data" / "stablehlo"
FILES = {path.stem: path for path in sorted(DATA.glob("*.mlir"))}


def read(stem: str) -> Graph:
    """The graph of a test file, read as the command line reads it: mapped."""
    path = FILES[stem]
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
        return StablehloReader().read(Source(stem, data))


def read_text(text: str) -> Graph:
    """The graph of a module given as text."""
    return StablehloReader().read(Source("text", text.encode()))


def read_body(body: str, arguments: str = "%x: tensor<4x8xf32>", rest: str = "") -> Graph:
    """The graph of a function ``main`` with these arguments and operations."""
    return read_text(
        f"module @m {{\n  func.func public @main({arguments}) -> tensor<?xf32> {{\n{body}\n  }}\n"
        f"{rest}\n}}\n"
    )


def only(graph: Graph, operation: str) -> Node:
    """The one node of that canonical operation."""
    (found,) = [node for node in all_nodes(graph.body) if node.operation == operation]
    return found
