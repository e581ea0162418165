"""What a cold command does not load; what it takes stands in ``contributor/performance.rst``."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

EXPORTED = Path(__file__).parents[1] / "data" / "stablehlo" / "forms" / "export_static.mlir"
RESNET = Path(__file__).parents[2] / "cyborg_rr" / "catalogue" / "models" / "resnet50.onnx"

_RECOGNISE = """
import json, sys
from cyborg_rr.readers.reading.detection import list_readers
from cyborg_rr.readers.reading.source import Source
names = [name for name, reader in list_readers() if reader.recognises(Source("m", b"nothing"))]
print(json.dumps([names, sorted(sys.modules)]))
"""
_INSPECT = """
import json, sys
from cyborg_rr.cli.main import run
sys.stdout = sys.stderr
assert run(["inspect", sys.argv[1]]) == 0
print(json.dumps(sorted(sys.modules)), file=sys.__stdout__)
"""
_ANALYSE = """
import json, sys
from pathlib import Path
from cyborg_rr.readers.reading.analysis import analyse
from cyborg_rr.readers.reading.options import AnalysisOptions
from cyborg_rr.readers.reading.source import Source
analyse(Source("m", Path(sys.argv[1]).read_bytes()), AnalysisOptions())
print(json.dumps([name.removeprefix("cyborg_rr.readers.") for name in sorted(sys.modules)]))
"""
_COSTLY = {"email", "importlib.metadata", "stevedore", "prettytable", "yaml", "difflib", "logging"}


def run(program: str, *arguments: str) -> object:
    ended = subprocess.run(
        [sys.executable, "-I", "-c", program, *arguments],
        check=True, capture_output=True, text=True,
    )  # fmt: skip
    return json.loads(ended.stdout)


def test_to_recognise_a_file_no_reader_loads_what_reads() -> None:
    names, modules = run(_RECOGNISE)  # type: ignore[misc]
    assert names == []
    assert [name for name in modules if name.endswith(".assembling")] == []
    assert [name for name in modules if ".domain.graph.operations" in name] == []
    assert _COSTLY.intersection(modules) == set()


def test_a_command_that_inspects_loads_neither_readers_nor_services() -> None:
    modules = run(_INSPECT, str(RESNET))
    assert isinstance(modules, list)
    own = [name for name in modules if name.startswith("cyborg_rr.")]
    assert [name for name in own if name.startswith("cyborg_rr.readers.onnx")] == []
    assert [name for name in own if name.startswith(("cyborg_rr.catalogue", "cyborg_rr.db"))] == []
    assert (_COSTLY | {"subprocess"}).intersection(modules) == set()
    assert [name for name in modules if name.startswith("oslo")] == []


def test_a_text_of_stablehlo_loads_nothing_that_reads_bytecode_or_archives() -> None:
    modules = run(_ANALYSE, str(EXPORTED))
    assert isinstance(modules, list)
    assert "formats.mlir.lines" in modules
    assert [name for name in modules if name.startswith("formats.mlir.bytecode.")] == [
        "formats.mlir.bytecode.header"
    ]
    assert [name for name in modules if name in ("formats.zip", "formats.checkpoint")] == []
