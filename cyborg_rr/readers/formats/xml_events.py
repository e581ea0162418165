"""XML of untrusted files, event by event: no document types, no entities, bounded in size.

The parser of the standard library is expat, which opens nothing. What makes XML dangerous (entities
that grow, that name files or addresses) needs a document type, and a file that has one is refused
as soon as it begins. https://docs.python.org/3/library/xml.html#xml-security
"""

from __future__ import annotations

from typing import Final, NoReturn
from xml.parsers.expat import ExpatError, ParserCreate, XMLParserType

from cyborg_rr.domain.errors import UnreadableModel
from cyborg_rr.readers.reading.source import Buffer, let_go

MAX_BYTES: Final = 1 << 28
"""Of a file: a graph of a hundred thousand operations takes some tens of millions."""

_CHUNK: Final = 1 << 20


def make_parser() -> XMLParserType:
    """A parser whose handlers of elements are still to be set."""
    parser = ParserCreate()
    parser.buffer_text = True
    parser.StartDoctypeDeclHandler = _refuse
    parser.EntityDeclHandler = _refuse
    return parser


def _refuse(*_: object) -> NoReturn:
    raise UnreadableModel("the XML has a document type, which is not read: take it out")


def run_parser(parser: XMLParserType, data: Buffer) -> None:
    """Parse a whole file. Raises ``UnreadableModel`` with the place where it ends to be XML."""
    if len(data) > MAX_BYTES:
        raise UnreadableModel(f"the XML has more than {MAX_BYTES} bytes")
    try:
        for start in range(0, len(data), _CHUNK):
            parser.Parse(data[start : start + _CHUNK], False)
            let_go(data)
        parser.Parse(b"", True)
    except ExpatError as error:
        place = f"line {error.lineno}, column {error.offset}"
        raise UnreadableModel(f"the file is not XML: {place}") from None
    except (ValueError, LookupError):  # an encoding that Python does not know, or no single bytes
        raise UnreadableModel(
            "the XML is in an encoding that is not read: save it as UTF-8"
        ) from None
