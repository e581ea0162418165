"""The reader of TorchScript programs: weights to the byte, the graph of its forward method."""

from __future__ import annotations

from typing import Final

from cyborg_rr.domain.errors import UnreadableModel
from cyborg_rr.domain.graph.graph import Graph, IRIdentity
from cyborg_rr.readers.formats.zip import find_directory
from cyborg_rr.readers.reading.source import HEAD_BYTES, Source
from cyborg_rr.readers.torchscript.archive import MOBILE, open_program
from cyborg_rr.readers.torchscript.program import Model

_MARK: Final = b"constants.pkl"
_OTHER_MARKS: Final = (b"archive_format", b"serialized_exported_program", b"models/model.json")
"""Members of torch.export packages, which may hold constants too."""

_OLD_MARK: Final = b"/model.json"


class TorchScriptReader:
    """Reads what torch.jit.save writes, since PyTorch 1.4; nothing in it is unpickled or run."""

    family = "torchscript"

    def recognises(self, source: Source) -> bool:
        """Whether the archive's directory names the constants of a program."""
        if source.is_folder:
            return False
        head = source.head
        if head[4:8] == MOBILE:
            return True
        if not head.startswith(b"PK\x03\x04"):
            return False
        parts = _list_parts(source, head)
        if any(mark in part for mark in _OTHER_MARKS for part in parts):
            return False
        return any(mark in part for mark in (_MARK, _OLD_MARK) for part in parts)

    def read(self, source: Source) -> Graph:
        """Read a whole file; see ``Reader.read``."""
        if source.is_folder:
            raise UnreadableModel("a folder is no TorchScript program: give the .pt file")
        program = open_program(source.data)
        model = Model(program)
        body = model.read()
        return Graph(
            ir=IRIdentity(
                self.family,
                program.version,
                "zip with bytecode" if program.is_lite else "zip",
                producer="pytorch",
            ),
            name=source.name or "model",
            body=body,
            completeness=model.completeness,
            warnings=tuple(model.warn()),
        )


def _list_parts(source: Source, head: bytes) -> tuple[bytes, ...]:
    """Beginning and end of the archive's directory; of a file cut off its own beginning."""
    directory = find_directory(source.data)
    if directory is None:
        return (head,)
    start, stop = directory.start, directory.start + directory.size_bytes
    return (
        bytes(source.data[start : min(stop, start + HEAD_BYTES)]),
        bytes(source.data[max(start, stop - HEAD_BYTES) : stop]),
    )
