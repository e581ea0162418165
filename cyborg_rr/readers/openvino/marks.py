"""What a network, and a folder of one, is recognised by."""

from __future__ import annotations

import re
from typing import Final

from cyborg_rr.readers.reading.source import Folder

MARK: Final = re.compile(
    rb"\A(?:\xef\xbb\xbf)?\s*(?:<\?[^>]*\?>\s*|<!--(?:(?!-->)[\s\S])*-->\s*)*<net\s[^>]*\b(?:name|version)="
)
"""The root element, behind a declaration and comments."""

_OTHERS: Final = frozenset({"config.json", "model_index.json"})
"""Files of a folder that another reader takes as a whole."""


def find_xml(folder: Folder) -> str | None:
    """The one network of a folder that holds no other model."""
    names = [name for name in folder.files if name.endswith(".xml")]
    return names[0] if len(names) == 1 and not _OTHERS & folder.files.keys() else None
