"""What every reader of an intermediate representation provides.

A reader is one package in ``cyborg_rr/readers``, one line under
``[project.entry-points."cyborg_rr.readers"]`` that names its class, and one sample at least in
``tests/data/<name of the entry point>``. The shared suite (``tests/readers/test_shared.py``) holds
it to what is said here.
"""

from __future__ import annotations

from typing import Protocol

from cyborg_rr.domain.graph.graph import Graph
from cyborg_rr.readers.reading.source import Source


class Reader(Protocol):
    """Turns one IR's bytes into a graph; made without arguments and without state.

    **Trust.** Nothing in the file may be believed: each length, count, depth, name and reference is
    held against what is there before anything is reserved, walked or copied by it. A reader
    executes, unpickles and unpacks nothing, follows no path or address that stands in the file and
    opens nothing else: the source and the files of its folder are all that it reads. Text of the
    file that ends up in a message is printable and cut to a length.

    **Errors.** ``UnreadableModel`` is the only one, with one line that names cause and place (byte
    offset, line and column, or node). Anything else that comes out is a fault of the reader, but
    for ``MemoryError``, which the reading process answers for.

    **Budget.** Time and memory are in proportion to the part of the file that describes the graph,
    and bounded by constants named ``MAX_...`` where a short text can ask for much (inlined calls,
    repeated fields, nesting). Weights are looked at, not read: of a mapped file of any size only
    the pages that describe it are touched. The sandbox's limits on the process come on top; no
    reader may count on them.

    **Loading.** All readers are imported to find the one for a file, so the module of a reader's
    class imports what recognises alone; ``read`` imports the rest.

    **Result.** The same bytes give the same graph. An operation without a canonical counterpart
    becomes ``unknown`` under its native name; it is no error.
    """

    family: str
    """The IR family that this reader yields, for example ``onnx``: the name of its entry point."""

    def recognises(self, source: Source) -> bool:
        """Whether the file, or the folder, looks like this IR.

        It may look anywhere in the file, but at no more than some times ``HEAD_BYTES`` of it; where
        a file was cut off, its beginning is enough. Never raises. No two readers recognise the same
        source: what several IRs share (protobuf, ZIP, JSON, MLIR, a folder) has to be told apart by
        what stands within.
        """
        ...

    def read(self, source: Source) -> Graph:
        """Read a whole file that ``recognises`` need not have been asked about.

        Raises ``UnreadableModel`` for anything malformed, oversized or not supported.
        """
        ...
