"""What lies beside a graph: TVM's parameters, whose headers are read; libraries are left alone."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

from cyborg_rr.domain.errors import UnreadableModel
from cyborg_rr.domain.graph.naming import list_names
from cyborg_rr.readers.formats.nnvm.marks import find_writer
from cyborg_rr.readers.reading.source import Folder

if TYPE_CHECKING:
    from cyborg_rr.domain.graph.graph import TensorType

PARAMETERS: Final = b"\xb7\x9c\x04\x05\x4f\x8d\xe5\xf7"
"""How parameters of TVM begin (``kTVMNDArrayListMagic``)."""

MAX_LOOKED_AT: Final = 32
"""Files of one folder that are opened to find a graph or its parameters."""


def find_graph(folder: Folder) -> str | None:
    """The graph of NNVM in a folder; ``UnreadableModel`` where there are several."""
    names = [name for name in folder.files if name.endswith((".json", ".graph"))]
    found = [name for name in names[:MAX_LOOKED_AT] if find_writer(folder.open(name)) == "nnvm"]
    if len(found) > 1:
        raise UnreadableModel(f"the folder holds several graphs: give one of {list_names(found)}")
    return found[0] if found else None


def find_parameters(folder: Folder | None, wanted: frozenset[str]) -> Mapping[str, TensorType]:
    """The parameters beside a graph that name most of its variables; none where no file does."""
    best: Mapping[str, TensorType] = {}
    if folder is None:
        return best
    names = [name for name in folder.files if name.endswith((".params", ".bin", ".param"))]
    for name in names[:MAX_LOOKED_AT]:
        data = folder.open(name)
        if data[: len(PARAMETERS)] != PARAMETERS:
            continue
        from cyborg_rr.readers.formats.nnvm.parameters import parse_parameters

        known = parse_parameters(data)
        if len(wanted & known.keys()) > len(wanted & best.keys()):
            best = known
    return best
