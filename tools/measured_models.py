"""Models that were measured, without their weights, as requirements."""

from __future__ import annotations

import tarfile
from functools import cache
from pathlib import Path
from typing import Final

from cyborg_rr.domain.requirement.requirement import IRRequirement
from cyborg_rr.readers.reading.analysis import analyse
from cyborg_rr.readers.reading.options import AnalysisOptions
from cyborg_rr.readers.reading.source import Source

DATA: Final = Path(__file__).resolve().parents[1] / "tests" / "matching" / "measured"


@cache
def read_models() -> dict[str, bytes]:
    """The files by name, such as ``onnx/resnet50.b0.f32.onnx``."""
    with tarfile.open(DATA / "h100" / "models.tar.xz") as archive:
        members = ((each.name, archive.extractfile(each)) for each in archive if each.isfile())
        return {name: file.read() for name, file in members if file is not None}


@cache
def analyse_model(name: str, batch: int | None) -> IRRequirement:
    """What a file asks for at a batch (None: it states one)."""
    source = Source(name.rpartition("/")[2], read_models()[name])
    return analyse(source, AnalysisOptions(batch=batch))
