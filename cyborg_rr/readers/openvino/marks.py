"""What a network, and a folder of one, is recognised by."""

from __future__ import annotations

import re
from typing import Final

from cyborg_rr.readers.reading.beside import holds_weights, list_graphs
from cyborg_rr.readers.reading.source import Folder

_MARK: Final = re.compile(
    rb"\A(?:\xef\xbb\xbf)?\s*(?:<\?[^>]*\?>\s*|<!--(?:(?!-->)[\s\S])*-->\s*)*<net\s(?:[^>]*\s)?name="
)
"""The root element, behind a declaration and comments. Road networks have one of the same name, but
are called nothing (sumo.dlr.de/docs/Networks/SUMO_Road_Networks.html)."""

_UTF16: Final = (b"\xff\xfe", b"\xfe\xff")

_CONFIGS: Final = frozenset({"config.json", "adapter_config.json"})
"""What another reader takes as a model where no network with its weights lies beside it."""

_USUAL: Final = "openvino_model.xml"
"""What optimum-intel calls the model; a tokenizer is a network of its own beside it."""


def looks_like_network(head: bytes) -> bool:
    """Whether a file begins as a network, in UTF-8 or, with a byte order mark, in UTF-16."""
    if head.startswith(_UTF16):
        head = head.decode("utf-16", errors="ignore").encode(errors="ignore")
    return _MARK.match(head) is not None


def find_xml(folder: Folder) -> str | None:
    """The one network of a folder that holds no model in another form."""
    names = [name for name in folder.files if name.endswith(".xml")]
    others = [name for name in list_graphs(folder.files) if not name.endswith(".xml")]
    if others or holds_weights(folder.files) or "model_index.json" in folder.files:
        return None
    if _CONFIGS & folder.files.keys() and not list_graphs(folder.files):
        return None
    if _USUAL in names:
        return _USUAL
    return names[0] if len(names) == 1 else None
