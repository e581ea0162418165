"""What lies beside a symbol: its parameters, by their names and by what they hold."""

from __future__ import annotations

import re
from typing import Final

from cyborg_rr.domain.errors import UnreadableModel
from cyborg_rr.domain.graph.naming import list_names
from cyborg_rr.readers.formats.nnvm.marks import find_writer
from cyborg_rr.readers.reading.source import Buffer, Folder, Source

BEGINNING: Final = b"\x12\x01" + bytes(14)
"""How parameters begin: ``kMXAPINDArrayListMagic`` and a reserved number (src/c_api/c_api.cc)."""

MAX_LOOKED_AT: Final = 32
"""Files of one folder that are opened to find a symbol."""

_SYMBOL: Final = re.compile(r"(?:-symbol)?(?:\.json)?\Z")
_EPOCH: Final = re.compile(r"(?:-[0-9]{4,8})?\.(?:params|npz)\Z")


def is_parameters(data: Buffer) -> bool:
    """Whether bytes begin as a ``.params`` file."""
    return bytes(data[: len(BEGINNING)]) == BEGINNING


def find_symbol(source: Source) -> str | None:
    """The name of the symbol in a folder, or beside parameters; None where there is none.

    ``UnreadableModel`` where there are several and none has the parameters' name.
    """
    folder = source.folder
    if folder is None:
        return None
    names = [name for name in folder.files if name.endswith(".json")]
    found = [name for name in names[:MAX_LOOKED_AT] if find_writer(folder.open(name)) == "mxnet"]
    stem = _EPOCH.sub("", source.name)
    own = [name for name in found if not source.is_folder and _get_stem(name) == stem]
    chosen = own or found
    if len(chosen) > 1:
        raise UnreadableModel(f"the folder holds several symbols: give one of {list_names(found)}")
    return chosen[0] if chosen else None


def list_parameters(folder: Folder, symbol: str) -> list[str]:
    """Files that may hold a symbol's parameters, the likeliest first.

    Those of its own name come first, of them the last epoch (``model-0010.params``).
    """
    names = [name for name in folder.files if _EPOCH.search(name)]
    own = [name for name in names if is_own(name, symbol)]
    others = [name for name in names if not is_own(name, symbol)]
    return [*reversed(own), *others][:MAX_LOOKED_AT]


def is_own(name: str, symbol: str) -> bool:
    """Whether a file of parameters has the symbol's name."""
    return _EPOCH.sub("", name) == _get_stem(symbol)


def _get_stem(symbol: str) -> str:
    return _SYMBOL.sub("", symbol)
