"""What ONNX files are recognised by."""

from __future__ import annotations

import re
from typing import Final, Literal

from cyborg_rr.readers.reading.source import Source

MAX_IR_VERSION = 99
"""Beyond this the number is no version: the newest after eleven years is 14."""

RUNTIME_IDENTIFIER: Final = b"ORTM"
"""Behind the first offset of a flatbuffer of ONNX Runtime (ort.fbs)."""

_PROTOBUF_TEXT: Final = re.compile(rb"\s*(?:#[^\n]*\n\s*)*ir_version\s*:\s*[0-9]")
_TEXT: Final = re.compile(rb"\s*(?:#[^\n]*\n\s*)*<\s*(?:[a-z_]+\s*:[^>]{0,4096}?)?ir_version\s*:")
_MESSAGE: Final = re.compile(rb"^(?:graph|opset_import)\s*:?\s*[{<]", re.MULTILINE)

Encoding = Literal["ort", "protobuf text", "text"]


def find_encoding(source: Source) -> Encoding | None:
    """The encoding of a file that is not protobuf bytes; None for those and for anything else."""
    if source.is_folder:
        return None
    head = source.head
    if head[4:8] == RUNTIME_IDENTIFIER:
        return "ort"
    if _PROTOBUF_TEXT.match(head) and _MESSAGE.search(head):
        return "protobuf text"
    return "text" if _TEXT.match(head) else None
