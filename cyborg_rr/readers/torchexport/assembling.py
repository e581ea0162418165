"""From a torch.export package to a graph: JSON of the program, weights by their records alone."""

from __future__ import annotations

from typing import Final

from cyborg_rr.domain.errors import UnreadableModel
from cyborg_rr.domain.graph.graph import Dialect, Graph, IRIdentity
from cyborg_rr.domain.graph.naming import list_names, shorten
from cyborg_rr.readers.formats.json_values import get_mapping
from cyborg_rr.readers.reading.source import Source
from cyborg_rr.readers.torchexport.package import Package, open_package
from cyborg_rr.readers.torchexport.program import Program

_UNBOUNDED: Final = 1 << 62
"""PyTorch writes "no limit" as 2**63 - 2 or leaves it out."""


def read_source(source: Source, family: str) -> Graph:
    """Read a whole file; see ``Reader.read``."""
    if source.is_folder:
        raise UnreadableModel("a folder is no torch.export package: give the .pt2 file")
    package = open_package(source.data)
    program = Program(package)
    body = program.read()
    return Graph(
        ir=IRIdentity(
            family=family,
            version=package.program.version,
            encoding=package.encoding,
            producer="pytorch",
            producer_version=_find_producer(package),
            dialects=_list_dialects(package),
        ),
        name=source.name or "model",
        body=body,
        warnings=(*_list_others(package), *program.warnings()),
        bounds=_find_bounds(package),
    )


def _find_producer(package: Package) -> str | None:
    stated = package.program.fields.get("torch_version")
    return shorten(stated) if isinstance(stated, str) and stated else None


def _list_dialects(package: Package) -> tuple[Dialect, ...]:
    versions = package.program.fields.get("opset_version")
    if not isinstance(versions, dict):
        return ()
    return tuple(
        Dialect(shorten(name), str(version))
        for name, version in sorted(versions.items())
        if isinstance(version, int) and abs(version) < 10**6
    )


def _find_bounds(package: Package) -> dict[str, int]:
    """The largest sizes of symbols, as far as the exporter was told any or found them."""
    ranges = package.program.fields.get("range_constraints") or {}
    bounds = {}
    for name, stated in get_mapping(ranges, "range_constraints").items():
        most = get_mapping(stated, f"the range of {list_names([name])}").get("max_val")
        if isinstance(most, int) and not isinstance(most, bool) and 0 <= most < _UNBOUNDED:
            bounds[name] = most
    return bounds


def _list_others(package: Package) -> list[str]:
    if not package.others:
        return []
    return [f"other models in this package were not read: {list_names(package.others)}"]
