"""Samples of MLIR's dialects, and texts of one function read and analysed."""

from __future__ import annotations

from pathlib import Path

from cyborg_rr.domain.graph.graph import Graph
from cyborg_rr.domain.requirement.requirement import IRRequirement
from cyborg_rr.readers.mlir.reader import MlirReader
from cyborg_rr.readers.reading.analysis import analyse_by
from cyborg_rr.readers.reading.options import AnalysisOptions
from cyborg_rr.readers.reading.source import Source

DATA = Path(__file__).resolve().parents[2] / "data" / "mlir"
FILES = {path.name: path for path in sorted(DATA.iterdir()) if path.suffix in
         (".mlir", ".ttir", ".ttgir")}  # fmt: skip


def read_text(text: str) -> Graph:
    """The graph of a text."""
    return MlirReader().read(Source("text", text.encode()))


def read(name: str) -> Graph:
    """The graph of a sample."""
    return MlirReader().read(Source(name, FILES[name].read_bytes()))


def analyse(name: str) -> IRRequirement:
    """What a sample asks of a device."""
    return analyse_text(FILES[name].read_text())


def analyse_text(text: str) -> IRRequirement:
    """What a text asks of a device."""
    return analyse_by(MlirReader(), Source("text", text.encode()), AnalysisOptions())


def function(body: str, arguments: str = "", result: str = "") -> str:
    """A module of one function."""
    return f"module {{\n  func.func @main({arguments}) {result} {{\n{body}\n  }}\n}}\n"
